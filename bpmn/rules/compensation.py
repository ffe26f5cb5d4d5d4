"""Compensation leads from a boundary event over an association to one activity (BPMN 2.0.2, 10.7.3)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import LOOP_BODIES, SUB_PROCESSES, Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, error, warning

RULE = "bpmn.compensation"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Handlers, their uniqueness, `activityRef`, and compensation event sub-processes."""
    for process in definitions.processes:
        handlers = set()
        for element in process.elements.values():
            for event in element.events:
                if event.trigger is not Trigger.COMPENSATION:
                    continue
                if element.kind is Kind.BOUNDARY_EVENT:
                    handlers.add(element.compensation_handler)
                    yield from _handler(definitions, process, element)
                elif element.kind is Kind.START_EVENT:
                    yield from _event_sub_process(definitions, process, element)
                elif event.activity_ref is not None and not _may_name(process, element, event.activity_ref):
                    yield error(
                        definitions.resource,
                        RULE,
                        f"Invalid attribute value for 'activityRef': no activity with id '{event.activity_ref}' in the "
                        f"scope of '{element.id}'",
                        event.place,
                        element.id,
                    )
            if len(_compensated(process, element)) > 1:
                yield error(
                    definitions.resource,
                    RULE,
                    "multiple boundary events with compensateEventDefinition not supported on same activity "
                    f"'{element.written_id}'",
                    process.elements[_compensated(process, element)[1]].place,
                    element.written_id,
                    *_compensated(process, element),
                )
        for element in process.elements.values():
            if element.id not in handlers and _must_be_associated(process, element):
                yield warning(
                    definitions.resource,
                    RULE,
                    f"the compensation activity '{element.written_id}' is never called: no compensation boundary event "
                    "is associated with it",
                    element.place,
                    element.written_id,
                )


def _may_name(process: Process, thrower: Element, activity: str) -> bool:
    """Is the activity beside the throw event, or beside the event sub-process that the event stands in?"""
    scope = _scope(process, thrower)
    beside = [scope]
    if scope is not None and process.elements[scope].triggered_by_event:
        beside.append(_scope(process, process.elements[scope]))
    target = process.elements.get(activity)
    return target is not None and _scope(process, target) in beside


def _scope(process: Process, element: Element) -> str | None:
    """The sub-process that the element stands in, as it is drawn: without the scopes of the engine."""
    scope = element.scope
    while scope is not None and process.elements[scope].kind not in SUB_PROCESSES:
        scope = process.elements[scope].scope
    return scope


def _compensated(process: Process, element: Element) -> list[str]:
    return [
        i
        for i in element.boundary_events
        if any(event.trigger is Trigger.COMPENSATION for event in process.elements[i].events)
    ]


def _must_be_associated(process: Process, element: Element) -> bool:
    if not element.is_for_compensation or element.triggered_by_event:
        return False
    return element.scope is None or process.elements[element.scope].kind not in LOOP_BODIES


def _handler(definitions: Definitions, process: Process, event: Element) -> Iterator[Problem]:
    handler = process.elements.get(event.compensation_handler or "")
    if handler is None:
        yield warning(
            definitions.resource,
            RULE,
            f"the compensation boundary event '{event.id}' does nothing: no association leads from it to an activity",
            event.place,
            event.id,
        )
    elif not handler.is_for_compensation:
        yield error(
            definitions.resource,
            RULE,
            "compensation boundary catch must be connected to element with isForCompensation=true, but "
            f"'{event.id}' is connected to '{handler.written_id}'",
            event.place,
            event.id,
            handler.written_id,
        )
    else:
        attached = process.elements.get(event.attached_to or "")
        if attached is not None and attached.scope != handler.scope:
            yield warning(
                definitions.resource,
                RULE,
                f"the compensation boundary event '{event.id}' does nothing: '{handler.written_id}' is not in the same "
                f"scope as '{attached.written_id}'",
                event.place,
                event.id,
                handler.written_id,
            )


def _event_sub_process(definitions: Definitions, process: Process, start: Element) -> Iterator[Problem]:
    inner = None if start.scope is None else process.elements[start.scope]
    if inner is None or not inner.triggered_by_event:
        return
    if inner.scope is None:
        yield error(
            definitions.resource,
            RULE,
            f"an event subprocess with compensation start event must be inside a subprocess, but '{inner.id}' is not",
            inner.place,
            inner.id,
        )
        return
    outer = process.elements[inner.scope]
    body = None if outer.scope is None else process.elements[outer.scope]
    attached = _compensated(process, body if body is not None and body.kind in LOOP_BODIES else outer)
    if attached:
        yield error(
            definitions.resource,
            RULE,
            "compensation boundary event and event subprocess with compensation start event are not supported on the "
            f"same scope '{outer.id}'",
            process.elements[attached[0]].place,
            attached[0],
            inner.id,
        )
    siblings = [
        i
        for i in process.elements[inner.scope].event_sub_processes
        if any(e.trigger is Trigger.COMPENSATION for s in process.start_events(i) for e in s.events)
    ]
    if len(siblings) > 1 and siblings[0] == inner.id:
        yield error(
            definitions.resource,
            RULE,
            "multiple event subprocesses with compensation start event are not supported on the same scope",
            process.elements[siblings[1]].place,
            *siblings,
        )
