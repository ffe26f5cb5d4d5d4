"""Receive tasks and event-based gateways that begin instances."""

from __future__ import annotations

import pytest

from engine.core.commands.events import StartByEvent
from engine.core.definition import wait_to_start
from engine.core.step import Step
from engine.core.unit_of_work import UnitOfWork
from tests.core.kit import NOON, AtHand, Run, refusals
from tests.core.models import catch, message, part, process, signal

RECEIVE = part("receiveTask", messageRef="message_m", instantiate="true")
FIRST = part("eventBasedGateway", instantiate="true")
ALL = part("eventBasedGateway", instantiate="true", eventGatewayType="Parallel")

BOTH = {"first": ALL, "m": catch(message("m")), "n": catch(message("n"))}


def begin(run: Run, element: str, **variables: object) -> int:
    return run.do(StartByEvent(definition_id=1, element_id=element, variables=variables)).id


def awaited(run: Run) -> list[tuple[str, str | None]]:
    """What the definition waits for to begin instances."""
    uow, ids = UnitOfWork(), iter(range(100))
    step = Step(uow=uow, next_id=lambda: next(ids), now=NOON, definitions=AtHand(run.deployed))
    wait_to_start(step, run.deployed.by_id[1])
    return [(each.element_id, each.name) for each in uow.subscriptions.values()]


def test_receive_task_that_begins_an_instance_has_its_message():
    run = Run(process("r > a > end", {"r": RECEIVE}))
    assert awaited(run) == [("r", "m")]
    p = begin(run, "r", x=1)
    assert run.trace() == [("r", "completed"), ("a", "active")]
    assert run.instance(p).start_element_id == "r"
    assert run.variables(p) == {"x": 1}
    assert run.subscriptions("r") == []


def test_receive_task_that_is_reached_again_waits():
    run = Run(process("start > r > a > xor; xor > [${again}] r; xor > *end", {"r": RECEIVE}))
    begin(run, "r", again=True)
    run.complete("a")
    assert run.waits() == ["r"]
    run.deliver("r", again=False)
    run.complete("a")
    assert run.waits() == []


def test_event_that_comes_first_begins_an_instance():
    parts = {"first": FIRST, "m": catch(message("m")), "s": catch(signal("s"))}
    run = Run(process("first > m > a; first > s > b", parts))
    assert awaited(run) == [("m", "m"), ("s", "s")]
    begin(run, "s")
    assert run.trace() == [("s", "completed"), ("b", "active")]
    assert run.subscriptions("m") == []


def test_instance_waits_for_all_events_behind_a_parallel_gateway():
    receive = part("receiveTask", messageRef="message_o")
    run = Run(process("first > m > a; first > n > join; first > r > join; join > end", {**BOTH, "r": receive}))
    assert awaited(run) == [("m", "m"), ("n", "n"), ("r", "o")]
    p = begin(run, "n")
    assert run.waits() == ["join", "m", "r"]
    run.deliver("r")
    assert run.waits() == ["m"]
    run.deliver("m")
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_deleting_an_instance_ends_what_else_it_waited_for():
    run = Run(process("first > m > a; first > n > b", BOTH))
    p = begin(run, "n")
    run.delete(p)
    assert (run.subscriptions("m"), run.subscriptions("n")) == ([], [])


@pytest.mark.parametrize("event", ["start", "end"])
def test_start_listeners_that_hand_over_need_a_start_event(event):
    listener = f'<camunda:executionListener event="{event}" delegateExpression="${{handler}}"/>'
    found = refusals(process("r > a", {"r": RECEIVE}, extensions=listener))
    assert bool(found) == (event == "start")
