"""Models for tests: DMN of few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from engine.decision import Decision, DecisionRequirements, Evaluation, read_decisions
from tests.expression.scope import NOW

Clause = str | tuple[str, str] | tuple[str, str, str]
"""The expression of an input or the name of an output, with a type and with more XML."""

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(*elements: str, namespace: str = NAMESPACE, attributes: str = "") -> bytes:
    """A file with elements."""
    return (
        f'<definitions xmlns="{namespace}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="model" name="Model" '
        f'namespace="urn:test" {attributes}>{"".join(elements)}</definitions>'
    ).encode()


def read(*elements: str, **options: Any) -> DecisionRequirements:
    """A model with elements."""
    return read_decisions(definitions(*elements), "test.dmn", **options)


def only(*elements: str, **options: Any) -> Decision:
    """The last decision of a model with elements."""
    return list(read(*elements, **options).decisions.values())[-1]


def evaluate(decision: Decision, variables: Mapping[str, object] | None = None, **more: object) -> Evaluation:
    """Evaluate a decision now."""
    return decision.evaluate({**(variables or {}), **more}, NOW)


def result(decision: Decision, variables: Mapping[str, object] | None = None, **more: object) -> list[Any]:
    """The rows of the result."""
    return [dict(row) for row in evaluate(decision, variables, **more).result]


def text(source: str) -> str:
    return f"<text>{escape(source, quote=False)}</text>"


def requires(*ids: str) -> str:
    return "".join(
        f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>' for each in ids
    )


def knows(*ids: str) -> str:
    return "".join(f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>' for each in ids)


def literal(
    source: str, *, id: str = "lit", type: str = "", variable: str = "x", attributes: str = "", inside: str = ""
) -> str:
    """A decision that is one expression."""
    named = f'<variable name="{variable}"{_type(type)}/>'
    expression = f'<literalExpression id="{id}_text" {attributes}>{text(source)}</literalExpression>'
    return f'<decision id="{id}" name="{id}">{named}{inside}{expression}</decision>'


def boxed(expression: str, *, id: str = "box", type: str = "", inside: str = "") -> str:
    """A decision that is a boxed expression."""
    return f'<decision id="{id}" name="{id}"><variable name="{id}"{_type(type)}/>{inside}{expression}</decision>'


def table(
    inputs: Sequence[Clause],
    outputs: Sequence[Clause],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "",
    id: str = "tab",
    inside: str = "",
) -> str:
    """A decision that is a table."""
    columns = ""
    for number, each in enumerate(inputs, start=1):
        expression, type_, more = _three(each)
        columns += (
            f'<input id="{id}_i{number}" label="Input {number}"><inputExpression{_type(type_)}>{text(expression)}'
            f"</inputExpression>{more}</input>"
        )
    for number, each in enumerate(outputs, start=1):
        name, type_, more = _three(each)
        columns += f'<output id="{id}_o{number}" label="Output {number}" name="{name}"{_type(type_)}>{more}</output>'
    rows = ""
    for number, (cells, entries) in enumerate(rules, start=1):
        rows += f'<rule id="{id}_r{number}">'
        rows += "".join(f"<inputEntry>{text(cell)}</inputEntry>" for cell in cells)
        rows += "".join(f"<outputEntry>{text(entry)}</outputEntry>" for entry in entries) + "</rule>"
    hit, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT ") else (policy, "", "")
    attributes = (f' hitPolicy="{hit}"' if hit else "") + (f' aggregation="{aggregation}"' if aggregation else "")
    decided = f'<decisionTable id="{id}_t"{attributes}>{columns}{rows}</decisionTable>'
    return f'<decision id="{id}" name="{id}">{inside}{decided}</decision>'


def _three(each: str | tuple[str, ...]) -> tuple[str, str, str]:
    parts = (each,) if isinstance(each, str) else each
    first, second, third = (*parts, "", "")[:3]
    return first, second, third


def _type(name: str) -> str:
    return f' typeRef="{name}"' if name else ""
