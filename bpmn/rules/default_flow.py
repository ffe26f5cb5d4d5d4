"""A default flow is one of the outgoing flows of its node (BPMN 2.0.2, 10.6.2 and 10.3)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind
from bpmn.problems import Problem, error, warning

RULE = "bpmn.default_flow"


def check(definitions: Definitions) -> Iterator[Problem]:
    """`default` names an outgoing flow; its condition, if it has one, is never asked."""
    for process, element in definitions.elements():
        if element.default is None:
            continue
        if element.default not in element.outgoing:
            yield error(
                definitions.resource,
                RULE,
                f"the default flow '{element.default}' of '{element.written_id}' is not one of its outgoing flows",
                element.place,
                element.written_id,
                element.default,
            )
        elif process.flows[element.default].condition is not None and element.kind is not Kind.EXCLUSIVE_GATEWAY:
            yield warning(
                definitions.resource,
                RULE,
                f"the condition of '{element.default}' is ignored: it is the default flow of '{element.written_id}'",
                process.flows[element.default].place,
                element.default,
                element.written_id,
            )
