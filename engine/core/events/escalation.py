"""escalationEventDefinition (BPMN 2.0.2, 10.5.5.6; Camunda manual, "Escalation Events")."""

from __future__ import annotations

from bpmn.model import Trigger
from engine.core import interruption, variables
from engine.core.events import propagation
from engine.core.state import ElementInstance
from engine.core.step import Step


def throw(step: Step, source: ElementInstance, code: str) -> bool:
    """Throw an escalation at an element instance; False if nobody catches it, and then nothing was done."""
    catcher = propagation.find(step, source, Trigger.ESCALATION, code)
    if catcher is None:
        return False
    for caller, called in catcher.crossed:
        step.node(caller).behavior.pass_output(step, caller, called)
    if catcher.catch.code_variable is not None:
        variables.set_value(step, step.parent(catcher.attached), catcher.catch.code_variable, code)
    interruption.catch_at_boundary(step, catcher.attached, catcher.boundary)
    return True
