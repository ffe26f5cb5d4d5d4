"""Where something thrown is caught: outwards from scope to scope, and through call activities (BPMN 2.0.2, 10.5.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bpmn.model import Kind, Trigger
from engine.core import interruption, variables
from engine.core.graph import Catch, Node
from engine.core.state import ElementInstance, Scope
from engine.core.step import Step


@dataclass(frozen=True, slots=True)
class Catcher:
    """The event that catches: at the boundary of an activity, or the start of an event sub-process in a scope."""

    place: Scope
    """The activity, or the scope."""
    event: Node
    catch: Catch

    def receive(self, step: Step, code: str | None, message: str | None) -> None:
        """Set the variables of the event, and take its way: plan what it cancels, and the token that goes on."""
        place, catch = self.place, self.catch
        at_boundary = isinstance(place, ElementInstance) and self.event.kind is Kind.BOUNDARY_EVENT
        scope = step.parent(place) if isinstance(place, ElementInstance) and at_boundary else place
        if catch.code_variable is not None:
            variables.set_value(step, scope, catch.code_variable, code)
        if catch.message_variable is not None:
            variables.set_value(step, scope, catch.message_variable, message)
        if isinstance(place, ElementInstance) and at_boundary:
            interruption.catch_at_boundary(step, place, self.event)
        else:
            interruption.start_event_sub_process(step, place, self.event)


def find(
    step: Step, source: ElementInstance, trigger: Trigger, *codes: str | None, catch_all: bool = True
) -> Catcher | None:
    """The nearest event at or around `source` that catches one of the codes; with `catch_all` by naming none, too.

    In one scope event sub-processes go before boundary events, and events that name the code before those that catch
    all. An event sub-process does not catch what is thrown in itself. Call activities that are left on the way get the
    variables that `camunda:out` maps, whether or not anything is caught in the end (as in Camunda).
    """
    place: Scope = source
    left: ElementInstance | None = None
    while True:
        found = _first(_start_events(step, place, left), trigger, codes, catch_all)
        if found is None and isinstance(place, ElementInstance):
            found = _first(step.node(place).boundary, trigger, codes, catch_all)
        if found is not None:
            return Catcher(place, *found)
        if isinstance(place, ElementInstance):
            left, place = place, step.parent(place)
        elif place.caller_id is None:
            return None
        else:
            caller = step.uow.element(place.caller_id)
            step.node(caller).behavior.pass_output(step, caller, place)
            left, place = None, caller


def _start_events(step: Step, scope: Scope, left: ElementInstance | None) -> list[Node]:
    """The start events of the event sub-processes in a scope, but not of the one that is being `left`."""
    starts = interruption.event_starts(step, scope)
    return [start for start in starts if left is None or start.scope != left.element_id]


def _first(
    events: Iterable[Node], trigger: Trigger, codes: Collection[str | None], catch_all: bool
) -> tuple[Node, Catch] | None:
    """The event of several that catches one of the codes."""
    any_code = None
    for event in events:
        for catch in event.behavior.catches:
            if catch.trigger is not trigger:
                continue
            if catch.code is not None and catch.code in codes:
                return event, catch
            if catch.code is None and any_code is None and catch_all:
                any_code = (event, catch)
    return any_code
