"""Cancel events belong to transactions (BPMN 2.0.2, 10.3.5.4)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import LOOP_BODIES, Definitions, Element, Kind, Process, Trigger
from bpmn.problems import Problem, error, warning

RULE = "bpmn.cancel_event"


def check(definitions: Definitions) -> Iterator[Problem]:
    """A cancel end event stands directly in a transaction, which has one cancel boundary event."""
    for process, element in definitions.elements():
        if element.boundary_events:
            caught = [i for i in element.boundary_events if _cancels(process.elements[i])]
            if caught and not _is_transaction(process, element):
                for i in caught:
                    yield error(
                        definitions.resource,
                        RULE,
                        "boundary event with cancelEventDefinition only supported on transaction subprocesses, but "
                        f"'{i}' is attached to '{element.written_id}'",
                        process.elements[i].place,
                        i,
                        element.written_id,
                    )
            elif len(caught) > 1:
                yield error(
                    definitions.resource,
                    RULE,
                    "multiple boundary events with cancelEventDefinition not supported on same transaction "
                    f"subprocess '{element.written_id}'",
                    process.elements[caught[1]].place,
                    *caught,
                )
        elif element.kind is Kind.END_EVENT and _cancels(element):
            scope = None if element.scope is None else process.elements[element.scope]
            if scope is None or scope.kind is not Kind.TRANSACTION:
                yield error(
                    definitions.resource,
                    RULE,
                    "end event with cancelEventDefinition only supported inside transaction subprocess, but "
                    f"'{element.id}' is not in one",
                    element.place,
                    element.id,
                )
            elif not any(_cancels(process.elements[i]) for i in _at_boundary(process, scope)):
                yield warning(
                    definitions.resource,
                    RULE,
                    f"'{element.id}' will fail: the transaction '{scope.id}' has no cancel boundary event to leave by",
                    element.place,
                    element.id,
                    scope.id,
                )


def _at_boundary(process: Process, transaction: Element) -> tuple[str, ...]:
    """The boundary events of a transaction, which are those of what repeats it."""
    around = process.elements.get(transaction.scope or "")
    return (transaction if around is None or around.kind not in LOOP_BODIES else around).boundary_events


def _cancels(element: Element) -> bool:
    return any(event.trigger is Trigger.CANCEL for event in element.events)


def _is_transaction(process: Process, element: Element) -> bool:
    if element.kind in LOOP_BODIES:
        element = process.elements[element.children[0]]
    return element.kind is Kind.TRANSACTION
