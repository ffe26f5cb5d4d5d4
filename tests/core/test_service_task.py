"""Service, send and business rule tasks with an expression."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from tests.core.kit import Run
from tests.core.models import io, part, process, service


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask"])
def test_expression_is_evaluated_and_its_value_kept(tag):
    run = Run(process("start > x > a", {"x": part(tag, expression="${n * 2}", resultVariable="twice")}))
    p = run.start(n=21)
    assert run.variables(p) == {"n": 21, "twice": 42}
    assert run.waits() == ["a"]


def test_expression_without_a_result_variable():
    run = Run(process("start > x > a", {"x": service("${execution.setVariable('seen', true)}")}))
    assert run.variables(run.start()) == {"seen": True}


def test_result_goes_where_the_variable_is():
    x = service("${r + 1}", "r").having(io({"r": "10"}, {"out": "${r}"}))
    run = Run(process("start > x > a", {"x": x}))
    p = run.start(r=1)
    assert run.variables(p) == {"r": 1, "out": 11}


def test_failing_expression_undoes_the_step():
    run = Run(process("start > a > x > end", {"x": service("${nowhere + 1}")}))
    p = run.start()
    with pytest.raises(ExecutionFailed, match=r"nowhere.*\(element 'x'\)"):
        run.complete("a", y=1)
    assert run.waits() == ["a"]
    assert run.variables(p) == {}
    assert run.task("a").state == "created"
