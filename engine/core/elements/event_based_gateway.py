"""eventBasedGateway (BPMN 2.0.2, 10.6.6): the token takes the way of the event that comes first."""

from __future__ import annotations

from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.state import ElementInstance
from engine.core.step import Step


class EventBasedGateway(Behavior):
    """Waits for the events and receive tasks behind it, all at once; which one came they tell it themselves.

    No token comes to one that instantiates: the definition waits for the events behind it, and they begin instances.
    """

    needs_execution = True

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        for event in self.node.events_behind:
            event.behavior.subscribe(step, element)
        return WAITS
