"""boundaryEvent (BPMN 2.0.2, 10.5.4): attached to an activity, entered when it has caught what it waits for."""

from __future__ import annotations

from bpmn.model import Element, Trigger
from engine.core.behavior import Behavior
from engine.core.binder import Binder
from engine.core.graph import Catch

CAUGHT_BY_CODE = frozenset({Trigger.ERROR, Trigger.ESCALATION})


class BoundaryEvent(Behavior):
    """Catches errors and escalations by their code; the token passes through it."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        if len(element.events) != 1 or element.events[0].trigger not in CAUGHT_BY_CODE:
            triggers = " and ".join(event.trigger for event in element.events) or "nothing"
            binder.refuse(
                f"The boundary event '{element.id}' waits for {triggers}, which cannot be executed yet",
                place=element.place,
            )
            return
        event = element.events[0]
        self.catch = Catch(
            event.trigger,
            None if event.name is None else event.name.text,
            event.code_variable,
            event.message_variable,
            element.interrupting,
        )
