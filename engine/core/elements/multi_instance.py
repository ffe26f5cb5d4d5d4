"""multiInstanceLoopCharacteristics (BPMN 2.0.2, 10.3.8 and 13.3.7; Camunda manual, "Multiple Instance")."""

from __future__ import annotations

from bpmn.model import Element, MultiInstance
from engine.core import host, interruption, variables
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Arrive, Complete, Step
from engine.errors import ExecutionFailed
from engine.values import Integer, JsonValue, ObjectValue


class MultiInstanceBody(Behavior):
    """The scope around the instances of a multi-instance activity: all at once, or one after the other.

    The counters are on the body's row, so that completing one of many instances costs the same as one of few.
    """

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        spec = element.multi_instance or MultiInstance()
        self.inner_id = element.children[0]
        self.is_sequential = spec.is_sequential
        self.element_variable = spec.element_variable
        self.cardinality = binder.optional(spec.cardinality)
        self.collection = binder.optional(spec.collection)
        self.completion_condition = binder.optional(spec.completion_condition)
        self.collects = spec.output_collection
        self.output_element = binder.optional(spec.output_element)
        self.is_camunda_8 = binder.is_camunda_8

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        items = self._items(step, element)
        total = self._count(step, element) if items is None else len(items)
        if total > step.limits.loop_instances:
            raise ExecutionFailed(
                f"{total:,} instances are more than the limit of {step.limits.loop_instances:,}", self.inner_id
            )
        element.loop_total = total
        if self.collects is not None:
            variables.set_local(step, element, self.collects, JsonValue.of([None] * total))
        for name in (variables.INSTANCES, variables.COMPLETED_INSTANCES, variables.ACTIVE_INSTANCES):
            step.note_change(element, name, variables.CREATE)
        if total == 0:
            return DONE
        step.plan(*[self._instance(step, element, items, index) for index in range(1 if self.is_sequential else total)])
        return WAITS

    def opened(self, step: Step, element: ElementInstance) -> None:
        element.loop_total = 0
        if self.collects is not None:
            variables.set_local(step, element, self.collects, JsonValue.of([]))

    def joined(self, step: Step, scope: ElementInstance) -> int:
        step.uow.touch(scope)
        counter = scope.loop_total or 0
        scope.loop_total = counter + 1
        return counter

    def child_left(self, step: Step, scope: ElementInstance, child: ElementInstance) -> None:
        step.uow.touch(scope)
        step.note_change(scope, variables.ACTIVE_INSTANCES, variables.UPDATE)
        if not child.canceled:
            scope.loop_completed += 1
            step.note_change(scope, variables.COMPLETED_INSTANCES, variables.UPDATE)
            self._collect(step, scope, child)
            if self.completion_condition is not None and host.evaluate_condition(
                step, self.completion_condition, child, self._numbers(scope)
            ):
                self._finish(step, scope)
                return
        following = 0 if child.loop_counter is None else child.loop_counter + 1
        if self.is_sequential and following < (scope.loop_total or 0):
            step.plan(self._instance(step, scope, self._items(step, scope), following))
        elif scope.tokens == 0:
            step.plan(Complete(scope))

    def complete(self, step: Step, element: ElementInstance) -> None:
        if self.collects is not None:
            collected = variables.get(step, element, self.collects)
            variables.set_value(step, step.parent(element), self.collects, collected)
            if step.node(element).is_compensable:  # what compensates it sees its variables, and no rows beside them
                variables.set_local(step, element, self.collects, collected)

    def _collect(self, step: Step, body: ElementInstance, child: ElementInstance) -> None:
        """Put the output of an instance at its place in the collection (Camunda 8 manual, "Multi-instance")."""
        if self.collects is None or self.output_element is None:
            return
        output = host.evaluate(step, self.output_element, child)
        if not variables.collect(step, body, self.collects, child.loop_counter or 0, output):
            raise ExecutionFailed(f"'{self.collects}' must be a list to collect outputs in", self.inner_id)

    def _numbers(self, body: ElementInstance) -> dict[str, object] | None:
        """What Camunda 8 calls the numbers of instances, the one that has just left being completed."""
        if not self.is_camunda_8:
            return None
        total = body.loop_total or 0
        active = body.tokens
        return {
            "numberOfInstances": Integer(total),
            "numberOfActiveInstances": Integer(active),
            "numberOfCompletedInstances": Integer(body.loop_completed),
            "numberOfTerminatedInstances": Integer(
                0 if self.is_sequential else max(0, total - active - body.loop_completed)
            ),
        }

    def _finish(self, step: Step, scope: ElementInstance) -> None:
        """Cancel the instances that are left, and complete."""
        step.plan(*interruption.cancel_inside(step, scope), Complete(scope))

    def _instance(self, step: Step, body: ElementInstance, items: list[object] | None, index: int) -> Arrive:
        definition = step.definition(body)
        local: dict[str, object] | None = None
        if items is not None and self.element_variable is not None:
            if index >= len(items):
                raise ExecutionFailed(
                    f"The collection has {len(items)} elements now, and instance {index} was to be made", self.inner_id
                )
            local = {self.element_variable: items[index]}
        if self.is_camunda_8:  # Camunda 8 counts from 1, as its lists do
            local = {**(local or {}), variables.LOOP_COUNTER: Integer(index + 1)}
        inner = definition.nodes[self.inner_id]
        return step.arrive(definition, inner, body, loop_counter=index, local=local)

    def _items(self, step: Step, body: ElementInstance) -> list[object] | None:
        if self.collection is None:
            return None
        value: object
        if self.collection.is_constant and isinstance(self.collection.constant, str):
            name = self.collection.constant
            if not variables.has(step, body, name):
                raise ExecutionFailed(f"Variable '{name}' is not found; it should name the collection", self.inner_id)
            value = variables.get(step, body, name)
        else:
            value = host.evaluate(step, self.collection, body)
        if isinstance(value, JsonValue | ObjectValue):
            value = value.node
        if not isinstance(value, list | tuple):
            found = "null" if value is None else type(value).__name__
            raise ExecutionFailed(f"'{self.collection.source}' must be a collection, not {found}", self.inner_id)
        return list(value)

    def _count(self, step: Step, body: ElementInstance) -> int:
        value = None if self.cardinality is None else host.evaluate(step, self.cardinality, body)
        number: int | None = None
        if isinstance(value, int) and not isinstance(value, bool):
            number = int(value)
        elif isinstance(value, str):
            try:
                number = int(value.strip())
            except ValueError:
                number = None
        if number is None or number < 0:
            source = "" if self.cardinality is None else self.cardinality.source
            raise ExecutionFailed(
                f"The loop cardinality '{source}' must be a whole number from 0, not {value!r}", self.inner_id
            )
        return number
