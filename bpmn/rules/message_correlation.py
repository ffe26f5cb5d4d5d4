"""A Camunda 8 message that an instance waits for has a correlation key (Camunda 8 manual, "Message Events")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error

RULE = "zeebe.message_correlation"

_WAITING = (Kind.INTERMEDIATE_CATCH_EVENT, Kind.BOUNDARY_EVENT, Kind.RECEIVE_TASK)


def check(definitions: Definitions) -> Iterator[Problem]:
    """`zeebe:subscription` of the messages of catch and boundary events and of receive tasks."""
    for process, element in definitions.elements():
        if process.default_language != "feel" or element.kind not in _WAITING:
            continue
        waited_for = [event for event in element.events if event.trigger is Trigger.MESSAGE]
        if element.message is not None:
            waited_for.append(element.message)
        for event in waited_for:
            if event.ref in definitions.messages and event.correlation_key is None:
                yield error(
                    definitions.resource,
                    RULE,
                    f"the message '{event.ref}' needs a zeebe:subscription with a correlationKey, as '{element.id}' "
                    "waits for it",
                    event.place,
                    element.id,
                )
