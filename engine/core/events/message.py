"""messageEventDefinition (BPMN 2.0.2, 10.5.5.8; Camunda manual, "Message Events"): a subscription to a name."""

from __future__ import annotations

from bpmn.model import EventDefinition, Implementation
from engine.core import subscriptions
from engine.core.behavior import WAITS
from engine.core.binder import Binder
from engine.core.events.named import NamedEvent
from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step, WorkCompleted
from engine.core.thrown import Thrown
from engine.core.work import Work


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


class MessageEvent(NamedEvent):
    """Waits for a message."""

    kind = subscriptions.MESSAGE
