"""Who throws an escalation says its code; who catches it does so unambiguously (BPMN 2.0.2, 10.5.5, Escalation)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import LOOP_BODIES, SUB_PROCESSES, Definitions, Element, EventDefinition, Kind, Process, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.escalation_event"

_HOSTS = SUB_PROCESSES | {Kind.CALL_ACTIVITY, Kind.USER_TASK}


def check(definitions: Definitions) -> Iterator[Problem]:
    """References, codes, hosts of boundary events, and no two catchers of one code in one place."""
    for process in definitions.processes:
        catchers: dict[tuple[str | None, Kind], list[tuple[str | None, Element]]] = {}
        for element in process.elements.values():
            for event in element.events:
                if event.trigger is not Trigger.ESCALATION:
                    continue
                problem = _reference(definitions, element, event) or _host(definitions, process, element)
                if problem is not None:
                    yield problem
                elif (place := _place(process, element)) is not None:
                    code = None if event.name is None else event.name.text
                    catchers.setdefault((place, element.kind), []).append((code, element))
        for (_, kind), found in catchers.items():
            yield from _ambiguous(definitions, kind, found)


def _reference(definitions: Definitions, element: Element, event: EventDefinition) -> Problem | None:
    throwing = element.kind in (Kind.END_EVENT, Kind.INTERMEDIATE_THROW_EVENT)
    if event.ref is None:
        if not throwing:
            return None
        message = f"escalationEventDefinition of '{element.id}' does not have required attribute 'escalationRef'"
    elif event.ref not in definitions.escalations:
        message = f"could not find escalation with id '{event.ref}', which '{element.id}' refers to"
    elif throwing and event.name is None:
        message = f"the escalation '{event.ref}' must define an 'escalationCode', as '{element.id}' throws it"
    else:
        return None
    return error(definitions.resource, RULE, message, event.place, element.id)


def _host(definitions: Definitions, process: Process, element: Element) -> Problem | None:
    if element.kind is not Kind.BOUNDARY_EVENT:
        return None
    host = process.elements.get(element.attached_to or "")
    if host is not None and host.kind in LOOP_BODIES:
        host = process.elements[host.children[0]]
    if host is None or host.kind in _HOSTS:
        return None
    return error(
        definitions.resource,
        RULE,
        f"An escalation boundary event should only be attached to a subprocess, a call activity or an user task, but "
        f"'{element.id}' is attached to the {host.kind} '{host.id}'",
        element.place,
        element.id,
        host.id,
    )


def _place(process: Process, element: Element) -> str | None:
    if element.kind is Kind.BOUNDARY_EVENT:
        return element.attached_to
    if element.kind is Kind.START_EVENT and element.scope is not None:
        return process.elements[element.scope].scope or process.id
    return None


def _ambiguous(definitions: Definitions, kind: Kind, found: list[tuple[str | None, Element]]) -> Iterator[Problem]:
    where = "boundary events" if kind is Kind.BOUNDARY_EVENT else "event subprocesses"
    codes: dict[str | None, Element] = {}
    for code, element in found:
        first = codes.setdefault(code, element)
        if first is not element:
            named = "without an escalationCode" if code is None else f"with the same escalationCode '{code}'"
            message = f"multiple escalation {where} {named} are not supported on same scope"
        elif len(codes) > 1 and None in codes:
            first = codes[None] if code is not None else found[0][1]
            message = (
                f"The same scope can not contain escalation {where} with and without an escalationCode: "
                "the one without catches all escalations"
            )
        else:
            continue
        yield error(
            definitions.resource,
            RULE,
            f"{message}: '{first.id}' and '{element.id}'",
            element.place,
            element.id,
            first.id,
        )
