"""Every kind of event stands only where it can happen (BPMN 2.0.2, table 10.93)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.event_position"

_T = Trigger
_BY_KIND = {
    Kind.INTERMEDIATE_CATCH_EVENT: {_T.MESSAGE, _T.TIMER, _T.SIGNAL, _T.CONDITIONAL, _T.LINK},
    Kind.INTERMEDIATE_THROW_EVENT: {_T.MESSAGE, _T.SIGNAL, _T.ESCALATION, _T.COMPENSATION, _T.LINK},
    Kind.BOUNDARY_EVENT: {
        _T.MESSAGE,
        _T.TIMER,
        _T.SIGNAL,
        _T.ERROR,
        _T.ESCALATION,
        _T.CONDITIONAL,
        _T.CANCEL,
        _T.COMPENSATION,
    },
    Kind.END_EVENT: {
        _T.MESSAGE,
        _T.ERROR,
        _T.ESCALATION,
        _T.CANCEL,
        _T.COMPENSATION,
        _T.SIGNAL,
        _T.TERMINATE,
    },
}
_AT_PROCESS_START = {_T.MESSAGE, _T.TIMER, _T.SIGNAL, _T.CONDITIONAL}
_AT_EVENT_SUB_PROCESS_START = _AT_PROCESS_START | {_T.ERROR, _T.ESCALATION, _T.COMPENSATION}


def check(definitions: Definitions) -> Iterator[Problem]:
    """The event definitions that each start, catch, throw, boundary and end event may and must have."""
    for process, element in definitions.elements():
        where, allowed, needs_one = _position(process, element)
        if allowed is None:
            continue
        for event in element.events:
            if event.trigger not in allowed:
                yield error(
                    definitions.resource,
                    RULE,
                    f"{event.trigger}EventDefinition is not allowed on {where} '{element.id}'",
                    event.place,
                    element.id,
                )
        if needs_one and not element.events:
            yield error(
                definitions.resource,
                RULE,
                f"{where} '{element.id}' must have an event definition, one of: "
                + ", ".join(sorted(f"{trigger}EventDefinition" for trigger in allowed)),
                element.place,
                element.id,
            )


def _position(process: Process, element: Element) -> tuple[str, set[Trigger] | None, bool]:
    """What the position is called, what it allows (None: the element is no event), and whether it needs an event."""
    if element.kind is Kind.START_EVENT:
        if element.scope is None:
            return "start event", _AT_PROCESS_START, False
        if process.elements[element.scope].triggered_by_event:
            return "start event of event subprocess", _AT_EVENT_SUB_PROCESS_START, True
        return "start event within a subprocess", set(), False
    needs_one = element.kind in (Kind.INTERMEDIATE_CATCH_EVENT, Kind.BOUNDARY_EVENT)
    return element.kind.value, _BY_KIND.get(element.kind), needs_one
