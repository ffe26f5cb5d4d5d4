"""endEvent (BPMN 2.0.2, 10.5.3): where a token ends."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core import host
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events import error, terminate
from engine.core.events.signal import SignalThrow
from engine.core.state import ElementInstance
from engine.core.step import Step, WorkCompleted
from engine.core.work import Work

THROWN = frozenset({Trigger.ERROR, Trigger.TERMINATE})


class EndEvent(Behavior):
    """Ends its token. An error end event throws first; a terminate end event ends all of its scope; a message end event
    is work like a send task."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.event = element.events[0] if element.events else None
        self.work: Work | None = None
        self.signal: SignalThrow | None = None
        self.message = None
        if len(element.events) == 1 and element.implementation is not None and not element.implementation.is_empty:
            self.work = Work(element, element.implementation, binder)
            self.makes_jobs = self.work.makes_jobs
        elif self.event is not None and len(element.events) == 1 and self.event.trigger is Trigger.SIGNAL:
            self.signal = SignalThrow(self.event, binder)
        elif len(element.events) > 1 or (self.event is not None and self.event.trigger not in THROWN):
            triggers = " and ".join(event.trigger for event in element.events)
            binder.refuse(
                f"The end event '{element.id}' throws {triggers}, which cannot be executed yet", place=element.place
            )
        elif self.event is not None and self.event.trigger is Trigger.ERROR:
            self.message = binder.optional(self.event.error_message)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.work is not None:
            return self.work.begin(step, element)
        if self.event is None:
            return DONE
        if self.signal is not None:
            self.signal.throw(step, element)
            return WAITS
        if self.event.trigger is Trigger.TERMINATE:
            terminate.throw(step, element)
            return WAITS
        code = None if self.event.name is None else self.event.name.text
        message = None if self.message is None else host.evaluate_text(step, self.message, element)
        return WAITS if error.throw(step, element, code, message) else DONE

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if self.work is not None and isinstance(event, WorkCompleted):
            self.work.trigger(step, element, event)
        else:
            super().trigger(step, element, event)
