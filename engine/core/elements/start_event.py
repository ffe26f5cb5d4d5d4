"""startEvent (BPMN 2.0.2, 10.5.2): the token's way into a process or a sub-process."""

from __future__ import annotations

from datetime import datetime

from bpmn.model import Element, Trigger
from engine.core import variables
from engine.core.behavior import DONE, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events.timer import TimerEvent
from engine.core.state import ElementInstance, Job
from engine.core.step import Step
from engine.timers import Timer


class StartEvent(Behavior):
    """A none start event, or a timer; `camunda:initiator` names the variable that gets the starter's id."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.initiator = element.initiator
        self.timer: TimerEvent | None = None
        if len(element.events) == 1 and element.events[0].trigger is Trigger.TIMER and element.scope is None:
            self.timer = TimerEvent(element.events[0].timer, binder)
            self.timers = (self.timer,)
            self.makes_jobs = True
        elif element.events:
            triggers = " and ".join(event.trigger for event in element.events)
            binder.refuse(
                f"The start event '{element.id}' is triggered by {triggers}, which cannot be executed yet",
                place=element.place,
            )

    def due(self, step: Step, job: Job, element: ElementInstance | None, base: datetime) -> Timer:
        if self.timer is None:
            return super().due(step, job, element, base)
        return self.timer.first(step, element, self.node.id, base)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.initiator is not None and step.user is not None:
            variables.set_value(step, step.process_instance(element), self.initiator, step.user)
        return DONE
