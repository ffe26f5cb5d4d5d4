"""receiveTask (BPMN 2.0.2, 10.3.3, and Camunda manual, "Receive Task")."""

from __future__ import annotations

from bpmn.model import Element
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Complete, Signalled, Step


class ReceiveTask(Behavior):
    """Without a message it waits until somebody goes on with it by its id."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        if element.message is not None or element.instantiate:
            binder.refuse(
                f"The receive task '{element.id}' waits for a message, which cannot be executed yet",
                place=element.place,
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        return WAITS

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, Signalled):
            step.plan(Complete(element))
        else:
            super().trigger(step, element, event)
