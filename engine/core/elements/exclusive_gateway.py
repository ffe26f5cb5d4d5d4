"""exclusiveGateway (BPMN 2.0.2, 13.4.2): the first flow that may be taken."""

from __future__ import annotations

from engine.core.behavior import Behavior, holds, no_flow
from engine.core.graph import BoundFlow
from engine.core.state import ElementInstance
from engine.core.step import Step


class ExclusiveGateway(Behavior):
    """Passes each token on over one flow; merging needs no waiting."""

    def outgoing(self, step: Step, element: ElementInstance) -> tuple[BoundFlow, ...]:
        """The first flow in document order whose condition holds, else the default; raises NoFlowSelected."""
        if not self.node.outgoing:
            return ()
        for flow in self.node.outgoing:
            if not flow.is_default and holds(step, flow, element):
                return (flow,)
        if self.node.default is not None:
            return (self.node.default,)
        raise no_flow(element)
