"""A multi-instance activity says how often or over what (BPMN 2.0.2, 10.3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error

RULE = "bpmn.multi_instance"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Cardinality or collection; an element variable needs a collection; event sub-processes do not repeat."""
    for process, body in definitions.elements():
        loop = body.multi_instance
        if loop is None:
            continue
        activity = body.written_id
        if loop.cardinality is None and loop.collection is None:
            yield error(
                definitions.resource,
                RULE,
                f"Either loopCardinality or loopDataInputRef/camunda:collection must be set for '{activity}'",
                loop.place,
                activity,
            )
        if loop.collection is None and loop.element_variable is not None:
            yield error(
                definitions.resource,
                RULE,
                "LoopDataInputRef/camunda:collection must be set when using inputDataItem or camunda:elementVariable, "
                f"as '{activity}' does",
                loop.place,
                activity,
            )
        if process.elements[body.children[0]].triggered_by_event:
            yield error(
                definitions.resource,
                RULE,
                f"the event subprocess '{activity}' must not be a multi-instance",
                loop.place,
                activity,
            )
