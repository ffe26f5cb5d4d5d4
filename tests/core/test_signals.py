"""Signals that are thrown: to the thrower's own tree at once, to all others by whoever runs the step."""

from __future__ import annotations

from engine.core.commands.events import DeliverEventLater
from tests.core.kit import Run
from tests.core.models import Part, boundary, catch, end, event_sub, process, signal, sub


def throw(event: str) -> Part:
    return Part("intermediateThrowEvent", event)


def test_signal_reaches_its_own_instance_at_once():
    run = Run(process("start > fork > c > a; fork > b > t > d", {"c": catch(signal("s")), "t": throw(signal("s"))}))
    run.start()
    run.complete("b")
    assert run.waits() == ["a", "d"]


def test_signal_that_interrupts_its_thrower_does_not_let_it_go_on():
    inner = sub("start_in > b > t > d", {"t": throw(signal("s"))})
    run = Run(process("start > x > end; c > a", {"x": inner, "c": boundary("x", signal("s"))}))
    run.start()
    run.complete("b")
    assert run.waits() == ["a"]
    assert run.trace("t", "d") == [("t", "terminated")]


def test_who_waits_for_a_signal_goes_on_when_its_execution_is_signalled():
    run = Run(process("start > c > a", {"c": catch(signal("s"))}))
    run.start()
    run.signal("c", x=1)
    assert run.waits() == ["a"]


def test_signal_is_not_kept_for_who_waits_later():
    run = Run(process("start > t > c > a", {"t": throw(signal("s")), "c": catch(signal("s"))}))
    run.start()
    assert run.waits() == ["c"]


def test_signal_end_event_starts_an_event_sub_process_of_its_process():
    parts = {"e": event_sub("on > c", signal("s")), "over": end(signal("s"))}
    run = Run(process("start > over", parts))
    run.start()
    assert run.waits() == ["c", "e"]


def test_delivery_by_a_job_goes_with_what_waits():
    run = Run(process("start > a > end; c > b", {"c": boundary("a", signal("s"), interrupting=False)}))
    run.start()
    (waiting,) = run.subscriptions("c")
    run.do(DeliverEventLater(subscription_id=waiting.id, variables={"x": 1}))
    run.do(DeliverEventLater(subscription_id=waiting.id))
    assert [job.kind for job in run.jobs("c")] == ["event", "event"]
    run.resume("c")
    assert run.waits() == ["a", "b"]
    run.complete("a")
    assert run.jobs("c") == []
