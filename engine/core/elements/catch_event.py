"""intermediateCatchEvent (BPMN 2.0.2, 10.5.4): the token waits here for something."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core import catching
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Complete, Occurrence, Signalled, Step


class CatchEvent(Behavior):
    """Waits for one of its events, or for all of them (parallel multiple). The end of a link waits for nothing."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        waited = tuple(event for event in element.events if event.trigger is not Trigger.LINK)
        if waited and element.link is not None:
            binder.refuse(f"The link event '{element.id}' must not wait for anything else", place=element.place)
        catching.wait_for(self, catching.bind(element, waited, binder))

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if not self.awaited:
            return DONE
        self.subscribe(step, element)
        return WAITS

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        catching.receive(step, place, occurrence, place)
        if catching.is_complete(step, self.node, place, occurrence):
            catching.pass_on(step, self.node, place, occurrence)

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, Signalled):
            step.plan(Complete(element))
        else:
            super().trigger(step, element, event)
