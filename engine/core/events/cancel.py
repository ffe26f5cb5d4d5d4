"""cancelEventDefinition (BPMN 2.0.2, 10.3.5 "Transaction" and 13.5.5; Camunda manual, "Cancel Events")."""

from __future__ import annotations

from bpmn.model import LOOP_BODIES, EventDefinition, Trigger
from engine.core import interruption
from engine.core.binder import Binder
from engine.core.events import compensation
from engine.core.graph import Node
from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step
from engine.core.thrown import Thrown
from engine.errors import ExecutionFailed


class CancelThrow(Thrown):
    """Cancels all else in the transaction around the end event, compensates what was done in it, and then leaves it by
    its cancel boundary event."""

    is_inside = True

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        pass

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        """Raises ExecutionFailed for a transaction without a cancel boundary event: there is no way out of it."""
        way_out = _way_out(step, element)
        scope = step.parent(element)
        others = [] if scope.tokens == 1 else interruption.cancel_inside(step, scope, but=element)
        found = compensation.reached(step, element)
        if found:
            step.plan(*others, *compensation.call(step, element, found))
        else:
            interruption.catch_at_boundary(step, *way_out)

    def done(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        interruption.catch_at_boundary(step, *_way_out(step, element))


def _way_out(step: Step, source: ElementInstance) -> tuple[ElementInstance, Node]:
    """The cancel boundary event, and what it is attached to: the transaction, or what repeats it."""
    attached = step.parent(source)
    while isinstance(attached, ElementInstance):
        node = step.node(attached)
        for boundary in node.boundary:
            if any(event.trigger is Trigger.CANCEL for event in boundary.element.events):
                return attached, boundary
        around = step.parent(attached)
        if not isinstance(around, ElementInstance) or step.node(around).kind not in LOOP_BODIES:
            break
        attached = around
    raise ExecutionFailed(
        f"'{source.element_id}' cancels a transaction that has no cancel boundary event; attach one to it",
        source.element_id,
    )
