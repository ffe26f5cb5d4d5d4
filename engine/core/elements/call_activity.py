"""callActivity (BPMN 2.0.2, 10.3.6; Camunda manual, "Call Activity"): another process, in an instance of its own."""

from __future__ import annotations

from bpmn.model import CallActivity as CallSpec
from bpmn.model import Element, Expression, Reference
from engine.core import host, instances, mappings, variables
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.called import Called
from engine.core.graph import Definition
from engine.core.state import ElementInstance, ProcessInstance
from engine.core.step import CalledInstanceEnded, Complete, Step, TerminateInstance
from engine.core.unit_of_work import DefinitionBy
from engine.errors import ExecutionFailed, Suspended
from engine.expression import CompiledExpression


class CallActivity(Behavior):
    """Starts the called process and waits for its end."""

    needs_execution = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        spec = element.call or CallSpec()
        self.called = Called(spec.called or Reference(Expression("")), binder, "process")
        self.business_key = binder.optional(spec.business_key)
        self.inputs = tuple(mappings.bind(each, binder) for each in spec.in_mappings)
        self.outputs = tuple(mappings.bind(each, binder) for each in spec.out_mappings)
        if spec.propagate_all_parent_variables:
            self.inputs = (mappings.ALL, *self.inputs)
        maps_results = binder.is_camunda_8 and element.io is not None and bool(element.io.outputs)
        if spec.propagate_all_child_variables or maps_results:
            self.outputs = (mappings.ALL, *self.outputs)
        self.obstacle = _obstacle(spec, binder)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if self.obstacle is not None:
            host.evaluate(step, self.obstacle, element)
        definition = self._called(step, element)
        start = definition.none_start(None)
        if start is None:
            raise ExecutionFailed(f"The called process '{definition.key}' has no none start event", element.element_id)
        parent = step.process_instance(element)
        self._check_depth(step, parent, element)
        given: dict[str, object] = {}
        for mapping in self.inputs:
            given |= mapping.values(step, element)
        instance = ProcessInstance(
            id=step.next_id(),
            root_id=parent.root_id,
            parent_id=parent.id,
            caller_id=element.id,
            definition_id=definition.id,
            tenant_id=parent.tenant_id or definition.tenant_id,
            business_key=None if self.business_key is None else host.evaluate_text(step, self.business_key, element),
            start_element_id=start.id,
            start_user=step.user,
            started_at=step.now,
        )
        element.called_instance_id = instance.id
        instances.begin(step, definition, instance, start, given)
        return WAITS

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if not isinstance(event, CalledInstanceEnded):
            super().trigger(step, element, event)
            return
        self.pass_output(step, element, event.instance)
        step.plan(Complete(element))

    def pass_output(self, step: Step, element: ElementInstance, called: ProcessInstance) -> None:
        for mapping in self.outputs:
            found = mapping.values(step, called)
            if mapping.local:
                for name, value in found.items():
                    variables.set_local(step, element, name, value)
            else:
                variables.set_results(step, element, found)

    def cancel(self, step: Step, element: ElementInstance) -> None:
        if element.called_instance_id is not None:
            step.uow.require_whole(element.root_id)
            called = step.uow.instances.get(element.called_instance_id)
            if called is not None:
                step.plan(TerminateInstance(called, step.cancel_state, step.cancel_reason))

    def _called(self, step: Step, element: ElementInstance) -> Definition:
        wanted = self.called.wanted(step, element)
        found = step.definitions.find(
            DefinitionBy(
                key=wanted.key,
                tenant_id=wanted.tenant_id,
                deployment_id=wanted.deployment_id,
                version=wanted.version,
                version_tag=wanted.version_tag,
            )
        )
        if found is None:
            raise ExecutionFailed(
                f"No process definition with {wanted} is deployed; deploy the called process first", element.element_id
            )
        definition, suspended = found
        if suspended:
            raise Suspended("process definition", definition.reference)
        return definition

    def _check_depth(self, step: Step, instance: ProcessInstance, element: ElementInstance) -> None:
        depth, each = 1, instance
        while each.parent_id is not None:
            depth, each = depth + 1, step.uow.instance(each.parent_id)
        if depth > step.limits.call_depth:
            raise ExecutionFailed(
                f"Call activities are nested deeper than {step.limits.call_depth}: does a process call itself?",
                element.element_id,
            )


def _obstacle(spec: CallSpec, binder: Binder) -> CompiledExpression | None:
    """What keeps the call from being made, if anything does: it fails when it is evaluated."""
    place = binder.node.element.place
    if spec.case_ref is not None:
        return binder.failing(
            f"The call activity '{binder.element_id}' calls the case '{spec.case_ref}': only processes can be called",
            spec.case_ref,
            place=place,
        )
    if spec.variable_mapping is not None:
        return binder.failing(
            f"The variables of the call activity '{binder.element_id}' are mapped by Java code, "
            f"'{spec.variable_mapping}': map them by camunda:in and camunda:out",
            spec.variable_mapping,
            place=place,
        )
    return None
