"""What happens to an activity or a scope when an event is caught for it (BPMN 2.0.2, 13.5.3 and 13.5.4)."""

from __future__ import annotations

from engine.core import jobs, subscriptions
from engine.core.graph import Node
from engine.core.lifecycle import ELEMENT, ElementState, JobState, fire
from engine.core.state import ElementInstance, Scope
from engine.core.step import Caught, Occurrence, Step, Terminate


def catch_at_boundary(step: Step, attached: ElementInstance, boundary: Node) -> None:
    """Send a token out of a boundary event; the activity is cancelled first if the event interrupts it."""
    arrival = step.arrive(step.definition(attached), boundary, step.parent(attached))
    if boundary.element.interrupting:
        step.plan(Terminate(attached, tell=False), arrival)
    else:
        step.plan(arrival)


def start_event_sub_process(step: Step, scope: Scope, start: Node, occurrence: Occurrence | None = None) -> None:
    """Start the event sub-process of a start event.

    If that interrupts the scope, all else in it is cancelled first, and starts no event sub-process any more.
    """
    definition = step.definition(scope)
    doomed: list[Terminate] = []
    if start.element.interrupting:
        for each in event_starts(step, scope):
            stop_waiting(step, each, scope)
        doomed = cancel_inside(step, scope)
        if isinstance(scope, ElementInstance) and scope.state is ElementState.ACTIVATING:
            # It has not begun, and now begins with the event sub-process instead.
            step.uow.touch(scope)
            fire(ELEMENT, scope, ElementState.ACTIVE)
    local = occurrence.scope_variables if isinstance(occurrence, Caught) else None
    step.plan(*doomed, step.arrive(definition, definition.nodes[start.scope or ""], scope, local=local))


def event_starts(step: Step, scope: Scope) -> tuple[Node, ...]:
    """The start events of the event sub-processes directly inside a scope."""
    return step.node(scope).event_starts if isinstance(scope, ElementInstance) else step.definition(scope).event_starts


def cancel_inside(step: Step, scope: Scope, *, but: ElementInstance | None = None) -> list[Terminate]:
    """What is to be planned so that everything directly in a scope is cancelled, except `but`.

    Tokens on their way there never arrive. Raises NotLoaded.
    """
    step.forget_arrivals(scope)
    if scope.tokens == 0:
        return []
    step.uow.require_whole(scope.root_id)
    return [Terminate(child, tell=False) for child in step.uow.children(scope) if child is not but]


def stop_waiting(step: Step, event: Node, place: Scope) -> None:
    """An event is not waited for any more at a scope that goes on."""
    if event.behavior.timers:
        for job in step.uow.jobs_of(place):
            if job.element_id == event.id:
                jobs.end(step, job, JobState.CANCELLED)
    if event.behavior.makes_subscriptions:
        for each in subscriptions.of_event(step, event, place):
            subscriptions.close(step, each)
