"""A boundary event sits on an activity of its own scope (BPMN 2.0.2, 10.5.4)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import ACTIVITIES, LOOP_BODIES, Definitions, Kind
from bpmn.problems import Problem, error

RULE = "bpmn.boundary_attachment"


def check(definitions: Definitions) -> Iterator[Problem]:
    """`attachedToRef` is there and names an activity, not an event sub-process, in the same scope."""
    for process, event in definitions.elements():
        if event.kind is not Kind.BOUNDARY_EVENT:
            continue
        if event.attached_to is None:
            yield error(
                definitions.resource,
                RULE,
                f"'attachedToRef' is required when using a boundary event, and '{event.id}' has none",
                event.place,
                event.id,
            )
            continue
        host = process.elements.get(event.attached_to)
        if host is None or host.scope != event.scope:
            yield error(
                definitions.resource,
                RULE,
                f"Invalid reference '{event.attached_to}' in boundary event '{event.id}'. Make sure that the "
                "referenced activity is defined in the same scope as the boundary event",
                event.place,
                event.id,
            )
        elif (host.kind not in ACTIVITIES and host.kind not in LOOP_BODIES) or host.triggered_by_event:
            what = "event subprocess" if host.triggered_by_event else host.kind.value
            yield error(
                definitions.resource,
                RULE,
                f"the boundary event '{event.id}' must be attached to an activity, but '{host.id}' is a {what}",
                event.place,
                event.id,
                host.id,
            )
