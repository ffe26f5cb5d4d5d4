"""eventBasedGateway (BPMN 2.0.2, 10.6.6): the token takes the way of the event that comes first."""

from __future__ import annotations

from bpmn.model import Element
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Step


class EventBasedGateway(Behavior):
    """Waits for the events and receive tasks behind it, all at once; which one came they tell it themselves."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        if element.instantiate:
            binder.refuse(
                f"The event-based gateway '{element.id}' starts instances, which cannot be executed yet",
                place=element.place,
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        for event in self.node.events_behind:
            event.behavior.subscribe(step, element)
        return WAITS
