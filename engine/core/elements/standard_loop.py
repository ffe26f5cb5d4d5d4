"""standardLoopCharacteristics (BPMN 2.0.2, 10.3.8 and 13.3.6): an activity again and again, one instance at a time."""

from __future__ import annotations

from bpmn.model import Element, StandardLoop
from engine.core import host, variables
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Complete, Step
from engine.errors import InvalidInstruction


class StandardLoopBody(Behavior):
    """Repeats its activity while the loop condition holds: asked before each time, or (`testBefore="false"`) after.

    `loopCounter` is at the body the number of times it has been through, which is what the condition sees wherever it
    is asked, and at the activity the index of its instance, from 0 as in multi-instance activities. A loop that does
    not say when it ends, with neither a condition nor a maximum, goes round once.
    """

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        spec = element.standard_loop or StandardLoop()
        self.inner_id = element.children[0]
        self.condition = binder.optional(spec.condition)
        self.test_before = spec.test_before
        self.maximum = 1 if spec.condition is None and spec.maximum is None else spec.maximum

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.test_before and not self._goes_on(step, element):
            return DONE
        self._repeat(step, element)
        return WAITS

    def child_left(self, step: Step, scope: ElementInstance, child: ElementInstance) -> None:
        step.uow.touch(scope)
        scope.loop_completed += 1
        step.note_change(scope, variables.LOOP_COUNTER, variables.UPDATE)
        if self._goes_on(step, scope):
            self._repeat(step, scope)
        else:
            step.plan(Complete(scope))

    def joined(self, step: Step, scope: ElementInstance) -> int:
        if scope.tokens:
            raise InvalidInstruction(
                f"'{self.inner_id}' is repeated one instance after the other, and one is there: nothing can be started "
                "beside it"
            )
        return scope.loop_completed

    def _goes_on(self, step: Step, body: ElementInstance) -> bool:
        if self.maximum is not None and body.loop_completed >= self.maximum:
            return False
        return self.condition is None or host.evaluate_condition(step, self.condition, body)

    def _repeat(self, step: Step, body: ElementInstance) -> None:
        definition = step.definition(body)
        inner = definition.nodes[self.inner_id]
        step.plan(step.arrive(definition, inner, body, loop_counter=body.loop_completed))
