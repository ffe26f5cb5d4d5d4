"""transaction (BPMN 2.0.2, 10.3.5 "Transaction" and 13.5.5): a sub-process that ends in one of three ways.

It completes, and may be compensated later; a cancel end event cancels it, compensates what was done in it and goes on
from the cancel boundary event; or an error (a hazard) leaves it by an error boundary event, and nothing is compensated.
"""

from __future__ import annotations

from engine.core import instances
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.state import ElementInstance
from engine.core.step import Step


class Transaction(Behavior):
    """Starts at its none start event, and is done when no token is left inside."""

    needs_execution = True

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        instances.begin_inside(step, element)
        return WAITS
