"""Boundary events: errors and escalations caught at an activity."""

from __future__ import annotations

import pytest

from engine.core.commands.tasks import ThrowTaskError
from engine.errors import Conflict
from tests.core.kit import Run
from tests.core.models import boundary, call, error, escalation, io, mapping, note, process, sub, user


def test_error_cancels_the_task():
    run = Run(process("start > a > end; caught > b", {"caught": boundary("a", error("E1"))}))
    p = run.start()
    run.throw_error("a", "E1", x=1)
    assert run.trace() == [
        ("start", "completed"),
        ("a", "terminated"),
        ("caught", "completed"),
        ("b", "active"),
    ]
    assert run.variables(p) == {"x": 1}


def test_error_tells_its_code_and_message():
    run = Run(
        process("start > a > end; caught > b", {"caught": boundary("a", error("E1", code_to="c", message_to="m"))})
    )
    p = run.start()
    run.throw_error("a", "E1", "too late")
    assert run.variables(p) == {"c": "E1", "m": "too late"}


@pytest.mark.parametrize("order", ["special any", "any special"])
def test_the_event_that_names_the_code_goes_before_one_that_catches_all(order):
    events = {"special": boundary("a", error("E1")), "any": boundary("a", error(None))}
    run = Run(process("start > a; special > b; any > c", {name: events[name] for name in order.split()}))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == ["b"]


def test_error_nobody_catches_ends_the_path_of_the_task():
    run = Run(process("start > fork > a > end1; fork > b > end2; caught > c", {"caught": boundary("a", error("E2"))}))
    p = run.start()
    run.throw_error("a", "E1")
    assert run.trace("a") == [("a", "completed")]
    assert run.waits() == ["b"]
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_error_nobody_catches_ends_the_instance_with_its_last_path():
    run = Run(process("start > a > end"))
    p = run.start()
    run.throw_error("a", "E1")
    assert run.state(p) == "COMPLETED"


def test_error_is_not_caught_by_an_escalation_event():
    run = Run(process("start > a; caught > b", {"caught": boundary("a", escalation(None))}))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == []


def test_error_in_a_sub_process_is_caught_at_its_boundary():
    inner = sub("start_in > fork > a; fork > b")
    run = Run(process("start > s; caught > c", {"s": inner, "caught": boundary("s", error("E1"))}))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == ["c"]
    assert run.trace("s", "a", "b") == [("s", "terminated"), ("a", "terminated"), ("b", "terminated")]


def test_error_crosses_two_call_activities_and_maps_each_output():
    innermost = process("start > a", id="innermost")
    middle = process("start > c2", {"c2": call("innermost", mapping("out", source="x", target="y"))}, id="middle")
    parts = {"c1": call("middle", mapping("out", source="y", target="z")), "caught": boundary("c1", error("E1"))}
    run = Run(process("start > c1; caught > b", parts), middle, innermost)
    p = run.start()
    run.throw_error("a", "E1", x=7)
    assert run.waits() == ["b"]
    assert run.variables(p) == {"z": 7}
    assert {run.state(p), run.state(run.called(p).id)} == {"ACTIVE", "INTERNALLY_TERMINATED"}


def test_end_listeners_of_the_cancelled_come_before_the_start_of_the_boundary_event():
    parts = {
        "s": sub("start_in > a", {"a": user(note("end", "a"))}).having(note("end", "s")),
        "caught": boundary("s", error("E1")).having(note("start", "caught")),
    }
    run = Run(process("start > s; caught > b", parts))
    p = run.start(log=[])
    run.throw_error("a", "E1")
    assert run.log(p) == ["a", "s", "caught"]


def test_code_variable_is_set_around_the_activity_and_not_in_it():
    parts = {"a": user(io({"c": "mine"})), "caught": boundary("a", error("E1", code_to="c"))}
    run = Run(process("start > a; caught > b", parts))
    p = run.start()
    run.throw_error("a", "E1")
    assert run.variables(p) == {"c": "E1"}


def test_boundary_of_a_multi_instance_activity_cancels_all_instances():
    parts = {"a": user().times(3), "caught": boundary("a", error("E1"))}
    run = Run(process("start > a > end; caught > b", parts))
    run.start()
    run.complete("a", 1)

    run.do(ThrowTaskError(id=run.tasks("a")[0].id, code="E1"))
    assert run.waits() == ["b"]
    assert sorted(run.trace("a", "a#multiInstanceBody")) == [
        ("a", "completed"),
        ("a", "terminated"),
        ("a", "terminated"),
        ("a#multiInstanceBody", "terminated"),
    ]


# ---------------------------------------------------------------- escalation


def test_escalation_that_interrupts():
    parts = {"caught": boundary("a", escalation("X1", code_to="code"))}
    run = Run(process("start > a > end; caught > b", parts))
    p = run.start()
    run.escalate("a", "X1", x=1)
    assert run.waits() == ["b"]
    assert run.variables(p) == {"x": 1, "code": "X1"}


def test_escalation_that_does_not_interrupt_adds_a_token_each_time():
    parts = {"caught": boundary("a", escalation("X1"), interrupting=False)}
    run = Run(process("start > a > end; caught > b > end2", parts))
    p = run.start()
    run.escalate("a", "X1")
    run.escalate("a", "X1")
    assert run.waits() == ["a", "b", "b"]
    run.complete("a")
    run.complete("b")
    assert run.state(p) == "ACTIVE"
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_escalation_nobody_catches_is_refused():
    run = Run(process("start > a > end"))
    p = run.start()
    with pytest.raises(Conflict, match="X1"):
        run.escalate("a", "X1", x=1)
    assert run.waits() == ["a"]
    assert run.variables(p) == {}


def test_escalation_out_of_a_called_instance_lets_it_go_on_and_maps_its_output():
    called = process("start > a > end", id="called")
    parts = {
        "c": call("called", mapping("out", source="x", target="z")),
        "caught": boundary("c", escalation(None), interrupting=False),
    }
    run = Run(process("start > c > end; caught > b > end", parts), called)
    p = run.start()
    run.escalate("a", "X1", x=2)
    assert run.waits() == ["a", "b", "c"]
    assert run.variables(p) == {"z": 2}
    run.complete("a", x=3)
    assert run.variables(p) == {"z": 3}
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_activity_can_be_entered_again_from_its_own_boundary_event():
    run = Run(process("start > a > end; caught > a", {"caught": boundary("a", error("E1"))}))
    p = run.start()
    run.throw_error("a", "E1")
    run.throw_error("a", "E1")
    assert run.trace("a") == [("a", "terminated"), ("a", "terminated"), ("a", "active")]
    run.complete("a")
    assert run.state(p) == "COMPLETED"
