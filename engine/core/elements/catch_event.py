"""intermediateCatchEvent (BPMN 2.0.2, 10.5.4): the token waits here for something."""

from __future__ import annotations

from datetime import datetime

from bpmn.model import Element, Trigger
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events.timer import TimerEvent
from engine.core.state import ElementInstance, Job
from engine.core.step import Complete, Step, TimerDue
from engine.timers import Timer


class CatchEvent(Behavior):
    """Waits for its timer."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.makes_jobs = True
        if len(element.events) != 1 or element.events[0].trigger is not Trigger.TIMER:
            triggers = " and ".join(event.trigger for event in element.events) or "nothing"
            binder.refuse(
                f"The catch event '{element.id}' waits for {triggers}, which cannot be executed yet",
                place=element.place,
            )
        self.timer = TimerEvent(element.events[0].timer if element.events else None, binder)
        self.timers = (self.timer,)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        self.timer.schedule(step, self.node, element)
        return WAITS

    def due(self, step: Step, job: Job, element: ElementInstance | None, base: datetime) -> Timer:
        return self.timer.first(step, element, self.node.id, base)

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, TimerDue):
            step.plan(Complete(element))
        else:
            super().trigger(step, element, event)
