"""Nothing flows into what only begins, nor out of what only ends (BPMN 2.0.2, 10.5.2 to 10.5.4, 10.7.3)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import LOOP_BODIES, SUB_PROCESSES, Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.flow_direction"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Start and boundary events, end events, event sub-processes, compensation activities and events."""
    for process, element in definitions.elements():
        what = _no_incoming(process, element)
        if what is not None:
            for flow in element.incoming:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Invalid incoming sequence flow '{flow}' of {what} '{element.written_id}'",
                    process.flows[flow].place,
                    flow,
                    element.written_id,
                )
        what = _no_outgoing(process, element)
        if what is not None:
            for flow in element.outgoing:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Invalid outgoing sequence flow '{flow}' of {what} '{element.written_id}'",
                    process.flows[flow].place,
                    flow,
                    element.written_id,
                )


def _off_the_flow(element: Element) -> str | None:
    if element.kind in SUB_PROCESSES and element.triggered_by_event:
        return "event subprocess"
    if element.is_for_compensation and element.kind is not Kind.BOUNDARY_EVENT:
        return "compensation activity"
    return None


def _no_incoming(process: Process, element: Element) -> str | None:
    if not element.incoming:
        return None
    if element.kind is Kind.START_EVENT:
        return "start event"
    if element.kind is Kind.BOUNDARY_EVENT:
        return "boundary event"
    return _inside(process, element)


def _no_outgoing(process: Process, element: Element) -> str | None:
    if not element.outgoing:
        return None
    if element.kind is Kind.END_EVENT:
        return "end event"
    if element.kind is Kind.BOUNDARY_EVENT and any(e.trigger is Trigger.COMPENSATION for e in element.events):
        return "compensation boundary event"
    return _inside(process, element)


def _inside(process: Process, element: Element) -> str | None:
    """A loop body has the flows, its activity the attributes."""
    if element.kind in LOOP_BODIES:
        return _off_the_flow(process.elements[element.children[0]])
    return _off_the_flow(element)
