"""Complex gateways: an activation condition, a start, a reset."""

from __future__ import annotations

import pytest

from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.errors import NoFlowSelected
from tests.core.kit import Run, refusals
from tests.core.models import (
    TERMINATE,
    boundary,
    complex_gateway,
    end,
    error,
    note,
    part,
    process,
    service,
    sub,
)

TWO = "start > fork > a > complex; fork > b > complex; complex > "
IN = "start_in > fork > a > complex; fork > b > complex; complex > "
THREE = "start > fork > a > complex; fork > b > complex; fork > c > complex; complex > "


def gateway(activation, **more):
    return {"complex": complex_gateway(activation), **more}


def states(run, element="complex"):
    return sorted(state for _, state in run.trace(element))


# ---------------------------------------------------------------- diverging


def test_alone_it_diverges_like_an_inclusive_gateway():
    flows = "start > complex; complex > [${n > 0}] a; complex > [${n > 1}] b; complex > *c"
    run = Run(process(flows))
    for n, waits in ((0, ["c"]), (1, ["a"]), (2, ["a", "b"])):
        run = Run(process(flows))
        run.start(n=n)
        assert run.waits() == waits


def test_alone_it_raises_when_no_flow_can_be_taken():
    run = Run(process("start > complex; complex > [${n > 0}] a; complex > [${n > 1}] b"))
    with pytest.raises(NoFlowSelected):
        run.start(n=0)


def test_alone_it_is_always_waiting_for_start():
    run = Run(process("start > complex; complex > [${waitingForStart}] a; complex > [${not waitingForStart}] b"))
    run.start()
    assert run.waits() == ["a"]


# ---------------------------------------------------------------- start and reset


def test_two_of_three():
    run = Run(process(THREE + "after", gateway("${activationCount >= 2}")))
    run.start()
    run.complete("a")
    assert run.waits() == ["b", "c", "complex"]
    run.complete("c")
    assert run.waits() == ["after", "b", "complex"], "one token goes on, the gateway waits for its reset"
    run.complete("after")
    assert run.waits() == ["b", "complex"]
    run.complete("b")
    assert run.waits() == []
    assert states(run) == ["completed"] * 3
    assert len(run.elements("after")) == 1


def test_discriminator():
    run = Run(process(THREE + "after", gateway("${activationCount >= 1}")))
    p = run.start()
    for name in "bca":
        run.complete(name)
        assert len(run.elements("after")) == 1
    run.complete("after")
    assert run.state(p) == "COMPLETED"


def test_all_tokens_are_a_parallel_join():
    run = Run(process(THREE + "after", gateway("${activationCount == 3}")))
    p = run.start()
    for name in "abc":
        assert "after" not in run.waits()
        run.complete(name)
    assert run.waits() == ["after"], "nothing else can come: it is reset at once"
    run.complete("after")
    assert run.state(p) == "COMPLETED"


def test_tokens_of_one_step():
    run = Run(
        process(
            "start > fork > pass1 > complex; fork > pass2 > complex; complex > after",
            gateway("${activationCount >= 2}"),
        )
    )
    run.start()
    assert run.waits() == ["after"]


def test_condition_that_never_holds_blocks_the_tokens():
    run = Run(process(TWO + "after", gateway("${activationCount > 5}")))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["complex", "complex"]


def test_reset_asks_the_conditions_again():
    """BPMN 2.0.2, 13.4.5: the conditions may evaluate differently, and a condition that still holds is taken again."""
    flows = THREE + "[${waitingForStart}] first; complex > [${not waitingForStart}] late; complex > [${n > 0}] both"
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start(n=1)
    run.complete("a")
    assert run.waits() == ["b", "both", "c", "complex", "first"]
    run.complete("b")
    run.complete("c")
    assert run.waits() == ["both", "both", "first", "late"]


def test_default_flow_at_the_reset():
    flows = THREE + "[${waitingForStart}] first; complex > *other"
    run = Run(process(flows, gateway("${activationCount >= 2}")))
    run.start()
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["c", "complex", "first"]
    run.complete("c")
    assert run.waits() == ["first", "other"]


def test_reset_may_take_no_flow_but_the_start_may_not():
    flows = THREE + "[${n > 0}] after"
    run = Run(process(flows, gateway("${activationCount >= 2}")))
    p = run.start(n=0)
    run.complete("a")
    with pytest.raises(NoFlowSelected):
        run.complete("b")
    run.complete("b", n=1)
    assert run.waits() == ["after", "c", "complex"]
    run.set(p, n=0)
    run.complete("c")
    assert run.waits() == ["after"]


def test_reset_that_produces_the_last_token():
    """The scope does not end before the gateway has been reset."""
    flows = """start > fork > a > complex; fork > b > xor; xor > [${turns}] end; xor > *complex
    complex > [${waitingForStart}] x; complex > [${not waitingForStart}] y"""
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start(turns=True)
    run.complete("a")
    run.complete("x")
    assert run.waits() == ["b", "complex"]
    run.complete("b")
    assert run.waits() == ["y"]


# ---------------------------------------------------------------- what can still come


def test_token_that_turns_away_lets_it_reset():
    flows = (
        "start > fork > a > complex; fork > b > xor; xor > [${turns}] c > end; xor > *complex; complex > after > end"
    )
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start(turns=True)
    run.complete("a")
    assert run.waits() == ["after", "b", "complex"]
    run.complete("b")
    assert run.waits() == ["after", "c"]
    assert states(run) == ["completed"]


def test_cancelled_branch_lets_it_reset():
    parts = gateway("${activationCount >= 1}", caught=boundary("b", error("E1")))
    run = Run(process("start > fork > a > complex; fork > b > complex; complex > after; caught > x", parts))
    run.start()
    run.complete("a")
    run.throw_error("b", "E1")
    assert run.waits() == ["after", "x"]


def test_token_that_can_reach_only_flows_which_had_their_turn_is_not_waited_for():
    """Two tokens may come over one flow: the second one is for the next start."""
    flows = "start > fork > a > xor > complex; fork > b > xor; fork > c > complex; complex > after"
    run = Run(process(flows, gateway("${activationCount >= 2}")))
    run.start()
    run.complete("a")
    run.complete("c")
    assert run.waits() == ["after", "b"], "reset: b can only bring another token over a flow that has been taken from"
    run.complete("b")
    assert run.waits() == ["after", "complex"], "it waits for the next start, for which one token is not enough"


def test_surplus_tokens_start_it_again_after_the_reset():
    flows = "start > fork > a > xor > complex; fork > b > xor; fork > c > complex; complex > after"
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start()
    run.complete("a")
    assert run.waits() == ["after", "b", "c", "complex"]
    run.complete("b")
    assert run.waits() == ["after", "c", "complex", "complex"], "the flow has had its turn"
    run.complete("c")
    assert run.waits() == ["after", "after"], "reset, and started again with the token that was left"


def test_loop_through_the_gateway():
    flows = """start > xor1 > fork > a > complex; fork > b > complex; complex > t > xor
    xor > [${again}] xor1; xor > *end"""
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    p = run.start(again=True)
    for _ in range(3):
        run.complete("a")
        assert run.waits() == ["b", "complex", "t"]
        run.complete("b")
        assert run.waits() == ["t"]
        run.complete("t")
    run.complete("b")
    run.complete("t", again=False)
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_loop_that_comes_round_before_the_reset():
    flows = """start > fork > a > complex; fork > b > complex; complex > t > xor
    xor > [${again}] a; xor > *end"""
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start(again=True)
    run.complete("a")
    run.complete("t")
    run.complete("a")
    assert run.waits() == ["b", "complex", "complex"], "its flow has had its turn: the token waits for the reset"
    run.complete("b")
    assert run.waits() == ["t"]


def test_a_gateway_before_its_reset_is_no_token_on_the_way():
    """BPMN 2.0.2, 13.4.3: a join waits for tokens, and not for what a gateway may yet make of its reset."""
    flows = """start > fork > a > or1; fork > b > or1; or1 > complex; fork > c > complex
    complex > [${waitingForStart}] x; complex > [${not waitingForStart and again}] back > or1"""
    run = Run(process(flows, gateway("${activationCount >= 1}", back=service("${false}", "again"))))
    run.start(again=True)
    run.complete("c")
    run.complete("a")
    assert run.waits() == ["b", "complex", "or1", "x"]
    run.complete("b")
    assert run.waits() == ["x", "x"], "the join went on, the gateway was reset, and that started it again"


def test_join_behind_the_gateway_waits_for_the_token_that_will_reset_it():
    flows = """start > fork > a > complex; fork > b > complex; fork > c > or
    complex > [${waitingForStart}] x; complex > [${not waitingForStart}] or > after"""
    run = Run(process(flows, gateway("${activationCount >= 1}")))
    run.start()
    run.complete("a")
    run.complete("c")
    assert run.waits() == ["b", "complex", "or", "x"]
    run.complete("b")
    assert run.waits() == ["after", "x"]


def test_gateways_in_scopes_of_their_own():
    inner = sub(IN + "x", gateway("${activationCount >= 1}")).times(2)
    run = Run(process("start > s > after", {"s": inner}))
    run.start()
    run.complete("a", 0)
    assert states(run) == ["active"]
    run.complete("a", 0)
    assert states(run) == ["active", "active"]
    run.complete("b", 0)
    run.complete("b", 0)
    run.complete("x", 0)
    run.complete("x", 0)
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- data


def test_condition_on_data_is_asked_again_when_variables_change():
    run = Run(process(THREE + "after", gateway("${activationCount >= 3 || urgent}")))
    p = run.start(urgent=False)
    run.complete("a")
    assert run.waits() == ["b", "c", "complex"]
    run.set(p, urgent=True)
    assert run.waits() == ["after", "b", "c", "complex"]


def test_data_changed_by_another_branch_and_seen_from_a_scope_inside():
    inner = sub(IN + "x", gateway("${urgent}"))
    run = Run(process("start > fork1 > s; fork1 > c", {"s": inner, "fork1": part("parallelGateway")}))
    run.start(urgent=False)
    run.complete("a")
    assert run.waits() == ["b", "c", "complex", "s"]
    run.complete("c", urgent=True)
    assert run.waits() == ["b", "complex", "s", "x"]


def test_removed_variable_counts_as_a_change():
    run = Run(process(THREE + "after", gateway("${empty execution.getVariable('hold')}")))
    p = run.start(hold=1)
    run.complete("a")
    run.set(p, "hold")
    assert "after" in run.waits()


def test_one_incoming_flow_with_a_condition():
    flows = "start > fork > a > xor > complex; fork > b > xor; complex > after"
    run = Run(process(flows, gateway("${activationCount >= 2}")))
    run.start()
    run.complete("a")
    assert run.waits() == ["b", "complex"]
    run.complete("b")
    assert run.waits() == ["after", "complex"], "one token is taken from the flow, and one is not enough to start again"


# ---------------------------------------------------------------- around it


def test_listeners_of_the_gateway_and_of_its_flows():
    parts = {"complex": complex_gateway("${activationCount >= 1}").having(note("start", "in") + note("end", "out"))}
    flows = TWO + "after"
    run = Run(process(flows, parts, on_flow={"complex_after": note("take", "taken")}))
    p = run.start(log=[])
    run.complete("a")
    assert run.log(p) == ["in", "taken"]
    run.complete("b")
    assert run.log(p) == ["in", "taken", "in", "out"]


def test_it_cannot_wait_for_a_handler_where_tokens_wait():
    gate = complex_gateway("${activationCount >= 2}").having('<camunda:executionListener event="end" class="h"/>')
    (problem,) = refusals(process("start > complex > a", {"complex": gate}))
    assert "'complex' names a handler" in problem


def test_jobs_before_and_after():
    parts = {"complex": complex_gateway("${activationCount >= 1}").having(asyncBefore=True, asyncAfter=True)}
    run = Run(process(TWO + "after", parts))
    p = run.start()
    run.complete("a")
    assert states(run) == ["ready"]
    run.resume("complex")
    assert states(run) == ["active", "ready"], "a token waits behind the gateway, and the gateway for its reset"
    run.resume("complex")
    assert run.waits() == ["after", "b", "complex"]
    run.complete("b")
    assert len(run.jobs("complex")) == 1, "a token before the gateway is still on its way"
    run.resume("complex")
    run.resume("complex")
    run.complete("after")
    assert run.state(p) == "COMPLETED"


def test_terminate_ends_a_gateway_before_its_reset():
    flows = TWO + "x > end"
    run = Run(process(flows, gateway("${activationCount >= 1}", end=end(TERMINATE))))
    p = run.start()
    run.complete("a")
    run.complete("x")
    assert run.state(p) == "COMPLETED"
    assert states(run) == ["terminated"]


def test_modification_puts_a_token_at_the_gateway_and_takes_its_state_away():
    run = Run(process(THREE + "after", gateway("${activationCount >= 2}")))
    p = run.start()
    run.complete("a")
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="complex")]))
    assert run.waits() == ["after", "b", "c", "complex"]
    run.do(ModifyInstance(id=p, instructions=[Cancel(element_id="complex")]))
    assert run.waits() == ["after", "b", "c"]
    run.complete("b")
    run.complete("c")
    assert run.waits() == ["after", "after"], "it waited for its start again"


def test_a_step_that_fails_leaves_the_gateway_as_it_was():
    run = Run(process(THREE + "bad", gateway("${activationCount >= 2}", bad=service("${nothing.here}"))))
    run.start()
    run.complete("a")
    with pytest.raises(Exception, match="nothing"):
        run.complete("b")
    assert run.waits() == ["b", "c", "complex"]
    assert run.living("complex")[0].memory is None
