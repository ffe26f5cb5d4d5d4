"""endEvent (BPMN 2.0.2, 10.5.3): where a token ends."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core import host
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events import error, terminate
from engine.core.state import ElementInstance
from engine.core.step import Step

THROWN = frozenset({Trigger.ERROR, Trigger.TERMINATE})


class EndEvent(Behavior):
    """Ends its token; an error end event throws first, a terminate end event ends all of its scope."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.event = element.events[0] if element.events else None
        if len(element.events) > 1 or (self.event is not None and self.event.trigger not in THROWN):
            triggers = " and ".join(event.trigger for event in element.events)
            binder.refuse(
                f"The end event '{element.id}' throws {triggers}, which cannot be executed yet", place=element.place
            )
        self.message = None
        if self.event is not None and self.event.trigger is Trigger.ERROR:
            self.message = binder.optional(self.event.error_message)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.event is None:
            return DONE
        if self.event.trigger is Trigger.TERMINATE:
            terminate.throw(step, element)
            return WAITS
        code = None if self.event.name is None else self.event.name.text
        message = None if self.message is None else host.evaluate_text(step, self.message, element)
        return WAITS if error.throw(step, element, code, message) else DONE
