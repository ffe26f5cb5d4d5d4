"""startEvent (BPMN 2.0.2, 10.5.2): the token's way into a process or a sub-process."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Step


class StartEvent(Behavior):
    """A none start event; `camunda:initiator` names the variable that gets the starter's id."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.initiator = element.initiator
        for event in element.events:
            binder.refuse(
                f"The start event '{element.id}' is triggered by a {event.trigger}, which cannot be executed yet",
                place=element.place,
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.initiator is not None and step.user is not None:
            variables.set_value(step, step.process_instance(element), self.initiator, step.user)
        return DONE
