"""Escalations: thrown in the flow and at its end, caught with or without an interruption."""

from __future__ import annotations

import pytest

from tests.core.kit import Run
from tests.core.models import boundary, call, end, escalation, event_sub, mapping, note, part, process, sub, throw

ESCALATION = escalation("X1")


def thrower(**catching):
    """A sub-process that throws in the flow, with an event at its boundary."""
    parts = {"s": sub("start_in > up > a", {"up": throw(ESCALATION)}), "caught": boundary("s", **catching)}
    return process("start > s > after; caught > b", parts)


# ---------------------------------------------------------------- boundary events


def test_event_that_interrupts_cancels_the_thrower():
    run = Run(thrower(event=escalation("X1", code_to="code")))
    p = run.start()
    assert run.waits() == ["b"]
    assert run.trace("up", "a", "s", "caught") == [("s", "terminated"), ("up", "terminated"), ("caught", "completed")]
    assert run.variables(p) == {"code": "X1"}


def test_thrower_goes_on_beside_an_event_that_does_not_interrupt():
    run = Run(thrower(event=ESCALATION, interrupting=False))
    run.start()
    assert run.waits() == ["a", "b", "s"]
    run.complete("a")
    assert run.waits() == ["after", "b"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_event_without_a_code_catches_all(interrupting):
    run = Run(thrower(event=escalation(None, code_to="code"), interrupting=interrupting))
    p = run.start()
    assert "b" in run.waits()
    assert run.variables(p) == {"code": "X1"}


def test_escalation_nobody_catches_is_no_error():
    run = Run(thrower(event=escalation("X2")))
    run.start()
    assert run.waits() == ["a", "s"]


def test_only_the_nearest_event_catches():
    inner = sub("start_in > up > a", {"up": throw(ESCALATION)})
    outer = sub("start_out > t; inner > c", {"t": inner, "inner": boundary("t", ESCALATION, interrupting=False)})
    run = Run(process("start > s; outer > b", {"s": outer, "outer": boundary("s", ESCALATION)}))
    run.start()
    assert run.waits() == ["a", "c", "s", "t"]


# ---------------------------------------------------------------- end events


def test_end_event_throws_and_ends_its_token():
    parts = {
        "s": sub("start_in > up", {"up": end(ESCALATION)}),
        "caught": boundary("s", ESCALATION, interrupting=False),
    }
    run = Run(process("start > s > after; caught > b", parts))
    run.start()
    assert run.waits() == ["after", "b"]
    assert run.trace("up", "s") == [("s", "completed"), ("up", "completed")]


def test_end_event_whose_event_interrupts_ends_all_in_the_sub_process():
    parts = {"s": sub("start_in > fork > up; fork > a", {"up": end(ESCALATION)}), "caught": boundary("s", ESCALATION)}
    run = Run(process("start > s > after; caught > b", parts))
    run.start()
    assert run.waits() == ["b"]


# ---------------------------------------------------------------- event sub-processes


def test_event_sub_process_runs_beside_the_thrower_and_keeps_the_scope_open():
    inner = sub("start_in > up", {"up": end(ESCALATION), "e": event_sub("on > c", ESCALATION, interrupting=False)})
    run = Run(process("start > s > after", {"s": inner}))
    run.start()
    assert run.waits() == ["c", "e", "s"]
    run.complete("c")
    assert run.waits() == ["after"]


def test_event_sub_process_that_interrupts_cancels_the_thrower():
    parts = {"up": throw(ESCALATION), "e": event_sub("on > c", ESCALATION)}
    run = Run(process("start > fork > up > a; fork > b", parts))
    p = run.start()
    assert run.waits() == ["c", "e"]
    run.complete("c")
    assert run.state(p) == "COMPLETED"


def test_event_sub_process_may_be_started_again():
    parts = {
        "s": sub("start_in > a > up > b > up2 > d", {"up": throw(ESCALATION), "up2": throw(ESCALATION)}),
        "e": event_sub("on > c", ESCALATION, interrupting=False),
    }
    run = Run(process("start > s", parts))
    p = run.start()
    run.complete("a")
    run.complete("c")
    run.complete("b")
    assert run.waits() == ["c", "d", "e", "s"]
    run.complete("d")
    run.complete("c")
    assert run.state(p) == "COMPLETED"


def test_event_sub_process_that_throws_again_is_heard_further_out():
    again = event_sub("on > c > up2 > d", ESCALATION, {"up2": throw(ESCALATION)}, interrupting=False)
    parts = {
        "s": sub("start_in > up > a", {"up": throw(ESCALATION), "e": again}),
        "f": event_sub("on2 > b", ESCALATION, start="on2", interrupting=False),
    }
    run = Run(process("start > s", parts))
    run.start()
    run.complete("c")
    assert run.waits() == ["a", "b", "d", "e", "f", "s"]


# ---------------------------------------------------------------- call activities

OUT = mapping("out", source="x", target="y")


def called():
    """A process that throws between two tasks."""
    return process("start > a > up > b", {"up": throw(ESCALATION)}, id="called")


@pytest.mark.parametrize("interrupting", [True, False])
def test_escalation_leaves_the_called_instance_with_its_output(interrupting):
    parts = {"c": call("called", OUT), "caught": boundary("c", ESCALATION, interrupting=interrupting)}
    run = Run(process("start > c > after; caught > d", parts), called())
    p = run.start()
    run.complete("a", x=7)
    assert run.waits() == (["d"] if interrupting else ["b", "c", "d"])
    assert run.variables(p) == {"y": 7}
    assert run.state(run.called(p).id) == ("INTERNALLY_TERMINATED" if interrupting else "ACTIVE")


def test_output_is_mapped_though_nobody_catches_the_escalation():
    run = Run(process("start > c > after", {"c": call("called", OUT)}), called())
    p = run.start()
    run.complete("a", x=7)
    assert run.waits() == ["b", "c"]
    assert run.variables(p) == {"y": 7}


# ---------------------------------------------------------------- many at once


def test_every_instance_of_a_multi_instance_sub_process_throws():
    parts = {
        "s": sub("start_in > up > a", {"up": throw(ESCALATION)}).times(3),
        "caught": boundary("s", ESCALATION, interrupting=False),
    }
    run = Run(process("start > s > after; caught > b", parts))
    run.start()
    assert sorted(run.waits()) == ["a"] * 3 + ["b"] * 3 + ["s"] * 3 + ["s#multiInstanceBody"]


def test_first_instance_that_throws_ends_them_all():
    parts = {"s": sub("start_in > up > a", {"up": throw(ESCALATION)}).times(3), "caught": boundary("s", ESCALATION)}
    run = Run(process("start > s > after; caught > b", parts))
    run.start()
    assert run.waits() == ["b"]
    assert run.count("caught") == 1


# ---------------------------------------------------------------- tasks


def test_escalation_of_a_task_starts_an_event_sub_process():
    run = Run(process("start > a", {"e": event_sub("on > c", ESCALATION, interrupting=False)}))
    run.start()
    run.escalate("a", "X1", x=1)
    run.escalate("a", "X1")
    assert run.waits() == ["a", "c", "c", "e", "e"]


def test_thrower_goes_on_before_what_catches_it():
    parts = {
        "s": sub("start_in > up > pass", {"up": throw(ESCALATION), "pass": part("task", note("start", "thrower"))}),
        "caught": boundary("s", ESCALATION, interrupting=False).having(note("start", "caught")),
    }
    run = Run(process("start > s > after; caught > b", parts))
    p = run.start(log=[])
    assert run.log(p) == ["thrower", "caught"]
    assert run.waits() == ["after", "b"]
