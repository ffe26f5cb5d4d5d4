"""A service-like task says what it runs, in one way (Camunda manual, "Service Task")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Dialect, Element, Implementation, Kind
from bpmn.problems import Problem, error

RULE = "camunda.implementation"

_TASKS = (Kind.SERVICE_TASK, Kind.SEND_TASK, Kind.BUSINESS_RULE_TASK)


def check(definitions: Definitions) -> Iterator[Problem]:
    """Tasks have an implementation, external ones a topic; a result variable needs an expression or a decision."""
    for _, element in definitions.elements():
        runs = element.implementation
        if runs is None:
            continue
        ids = (element.id,)
        if runs.is_empty:
            if element.kind in _TASKS and not _sends_a_message(element):
                message = f"{_wanted(definitions, element)} is mandatory on {element.kind} '{element.id}'."
                yield error(definitions.resource, RULE, message, element.place, *ids)
            continue
        if runs.built_in == "external" and runs.topic is None:
            yield error(
                definitions.resource,
                RULE,
                "External tasks must specify a 'topic' attribute in the camunda namespace, but "
                f"'{element.id}' has none",
                element.place,
                *ids,
            )
        if (
            runs.result_variable is not None
            and (runs.class_name or runs.delegate_expression)
            and definitions.dialect is Dialect.CAMUNDA_7
        ):
            way = "class" if runs.class_name else "delegateExpression"
            yield error(
                definitions.resource,
                RULE,
                f"'resultVariableName' not supported for {element.kind} elements using '{way}', such as '{element.id}'",
                element.place,
                *ids,
            )
        yield from _error_mappings(definitions, element, runs)


def _wanted(definitions: Definitions, element: Element) -> str:
    """The ways in which such a task may say what it runs."""
    decides = element.kind is Kind.BUSINESS_RULE_TASK
    if definitions.dialect is Dialect.CAMUNDA_8:
        return f"An extension element {'zeebe:calledDecision or ' if decides else ''}zeebe:taskDefinition"
    first = "'decisionRef', " if decides else ""
    return f"One of the attributes {first}'class', 'delegateExpression', 'type', or 'expression'"


def _sends_a_message(element: Element) -> bool:
    return element.kind is Kind.SEND_TASK and element.message is not None


def _error_mappings(definitions: Definitions, element: Element, runs: Implementation) -> Iterator[Problem]:
    for mapping in runs.error_mappings:
        if not mapping.expression.text:
            yield error(
                definitions.resource,
                RULE,
                f"an errorEventDefinition of the external task '{element.id}' needs an 'expression'",
                mapping.place,
                element.id,
            )
        found = definitions.errors.get(mapping.error_ref)
        if not mapping.error_ref or (found is not None and not found.code):
            yield error(
                definitions.resource,
                RULE,
                f"an errorEventDefinition of the external task '{element.id}' needs an 'errorRef' to an error with a "
                "code",
                mapping.place,
                element.id,
            )
