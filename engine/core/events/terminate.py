"""terminateEventDefinition (BPMN 2.0.2, 10.5.3; Camunda manual, "Terminate Events")."""

from __future__ import annotations

from bpmn.model import EventDefinition
from engine.core import interruption
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Complete, Instruction, Step
from engine.core.thrown import Thrown


class TerminateThrow(Thrown):
    """Cancels all else in the scope around the end event, and completes the scope."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        pass

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        scope = step.parent(element)
        others = [] if scope.tokens == 1 else interruption.cancel_inside(step, scope, but=element)
        step.plan(Complete(element), *others, Complete(scope))
