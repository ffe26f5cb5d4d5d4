"""What happens to an activity when something is caught at its boundary (BPMN 2.0.2, 13.5.3)."""

from __future__ import annotations

from engine.core.graph import Node
from engine.core.state import ElementInstance
from engine.core.step import Step, Terminate


def catch_at_boundary(step: Step, attached: ElementInstance, boundary: Node) -> None:
    """Send a token out of a boundary event; the activity is cancelled first if the event interrupts it."""
    arrival = step.arrive(step.definition(attached), boundary, step.parent(attached))
    if boundary.element.interrupting:
        step.plan(Terminate(attached, tell=False), arrival)
    else:
        step.plan(arrival)
