"""Compensation: handlers at boundaries, throw and end events, compensation event sub-processes."""

from __future__ import annotations

import pytest

from engine.core.commands.jobs import ExecuteJob
from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.core.lifecycle import SubscriptionState
from engine.core.state import ElementInstance, Subscription, Variable
from engine.core.unit_of_work import SubscriptionsAt
from engine.errors import Suspended
from tests.core.kit import Run
from tests.core.models import (
    TERMINATE,
    Part,
    boundary,
    call,
    compensate,
    end,
    error,
    event_sub,
    io,
    message,
    note,
    process,
    service,
    sub,
    throw,
    undone_by,
    user,
)

UNDO = {"isForCompensation": True}


def undoing(word: str) -> Part:
    """A handler that writes a word into the log and is done."""
    return service(f"${{log.add('{word}')}}").having(**UNDO)


def compensable(*activities: str, waits: bool = True) -> dict[str, Part]:
    """A handler `undo_x` for each activity `x`: a user task, or one that only writes `x` into the log."""
    parts: dict[str, Part] = {}
    for each in activities:
        parts[f"at_{each}"] = undone_by(f"undo_{each}", each)
        parts[f"undo_{each}"] = user(**UNDO) if waits else undoing(each)
    return parts


def open_for(run: Run) -> list[str]:
    """The elements with an open compensation subscription, oldest first."""
    return [
        row.element_id
        for row in run.rows(Subscription)
        if row.ended_at is None and (row.kind, row.name) == ("compensate", None)
    ]


def kept(run: Run) -> dict[str, object]:
    """The living variables outside of the process instances."""
    return {
        row.name: row.value
        for row in run.rows(Variable)
        if row.ended_at is None and row.scope_id != row.process_instance_id
    }


# ---------------------------------------------------------------- handlers


def test_handlers_are_called_in_reverse_order_of_completion():
    run = Run(
        process(
            "start > fork > b > join; fork > a > join; fork > c > join > undo > after > end",
            {"undo": throw(compensate()), **compensable("a", "b", "c", waits=False)},
        )
    )
    p = run.start(log=[])
    for each in ("b", "c", "a"):
        run.complete(each)
        run.pass_time(seconds=1)
    assert run.log(p) == ["a", "c", "b"]
    assert run.waits() == ["after"]
    assert open_for(run) == []


def test_handlers_that_wait_are_open_at_once_and_the_event_goes_on_after_the_last():
    run = Run(process("start > a > b > undo > after > end", {"undo": throw(compensate()), **compensable("a", "b")}))
    run.start()
    run.complete("a")
    assert open_for(run) == ["undo_a"]
    run.complete("b")
    assert run.waits() == ["undo", "undo_a", "undo_b"]
    assert run.trace("undo", "undo_b", "undo_a")[1:] == [("undo_b", "active"), ("undo_a", "active")]
    run.complete("undo_a")
    assert run.waits() == ["undo", "undo_b"]
    run.complete("undo_b")
    assert run.waits() == ["after"]


def test_the_token_of_a_handler_is_in_the_event_but_by_the_model_beside_it():
    run = Run(process("start > a > undo > end", {"undo": throw(compensate()), **compensable("a")}))
    p = run.start()
    run.complete("a")
    (undo,), (handler,) = run.elements("undo"), run.elements("undo_a")
    assert (handler.scope_id, handler.flow_scope_id, handler.execution_id) == (undo.id, p, handler.id)
    assert (undo.flow_scope_id, undo.tokens, undo.execution_id) == (None, 1, undo.id)


def test_only_what_has_completed_is_compensated():
    run = Run(
        process(
            "start > fork > a > end_a; fork > b > undo > end_b; fork > c > end_c; late > end_late",
            {
                "undo": throw(compensate()),
                "late": boundary("c", message("late")),
                **compensable("a", "b", "c"),
            },
        )
    )
    run.start()
    run.deliver("late")
    run.complete("b")
    assert [task.element_id for each in ("undo_a", "undo_b", "undo_c") for task in run.tasks(each)] == ["undo_b"]
    run.complete("undo_b")
    run.complete("a")
    assert run.waits() == []
    assert run.elements("undo_a") == []


def test_with_nothing_to_compensate_the_event_passes():
    run = Run(process("start > undo > a > end2", {"undo": throw(compensate()), "end2": end(compensate())}))
    p = run.start()
    assert run.waits() == ["a"]
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert run.trace("undo", "end2") == [("undo", "completed"), ("end2", "completed")]


def test_what_has_been_compensated_is_not_compensated_again():
    run = Run(
        process(
            "start > a > undo > again > end",
            {"undo": throw(compensate()), "again": throw(compensate()), **compensable("a", waits=False)},
        )
    )
    p = run.start(log=[])
    run.complete("a")
    assert run.log(p) == ["a"]
    assert run.state(p) == "COMPLETED"


def test_every_completion_in_a_loop_counts():
    run = Run(
        process(
            "start > a > xor > [${i < 3}] a; xor > *undo > end",
            {
                "a": service("${i + 1}", "i"),
                "undo": end(compensate()),
                "end": end(compensate()),
                **compensable("a", waits=False),
            },
        )
    )
    p = run.start(i=0, log=[])
    assert run.log(p) == ["a"] * 3


def test_an_activity_that_was_named_is_the_only_one_that_is_compensated():
    run = Run(
        process(
            "start > a > b > undo > after > all",
            {"undo": throw(compensate("a")), "all": end(compensate()), **compensable("a", "b", waits=False)},
        )
    )
    p = run.start(log=[])
    run.complete("a")
    run.complete("b")
    assert run.log(p) == ["a"]
    assert open_for(run) == ["undo_b"]
    run.complete("after")
    assert run.log(p) == ["a", "b"]


def test_an_event_that_does_not_wait_calls_the_handlers_and_goes_on():
    run = Run(
        process(
            "start > a > b > undo > after > end",
            {"undo": throw(compensate(waits=False)), **compensable("a", "b")},
        )
    )
    p = run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["after", "undo_a", "undo_b"]
    assert [row.scope_id for row in run.elements("undo_a")] == [p]
    run.complete("after")
    run.complete("undo_a")
    assert run.state(p) == "ACTIVE"
    run.complete("undo_b")
    assert run.state(p) == "COMPLETED"


@pytest.mark.parametrize("waits", [True, False])
def test_an_end_event_compensates_before_its_scope_completes(waits):
    run = Run(
        process(
            "start > s > after > end",
            {"s": sub("start_in > a > end_in", {"end_in": end(compensate(waits=waits)), **compensable("a")})},
        )
    )
    run.start()
    run.complete("a")
    assert run.waits() == (["end_in", "s", "undo_a"] if waits else ["s", "undo_a"])
    run.complete("undo_a")
    assert run.waits() == ["after"]
    assert open_for(run) == []


def test_subscriptions_end_with_their_instance_and_are_no_reason_for_it_to_live():
    run = Run(
        process("start > a > s > b > end", {"s": sub("start_in > c > end_in", compensable("c")), **compensable("a")})
    )
    p = run.start()
    run.complete("a")
    run.complete("c")
    assert open_for(run) == ["undo_a", "undo_c", "s"]
    assert run.waits() == ["b"]
    run.complete("b")
    assert run.state(p) == "COMPLETED"
    assert {(row.state, row.ended_at) for row in run.rows(Subscription)} == {(SubscriptionState.CLOSED, run.now)}


def test_subscriptions_end_with_an_instance_that_is_deleted():
    run = Run(
        process("start > a > s > b > end", {"s": sub("start_in > c > end_in", compensable("c")), **compensable("a")})
    )
    p = run.start()
    run.complete("a")
    run.complete("c")
    run.delete(p)
    assert open_for(run) == []


def test_a_subscription_is_in_the_scope_around_the_activity_and_names_its_handler():
    run = Run(process("start > s > end", {"s": sub("start_in > a > b > end_in", compensable("a"))}))
    p = run.start()
    run.complete("a")
    (s,) = run.elements("s")
    (found,) = run.subscriptions("undo_a")
    assert (found.kind, found.scope_id, found.element_instance_id, found.execution_id, found.configuration) == (
        ("compensate", s.id, s.id, s.id, None)
    )
    assert (found.process_instance_id, found.root_id, found.tenant_id) == (p, p, "")


# ---------------------------------------------------------------- what handlers can be


def test_a_handler_can_be_a_sub_process():
    parts = {"at": undone_by("h", "a"), "h": sub("start_h > x > end_h").having(**UNDO), "undo": throw(compensate())}
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["h", "undo", "x"]
    run.complete("x")
    assert run.waits() == ["after"]


def test_a_handler_can_be_multi_instance():
    parts = {"at": undone_by("h", "a"), "h": user(**UNDO).times(2), "undo": throw(compensate("a"))}
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["h", "h", "h#multiInstanceBody", "undo"]
    run.complete("h")
    run.complete("h")
    assert run.waits() == ["after"]


def test_a_handler_can_be_a_call_activity():
    parts = {"at": undone_by("h", "a"), "h": call("called").having(**UNDO), "undo": throw(compensate())}
    run = Run(process("start > a > undo > after > end", parts), process("start > x > end", id="called"))
    run.start()
    run.complete("a")
    run.complete("x")
    assert run.waits() == ["after"]


def test_a_handler_can_be_asynchronous():
    parts = {
        "at": undone_by("h", "a"),
        "h": user(asyncBefore=True, asyncAfter=True, **UNDO),
        "undo": throw(compensate()),
    }
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.resume("h")
    run.complete("h")
    assert run.waits() == ["h", "undo"]
    run.resume("h")
    assert run.waits() == ["after"]


def test_what_happens_at_the_boundary_of_a_handler_is_waited_for_too():
    parts = {"undo": throw(compensate()), "late": boundary("undo_a", message("late")), **compensable("a")}
    run = Run(process("start > a > undo > after > end; late > instead > end2", parts))
    run.start()
    run.complete("a")
    run.deliver("late")
    assert run.waits() == ["instead", "undo"]
    run.complete("instead")
    assert run.waits() == ["after"]


def test_the_event_and_the_activity_may_be_asynchronous():
    parts = {
        "a": user(asyncAfter=True),
        "undo": throw(compensate()).having(asyncBefore=True, asyncAfter=True),
        **compensable("a"),
    }
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert open_for(run) == ["undo_a"]
    run.resume("a")
    run.resume("undo")
    run.complete("undo_a")
    run.resume("undo")
    assert run.waits() == ["after"]


def test_a_handler_in_another_scope_is_none():
    parts = {
        "s": sub("start_in > a > end_in", {"at": undone_by("h", "a")}),
        "h": user(**UNDO),
        "undo": throw(compensate()),
    }
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.rows(Subscription) == []


def test_handlers_are_not_compensated_themselves():
    handler = sub("start_h > x > end_h", compensable("x")).having(**UNDO)
    parts = {"at": undone_by("h", "a"), "h": handler, "undo": throw(compensate()), "again": throw(compensate())}
    run = Run(process("start > a > undo > b > again > end", parts))
    p = run.start()
    run.complete("a")
    run.complete("x")
    assert open_for(run) == []
    run.complete("b")
    assert run.state(p) == "COMPLETED"
    assert run.elements("undo_x") == []


def test_what_was_done_in_a_handler_can_be_compensated_there():
    inner = {"bad": throw(compensate()), **compensable("x", waits=False)}
    handler = sub("start_h > x > bad > end_h", inner).having(**UNDO)
    parts = {"at": undone_by("h", "a"), "h": handler, "undo": throw(compensate()), **compensable("b", waits=False)}
    run = Run(process("start > a > b > undo > end", parts))
    p = run.start(log=[])
    run.complete("a")
    run.complete("b")
    run.complete("x")
    assert run.log(p) == ["b", "x"]
    assert run.state(p) == "COMPLETED"


def test_an_error_in_a_handler_goes_to_the_scope_around_the_event():
    inner = {"undo": throw(compensate()), **compensable("a", "b"), "never": boundary("a", error(None))}
    parts = {"s": sub("start_in > a > b > undo > end_in; never > x > end_x", inner), "bad": boundary("s", error("E"))}
    run = Run(process("start > s > end; bad > after > end2", parts))
    run.start()
    run.complete("a")
    run.complete("b")
    run.throw_error("undo_a", "E")
    assert run.waits() == ["after"]
    assert run.trace("undo", "undo_a", "undo_b") == [
        ("undo", "terminated"),
        ("undo_b", "terminated"),
        ("undo_a", "terminated"),
    ]


def test_handlers_are_cancelled_with_the_event_that_called_them():
    parts = {"undo": throw(compensate()), "end": end(TERMINATE), **compensable("a", "b")}
    run = Run(process("start > fork > a > b > undo > end2; fork > c > end", parts))
    p = run.start()
    run.complete("a")
    run.complete("b")
    run.complete("undo_a")
    run.complete("c")
    assert run.state(p) == "COMPLETED"
    assert run.trace("undo", "undo_b", "undo_a") == [
        ("undo", "terminated"),
        ("undo_b", "terminated"),
        ("undo_a", "completed"),
    ]


def test_a_suspended_instance_is_not_compensated():
    run = Run(
        process("start > a > undo > end", {"a": user(asyncAfter=True), "undo": throw(compensate()), **compensable("a")})
    )
    p = run.start()
    run.complete("a")
    run.suspend(p)
    with pytest.raises(Suspended):
        run.resume("a")
    assert open_for(run) == ["undo_a"]


# ---------------------------------------------------------------- sub-processes


def test_what_was_done_in_a_completed_sub_process_is_compensated_with_the_variables_that_it_had():
    inner = sub("start_in > a > end_in", {"at": undone_by("h", "a"), "h": user(io({"seen": "${local}${h}"}), **UNDO)})
    parts = {"s": inner.having(io({"local": "${h}", "gone": "x"})), "undo": throw(compensate())}
    run = Run(process("start > s > b > undo > after > end", parts))
    p = run.start(h="A")
    (s,) = run.elements("s")
    run.set(s.id, "gone", local=True)
    run.complete("a")
    assert run.waits() == ["b"]
    assert kept(run) == {"local": "A"}
    run.set(p, h="B")
    run.complete("b")
    assert run.waits() == ["h", "s", "undo"]
    (h,), (again,) = run.living("h"), run.living("s")
    assert run.variables(h.id) == {"seen": "AB"}
    assert (again.compensates_id, again.flow_scope_id, h.scope_id) == (s.id, p, again.id)
    run.complete("h", local="changed in the snapshot")
    assert run.waits() == ["after"]
    assert run.variables(again.id, ended=True) == {"local": "changed in the snapshot"}
    assert run.variables(s.id, ended=True) == {"local": "A"}
    assert run.variables(p) == {"h": "B"}


def test_a_sub_process_that_is_compensated_is_not_entered_again():
    inner = sub("start_in > a > end_in", compensable("a", waits=False))
    marks = note("start", "s starts") + note("end", "s ends") + io({}, {"result": "${1}"})
    parts = {
        "s": inner.having(marks),
        "late": boundary("s", message("late"), interrupting=False),
        "undo": end(compensate()),
    }
    run = Run(process("start > s > undo; late > end2", parts))
    p = run.start(log=[])
    run.complete("a")
    assert run.log(p) == ["s starts", "s ends", "a"]
    assert run.state(p) == "COMPLETED"
    assert len([row for row in run.rows(Subscription) if row.element_id == "late"]) == 1


def test_compensation_reaches_into_nested_sub_processes_from_the_last_to_the_first():
    deep = sub("start_d > d > end_d", compensable("d", waits=False))
    middle = sub("start_m > b > deep > c > end_m", {"deep": deep, **compensable("b", "c", waits=False)})
    parts = {"m": middle, "undo": throw(compensate()), **compensable("a", "e", waits=False)}
    run = Run(process("start > a > m > e > undo > after > end", parts))
    p = run.start(log=[])
    for each in ("a", "b", "d", "c", "e"):
        run.complete(each)
    assert run.log(p) == ["e", "c", "d", "b", "a"]
    assert run.waits() == ["after"]
    assert open_for(run) == []


def test_handlers_of_nested_scopes_that_wait_are_open_at_once():
    deep = sub("start_d > d > end_d", compensable("d"))
    parts = {"m": sub("start_in > deep > c > end_in", {"deep": deep, **compensable("c")}), "undo": throw(compensate())}
    run = Run(process("start > m > undo > after > end", parts))
    run.start()
    run.complete("d")
    run.complete("c")
    assert run.waits() == ["deep", "m", "undo", "undo_c", "undo_d"]
    run.complete("undo_d")
    assert run.waits() == ["m", "undo", "undo_c"]
    run.complete("undo_c")
    assert run.waits() == ["after"]


def test_of_a_sub_process_both_its_own_handler_and_those_inside_are_called():
    parts = {"s": sub("start_in > a > end_in", compensable("a")), "undo": end(compensate()), **compensable("s")}
    run = Run(process("start > s > undo", parts))
    p = run.start()
    run.complete("a")
    assert [row.element_id for row in run.rows(ElementInstance) if row.ended_at is None] == [
        "undo",
        "undo_s",
        "s",
        "undo_a",
    ]
    run.complete("undo_s")
    run.complete("undo_a")
    assert run.state(p) == "COMPLETED"


def test_of_a_sub_process_that_is_named_only_its_own_handler_is_called():
    parts = {"s": sub("start_in > a > end_in", compensable("a")), "undo": throw(compensate("s")), **compensable("s")}
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["undo", "undo_s"]
    run.complete("undo_s")
    assert open_for(run) == ["undo_a", "s"]


def test_a_sub_process_without_a_handler_can_be_named():
    parts = {"s": sub("start_in > a > end_in", compensable("a")), "undo": throw(compensate("s")), **compensable("b")}
    run = Run(process("start > s > b > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["s", "undo", "undo_a"]


def test_a_sub_process_in_which_nothing_was_done_leaves_nothing():
    parts = {
        "s": sub("start_in > xor > [${x}] a > end_in; xor > *end_xor", compensable("a")),
        "undo": throw(compensate()),
    }
    run = Run(process("start > s > undo > after > end", parts))
    run.start(x=False)
    assert run.waits() == ["after"]
    assert run.rows(Subscription) == []


def test_a_sub_process_that_is_cancelled_leaves_nothing():
    deep = sub("start_d > d > end_d", compensable("d"))
    parts = {
        "s": sub("start_in > a > deep > b > end_in", {"deep": deep.having(io({"x": "1"})), **compensable("a")}),
        "late": boundary("s", message("late")),
        "undo": throw(compensate()),
    }
    run = Run(process("start > s > end; late > undo > after > end2", parts))
    run.start()
    run.complete("a")
    run.complete("d")
    assert (open_for(run), kept(run)) == (["undo_a", "undo_d", "deep"], {"x": "1"})
    run.deliver("late")
    assert run.waits() == ["after"]
    assert (open_for(run), kept(run)) == ([], {})


def test_compensation_is_thrown_in_the_scope_of_the_event_only():
    parts = {
        "s": sub("start_in > a > undo > b > end_in", {"undo": throw(compensate()), **compensable("a", waits=False)}),
        **compensable("x", waits=False),
    }
    run = Run(process("start > x > s > end", parts))
    p = run.start(log=[])
    run.complete("x")
    run.complete("a")
    assert run.log(p) == ["a"]
    assert open_for(run) == ["undo_x"]


def test_an_error_in_a_handler_of_a_completed_sub_process_is_not_caught_at_that():
    inner = {
        "s": sub("start_in > a > end_in", compensable("a")),
        "never": boundary("s", error(None)),
        "undo": throw(compensate()),
    }
    parts = {
        "around": sub("start_x > s > undo > end_x; never > bad > end_y", inner),
        "caught": boundary("around", error("E")),
    }
    run = Run(process("start > around > end; caught > after > end2", parts))
    run.start()
    run.complete("a")
    run.throw_error("undo_a", "E")
    assert run.waits() == ["after"]
    assert kept(run) == {}


# ---------------------------------------------------------------- activities that repeat


@pytest.mark.parametrize("sequential", [True, False])
def test_every_instance_of_a_multi_instance_activity_is_compensated(sequential):
    parts = {
        "a": user().times(3, sequential=sequential),
        "undo": throw(compensate("a")),
        "at": undone_by("h", "a"),
        "h": user(io({"seen": "${nrOfInstances} ${nrOfCompletedInstances}"}), **UNDO),
    }
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.complete("a")
    assert open_for(run) == ["h", "h"]
    run.complete("a")
    assert run.waits() == ["a#multiInstanceBody", "h", "h", "h", "undo"]
    assert {run.variables(each.id)["seen"] for each in run.living("h")} == {"3 3"}
    for _ in range(3):
        run.complete("h")
    assert run.waits() == ["after"]


def test_instances_that_were_cancelled_are_not_compensated():
    parts = {
        "a": user().times(3, until="${nrOfCompletedInstances == 1}"),
        "undo": throw(compensate()),
        **compensable("a"),
    }
    run = Run(process("start > a > undo > after > end", parts))
    run.start()
    run.complete("a", index=1)
    assert run.waits() == ["a#multiInstanceBody", "undo", "undo_a"]


def test_every_instance_of_a_multi_instance_sub_process_keeps_its_own_variables():
    inner = {"at": undone_by("h", "a"), "h": user(io({"seen": "${item}${loopCounter}${mine}"}), **UNDO)}
    parts = {
        "s": sub("start_in > a > end_in", inner).times(collection="items", element="item"),
        "undo": throw(compensate()),
    }
    run = Run(process("start > s > undo > after > end", parts))
    run.start(items=["x", "y"])
    for each, mine in zip(run.living("s"), ("1", "2"), strict=True):
        run.set(each.id, local=True, mine=mine)
    run.complete("a")
    run.complete("a")
    assert run.waits() == ["h", "h", "s", "s", "s#multiInstanceBody", "undo"]
    assert [run.variables(each.id)["seen"] for each in run.living("h")] == ["y12", "x01"]
    run.complete("h")
    run.complete("h")
    assert run.waits() == ["after"]
    assert open_for(run) == []


def test_the_handler_of_a_multi_instance_sub_process_is_called_for_every_instance():
    parts = {"s": sub("start_in > a > end_in").times(2), "undo": throw(compensate("s")), **compensable("s")}
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.complete("a")
    assert run.waits() == ["s#multiInstanceBody", "undo", "undo_s", "undo_s"]


def test_every_turn_of_a_standard_loop_is_compensated():
    inner = {"at": undone_by("h", "a"), "h": service("${log.add(loopCounter)}").having(**UNDO)}
    parts = {"s": sub("start_in > a > end_in", inner).looping(maximum=2), "undo": throw(compensate())}
    run = Run(process("start > s > undo > after > end", parts))
    p = run.start(log=[])
    run.complete("a")
    run.complete("a")
    assert run.log(p) == [1, 0]
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- event sub-processes


def with_event_sub_process(flows: str, parts: dict[str, Part], **inside: Part) -> Part:
    """A sub-process with two compensable activities and a compensation event sub-process."""
    by = event_sub(flows, compensate(), parts)
    return sub("start_in > a > b > end_in", {"by": by, **compensable("a", "b"), **inside})


def test_a_compensation_event_sub_process_compensates_in_place_of_the_handlers():
    parts = {"s": with_event_sub_process("on > x > end_by", {}), "undo": throw(compensate())}
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["by", "s", "undo", "x"]
    assert open_for(run) == ["undo_a", "undo_b"]
    run.complete("x")
    assert run.waits() == ["after"]
    assert open_for(run) == []
    assert run.elements("undo_a") == run.elements("undo_b") == []


def test_a_compensation_event_sub_process_sees_the_variables_of_its_scope():
    by = event_sub("on > x > end_by", compensate(), {"x": user(io({"seen": "${local}"}))})
    parts = {"s": sub("start_in > a > end_in", {"by": by}).having(io({"local": "1"})), "undo": throw(compensate())}
    run = Run(process("start > s > b > undo > after > end", parts))
    run.start()
    run.complete("a")
    assert open_for(run) == ["by"]
    run.complete("b")
    assert run.variables(run.living("x")[0].id) == {"seen": "1"}


def test_a_compensation_event_sub_process_can_throw_for_the_activities_of_its_scope():
    flows = "on > first > second > end_by"
    throws = {"first": throw(compensate("a")), "second": throw(compensate())}
    parts = {"s": with_event_sub_process(flows, throws), "undo": throw(compensate("s"))}
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["by", "first", "s", "undo", "undo_a"]
    (handler,), (again,) = run.living("undo_a"), run.living("s")
    assert handler.flow_scope_id == again.id
    run.complete("undo_a")
    assert run.waits() == ["by", "s", "second", "undo", "undo_b"]
    run.complete("undo_b")
    assert run.waits() == ["after"]


def test_a_compensation_event_sub_process_can_throw_for_sub_processes_inside():
    deep = sub("start_d > d > end_d", {"by_d": event_sub("on_d > y > end_y", compensate(), start="on_d")})
    by = event_sub("on > x > again > end_by", compensate(), {"again": throw(compensate())})
    parts = {"s": sub("start_in > deep > end_in", {"deep": deep, "by": by}), "undo": throw(compensate())}
    run = Run(process("start > s > undo > after > end", parts))
    run.start()
    run.complete("d")
    assert open_for(run) == ["by_d"]
    run.complete("x")
    assert run.waits() == ["again", "by", "by_d", "deep", "s", "undo", "y"]
    run.complete("y")
    assert run.waits() == ["after"]


def test_compensation_of_an_event_sub_process_is_not_compensated():
    parts = {
        "s": sub("start_in > a > end_in", {"by": event_sub("on > x > end_by", compensate(), compensable("x"))}),
        "undo": throw(compensate()),
        "again": throw(compensate()),
    }
    run = Run(process("start > s > undo > b > again > end", parts))
    p = run.start()
    run.complete("a")
    run.complete("x")
    assert open_for(run) == []
    run.complete("b")
    assert run.state(p) == "COMPLETED"


@pytest.mark.parametrize("waits", [True, False])
def test_an_event_sub_process_throws_for_its_own_scope_and_the_one_around(waits):
    by = event_sub(
        "on > c > undo > d > end_by", message("go"), {"undo": throw(compensate(waits=waits)), **compensable("c")}
    )
    parts = {"by": by, **compensable("a")}
    run = Run(process("start > a > b > end", parts))
    p = run.start()
    run.complete("a")
    run.deliver("on")
    run.complete("c")
    assert run.waits() == sorted(["by", "undo_a", "undo_c", "undo" if waits else "d"])
    assert [each.flow_scope_id for each in run.living("undo_a")] == [p]
    run.complete("undo_a")
    run.complete("undo_c")
    assert run.waits() == ["by", "d"]


def test_what_was_done_in_an_event_sub_process_is_compensated_with_the_scope_around():
    by = event_sub("on > c > end_by", message("go"), compensable("c", waits=False), interrupting=False)
    parts = {"by": by, "undo": throw(compensate()), **compensable("a", "b", waits=False)}
    run = Run(process("start > a > b > undo > after > end", parts))
    p = run.start(log=[])
    run.complete("a")
    run.deliver("on")
    run.complete("c")
    assert open_for(run) == ["undo_a", "undo_c", "by"]
    run.complete("b")
    assert run.log(p) == ["b", "c", "a"]


# ---------------------------------------------------------------- called processes


def test_compensation_does_not_reach_into_a_called_process():
    parts = {"c": call("called"), "undo": end(compensate()), **compensable("c")}
    run = Run(process("start > c > undo", parts), process("start > x > end", compensable("x"), id="called"))
    p = run.start()
    run.complete("x")
    assert run.waits() == ["undo", "undo_c"]
    run.complete("undo_c")
    assert run.state(p) == "COMPLETED"
    assert run.elements("undo_x") == []


def test_compensation_thrown_in_a_called_process_stays_there():
    called = process("start > x > undo > y > end", {"undo": throw(compensate()), **compensable("x")}, id="called")
    run = Run(process("start > a > c > end", {"c": call("called"), **compensable("a")}), called)
    run.start()
    run.complete("a")
    run.complete("x")
    assert run.waits() == ["c", "undo", "undo_x"]
    run.complete("undo_x")
    run.complete("y")
    assert open_for(run) == []


# ---------------------------------------------------------------- beside it


def test_only_the_subscriptions_of_the_instance_are_asked_for():
    run = Run(process("start > a > undo > end", {"undo": throw(compensate()), **compensable("a")}))
    run.start()
    run.complete("a")
    assert SubscriptionsAt in run.stored.asked


def test_activities_that_nothing_compensates_ask_for_nothing():
    run = Run(process("start > a > s > end", {"s": sub("start_in > b > c > end_in", {"c": user(asyncBefore=True)})}))
    run.start()
    for each in ("a", "b"):
        run.complete(each)
    run.do(ExecuteJob(id=run.jobs("c")[0].id))
    run.complete("c")
    assert not [kind for kind in run.stored.asked if "Subscription" in kind.__name__]


def test_a_handler_can_be_cancelled_by_a_modification():
    run = Run(process("start > a > b > undo > after > end", {"undo": throw(compensate()), **compensable("a", "b")}))
    p = run.start()
    run.complete("a")
    run.complete("b")
    run.do(ModifyInstance(id=p, instructions=[Cancel(element_id="undo_a")]))
    assert run.waits() == ["undo", "undo_b"]
    run.complete("undo_b")
    assert run.waits() == ["after"]


def test_a_modification_does_not_start_in_a_scope_that_is_being_compensated():
    parts = {"s": sub("start_in > a > end_in", compensable("a")), "undo": throw(compensate())}
    run = Run(process("start > s > undo > after > end", parts))
    p = run.start()
    run.complete("a")
    (again,) = run.living("s")
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="a")]))
    (beside,) = run.living("a")
    assert beside.scope_id != again.id
    run.complete("undo_a")
    run.complete("a")
    assert run.waits() == ["after", "s", "undo", "undo_a"]


def test_a_scope_that_is_being_compensated_can_be_cancelled():
    inner = sub("start_in > a > b > end_in", {"by": event_sub("on > x > end_by", compensate()), **compensable("a")})
    parts = {"s": inner.having(io({"local": "1"})), "undo": throw(compensate())}
    run = Run(process("start > s > undo > after > end", parts))
    p = run.start()
    run.complete("a")
    run.complete("b")
    assert (open_for(run), run.waits()) == (["undo_a"], ["by", "s", "undo", "x"])
    run.delete(p)
    assert (open_for(run), kept(run)) == ([], {})
    assert run.trace("by", "x")[-1] == ("x", "terminated")
