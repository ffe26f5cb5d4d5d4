"""Events that wait for a name: messages and signals, by a subscription."""

from __future__ import annotations

from typing import ClassVar

from bpmn.model import EventDefinition
from engine.core import host, subscriptions
from engine.core.awaited import Awaited
from engine.core.binder import NOTHING, Binder
from engine.core.graph import Definition, Node
from engine.core.state import Job, Scope, Subscription
from engine.core.step import Step
from engine.errors import ExecutionFailed


class NamedEvent(Awaited):
    """Waits for what has its name, literal or given by an expression."""

    kind: ClassVar[str]
    """Of the subscription."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.name = NOTHING if definition.name is None else binder.compile(definition.name)

    def wait(self, step: Step, node: Node, place: Scope) -> None:
        name, configuration = self._name(step, node, place), self.configuration(step, node, place)
        subscriptions.open_at(step, node, place, self.kind, name, configuration=configuration)

    def renew(self, step: Step, node: Node, place: Scope, waiting: Job | Subscription) -> None:
        if isinstance(waiting, Subscription):
            step.uow.touch(waiting)
            waiting.name = self._name(step, node, place)
            waiting.configuration = self.configuration(step, node, place)

    def wait_to_start(self, step: Step, definition: Definition, node: Node) -> None:
        subscriptions.open_start(step, definition, node, self.kind, self.name_to_start(step, node))

    def name_to_start(self, step: Step, node: Node) -> str:
        """The name of what begins an instance at `node`. Raises ExecutionFailed."""
        name = host.evaluate(step, self.name, None)
        if not isinstance(name, str) or not name:
            raise ExecutionFailed(f"The name of the {self.kind} that starts at '{node.id}' is empty", node.id)
        return name

    def configuration(self, step: Step, node: Node, place: Scope) -> str | None:
        """What else tells those who wait for the name apart."""
        return None

    def _name(self, step: Step, node: Node, place: Scope) -> str:
        name = host.evaluate_text(step, self.name, place)
        if not name:
            raise ExecutionFailed(f"The name of the {self.kind} that '{node.id}' waits for is empty", node.id)
        return name
