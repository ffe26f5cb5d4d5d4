"""intermediateThrowEvent (BPMN 2.0.2, 10.5.4)."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events.signal import SignalThrow
from engine.core.state import ElementInstance
from engine.core.step import Step, WorkCompleted
from engine.core.work import Work


class ThrowEvent(Behavior):
    """A none throw event marks a point that was reached; one that throws a message is work like a send task."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.work: Work | None = None
        self.signal: SignalThrow | None = None
        if len(element.events) == 1 and element.implementation is not None and not element.implementation.is_empty:
            self.work = Work(element, element.implementation, binder)
            self.makes_jobs = self.work.makes_jobs
        elif len(element.events) == 1 and element.events[0].trigger is Trigger.SIGNAL:
            self.signal = SignalThrow(element.events[0], binder)
        elif element.events:
            triggers = " and ".join(event.trigger for event in element.events)
            binder.refuse(
                f"The throw event '{element.id}' throws {triggers}, which cannot be executed yet", place=element.place
            )

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.signal is not None:
            self.signal.throw(step, element)
            return WAITS
        return DONE if self.work is None else self.work.begin(step, element)

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if self.work is not None and isinstance(event, WorkCompleted):
            self.work.trigger(step, element, event)
        else:
            super().trigger(step, element, event)
