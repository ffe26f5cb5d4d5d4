"""Inclusive gateways: every way that may be taken, and a join of all tokens that can still come."""

from __future__ import annotations

import pytest

from engine.errors import NoFlowSelected
from tests.core.kit import Run
from tests.core.models import TERMINATE, boundary, end, error, escalation, part, process, sub, user

SPLIT = "start > or1; or1 > [${a}] a > or2; or1 > [${b}] b > or2; or1 > [${c}] c > or2; or2 > after"


def test_all_flows_whose_condition_holds():
    run = Run(process(SPLIT))
    run.start(a=True, b=False, c=True)
    assert run.waits() == ["a", "c"]


def test_default_only_when_none_holds():
    flows = "start > or1; or1 > [${n > 0}] a; or1 > *b"
    run = Run(process(flows))
    run.start(n=1)
    assert run.waits() == ["a"]
    run.start(n=0)
    assert run.waits() == ["a", "b"]


def test_no_flow_to_take():
    run = Run(process(SPLIT))
    with pytest.raises(NoFlowSelected):
        run.start(a=False, b=False, c=False)


@pytest.mark.parametrize("taken", ["a", "ab", "abc", "bc"])
def test_join_waits_for_the_tokens_that_are_on_their_way_and_no_other(taken):
    run = Run(process(SPLIT))
    run.start(**{name: name in taken for name in "abc"})
    for name in taken:
        assert run.count("after") == 0
        assert "after" not in run.waits()
        run.complete(name)
    assert run.waits() == ["after"]
    assert run.count("or2") == len(taken)


def test_all_tokens_at_once_within_one_step():
    run = Run(process("start > or1; or1 > [${true}] pass1 > or2; or1 > [${true}] pass2 > or2; or2 > a"))
    run.start()
    assert run.waits() == ["a"]


def test_gateway_with_one_way_in_does_not_wait():
    run = Run(process("start > fork > a > or1 > end; fork > b > end"))
    run.start()
    run.complete("a")
    assert run.count("or1") == 1


def test_token_that_cannot_reach_the_join_is_not_waited_for():
    flows = "start > fork > a > or2 > after; fork > b > or2; fork > c > end"
    run = Run(process(flows))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["after", "c"]


def test_cancelled_branch_releases_the_join():
    parts = {"caught": boundary("b", error("E1"))}
    run = Run(process("start > fork > a > or2 > after; fork > b > or2; caught > c > end", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["b", "or2"]
    run.throw_error("b", "E1")
    assert run.waits() == ["after", "c"]


def test_path_that_ends_uncaught_releases_the_join():
    run = Run(process("start > fork > a > or2 > after; fork > b > or2"))
    run.start()
    run.complete("a")
    run.throw_error("b", "E1")
    assert run.waits() == ["after"]


def test_token_that_turns_away_releases_the_join():
    flows = "start > fork > a > or2 > after; fork > b > xor; xor > [${n == 1}] or2; xor > *c"
    run = Run(process(flows))
    run.start(n=0)
    run.complete("a")
    assert run.waits() == ["b", "or2"]
    run.complete("b")
    assert run.waits() == ["after", "c"]


def test_boundary_event_that_may_yet_throw_is_not_waited_for():
    """Only tokens that are on their way count; as in Camunda, what an activity may yet throw is no token."""
    parts = {"caught": boundary("b", escalation("X1"), interrupting=False)}
    run = Run(process("start > fork > a > or2 > after; fork > b > end; caught > or2", parts))
    run.start()
    run.complete("a")
    assert run.waits() == ["after", "b"]
    run.escalate("b", "X1")
    assert run.waits() == ["after", "after", "b"]


# ---------------------------------------------------------------- loops and surplus (BPMN 2.0.2, 13.4.3)


def test_token_that_can_reach_only_flows_with_tokens_is_not_waited_for():
    """The standard's rule: wait for a token with a path to an empty flow and none to a flow that holds a token."""
    flows = "start > fork > a > xor > or2 > after; fork > b > xor; fork > c > or2"
    run = Run(process(flows))
    run.start()
    run.complete("a")
    assert run.waits() == ["b", "c", "or2"]
    run.complete("c")
    assert run.waits() == ["after", "b"], "b can only bring a second token over a flow that has one"
    run.complete("b")
    assert run.waits() == ["after", "after"]


def test_one_token_of_each_flow_is_taken():
    flows = "start > fork > a > xor > or2 > after; fork > b > xor; fork > c > or2"
    run = Run(process(flows))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["c", "or2", "or2"]
    run.complete("c")
    assert run.waits() == ["after", "after"], "the surplus token goes on too: nothing else can come"


def test_join_in_a_loop():
    flows = """start > xor1 > or1; or1 > [${x}] a > or2; or1 > [${y}] b > or2
    or2 > t > xor2; xor2 > [${again}] xor1; xor2 > *end"""
    run = Run(process(flows))
    p = run.start(x=True, y=True, again=True)
    for _ in range(3):
        run.complete("a")
        run.complete("b")
        assert run.waits() == ["t"]
        run.complete("t")
    run.set(p, again=False, y=False)
    run.complete("b")
    run.complete("a")
    run.complete("t")
    assert run.state(p) == "COMPLETED"


def test_join_at_the_head_of_a_loop_fires_for_the_first_token():
    """The token behind the join can come back only through the join itself: nobody waits for it."""
    flows = "start > or1 > a > xor; xor > [${again}] or1; xor > *end"
    run = Run(process(flows))
    p = run.start(again=True)
    assert run.waits() == ["a"]
    run.complete("a")
    assert run.waits() == ["a"]
    run.complete("a", again=False)
    assert run.state(p) == "COMPLETED"


def test_two_joins_that_wait_for_each_other_wait_visibly():
    """A path of each leads to an empty flow of the other: by the standard's rule neither may go on."""
    flows = """start > fork > or1 > a > xor1; fork > or2 > b > xor2
    xor1 > [${again}] or2; xor1 > *end; xor2 > [${again}] or1; xor2 > *end"""
    run = Run(process(flows))
    p = run.start(again=True)
    assert run.waits() == ["or1", "or2"]
    assert run.state(p) == "ACTIVE"


def test_chain_of_joins_settles_in_one_step():
    flows = "start > fork > or1 > or2 > or3 > after; fork > a > or1; fork > or2; fork > or3"
    run = Run(process(flows))
    run.start()
    assert run.waits() == ["a", "or1", "or2", "or3"]
    run.complete("a")
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- scopes, jobs


def test_sub_process_beside_the_join_counts_as_one_token():
    parts = {"s": sub("start_in > x > y")}
    run = Run(process("start > fork > a > or2 > after; fork > s > or2", parts))
    run.start()
    run.complete("a")
    run.complete("x")
    assert run.waits() == ["or2", "s", "y"]
    run.complete("y")
    assert run.waits() == ["after"]


def test_join_inside_a_sub_process_sees_its_own_scope_only():
    inner = sub("start_in > fork > a > or2 > after; fork > b > or2")
    run = Run(process("start > s; start > c", {"s": inner}))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["after", "c", "s"]


def test_joins_of_parallel_sub_processes_do_not_mix():
    inner = sub("start_in > fork > a > or2; fork > b > or2; or2 > after").times(2)
    run = Run(process("start > s", {"s": inner}))
    run.start()
    run.complete("a", 0)
    run.complete("b", 1)
    assert run.waits().count("or2") == 2
    run.complete("b", 0)
    assert run.waits().count("after") == 1


def test_token_that_waits_for_a_job_before_the_join_is_waited_for():
    parts = {"or2": part("inclusiveGateway", asyncBefore=True)}
    run = Run(process("start > fork > a > or2 > after; fork > b > or2", parts))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.trace("or2") == [("or2", "ready"), ("or2", "ready")]
    run.resume("or2")
    assert run.trace("or2") == [("or2", "active"), ("or2", "ready")]
    run.resume("or2")
    assert run.waits() == ["after"]


def test_token_that_waits_for_a_job_after_an_element_is_waited_for():
    run = Run(process("start > fork > a > or2 > after; fork > b > or2", {"b": user(asyncAfter=True)}))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["b", "or2"]
    run.resume("b")
    assert run.waits() == ["after"]


def test_waiting_join_is_cancelled_with_its_scope():
    run = Run(
        process("start > fork > a > or2 > after; fork > b > or2; fork > c > end_all", {"end_all": end(TERMINATE)})
    )
    p = run.start()
    run.complete("a")
    run.complete("c")
    assert run.state(p) == "COMPLETED"
    assert run.trace("or2") == [("or2", "terminated")]
    assert run.count("after") == 0
