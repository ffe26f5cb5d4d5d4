"""Receive tasks and event-based gateways that begin instances (BPMN 2.0.2, 10.3.3.3 and 10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.instantiation"

_FIRST = frozenset({Trigger.MESSAGE, Trigger.SIGNAL, Trigger.CONDITIONAL})


def check(definitions: Definitions) -> Iterator[Problem]:
    """They are at the top of a process, nothing leads to the gateway, and what they wait for can begin an instance."""
    for process, element in definitions.elements():
        if element.instantiate:
            for message, place in _wrong(process, element):
                ids = dict.fromkeys((place.written_id, element.written_id))
                yield error(definitions.resource, RULE, message, place.place, *ids)


def _wrong(process: Process, element: Element) -> Iterator[tuple[str, Element]]:
    name = f"'{element.written_id}', which begins instances,"
    if element.scope is not None:
        yield f"{name} must stand directly in the process, and not be repeated", element
    if element.kind is Kind.RECEIVE_TASK:
        if element.message is None:
            yield f"{name} must name the message that it waits for", element
        if element.async_before:
            yield f"'asyncBefore' is not possible at {name} as its message has come already", element
        return
    if element.incoming:
        yield f"no sequence flow may lead to {name} or it would be waited for twice", element
    allowed = frozenset({Trigger.MESSAGE}) if element.gateway_event_parallel else _FIRST
    for flow in element.outgoing:
        target = process.elements.get(process.flows[flow].target)
        for event in target.events if target is not None else ():
            if target is not None and event.trigger not in allowed:
                words = " or ".join(sorted(allowed))
                yield f"'{target.id}' behind {name} must wait for a {words}, not for a {event.trigger}", target
        if target is not None and target.kind is Kind.RECEIVE_TASK and target.message is None:
            yield f"'{target.id}' behind {name} must name the message that it waits for", target
