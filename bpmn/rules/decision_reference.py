"""A business rule task says which decision and how its result is mapped (Camunda manual, "Business Rule Task")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error

RULE = "camunda.decision_reference"

RESULT_MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")


def check(definitions: Definitions) -> Iterator[Problem]:
    """`mapDecisionResult` is known."""
    for _, element in definitions.elements():
        decision = None if element.implementation is None else element.implementation.decision
        if decision is not None and decision.map_result not in (None, *RESULT_MAPPINGS):
            yield error(
                definitions.resource,
                RULE,
                f"Invalid value '{decision.map_result}' for mapDecisionResult of '{element.id}': it must be one of "
                + ", ".join(RESULT_MAPPINGS),
                element.place,
                element.id,
            )
