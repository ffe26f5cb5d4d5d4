"""boundaryEvent (BPMN 2.0.2, 10.5.4): attached to an activity, entered when it has caught what it waits for."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import catching, interruption
from engine.core.behavior import Behavior
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Occurrence, Step
from engine.errors import Conflict


class BoundaryEvent(Behavior):
    """Catches errors and escalations by their code, and waits for anything else while the activity is active; the
    token passes through it."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        catching.listen(self, element, binder)

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        """`place` is the element instance it is attached to."""
        if not isinstance(place, ElementInstance):
            raise Conflict(f"'{self.node.id}' is attached to an activity, and not to a process instance")
        catching.receive(step, place, occurrence, step.parent(place))
        if not catching.is_complete(step, self.node, place, occurrence):
            return
        if not self.node.element.interrupting:
            catching.go_on(step, self.node, place, occurrence)
        interruption.catch_at_boundary(step, place, self.node)
