"""errorEventDefinition (BPMN 2.0.2, 10.5.5.5; Camunda manual, "Error Events")."""

from __future__ import annotations

from bpmn.model import EventDefinition, Trigger
from engine.core import host
from engine.core.binder import Binder
from engine.core.events import propagation
from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step
from engine.core.thrown import Thrown
from engine.errors import ExecutionFailed

FAILURES = ("java.lang.Exception", "java.lang.RuntimeException", "java.lang.Throwable", "java.lang.Object")
"""Codes of error events that catch what fails in a step: in Camunda 7 the classes of all exceptions there."""


class ErrorThrow(Thrown):
    """Throws an error with its code and message; one that nobody catches ends the path like a none end event."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.code = None if definition.name is None else definition.name.text
        self.message = binder.optional(definition.error_message)

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        message = None if self.message is None else host.evaluate_text(step, self.message, element)
        if not throw(step, element, self.code, message):
            step.plan(then)


def throw(step: Step, source: ElementInstance, code: str | None, message: str | None) -> bool:
    """Throw a BPMN error at an element instance: False if nobody catches it, and then it goes on."""
    catcher = propagation.find(step, source, Trigger.ERROR, code)
    if catcher is None:
        return False
    catcher.receive(step, code, message)
    return True


def throw_failure(step: Step, source: ElementInstance, failed: ExecutionFailed) -> bool:
    """Let an error event catch that the expression, script or decision of a task failed: only one that names a class
    of such exceptions, and not one that catches all errors. False if there is none."""
    if failed.__cause__ is None:
        return False
    catcher = propagation.find(step, source, Trigger.ERROR, *FAILURES, catch_all=False)
    if catcher is None:
        return False
    catcher.receive(step, None, str(failed.__cause__))
    return True
