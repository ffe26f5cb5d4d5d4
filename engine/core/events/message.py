"""messageEventDefinition (BPMN 2.0.2, 10.5.5.8; Camunda manual, "Message Events"): a subscription to a name."""

from __future__ import annotations

from bpmn.model import EventDefinition
from engine.core import host, subscriptions
from engine.core.behavior import WAITS
from engine.core.binder import Binder
from engine.core.events.named import NamedEvent
from engine.core.graph import Node
from engine.core.sending import Sending, correlation_key
from engine.core.state import ElementInstance, Scope
from engine.core.step import Instruction, Step, WorkCompleted
from engine.core.thrown import Thrown
from engine.core.work import Work


class MessageThrow(Thrown):
    """Sends a message as a send task does: by the work of a handler or an external worker, or within the engine.

    One that says neither which message nor how is passed through, as in Camunda 7: the deployment warns of it.
    """

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        element, implementation = binder.node.element, definition.implementation
        self.sending: Sending | None = None
        if implementation is None or implementation.is_empty:
            if definition.name is not None:
                self.sending = Sending(definition, binder)
            else:
                binder.warn(
                    f"'{element.id}' sends a message, but says neither which nor how, so none is sent: it needs a "
                    "messageRef to a message with a name, or an implementation",
                    place=definition.place,
                )
        else:
            self.work = Work(element, implementation, binder, number=element.events.index(definition))

    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        if self.sending is not None:
            self.sending.send(step, element)
            step.plan(then)
        elif self.work is None or self.work.begin(step, element) is not WAITS:
            step.plan(then)

    def is_over(self, step: Step, element: ElementInstance, told: object) -> bool:
        if self.work is None or not isinstance(told, WorkCompleted) or not self.work.made(told.job):
            return False
        self.work.take(step, element, told)
        return True


class MessageEvent(NamedEvent):
    """Waits for a message."""

    kind = subscriptions.MESSAGE

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        super().__init__(definition, binder)
        self.key = binder.optional(definition.correlation_key)

    def configuration(self, step: Step, node: Node, place: Scope) -> str | None:
        """The correlation key."""
        return None if self.key is None else correlation_key(host.evaluate(step, self.key, place), node.id)
