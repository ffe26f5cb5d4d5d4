"""parallelGateway (BPMN 2.0.2, 13.4.1): one token from each incoming flow, one token to each outgoing flow."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import joins
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.graph import BoundFlow
from engine.core.state import ElementInstance
from engine.core.step import Step


class ParallelGateway(Behavior):
    """A token waits until every incoming flow has one; of several on one flow, one is taken and the others stay."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.incoming = element.incoming

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if len(self.incoming) < 2:
            return DONE
        scope = step.parent(element)
        waiting = joins.waiting(step, scope, element.element_id)
        if all(flow in waiting for flow in self.incoming):
            joins.merge(step, scope, [waiting[flow][0] for flow in self.incoming])
        return WAITS

    def outgoing(self, step: Step, element: ElementInstance) -> tuple[BoundFlow, ...]:
        """All flows; conditions mean nothing here."""
        return self.node.outgoing
