"""A complex gateway says when it goes on (BPMN 2.0.2, 10.6.5)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind
from bpmn.problems import Problem, error

RULE = "bpmn.complex_gateway"


def check(definitions: Definitions) -> Iterator[Problem]:
    """With several incoming flows it has an activation condition."""
    for _, element in definitions.elements():
        if element.kind is not Kind.COMPLEX_GATEWAY or element.activation_condition is not None:
            continue
        if len(element.incoming) > 1:
            yield error(
                definitions.resource,
                RULE,
                f"the complex gateway '{element.id}' has {len(element.incoming)} incoming sequence flows and does not "
                "say which tokens it waits for: give it an activationCondition, such as ${activationCount >= 2}",
                element.place,
                element.id,
            )
