"""Commands that bring events: to what waits for them in an instance, or to a definition, to start an instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core import broadcasts, driver, instances, messages, subscriptions, variables
from engine.core.commands import Command, T, Target
from engine.core.correlation import Correlation
from engine.core.events import conditional
from engine.core.events.message import MessageEvent
from engine.core.events.named import NamedEvent
from engine.core.graph import Definition, Node
from engine.core.instances import StartedInstance
from engine.core.state import Subscription
from engine.core.step import Broadcast, Deliver, Step
from engine.core.unit_of_work import DefinitionBy, Need, SomebodyWaits
from engine.errors import Conflict, NotCorrelated, NotFound


class SomebodyWaitsNow(Conflict):
    """A message is not to begin an instance: one has begun to wait for it."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The execution that has got what it waited for, as it was when the step ended; `ended`: it has gone on.

    `variables` are those of the process instance, if they were asked for.
    """

    execution_id: int
    process_instance_id: int
    tenant_id: str
    ended: bool
    variables: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvent(Command[Delivered]):
    """What a subscription of an instance waits for has come.

    `variables` are set as seen from what waited, `local_variables` in exactly that scope, `scope_variables` in the
    scope in which the instance goes on for it.
    """

    subscription_id: int
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)
    scope_variables: Mapping[str, object] = field(default_factory=dict)
    return_variables: bool = False

    @property
    def target(self) -> Target:
        return Target(self.subscription_id, (Subscription,), "event subscription")

    def run(self, step: Step) -> Delivered:
        subscription = step.uow.subscriptions[self.subscription_id]
        if subscription.scope_id is None:
            raise Conflict(f"Event subscription {self.subscription_id} is that of a definition: it starts instances")
        place = step.uow.scope(subscription.scope_id)
        instance = step.process_instance(place)
        if self.return_variables:
            variables.local_values(step, instance)  # they are here when they are told, also if the instance ends
        step.plan(Deliver(subscription, self.variables, self.local_variables, self.scope_variables))
        driver.run(step)
        return Delivered(
            execution_id=subscription.execution_id or instance.id,
            process_instance_id=instance.id,
            tenant_id=subscription.tenant_id,
            ended=place.ended_at is not None,
            variables=step.uow.last_values(instance.id) if self.return_variables else {},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingEvent(Command[T]):
    """An event has come that starts an instance of a definition at a start event."""

    definition_id: int
    element_id: str
    business_key: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (DefinitionBy(definition_id=self.definition_id),)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartByEvent(StartingEvent[StartedInstance]):
    """The event has come that starts an instance of a definition at a start event."""

    return_variables: bool = False
    unless: Correlation | None = None
    """The message it is, which an instance that began with another message of the conversation may wait for by now."""

    def run(self, step: Step) -> StartedInstance:
        definition = instances.startable(step, self.definition_id)
        start = definition.nodes[self.element_id]
        if self.unless is not None and start.begins_with:
            self._ensure_nobody_waits(step, self.unless, start.begins_with)
        return self._begin(step, definition, start)

    def _begin(self, step: Step, definition: Definition, start: Node) -> StartedInstance:
        made = instances.make(step, definition, start=start, business_key=self.business_key, user=step.user)
        instances.begin(step, definition, made, start, self.variables)
        driver.run(step)
        return instances.describe(step, definition, made, with_variables=self.return_variables)

    @staticmethod
    def _ensure_nobody_waits(step: Step, wanted: Correlation, others: Sequence[Node]) -> None:
        names = {
            each.name_to_start(step, node)
            for node in others
            for each in node.behavior.awaited
            if isinstance(each, NamedEvent)
        }
        somebody_waits = step.uow.answer(SomebodyWaits(wanted, tuple(sorted(names))))
        if somebody_waits or any(messages.is_for(step, wanted, each) for each in step.uow.new_subscriptions()):
            raise SomebodyWaitsNow(f"An instance waits for the message '{wanted.name}' now")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartByMessage(StartByEvent):
    """A message starts an instance of one definition, the latest version of its key or not.

    Source: Camunda manual, "Message Events", `startProcessInstanceByMessageAndProcessDefinitionId`.
    """

    name: str
    element_id: str = ""

    def run(self, step: Step) -> StartedInstance:
        definition = instances.startable(step, self.definition_id)
        # The deployment has seen that the names of a definition differ.
        for node in definition.event_begins:
            for each in node.behavior.awaited:
                if isinstance(each, MessageEvent) and each.name_to_start(step, node) == self.name:
                    return self._begin(step, definition, node)
        raise NotCorrelated(
            f"Cannot correlate message '{self.name}': no start event of {definition.reference} waits for it"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StartByConditions(Command[list[StartedInstance]]):
    """Start an instance with these variables at every conditional start event whose condition holds for them.

    `starts` are definitions with a start event each; None stands for all conditional start events of the definition,
    which must have one. Suspended definitions are passed over.
    """

    starts: tuple[tuple[int, str | None], ...]
    business_key: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple({DefinitionBy(definition_id=id) for id, _ in self.starts})

    def run(self, step: Step) -> list[StartedInstance]:
        made = []
        for definition_id, element_id in self.starts:
            found = step.definitions.find(DefinitionBy(definition_id=definition_id))
            if found is None:
                raise NotFound("process definition", definition_id)
            definition, suspended = found
            for start in [] if suspended else self._holding(step, definition, element_id):
                instance = instances.make(step, definition, start=start, business_key=self.business_key, user=step.user)
                instances.begin(step, definition, instance, start, self.variables)
                driver.run(step)
                made.append(instances.describe(step, definition, instance))
        return made

    def _holding(self, step: Step, definition: Definition, element_id: str | None) -> list[Node]:
        """The start events whose conditions hold."""
        starts = [definition.nodes[element_id]] if element_id is not None else conditional.start_events(definition)
        if not starts:
            raise Conflict(f"Process definition {definition.reference} does not declare a conditional start event")
        return [start for start in starts if conditional.starts(step, start, self.variables)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEventLater(Command[None]):
    """A job is to bring what a subscription of an instance waits for."""

    subscription_id: int
    variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return Target(self.subscription_id, (Subscription,), "event subscription")

    def run(self, step: Step) -> None:
        subscriptions.deliver_later(step, step.uow.subscriptions[self.subscription_id], self.variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartByEventLater(StartingEvent[None]):
    """A job is to start an instance of a definition, at the start event whose event has come."""

    def run(self, step: Step) -> None:
        definition = instances.startable(step, self.definition_id)
        node = definition.nodes[self.element_id]
        subscriptions.start_later(step, definition, node, self.variables, self.business_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSignal(Command[None]):
    """Send a signal to all that wait for it; `tenants` None: whoever's they are."""

    name: str
    tenants: frozenset[str] | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        broadcasts.send(step, self.name, self.tenants, self.variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOnBroadcasting(Command[None]):
    """A signal has more receivers than one transaction is to tell: a job tells the others."""

    broadcast: Broadcast

    def run(self, step: Step) -> None:
        broadcasts.go_on_later(step, self.broadcast)


def delivery(broadcast: Broadcast, subscription: Subscription, *, later: bool = False) -> Command[Any]:
    """The command that tells one receiver of a signal; `later`: by a job."""
    later = later or broadcast.asynchronous
    if subscription.root_id is None:
        starting = StartByEventLater if later else StartByEvent
        return starting(
            definition_id=subscription.definition_id,
            element_id=subscription.element_id,
            business_key=broadcast.business_key,
            variables=broadcast.variables,
        )
    delivering = DeliverEventLater if later else DeliverEvent
    return delivering(subscription_id=subscription.id, variables=broadcast.variables)
