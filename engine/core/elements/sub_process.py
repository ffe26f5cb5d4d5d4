"""subProcess (BPMN 2.0.2, 10.3.5), embedded: a scope with a start event of its own."""

from __future__ import annotations

from engine.core import instances
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.state import ElementInstance
from engine.core.step import Step


class SubProcess(Behavior):
    """Starts at its none start event, and is done when no token is left inside."""

    needs_execution = True

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        instances.begin_inside(step, element)
        return WAITS
