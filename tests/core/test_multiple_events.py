"""Events with several definitions (BPMN 2.0.2, 10.5.5.12 and 10.5.5.13): one is enough, or all must have come."""

from __future__ import annotations

from itertools import count

import pytest

from engine.core.commands.events import StartByEvent
from engine.core.commands.work import CompleteWork
from engine.core.definition import wait_to_start
from engine.core.step import Step
from engine.core.unit_of_work import UnitOfWork
from tests.core.kit import NOON, AtHand, Run, refusals
from tests.core.models import (
    Part,
    boundary,
    condition,
    error,
    escalation,
    event_sub,
    message,
    process,
    signal,
    sub,
)

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
INTERRUPTING = pytest.mark.parametrize("interrupting", [True, False])
PARALLEL = {"parallelMultiple": True}


def all_of(attached_to, events, *, interrupting=True):
    """A parallel multiple boundary event."""
    return boundary(attached_to, events, interrupting=interrupting).having(**PARALLEL)


# ---------------------------------------------------------------- boundary events


@pytest.mark.parametrize(
    ("which", "interrupting"),
    [
        *((which, True) for which in ("message", "signal", "timer", "condition", "error", "escalation")),
        *((which, False) for which in ("message", "signal", "timer", "condition", "escalation")),
    ],
)
def test_one_of_several_is_enough_at_a_boundary(which, interrupting):
    events = message("m") + signal("s") + HOUR + condition("${x == 1}") + escalation("X1")
    if interrupting:
        events += error("E1")
    run = Run(process("start > a; many > b", {"many": boundary("a", events, interrupting=interrupting)}))
    p = run.start(x=0)
    assert (len(run.subscriptions("many")), len(run.jobs("many"))) == (3, 1)
    happens = {
        "message": lambda: run.deliver("many", 0),
        "signal": lambda: run.deliver("many", 1),
        "timer": lambda: run.resume("many"),
        "condition": lambda: run.set(p, x=1),
        "error": lambda: run.throw_error("a", "E1"),
        "escalation": lambda: run.escalate("a", "X1"),
    }
    happens[which]()
    assert run.waits() == (["b"] if interrupting else ["a", "b"])
    if interrupting:
        assert (run.subscriptions("many"), run.jobs("many")) == ([], [])


def test_all_must_have_come_at_a_boundary():
    run = Run(process("start > a; many > b", {"many": all_of("a", message("m") + HOUR + signal("s"))}))
    run.start()
    run.deliver("many", 1)
    run.resume("many")
    assert run.waits() == ["a"]
    run.deliver("many")
    assert run.waits() == ["b"]


def test_what_has_come_is_forgotten_with_the_activity():
    run = Run(process("start > a > c; many > b", {"many": all_of("a", message("m") + signal("s"))}))
    run.start()
    run.deliver("many", 1)
    run.complete("a")
    assert (run.waits(), run.subscriptions("many")) == (["c"], [])


def test_all_must_come_again_where_the_event_does_not_interrupt():
    run = Run(process("start > a; many > b", {"many": all_of("a", message("m") + signal("s"), interrupting=False)}))
    run.start()
    for times in (1, 2):
        run.deliver("many", 1)
        run.deliver("many", 0)
        assert run.waits() == ["a"] + ["b"] * times
        assert len(run.subscriptions("many")) == 2


def test_same_event_twice_is_not_both():
    run = Run(process("start > a; many > b", {"many": all_of("a", message("m") + message("n"))}))
    run.start()
    run.deliver("many", 0)
    assert [each.name for each in run.subscriptions("many")] == ["n"]
    assert run.waits() == ["a"]


@pytest.mark.parametrize("event", [error("E1"), escalation("X1")])
def test_what_is_not_waited_for_cannot_be_one_of_all(event):
    (problem,) = refusals(process("start > a; many > b", {"many": all_of("a", message("m") + event)}))
    assert "parallel multiple event 'many' waits for" in problem


# ---------------------------------------------------------------- event sub-processes


def start(events, **attributes):
    return Part("startEvent", events, "", attributes)


@INTERRUPTING
def test_one_of_several_starts_an_event_sub_process(interrupting):
    e = event_sub("on > h", message("m") + signal("s") + escalation("X1"), interrupting=interrupting)
    run = Run(process("start > a", {"e": e}))
    run.start()
    run.escalate("a", "X1")
    assert run.waits() == (["e", "h"] if interrupting else ["a", "e", "h"])
    if not interrupting:
        run.deliver("on", 1)
        assert run.waits() == ["a", "e", "e", "h", "h"]


def test_all_must_have_come_to_start_an_event_sub_process():
    begin = start(message("m") + HOUR, isInterrupting=True, parallelMultiple=True)
    e = sub("on > h", {"on": begin}).having(triggeredByEvent=True)
    run = Run(process("start > a", {"e": e}))
    run.start()
    run.resume("on")
    assert run.waits() == ["a"]
    run.deliver("on")
    assert run.waits() == ["e", "h"]


# ---------------------------------------------------------------- gateways


def test_several_behind_a_gateway():
    parts = {
        "one": Part("intermediateCatchEvent", message("m") + HOUR),
        "all": Part("intermediateCatchEvent", message("n") + signal("s"), "", PARALLEL),
    }
    run = Run(process("start > first > one > a; first > all > b", parts))
    run.start()
    run.deliver("all", 0)
    assert run.waits() == ["first"]
    run.resume("one")
    assert (run.waits(), run.subscriptions("all")) == (["a"], [])
    run.start()
    run.deliver("all", 1)
    run.deliver("all", 0)
    assert run.waits() == ["a", "b"]


# ---------------------------------------------------------------- the start of a process


def test_one_of_several_starts_a_process():
    run = Run(process("start > a", {"start": start(message("m") + signal("s"))}))
    (definition,) = run.deployed.by_id.values()
    uow, ids = UnitOfWork(), count(1)
    wait_to_start(Step(uow=uow, next_id=lambda: next(ids), now=NOON, definitions=AtHand(run.deployed)), definition)
    assert [(each.kind, each.name) for each in uow.subscriptions.values()] == [("message", "m"), ("signal", "s")]
    run.do(StartByEvent(definition_id=definition.id, element_id="start"))
    assert run.waits() == ["a"]


def test_all_at_the_start_of_a_process_is_refused():
    parts = {"start": start(message("m") + signal("s"), **PARALLEL)}
    (problem,) = refusals(process("start > a", parts))
    assert "starts instances" in problem


# ---------------------------------------------------------------- throwing

WORK = '<messageEventDefinition messageRef="message_{0}" camunda:type="external" camunda:topic="{0}" {1}/>'


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_all_are_thrown_one_after_the_other(tag):
    events = WORK.format("first", "") + escalation("X1") + WORK.format("second", "") + signal("s")
    parts = {
        "s": sub("start_in > many", {"many": Part(tag, events)}),
        "up": boundary("s", escalation("X1"), interrupting=False),
    }
    run = Run(process("start > s > a; up > b", parts))
    run.start()
    (job,) = run.jobs("many")
    assert (job.topic, run.waits()) == ("first", ["many", "s"])
    run.do(CompleteWork(id=job.id))
    (job,) = run.jobs("many")
    assert (job.topic, run.waits()) == ("second", ["b", "many", "s"])
    assert run.kept.step.sent == []
    run.do(CompleteWork(id=job.id))
    assert [each.name for each in run.kept.step.sent] == ["s"]
    assert run.waits() == ["a", "b"]


def test_each_work_has_its_own_result_variable():
    events = WORK.format("first", 'camunda:resultVariable="x"') + WORK.format("second", 'camunda:resultVariable="y"')
    run = Run(process("start > many > a", {"many": Part("intermediateThrowEvent", events)}))
    p = run.start()
    run.do(CompleteWork(id=run.jobs("many")[0].id, result=1))
    run.do(CompleteWork(id=run.jobs("many")[0].id, result=2))
    assert run.variables(p) == {"x": 1, "y": 2}
    assert run.waits() == ["a"]


def test_interruption_ends_the_throwing():
    events = escalation("X1") + signal("s")
    parts = {"s": sub("start_in > many", {"many": Part("endEvent", events)}), "up": boundary("s", escalation("X1"))}
    run = Run(process("start > s; up > b", parts))
    run.start()
    assert (run.waits(), run.kept.step.sent) == (["b"], [])
