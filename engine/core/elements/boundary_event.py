"""boundaryEvent (BPMN 2.0.2, 10.5.4): attached to an activity, entered when it has caught what it waits for."""

from __future__ import annotations

from datetime import datetime

from bpmn.model import Element, Trigger
from engine.core import interruption
from engine.core.behavior import Behavior
from engine.core.binder import Binder
from engine.core.events import timer
from engine.core.events.timer import TimerEvent
from engine.core.graph import Catch
from engine.core.state import ElementInstance, Job
from engine.core.step import Step, TimerDue
from engine.timers import Timer

CAUGHT_BY_CODE = frozenset({Trigger.ERROR, Trigger.ESCALATION})


class BoundaryEvent(Behavior):
    """Catches errors and escalations by their code, and its time when that comes; the token passes through it."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.timer: TimerEvent | None = None
        event = element.events[0] if len(element.events) == 1 else None
        if event is not None and event.trigger in CAUGHT_BY_CODE:
            code = None if event.name is None else event.name.text
            self.catch = Catch(event.trigger, code, event.code_variable, event.message_variable, element.interrupting)
        elif event is not None and event.trigger is Trigger.TIMER:
            self.timer = TimerEvent(event.timer, binder)
            self.timers = (self.timer,)
            self.subscribes = True
            self.makes_jobs = True
        else:
            triggers = " and ".join(event.trigger for event in element.events) or "nothing"
            binder.refuse(
                f"The boundary event '{element.id}' waits for {triggers}, which cannot be executed yet",
                place=element.place,
            )

    def subscribe(self, step: Step, element: ElementInstance) -> None:
        if self.timer is not None:
            self.timer.schedule(step, self.node, element)

    def due(self, step: Step, job: Job, element: ElementInstance | None, base: datetime) -> Timer:
        if self.timer is None:
            return super().due(step, job, element, base)
        return self.timer.first(step, element, self.node.id, base)

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        """`element` is the instance it is attached to."""
        if not isinstance(event, TimerDue):
            super().trigger(step, element, event)
            return
        if not self.node.element.interrupting:
            timer.repeat(step, event.job)
        interruption.catch_at_boundary(step, element, self.node)
