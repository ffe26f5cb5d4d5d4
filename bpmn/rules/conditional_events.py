"""A conditional event has a condition and names real variable events (BPMN 2.0.2, 10.5.5, Conditional)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Kind, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.conditional_event"

VARIABLE_EVENTS = ("create", "update", "delete")


def check(definitions: Definitions) -> Iterator[Problem]:
    """The condition, `variableEvents`, and no two start events with the same condition."""
    resource = definitions.resource
    for process in definitions.processes:
        starts: dict[str, str] = {}
        for element in process.elements.values():
            for event in element.events:
                if event.trigger is not Trigger.CONDITIONAL:
                    continue
                if event.condition is None:
                    message = f"Conditional event '{element.id}' must contain an expression for evaluation."
                    yield error(resource, RULE, message, event.place, element.id)
                elif element.kind is Kind.START_EVENT and element.scope is None:
                    first = starts.setdefault(event.condition.text, element.id)
                    if first != element.id:
                        message = (
                            f"Cannot have more than one conditional start event with the condition "
                            f"'{event.condition.text}': '{first}' and '{element.id}'"
                        )
                        yield error(resource, RULE, message, event.place, element.id, first)
                for name in event.variable_events:
                    if name not in VARIABLE_EVENTS:
                        message = (
                            f"Variable event '{name}' of '{element.id}' is not valid. Possible variable change events "
                            f"are: {', '.join(VARIABLE_EVENTS)}"
                        )
                        yield error(resource, RULE, message, event.place, element.id)
