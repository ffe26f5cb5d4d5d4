"""Exclusive gateways: one way out."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed, NoFlowSelected
from tests.core.kit import Run
from tests.core.models import listener, part, process


def test_first_flow_that_may_be_taken_in_document_order():
    run = Run(process("start > xor; xor > [${n > 1}] a; xor > [${n > 0}] b; xor > *c"))
    run.start(n=2)
    assert run.waits() == ["a"]


def test_default_flow_when_no_condition_holds_wherever_it_stands():
    run = Run(process("start > xor; xor > *c; xor > [${n > 1}] a"))
    run.start(n=0)
    run.start(n=2)
    assert run.waits() == ["a", "c"]


def test_conditions_after_the_first_that_holds_are_not_asked():
    run = Run(process("start > xor; xor > [${true}] a; xor > [${nowhere}] b"))
    run.start()
    assert run.waits() == ["a"]


def test_flow_without_a_condition_may_be_taken():
    run = Run(process("start > xor; xor > [${false}] a; xor > b"))
    run.start()
    assert run.waits() == ["b"]


def test_no_flow_to_take_undoes_the_step():
    run = Run(process("start > t > xor; xor > [${n > 1}] a; xor > [${n > 2}] b"))
    run.start(n=0)
    with pytest.raises(NoFlowSelected, match=r"no condition is true and there is no default flow \(element 'xor'\)"):
        run.complete("t")
    assert run.waits() == ["t"]


def test_condition_must_be_true_or_false():
    run = Run(process("start > xor; xor > [${n}] a; xor > *b"))
    with pytest.raises(ExecutionFailed, match=r"'\$\{n\}' must give true or false, not 1 \(element 'xor'\)"):
        run.start(n=1)


def test_each_token_passes_a_merge_on_its_own():
    run = Run(process("start > fork > xor > a; fork > xor"))
    run.start()
    assert run.waits() == ["a", "a"]


def test_gateway_without_a_way_out_ends_the_token():
    run = Run(process("start > xor"))
    assert run.state(run.start()) == "COMPLETED"


def test_take_listener_runs_on_the_flow_that_is_taken():
    seen = "${execution.setVariable('taken', execution.currentTransitionId)}"
    flows = {f"xor_{id}": listener("take", seen) for id in "ab"}
    run = Run(process("start > xor; xor > [${n == 1}] a; xor > *b", on_flow=flows))
    assert run.variables(run.start(n=1))["taken"] == "xor_a"
    assert run.variables(run.start(n=2))["taken"] == "xor_b"


def test_conditions_see_what_the_gateways_listener_set():
    gateway = part("exclusiveGateway", listener("start", "${execution.setVariable('n', 5)}"))
    run = Run(process("start > x; x > [${n == 5}] a; x > *b", {"x": gateway}))
    run.start()
    assert run.waits() == ["a"]
