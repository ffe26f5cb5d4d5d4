"""escalationEventDefinition (BPMN 2.0.2, 10.5.5.6; Camunda manual, "Escalation Events")."""

from __future__ import annotations

from bpmn.model import EventDefinition, Trigger
from engine.core.binder import Binder
from engine.core.events import propagation
from engine.core.events.propagation import Catcher
from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step
from engine.core.thrown import Thrown


class EscalationThrow(Thrown):
    """Throws an escalation, which nobody has to catch.

    The thrower is cancelled if what catches it interrupts. Else it goes on first, as in Camunda.
    """

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.code = "" if definition.name is None else definition.name.text

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        catcher = throw(step, element, self.code)
        if catcher is None or not catcher.event.element.interrupting:
            step.plan(then)


def throw(step: Step, source: ElementInstance, code: str) -> Catcher | None:
    """Throw an escalation at an element instance; what catches it, if anything does."""
    catcher = propagation.find(step, source, Trigger.ESCALATION, code)
    if catcher is not None:
        catcher.receive(step, code, None)
    return catcher
