"""messageEventDefinition (BPMN 2.0.2, 10.5.5.8; Camunda manual, "Message Events"): a subscription to a name."""

from __future__ import annotations

from bpmn.model import EventDefinition, Implementation
from engine.core import host, subscriptions
from engine.core.awaited import Awaited
from engine.core.behavior import WAITS
from engine.core.binder import NOTHING, Binder
from engine.core.graph import Definition, Node
from engine.core.state import ElementInstance, Job, Scope, Subscription
from engine.core.step import Instruction, Step, WorkCompleted
from engine.core.thrown import Thrown
from engine.core.work import Work
from engine.errors import ExecutionFailed


class MessageThrow(Thrown):
    """Sends a message by the work of a handler or an external worker, as a send task does."""

    work: Work

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        element = binder.node.element
        implementation = definition.implementation or Implementation()
        self.work = Work(element, implementation, binder, number=element.events.index(definition))
        if implementation.is_empty:
            binder.refuse(
                f"'{element.id}' throws {definition.trigger}, which cannot be executed yet", place=element.place
            )

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        if self.work.begin(step, element) is not WAITS:
            step.plan(then)

    def is_over(self, step: Step, element: ElementInstance, told: object) -> bool:
        if not isinstance(told, WorkCompleted) or not self.work.made(told.job):
            return False
        self.work.take(step, element, told)
        return True


class MessageEvent(Awaited):
    """Waits for a message by its name, literal or given by an expression."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.name = NOTHING if definition.name is None else binder.compile(definition.name)

    def wait(self, step: Step, node: Node, place: Scope) -> None:
        subscriptions.open_at(step, node, place, subscriptions.MESSAGE, self._name(step, node, place))

    def renew(self, step: Step, node: Node, place: Scope, waiting: Job | Subscription) -> None:
        if isinstance(waiting, Subscription):
            step.uow.touch(waiting)
            waiting.name = self._name(step, node, place)

    def wait_to_start(self, step: Step, definition: Definition, node: Node) -> None:
        name = host.evaluate(step, self.name, None)
        if not isinstance(name, str) or not name:
            raise ExecutionFailed(f"The name of the message that starts at '{node.id}' is empty", node.id)
        subscriptions.open_start(step, definition, node, subscriptions.MESSAGE, name)

    def _name(self, step: Step, node: Node, place: Scope) -> str:
        name = host.evaluate_text(step, self.name, place)
        if not name:
            raise ExecutionFailed(f"The name of the message that '{node.id}' waits for is empty", node.id)
        return name
