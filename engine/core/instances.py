"""The beginning of a process instance."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core import listeners, variables
from engine.core.graph import Definition, Node
from engine.core.lifecycle import INSTANCE, InstanceState, fire
from engine.core.state import ProcessInstance
from engine.core.step import Step


def begin(
    step: Step, definition: Definition, instance: ProcessInstance, start: Node | None, given: Mapping[str, object]
) -> None:
    """Take a new process instance, give it its variables, and plan the arrival of a token at `start`, if given."""
    fire(INSTANCE, instance, InstanceState.ACTIVE, born=True)
    step.uow.add(instance)
    for name, value in given.items():
        variables.set_local(step, instance, name, value)
    listeners.notify(step, definition.listeners, "start", instance)
    if start is not None:
        step.plan(step.arrive(definition, start, instance))
