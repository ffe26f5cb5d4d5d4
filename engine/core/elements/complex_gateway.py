"""complexGateway (BPMN 2.0.2, 10.6.5 and 13.4.5): goes on as soon as enough tokens have come, whatever that means."""

from __future__ import annotations

from bpmn.model import Element
from engine.core import host, joins
from engine.core.behavior import DONE, WAITS, Behavior, Entered, no_flow
from engine.core.binder import Binder
from engine.core.graph import BoundFlow
from engine.core.state import ElementInstance, Scope
from engine.core.step import Complete, LetOut, Step


class ComplexGateway(Behavior):
    """Goes on with a token of each flow that has one when its activation condition holds; then it takes what can still
    come over the other flows, and begins anew.

    One of the tokens stays at the gateway while it waits for its reset, and remembers which flows have had their turn.
    Expressions see `activationCount` (in the activation condition: how many tokens wait at the gateway) and
    `waitingForStart` (in all conditions). Without an activation condition it only diverges.
    """

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.condition = binder.optional(element.activation_condition)
        self.settles = self.heeds_data = self.condition is not None

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.condition is None:
            return DONE
        scope = step.parent(element)
        if self._resetting(step, scope) is None:
            self._start(step, scope)
        return WAITS

    def ready(self, step: Step, scope: Scope) -> bool:
        """Reset if no other token can still come; or start, with tokens left from before or with other variables."""
        resetting = self._resetting(step, scope)
        if resetting is None:
            return self._start(step, scope)
        waiting = joins.waiting(step, scope, self.node.id)
        started = joins.started_with(resetting)
        if joins.expects(step, scope, self.node, {*started, *waiting}):
            return False
        joins.absorb(step, scope, [tokens[0] for flow, tokens in waiting.items() if flow not in started])
        step.plan(Complete(resetting))
        return True

    def outgoing(self, step: Step, element: ElementInstance) -> tuple[BoundFlow, ...]:
        return self._taken(step, element, waiting_for_start=element.memory is None)

    def _resetting(self, step: Step, scope: Scope) -> ElementInstance | None:
        """What stays at the gateway while it waits for its reset; None while it waits for its start."""
        here = (child for child in step.uow.children(scope) if child.element_id == self.node.id)
        return next((child for child in here if joins.resets(child)), None)

    def _start(self, step: Step, scope: Scope) -> bool:
        waiting = joins.waiting(step, scope, self.node.id)
        if not waiting or self.condition is None:
            return False
        names = {"activationCount": sum(map(len, waiting.values())), "waitingForStart": True}
        if not host.evaluate_condition(step, self.condition, next(iter(waiting.values()))[0], names):
            return False
        stays = joins.combine(step, scope, [tokens[0] for tokens in waiting.values()])
        flows = self._taken(step, stays, waiting_for_start=True)
        joins.remember(step, stays, waiting)
        step.plan(LetOut(stays, flows))
        return True

    def _taken(self, step: Step, element: ElementInstance, *, waiting_for_start: bool) -> tuple[BoundFlow, ...]:
        """The flows to take at the start or at the reset, which asks the conditions again.

        A flow without a condition is taken at the start alone: else a join with one plain flow out of it, which is what
        all discriminators and partial joins are (BPMN 2.0.2, 13.4.5, patterns), would go on twice.
        """
        names = {"waitingForStart": waiting_for_start}
        taken = tuple(
            flow
            for flow in self.node.outgoing
            if not flow.is_default
            and (
                waiting_for_start
                if flow.condition is None
                else host.evaluate_condition(step, flow.condition, element, names)
            )
        )
        if taken or not self.node.outgoing:
            return taken
        if self.node.default is not None:
            return (self.node.default,)
        if waiting_for_start:
            raise no_flow(element)
        return ()
