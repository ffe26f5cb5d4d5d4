"""A variable mapping says from where and to where (Camunda manual, "Call Activity, Passing Variables")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, VariableMapping
from bpmn.problems import Problem, error

RULE = "camunda.variable_mapping"


def check(definitions: Definitions) -> Iterator[Problem]:
    """`camunda:in` and `camunda:out` of call activities, `camunda:in` of signal events."""
    for _, element in definitions.elements():
        for mapping in _mappings(element):
            message = _wrong(mapping)
            if message is not None:
                yield error(definitions.resource, RULE, f"{message}, in '{element.id}'", mapping.place, element.id)


def _mappings(element: Element) -> Iterator[VariableMapping]:
    if element.call is not None:
        yield from element.call.in_mappings
        yield from element.call.out_mappings
    for event in element.events:
        yield from event.in_mappings


def _wrong(mapping: VariableMapping) -> str | None:
    if mapping.all_variables:
        return None
    if mapping.source == "" and mapping.source_expression is None:
        return "Empty attribute 'source' when passing variables"
    if mapping.source is None and mapping.source_expression is None:
        return "Missing parameter 'source' or 'sourceExpression' when passing variables"
    if mapping.target is None:
        return "Missing attribute 'target' when attribute 'source' or 'sourceExpression' is set"
    if mapping.target == "":
        return "Empty attribute 'target' when attribute 'source' or 'sourceExpression' is set"
    return None
