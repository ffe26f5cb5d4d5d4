"""Signals have names of their own, and events refer to them (BPMN 2.0.2, 10.5.5, Signal)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.signal_event"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Names of signals, references to them, one start and one boundary event per signal and place."""
    resource = definitions.resource
    named: dict[str, str] = {}
    for signal in definitions.signals.values():
        if signal.name is None:
            yield error(resource, RULE, f"signal with id '{signal.id}' has no name", signal.place, signal.id)
            continue
        first = named.setdefault(signal.name.text, signal.id)
        if first != signal.id:
            message = f"duplicate signal name '{signal.name.text}' of '{first}' and '{signal.id}'"
            yield error(resource, RULE, message, signal.place, signal.id, first)
    for process in definitions.processes:
        waiting: dict[tuple[str | None, Kind, str], str] = {}
        for element in process.elements.values():
            for event in element.events:
                if event.trigger is not Trigger.SIGNAL:
                    continue
                if event.ref is None and event.name is not None:
                    continue
                if event.ref is None:
                    message = f"signalEventDefinition of '{element.id}' does not have required property 'signalRef'"
                    yield error(resource, RULE, message, event.place, element.id)
                elif event.ref not in definitions.signals:
                    message = f"Could not find signal with id '{event.ref}', which '{element.id}' refers to"
                    yield error(resource, RULE, message, event.place, element.id)
                elif element.kind in (Kind.START_EVENT, Kind.BOUNDARY_EVENT):
                    scope = element.attached_to or element.scope
                    if element.kind is Kind.START_EVENT and scope is not None:
                        scope = process.elements[scope].scope or process.id
                    first = waiting.setdefault((scope, element.kind, event.ref), element.id)
                    if first != element.id:
                        yield error(
                            resource,
                            RULE,
                            f"Cannot have more than one signal event subscription with signal '{event.ref}' for scope "
                            f"'{scope or process.id}': '{first}' and '{element.id}'",
                            element.place,
                            element.id,
                            first,
                        )
