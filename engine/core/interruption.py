"""What happens to an activity or a scope when an event is caught for it (BPMN 2.0.2, 13.5.3 and 13.5.4)."""

from __future__ import annotations

from engine.core.graph import Node
from engine.core.state import ElementInstance, Scope
from engine.core.step import Step, Terminate


def catch_at_boundary(step: Step, attached: ElementInstance, boundary: Node) -> None:
    """Send a token out of a boundary event; the activity is cancelled first if the event interrupts it."""
    arrival = step.arrive(step.definition(attached), boundary, step.parent(attached))
    if boundary.element.interrupting:
        step.plan(Terminate(attached, tell=False), arrival)
    else:
        step.plan(arrival)


def start_event_sub_process(step: Step, scope: Scope, start: Node) -> None:
    """Start the event sub-process of a start event; all else in the scope is cancelled first if that interrupts it."""
    definition = step.definition(scope)
    arrival = step.arrive(definition, definition.nodes[start.scope or ""], scope)
    doomed: list[Terminate] = []
    if start.element.interrupting and scope.tokens > 1:
        step.uow.require_whole(scope.root_id)
        doomed = [Terminate(child, tell=False) for child in step.uow.children(scope)]
    step.plan(*doomed, arrival)
