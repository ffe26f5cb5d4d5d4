"""Service, send and business rule tasks with an expression."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from tests.core.kit import Run, refusals
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


@pytest.mark.parametrize(
    ("way", "named"),
    [
        ({"type": "external", "topic": "t"}, "an external task"),
        ({"class": "com.example.Delegate"}, "a class"),
        ({"delegateExpression": "${bean}"}, "a delegate expression"),
        ({"decisionRef": "d"}, "a decision"),
    ],
)
def test_other_implementations_are_refused(way, named):
    tag = "businessRuleTask" if "decisionRef" in way else "serviceTask"
    (problem,) = refusals(process("start > x", {"x": part(tag, **way)}))
    assert f"'x' is implemented by {named}" in problem


def test_connector_is_refused():
    connector = "<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>"
    (problem,) = refusals(process("start > x", {"x": part("serviceTask", connector)}))
    assert "'x' is implemented by a connector" in problem


def test_expression_that_cannot_be_read_is_refused_with_its_place():
    (problem,) = refusals(process("start > x", {"x": service("${1 +}")}))
    assert problem.startswith("model.bpmn:1:")
    assert "[expression.syntax]" in problem
