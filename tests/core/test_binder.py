"""Binding a process: what cannot be executed is refused, all of it at once, each with its place.

What is refused today is told by docs/supported-elements.md, which a test keeps true.
"""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from tests.core.kit import Run, refusals, warnings
from tests.core.models import listener, part, process, service

BROKEN = part("scriptTask", inner="<script>1 +</script>", scriptFormat="feel")
COBOL = part("scriptTask", inner="<script>1</script>", scriptFormat="cobol")


def test_what_can_be_executed_is_bound_without_a_word():
    assert refusals(process("start > a > end")) == []


def test_refusals_name_file_place_element_and_rule():
    file = process("start > x", {"x": BROKEN}).replace(b"<scriptTask", b"\n<scriptTask")
    (problem,) = refusals(file)
    assert problem.startswith("model.bpmn:2:")
    assert "Error parsing '1 +': syntax error, encountered the end of the expression, expected a value" in problem
    assert problem.endswith("(x) [expression.syntax]")


def test_all_refusals_come_at_once():
    parts = {"x": BROKEN, "y": BROKEN, "z": service("${1 +}")}
    file = process("start > x > y > z; z > [${2 *}] a; z > *b", parts, extensions=listener("start", "${3 -}"))
    found = refusals(file)
    assert len(found) == 5
    assert [problem[-19:] for problem in found] == ["[expression.syntax]"] * 5


def test_multi_instance_activity_is_named_as_it_is_in_the_file():
    (problem,) = refusals(process("start > x", {"x": part("task").times("${1 +}")}))
    assert "(x) [expression.syntax]" in problem


@pytest.mark.parametrize(
    ("element", "rule", "reason"),
    [
        (COBOL, "expression.language", "'x' uses the language 'cobol', which cannot be executed: use one of feel, "),
        (
            part("scriptTask", scriptFormat="juel", resource="deployment://x.juel"),
            "camunda.resource",
            "in the file 'deployment://x.juel', which is not in its deployment",
        ),
        (service("${fn:of(1)}"), "expression.function", "Could not resolve function 'fn:of' of 1 arguments"),
        (service("${charge(a, b)}"), "expression.function", "Could not resolve function 'charge' of 2 arguments"),
        (part("callActivity", caseRef="c"), "bpmn.unsupported", "calls the case 'c': only processes can be called"),
        (
            part("callActivity", calledElement="q", variableMappingClass="x.Y"),
            "bpmn.unsupported",
            "mapped by Java code, 'x.Y': map them by camunda:in and camunda:out",
        ),
        (
            part("callActivity", calledElement="q", variableMappingDelegateExpression="${m}"),
            "bpmn.unsupported",
            "mapped by Java code, '${m}'",
        ),
    ],
)
def test_what_cannot_be_executed_here_is_told_and_fails_when_it_is_reached(element, rule, reason):
    file = process("start > a > x > b", {"x": element})
    assert refusals(file) == []
    (told,) = warnings(file)
    assert reason in told
    assert told.endswith(f"; it fails when it is reached (x) [{rule}]")
    run = Run(file)
    run.start()
    with pytest.raises(ExecutionFailed) as failed:
        run.complete("a")
    assert reason in str(failed.value)
    assert run.waits() == ["a"]


@pytest.mark.parametrize(
    ("condition", "taken"), [("1", None), ("2", "b")], ids=["what is reached fails", "what is not reached does not"]
)
def test_a_condition_in_an_unknown_language_fails_when_it_is_asked(condition, taken):
    groovy = '<conditionExpression language="groovy">x</conditionExpression>'
    file = process("start > g; g > [${way == 2}] b; g > [${way == 1}] c", {"g": part("exclusiveGateway")})
    plain = "<conditionExpression>${way == 1}</conditionExpression>"
    assert plain.encode() in file
    run = Run(file.replace(plain.encode(), groovy.encode()))
    if taken is None:
        with pytest.raises(ExecutionFailed, match="'groovy', which cannot be executed"):
            run.start(way=int(condition))
    else:
        run.start(way=int(condition))
        assert run.waits() == [taken]


@pytest.mark.parametrize(
    ("element", "topic"),
    [
        (part("serviceTask", type="mail"), "mail"),
        (part("sendTask", type="http"), "http"),
        (
            part(
                "serviceTask", "<camunda:connector><camunda:connectorId>soap</camunda:connectorId></camunda:connector>"
            ),
            "soap",
        ),
        (part("serviceTask", delegateExpression="${bean.of(way)}"), None),
        (part("serviceTask", delegateExpression="${way}er".replace("}er", " == 1 ? 'one' : 'two'}")), "one"),
    ],
)
def test_work_that_is_not_built_in_waits_for_a_handler_of_its_name(element, topic):
    file = process("start > x > b", {"x": element})
    assert refusals(file) == []
    assert len(warnings(file)) == 1
    run = Run(file)
    if topic is None:
        with pytest.raises(ExecutionFailed, match="bean"):
            run.start(way=1)
        return
    run.start(way=1)
    assert [job.topic for job in run.jobs("x")] == [topic]
    run.work("x")
    assert run.waits() == ["b"]


def test_definition_is_known_by_key_version_and_id():
    run = Run(process("start > a"))
    run.deploy(process("start > a"), process("start > b", id="q"))
    assert [each.reference for each in run.deployed.by_id.values()] == ["p:1:1", "p:2:2", "q:1:3"]
