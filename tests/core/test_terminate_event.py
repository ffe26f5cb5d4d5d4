"""Terminate end events: all that is left in the scope around ends."""

from __future__ import annotations

from tests.core.kit import Run
from tests.core.models import (
    TERMINATE,
    Part,
    boundary,
    call,
    end,
    error,
    escalation,
    event_sub,
    message,
    note,
    process,
    sub,
    user,
)


def test_terminate_ends_all_of_the_process():
    parts = {"end_all": end(TERMINATE), "b": user(note("end", "b ended"))}
    run = Run(process("start > fork > a > end_all; fork > b > end", parts))
    p = run.start(log=[])
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert run.trace("end_all", "b") == [("b", "terminated"), ("end_all", "completed")]
    assert run.log(p) == ["b ended"]
    assert run.tasks("b") == []
    assert run.instance(p).live == run.instance(p).tokens == 0


def test_terminate_in_a_sub_process_ends_that_only():
    inner = sub("start_in > fork > a > end_all; fork > b", {"end_all": end(TERMINATE)})
    run = Run(process("start > s > after; start > other", {"s": inner}))
    run.start()
    run.complete("a")
    assert run.waits() == ["after", "other"]
    assert run.trace("s", "b") == [("s", "completed"), ("b", "terminated")]


def test_terminate_with_nothing_else_to_end():
    run = Run(process("start > a > end_all", {"end_all": end(TERMINATE)}))
    p = run.start()
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_terminate_ends_what_has_been_called():
    called = process("start > x", id="called")
    parts = {"c": call("called"), "end_all": end(TERMINATE)}
    run = Run(process("start > fork > a > end_all; fork > c", parts), called)
    p = run.start()
    q = run.called(p).id
    run.complete("a")
    assert (run.state(p), run.state(q)) == ("COMPLETED", "INTERNALLY_TERMINATED")
    assert run.waits() == []


def test_terminate_in_a_called_instance_ends_that_only():
    called = process("start > fork > x > end_all; fork > y", {"end_all": end(TERMINATE)}, id="called")
    run = Run(process("start > c > after", {"c": call("called")}), called)
    p = run.start()
    q = run.called(p).id
    run.complete("x")
    assert run.waits() == ["after"]
    assert run.state(q) == "COMPLETED"


def test_terminate_reached_in_the_step_that_made_the_others():
    run = Run(process("start > fork > a; fork > end_all; fork > b", {"end_all": end(TERMINATE)}))
    p = run.start()
    assert run.state(p) == "COMPLETED"
    assert ("a", "terminated") in run.trace()
    assert run.count("b") == 0
    assert run.waits() == []


def test_terminate_in_one_instance_of_a_multi_instance_sub_process_ends_that_only():
    inner = sub("start_in > fork > a > end_all; fork > b", {"end_all": end(TERMINATE)}).times(3)
    run = Run(process("start > s > after", {"s": inner}))
    run.start()
    run.complete("a", 1)
    assert run.waits() == ["a", "a", "b", "b", "s", "s", "s#multiInstanceBody"]
    run.complete("a")
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.count("s") == 3


def test_terminate_in_an_event_sub_process_ends_that_only():
    handler = event_sub("on > fork > c > end_all; fork > d", message("m"), {"end_all": end(TERMINATE)})
    run = Run(process("start > s > after", {"s": sub("start_in > a", {"e": handler})}))
    run.start()
    run.deliver("on")
    run.complete("c")
    assert run.trace("e", "d", "s") == [("s", "completed"), ("e", "completed"), ("d", "terminated")]
    assert run.waits() == ["after"]


def test_terminate_beside_an_event_sub_process_ends_that_too():
    parts = {"end_all": end(TERMINATE), "e": event_sub("on > c", message("m"), interrupting=False)}
    run = Run(process("start > a > end_all", parts))
    p = run.start()
    run.deliver("on")
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert run.trace("e") == [("e", "terminated")]
    assert run.subscriptions("on") == []


def test_token_on_its_way_never_arrives_in_what_has_been_terminated():
    inner = sub("start_in > fork > end_all; fork > a", {"end_all": end(TERMINATE)})
    run = Run(process("start > s > after", {"s": inner}))
    run.start()
    assert run.waits() == ["after"]
    assert run.trace("a") == []


# ---------------------------------------------------------------- several definitions (BPMN 2.0.2, 10.5.5.12)


def test_what_stands_before_the_termination_is_thrown_too():
    both = Part("endEvent", escalation("X1") + TERMINATE)
    parts = {
        "s": sub("start_in > fork > a > both; fork > b", {"both": both}),
        "caught": boundary("s", escalation("X1"), interrupting=False),
    }
    run = Run(process("start > s > after; caught > c", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["after", "c"]
    assert run.trace("b", "both") == [("b", "terminated"), ("both", "completed")]


def test_nothing_is_thrown_after_what_has_cancelled_the_thrower():
    parts = {
        "s": sub("start_in > both", {"both": Part("endEvent", error("E1") + escalation("X1"))}),
        "bad": boundary("s", error("E1")),
        "up": boundary("s", escalation("X1"), interrupting=False),
    }
    run = Run(process("start > s; bad > a; up > b", parts))
    run.start()
    assert run.waits() == ["a"]


def test_error_that_nobody_catches_lets_what_follows_it_be_thrown():
    parts = {
        "s": sub("start_in > both", {"both": Part("endEvent", error("E1") + escalation("X1"))}),
        "up": boundary("s", escalation("X1")),
    }
    run = Run(process("start > s > a; up > b", parts))
    run.start()
    assert run.waits() == ["b"]
