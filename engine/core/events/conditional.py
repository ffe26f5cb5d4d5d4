"""conditionalEventDefinition (BPMN 2.0.2, 10.5.5.3; Camunda manual, "Conditional Events"): a condition to come true."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn.model import EventDefinition
from bpmn.vocabulary.text import comma_separated
from engine.core import host, subscriptions
from engine.core.awaited import Awaited
from engine.core.binder import NOTHING, Binder
from engine.core.graph import Definition, Node
from engine.core.state import Job, Scope, Subscription
from engine.core.step import Step
from engine.errors import ExecutionFailed
from engine.expression import UnknownName, UnknownProperty


class ConditionalEvent(Awaited):
    """Waits for its condition to hold when it is asked: at the beginning, and after changes of variables.

    `camunda:variableName` and `camunda:variableEvents` say which changes; whoever waits asks at the beginning anyway.
    """

    watches = True

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.condition = NOTHING if definition.condition is None else binder.compile(definition.condition)
        self.names = frozenset(comma_separated(definition.variable_name or ""))
        self.events = frozenset(definition.variable_events)
        siblings = [each for each in binder.node.element.events if each.trigger is definition.trigger]
        self.number = siblings.index(definition)

    def concerns(self, name: str, event: str) -> bool:
        return (not self.names or name in self.names) and (not self.events or event in self.events)

    def holds(self, step: Step, place: Scope) -> bool:
        """Does the condition hold, seen from what waits? Not while it names what is unknown. Raises ExecutionFailed."""
        return self._holds(step, place)

    def starts(self, step: Step, variables: Mapping[str, object]) -> bool:
        """Does it start an instance that is to have these variables? Raises ExecutionFailed."""
        return bool(not self.names or self.names & variables.keys()) and self._holds(step, None, variables)

    def _holds(self, step: Step, place: Scope | None, names: Mapping[str, object] | None = None) -> bool:
        try:
            return host.evaluate_condition(step, self.condition, place, names=names)
        except ExecutionFailed as problem:
            if isinstance(problem.__cause__, UnknownName | UnknownProperty):
                return False
            raise

    def wait(self, step: Step, node: Node, place: Scope) -> None:
        number = str(self.number) if self.number else None
        subscriptions.open_at(step, node, place, subscriptions.CONDITIONAL, None, configuration=number)

    def renew(self, step: Step, node: Node, place: Scope, waiting: Job | Subscription) -> None:
        """A condition is asked as the model says it, whenever the waiting began."""

    def wait_to_start(self, step: Step, definition: Definition, node: Node) -> None:
        subscriptions.open_start(step, definition, node, subscriptions.CONDITIONAL, None)


def of_event(event: Node) -> list[ConditionalEvent]:
    """The conditions that an event waits for."""
    return [each for each in event.behavior.awaited if isinstance(each, ConditionalEvent)]


def of_subscription(event: Node, subscription: Subscription) -> ConditionalEvent:
    """The condition that a subscription of an event waits for."""
    return of_event(event)[int(subscription.configuration or 0)]


def start_events(definition: Definition) -> list[Node]:
    """The conditional start events of a process, and what stands for one."""
    return [node for node in definition.event_begins if of_event(node)]


def starts(step: Step, start: Node, variables: Mapping[str, object]) -> bool:
    """Does a start event start an instance that is to have these variables? Raises ExecutionFailed."""
    return any(each.starts(step, variables) for each in of_event(start))
