"""signalEventDefinition (BPMN 2.0.2, 10.5.5.10; Camunda manual, "Signal Events"): a subscription to a broadcast."""

from __future__ import annotations

from bpmn.model import EventDefinition
from engine.core import broadcasts, host, mappings, subscriptions
from engine.core.binder import NOTHING, Binder
from engine.core.events.named import NamedEvent
from engine.core.lifecycle import InstanceState
from engine.core.state import ElementInstance
from engine.core.step import Deliver, Instruction, Step
from engine.core.thrown import Thrown
from engine.errors import ExecutionFailed


class SignalThrow(Thrown):
    """Sends a signal: to what waits for it in its own tree of instances at once, to all others when the step is done.

    Who throws goes on afterwards, unless the signal has interrupted it.
    """

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.name = NOTHING if definition.name is None else binder.compile(definition.name)
        self.mappings = tuple(mappings.bind(each, binder) for each in definition.in_mappings)
        self.business_key = binder.optional(definition.business_key)
        self.asynchronous = definition.asynchronous

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        name = host.evaluate_text(step, self.name, element)
        if not name:
            raise ExecutionFailed("The name of the signal to throw is empty", element.element_id)
        given: dict[str, object] = {}
        for mapping in self.mappings:
            given |= mapping.values(step, element)
        key = None if self.business_key is None else host.evaluate_text(step, self.business_key, element)
        tenants = frozenset({element.tenant_id, ""})
        near = [
            each
            for each in step.uow.subscriptions_in(element.root_id)
            if each.kind == subscriptions.SIGNAL
            and each.name == name
            and each.tenant_id in tenants
            and step.uow.instance(each.process_instance_id or 0).state is InstanceState.ACTIVE
        ]
        broadcasts.send(
            step,
            name,
            tenants,
            given,
            business_key=key,
            asynchronous=self.asynchronous,
            root_id=element.root_id,
        )
        if self.asynchronous:
            for each in near:
                subscriptions.deliver_later(step, each, given)
            near = []
        step.plan(*[Deliver(each, given) for each in near], then)


class SignalEvent(NamedEvent):
    """Waits for a signal."""

    kind = subscriptions.SIGNAL
