"""A parallel or event-based gateway asks no conditions (BPMN 2.0.2, 10.6.4 and 10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind
from bpmn.problems import Problem, warning

RULE = "bpmn.ignored_condition"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Conditions on flows where they are never evaluated."""
    for process, element in definitions.elements():
        if element.kind not in (Kind.PARALLEL_GATEWAY, Kind.EVENT_BASED_GATEWAY):
            continue
        for flow_id in element.outgoing:
            flow = process.flows[flow_id]
            if flow.condition is not None:
                yield warning(
                    definitions.resource,
                    RULE,
                    f"the condition of sequence flow '{flow.id}' is ignored: its source '{element.id}' is a "
                    f"{element.kind}",
                    flow.place,
                    flow.id,
                    element.id,
                )
