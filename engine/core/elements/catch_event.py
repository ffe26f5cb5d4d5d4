"""intermediateCatchEvent (BPMN 2.0.2, 10.5.4): the token waits here for something."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import catching
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Occurrence, Step


class CatchEvent(Behavior):
    """Waits for one of its events, or for all of them (parallel multiple)."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        catching.wait_for(self, catching.bind(element, element.events, binder))

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        self.subscribe(step, element)
        return WAITS

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        catching.receive(step, place, occurrence, place)
        if catching.is_complete(step, self.node, place, occurrence):
            catching.pass_on(step, self.node, place, occurrence)
