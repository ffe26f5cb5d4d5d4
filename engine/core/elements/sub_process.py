"""subProcess (BPMN 2.0.2, 10.3.5), embedded: a scope with a start event of its own."""

from __future__ import annotations

from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.state import ElementInstance
from engine.core.step import Step
from engine.errors import ExecutionFailed


class SubProcess(Behavior):
    """Starts at its none start event, and is done when no token is left inside."""

    needs_execution = True

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        definition = step.definition(element)
        start = definition.none_start(element.element_id)
        if start is None:
            raise ExecutionFailed("The sub-process has no none start event", element.element_id)
        step.plan(step.arrive(definition, start, element))
        return WAITS
