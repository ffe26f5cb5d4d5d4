"""inclusiveGateway (BPMN 2.0.2, 13.4.3): all flows that may be taken, and a join of all tokens that can still come."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import joins
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance, Scope
from engine.core.step import Step


class InclusiveGateway(Behavior):
    """Waits while another token of its scope can reach an empty incoming flow, and none that holds a token."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.settles = len(element.incoming) > 1

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        return WAITS if self.settles else DONE

    def ready(self, step: Step, scope: Scope) -> bool:
        """Fire if no other token can still come: one token of each flow that holds one is taken."""
        waiting = joins.waiting(step, scope, self.node.id)
        if not waiting or joins.expects(step, scope, self.node, waiting):
            return False
        joins.merge(step, scope, [tokens[0] for tokens in waiting.values()])
        return True
