"""Events that wait: in the flow, at the boundary, behind an event-based gateway, starting event sub-processes."""

from __future__ import annotations

import pytest

from tests.core.kit import Run
from tests.core.models import Part, boundary, catch, event_sub, message, process, signal, sub

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
EVENTS = pytest.mark.parametrize("event", [message("m"), signal("s")], ids=["message", "signal"])


# ---------------------------------------------------------------- catch events


@EVENTS
def test_token_waits_until_the_event_comes(event):
    run = Run(process("start > m > a", {"m": catch(event)}))
    p = run.start()
    (waiting,) = run.subscriptions("m")
    assert (waiting.kind, waiting.name) in (("message", "m"), ("signal", "s"))
    assert (waiting.scope_id, waiting.process_instance_id) == (run.elements("m")[0].id, p)
    assert run.deliver("m", x=1) == p
    assert run.waits() == ["a"]
    assert run.variables(p) == {"x": 1}
    assert (waiting.state, run.subscriptions("m")) == ("closed", [])


def test_local_variables_of_a_message_end_with_the_event():
    run = Run(process("start > m > a", {"m": catch(message("m"))}))
    p = run.start()
    run.deliver("m", local={"x": 1})
    assert run.variables(p) == {}
    assert run.variables(run.elements("m")[0].id, ended=True) == {"x": 1}


def test_first_of_several_events_is_enough():
    both = Part("intermediateCatchEvent", message("m") + signal("s"))
    run = Run(process("start > m > a", {"m": both}))
    run.start()
    assert len(run.subscriptions("m")) == 2
    run.deliver("m", 1)
    assert (run.waits(), run.subscriptions("m")) == (["a"], [])


def test_parallel_multiple_event_waits_for_all():
    both = Part("intermediateCatchEvent", message("m") + HOUR + signal("s"), "", {"parallelMultiple": True})
    run = Run(process("start > m > a", {"m": both}))
    run.start()
    run.deliver("m", 1)
    run.resume("m")
    assert (run.waits(), len(run.subscriptions("m"))) == (["m"], 1)
    run.deliver("m")
    assert run.waits() == ["a"]


# ---------------------------------------------------------------- event-based gateways


@pytest.mark.parametrize(("event", "next"), [("m", "a"), ("t", "b")])
def test_event_that_comes_first_decides(event, next):
    run = Run(process("start > first > m > a; first > t > b", {"m": catch(message("m")), "t": catch(HOUR)}))
    run.start()
    assert run.waits() == ["first"]
    if event == "t":
        run.resume("t")
    else:
        run.deliver("m")
    assert run.waits() == [next]
    assert run.trace("first", "m", "t") == [("first", "terminated"), (event, "completed")]
    assert (run.subscriptions("m"), run.jobs("t")) == ([], [])


# ---------------------------------------------------------------- boundary events


@EVENTS
def test_event_at_the_boundary_cancels_the_activity(event):
    run = Run(process("start > a > end; m > b", {"m": boundary("a", event)}))
    run.start()
    run.deliver("m")
    assert run.waits() == ["b"]
    assert run.trace("a", "m") == [("a", "terminated"), ("m", "completed")]


def test_event_that_does_not_interrupt_may_come_again():
    run = Run(process("start > a > end; m > b > end2", {"m": boundary("a", message("m"), interrupting=False)}))
    p = run.start()
    run.deliver("m")
    run.deliver("m")
    assert run.waits() == ["a", "b", "b"]
    run.complete("a")
    assert run.subscriptions("m") == []
    run.complete("b")
    run.complete("b")
    assert run.state(p) == "COMPLETED"


# ---------------------------------------------------------------- event sub-processes


@pytest.mark.parametrize("event", [message("m"), signal("s"), HOUR], ids=["message", "signal", "timer"])
def test_event_sub_process_interrupts_the_process(event):
    run = Run(process("start > fork > a > end; fork > b", {"e": event_sub("on > c", event)}))
    p = run.start()
    if event == HOUR:
        run.resume("on")
    else:
        run.deliver("on")
    assert run.waits() == ["c", "e"]
    assert (run.subscriptions("on"), run.jobs("on")) == ([], [])
    run.complete("c")
    assert run.state(p) == "COMPLETED"


def test_event_sub_process_interrupts_the_sub_process_around_it():
    inner = sub("start_in > a", {"e": event_sub("on > c", message("m")), "f": event_sub("on2 > d", HOUR, start="on2")})
    run = Run(process("start > s > b", {"s": inner}))
    run.start()
    run.deliver("on")
    assert run.waits() == ["c", "e", "s"]
    assert run.jobs("on2") == []
    run.complete("c")
    assert run.waits() == ["b"]


def test_event_sub_process_that_does_not_interrupt_runs_beside():
    run = Run(process("start > a > end", {"e": event_sub("on > c", message("m"), interrupting=False)}))
    p = run.start()
    run.deliver("on")
    run.deliver("on")
    assert run.waits() == ["a", "c", "c", "e", "e"]
    run.complete("a")
    assert run.subscriptions("on") != []
    run.complete("c")
    run.complete("c")
    assert run.state(p) == "COMPLETED"
    assert run.subscriptions("on") == []


def test_deleting_an_instance_ends_what_it_waited_for():
    parts = {"e": event_sub("on > c", message("m")), "m": boundary("a", signal("s")), "t": boundary("a", HOUR)}
    run = Run(process("start > a > end; m > b; t > d", parts))
    p = run.start()
    run.delete(p)
    assert (run.subscriptions("on"), run.subscriptions("m"), run.jobs("t")) == ([], [], [])
