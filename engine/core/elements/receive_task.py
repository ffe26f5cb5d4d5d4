"""receiveTask (BPMN 2.0.2, 10.3.3, and Camunda manual, "Receive Task")."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import catching
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Complete, Occurrence, Signalled, Step


class ReceiveTask(Behavior):
    """Waits for its message; without one until somebody goes on with it by its id, which may be done in any case.

    One that instantiates also begins an instance when its message comes.
    """

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        catching.wait_for(self, () if element.message is None else catching.bind(element, (element.message,), binder))
        self.needs_execution = self.makes_subscriptions

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        self.subscribe(step, element)
        return WAITS

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        catching.receive(step, place, occurrence, place)
        catching.pass_on(step, self.node, place, occurrence)

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, Signalled):
            step.plan(Complete(element))
        else:
            super().trigger(step, element, event)
