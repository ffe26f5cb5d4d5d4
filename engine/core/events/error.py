"""errorEventDefinition (BPMN 2.0.2, 10.5.5.5; Camunda manual, "Error Events")."""

from __future__ import annotations

from bpmn.model import Trigger
from engine.core import interruption, variables
from engine.core.events import propagation
from engine.core.state import ElementInstance
from engine.core.step import Step


def throw(step: Step, source: ElementInstance, code: str | None, message: str | None) -> bool:
    """Throw a BPMN error at an element instance; False if nobody catches it, and then nothing was done."""
    catcher = propagation.find(step, source, Trigger.ERROR, code)
    if catcher is None:
        return False
    for caller, called in catcher.crossed:
        step.node(caller).behavior.pass_output(step, caller, called)
    scope = step.parent(catcher.attached)
    if catcher.catch.code_variable is not None:
        variables.set_value(step, scope, catcher.catch.code_variable, code)
    if catcher.catch.message_variable is not None:
        variables.set_value(step, scope, catcher.catch.message_variable, message)
    interruption.catch_at_boundary(step, catcher.attached, catcher.boundary)
    return True
