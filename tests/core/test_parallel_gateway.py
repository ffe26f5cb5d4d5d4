"""Parallel gateways: forks, and joins that count by flow."""

from __future__ import annotations

from tests.core.kit import Run
from tests.core.models import boundary, error, escalation, part, process, sub


def test_fork_takes_all_flows_and_conditions_mean_nothing():
    run = Run(process("start > fork; fork > [${false}] a; fork > b; fork > *c"))
    run.start()
    assert run.waits() == ["a", "b", "c"]


def test_join_waits_for_every_flow():
    run = Run(process("start > fork > a > join > end; fork > b > join; fork > c > join"))
    p = run.start()
    run.complete("b")
    run.complete("a")
    assert run.waits() == ["c", "join", "join"]
    run.complete("c")
    assert run.state(p) == "COMPLETED"
    assert run.count("end") == 1
    assert run.count("join") == 3


def test_join_and_fork_in_one():
    run = Run(process("start > fork > a > join > c; fork > b > join; join > d"))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["c", "d"]


def test_two_tokens_over_one_flow_do_not_make_up_for_another():
    flows = "start > fork1 > a > xor > join > end; fork1 > b > xor; fork1 > c > join"
    run = Run(process(flows))
    p = run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["c", "join", "join"]
    run.complete("c")
    assert run.waits() == ["join"], "the surplus token waits on"
    assert run.count("end") == 1
    assert run.state(p) == "ACTIVE"


def test_surplus_token_is_used_in_the_next_round():
    flows = "start > fork1 > a > xor > join > end; fork1 > b > xor; fork1 > c > xor2 > join; fork1 > d > xor2"
    run = Run(process(flows))
    p = run.start()
    for task in "abcd":
        run.complete(task)
    assert run.count("end") == 2
    assert run.state(p) == "COMPLETED"


def test_join_in_a_loop_fires_once_each_round():
    flows = "start > xor1 > fork > a > join > xor2; fork > b > join; xor2 > [${again}] xor1; xor2 > *end"
    run = Run(process(flows))
    p = run.start(again=True)
    for _ in range(3):
        run.complete("b")
        run.complete("a")
    assert run.waits() == ["a", "b"]
    run.set(p, again=False)
    run.complete("a")
    run.complete("b")
    assert run.state(p) == "COMPLETED"
    assert run.count("xor2") == 4
    assert run.count("join") == 8


def test_first_of_the_waiting_tokens_of_a_flow_is_taken():
    run = Run(process("start > fork1 > a > xor > join > end; fork1 > b > xor; fork1 > c > join"))
    run.start()
    run.complete("b")
    run.complete("a")
    first, second = run.elements("join")
    run.complete("c")
    assert first.ended_at is not None
    assert second.ended_at is None


def test_joins_of_two_scopes_do_not_mix():
    inner = sub("start_in > fork_in > a > join_in > end_in; fork_in > b > join_in")
    run = Run(process("start > fork > s > end1; fork > s", {"s": inner}))
    p = run.start()
    run.complete("a", 0)
    run.complete("b", 1)
    assert run.waits() == ["a", "b", "join_in", "join_in", "s", "s"]
    run.complete("a")
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_token_that_waits_at_a_join_is_cancelled_with_its_scope():
    inner = sub("start_in > fork > a > join; fork > b > join")
    run = Run(process("start > s; caught > c", {"s": inner, "caught": boundary("s", error("E1"))}))
    run.start()
    run.complete("a")
    run.throw_error("b", "E1")
    assert run.waits() == ["c"]
    assert run.trace("join") == [("join", "terminated")]


def test_join_that_can_never_fire_waits_for_good():
    run = Run(
        process("start > fork > a > join > end; fork > b > join; caught > c", {"caught": boundary("b", error("E1"))})
    )
    p = run.start()
    run.complete("a")
    run.throw_error("b", "E1")
    run.complete("c")
    assert run.waits() == ["join"]
    assert run.state(p) == "ACTIVE"


def test_two_flows_from_one_source_count_as_two():
    run = Run(process("start > a > fork; fork > [${true}] join; fork > pass1 > join; join > end"))
    p = run.start()
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert run.count("end") == 1


def test_token_from_a_boundary_event_joins_by_its_own_flow():
    parts = {"caught": boundary("a", escalation("X1"), interrupting=False), "join": part("parallelGateway")}
    run = Run(process("start > a > join > end; caught > join", parts))
    p = run.start()
    run.escalate("a", "X1")
    assert run.waits() == ["a", "join"]
    run.complete("a")
    assert run.state(p) == "COMPLETED"
