"""Every flow node can be reached (BPMN 2.0.2, 10.3; a warning)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import LOOP_BODIES, Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, warning

RULE = "bpmn.disconnected"

_BEGINS = (Kind.START_EVENT, Kind.BOUNDARY_EVENT)
_STARTS_ALL = LOOP_BODIES | {Kind.AD_HOC_SUB_PROCESS, Kind.AD_HOC_INSTANCE}
"""Scopes whose elements are started by the scope itself."""


def check(definitions: Definitions) -> Iterator[Problem]:
    """A node without an incoming flow that nothing else starts is never executed."""
    for process, element in definitions.elements():
        if not element.incoming and not _starts_otherwise(process, element):
            yield warning(
                definitions.resource,
                RULE,
                f"the {element.kind} '{element.written_id}' has no incoming sequence flow, so it is never reached",
                element.place,
                element.written_id,
            )


def _starts_otherwise(process: Process, element: Element) -> bool:
    if element.kind in _BEGINS or element.triggered_by_event or element.is_for_compensation or element.instantiate:
        return True
    if any(event.trigger is Trigger.LINK for event in element.events):
        return True
    if element.scope is None:
        return False
    return process.elements[element.scope].kind in _STARTS_ALL
