"""Commands that bring events: to what waits for them in an instance, or to a definition, to start an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core import driver, instances
from engine.core.commands import Command, Target
from engine.core.state import Subscription
from engine.core.step import Deliver, Step
from engine.core.unit_of_work import DefinitionBy, Need
from engine.errors import NotFound, Suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvent(Command[int]):
    """What a subscription of an instance waits for has come. Gives the id of the instance.

    `variables` are set as seen from what waited, `local_variables` in exactly that scope.
    """

    subscription_id: int
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return Target(self.subscription_id, (Subscription,), "event subscription")

    def run(self, step: Step) -> int:
        subscription = step.uow.subscriptions[self.subscription_id]
        step.plan(Deliver(subscription, self.variables, self.local_variables))
        driver.run(step)
        return subscription.process_instance_id or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartByEvent(Command[int]):
    """The event has come that starts an instance of a definition at a start event. Gives the id of the instance."""

    definition_id: int
    element_id: str
    business_key: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (DefinitionBy(definition_id=self.definition_id),)

    def run(self, step: Step) -> int:
        found = step.definitions.find(DefinitionBy(definition_id=self.definition_id))
        if found is None:
            raise NotFound("process definition", self.definition_id)
        definition, suspended = found
        if suspended:
            raise Suspended("process definition", definition.reference)
        start = definition.nodes[self.element_id]
        made = instances.make(step, definition, start=start, business_key=self.business_key, user=step.user)
        instances.begin(step, definition, made, start, self.variables)
        driver.run(step)
        return made.id
