"""Whoever waits for a message says which, and no two wait for the same in one place (BPMN 2.0.2, 10.5.5, Message)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, EventDefinition, Kind, Process, Trigger
from bpmn.problems import Problem, error, warning
from bpmn.vocabulary.text import is_dynamic

RULE = "bpmn.message_event"

_THROWING = (Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT, Kind.SEND_TASK)


def check(definitions: Definitions) -> Iterator[Problem]:
    """References, names, constant names at the start of processes, one subscription per name and place."""
    for process in definitions.processes:
        waiting: dict[tuple[str | None, bool, str], str] = {}
        for element in process.elements.values():
            messages = [event for event in element.events if event.trigger is Trigger.MESSAGE]
            if element.message is not None:
                messages.append(element.message)
            for event in messages:
                problem = _reference(definitions, element, event) or _start_name(definitions, process, element, event)
                if problem is not None:
                    yield problem
                elif event.name is not None and (place := _subscribed(process, element)) is not None:
                    first = waiting.setdefault((*place, event.name.text), element.id)
                    if first != element.id:
                        yield error(
                            definitions.resource,
                            RULE,
                            f"Cannot have more than one message event subscription with name '{event.name.text}' for "
                            f"scope '{place[0] or process.id}': '{first}' and '{element.id}'",
                            element.place,
                            element.id,
                            first,
                        )


def _reference(definitions: Definitions, element: Element, event: EventDefinition) -> Problem | None:
    throwing = element.kind in _THROWING
    if event.ref is None:
        if throwing or event.name is not None:
            return None
        message = f"attribute 'messageRef' is required on the message event '{element.id}'"
    elif event.ref not in definitions.messages:
        message = f"Invalid 'messageRef': no message with id '{event.ref}' found, which '{element.id}' refers to"
        if throwing and (element.kind is not Kind.SEND_TASK or _runs_something(element)):
            return warning(definitions.resource, RULE, message, event.place, element.id)
    elif event.name is None and not throwing:
        message = (
            f"Cannot have a message event subscription with an empty or missing name: '{element.id}' refers to "
            f"the message '{event.ref}', which has none"
        )
    else:
        return None
    return error(definitions.resource, RULE, message, event.place, element.id)


def _runs_something(element: Element) -> bool:
    return element.implementation is not None and not element.implementation.is_empty


def _start_name(definitions: Definitions, process: Process, element: Element, event: EventDefinition) -> Problem | None:
    name = event.name
    if not process.begins(element) or name is None:
        return None
    if not (is_dynamic(name.text) or name.language == "feel"):
        return None
    return error(
        definitions.resource,
        RULE,
        f"Invalid message name '{name.text}' for element '{element.id}': expressions in the message start event name "
        "are not allowed!",
        event.place,
        element.id,
    )


def _subscribed(process: Process, element: Element) -> tuple[str | None, bool] | None:
    """The scope that waits, and whether it is the definition itself; None for what waits on its own."""
    if process.begins(element):
        return None, True
    if element.kind is Kind.BOUNDARY_EVENT:
        return element.attached_to, False
    if element.kind is Kind.START_EVENT and element.scope is not None:
        return process.elements[element.scope].scope, False
    return None
