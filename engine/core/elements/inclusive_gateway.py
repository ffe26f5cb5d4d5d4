"""inclusiveGateway (BPMN 2.0.2, 13.4.3): all flows that may be taken, and a join of all tokens that can still come."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import joins
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.graph import Definition
from engine.core.state import ElementInstance, Scope
from engine.core.step import Step


class InclusiveGateway(Behavior):
    """Waits while another token of its scope can reach an empty incoming flow, and none that holds a token."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.joins = len(element.incoming) > 1

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        return WAITS if self.joins else DONE

    def ready(self, step: Step, scope: Scope) -> bool:
        """Fire if no other token can still come: one token of each flow that holds one is taken."""
        join = self.node
        waiting = joins.waiting(step, scope, join.id)
        if not waiting:
            return False
        definition = step.definition(scope)
        for token in step.uow.children(scope):
            reached = self._reached(definition, token)
            if reached and not any(flow in waiting for flow in reached):
                return False
        joins.merge(step, scope, [tokens[0] for tokens in waiting.values()])
        return True

    def _reached(self, definition: Definition, token: ElementInstance) -> frozenset[str]:
        """The incoming flows of this join that a token can still come over; none for one that waits here already."""
        join, flow_id = self.node, token.flow_id or ""
        if token.transition == "after":
            target = definition.process.flows[flow_id].target if flow_id else ""
            return frozenset({flow_id}) if target == join.id else definition.flows_reached(join, target)
        if token.element_id != join.id:
            return definition.flows_reached(join, token.element_id)
        return frozenset({flow_id}) if token.transition == "before" else frozenset()
