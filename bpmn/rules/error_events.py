"""Who throws an error says its code (BPMN 2.0.2, 10.5.5, Error; Camunda manual, "Error Events")."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error, warning

RULE = "bpmn.error_event"


def check(definitions: Definitions) -> Iterator[Problem]:
    """`errorRef` of throwing events, codes of what they refer to; an unknown reference is taken as the code itself."""
    for _, element in definitions.elements():
        for event in element.events:
            if event.trigger is not Trigger.ERROR:
                continue
            throwing = element.kind is Kind.END_EVENT
            if event.ref is None:
                if throwing:
                    yield error(
                        definitions.resource,
                        RULE,
                        f"'errorRef' attribute is mandatory on error end event '{element.id}'",
                        event.place,
                        element.id,
                    )
            elif event.ref not in definitions.errors:
                yield warning(
                    definitions.resource,
                    RULE,
                    f"no error with id '{event.ref}' found, which '{element.id}' refers to: "
                    f"'{event.ref}' is taken as the error code",
                    event.place,
                    element.id,
                )
            elif throwing and event.name is None:
                yield error(
                    definitions.resource,
                    RULE,
                    "'errorCode' is mandatory on errors referenced by throwing error event definitions, but the error "
                    f"'{event.ref}' does not define one",
                    event.place,
                    element.id,
                    event.ref,
                )
