"""Events that throw, in the flow and at its end: what they throw is bound, and thrown one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bpmn.model import Element, EventDefinition, Trigger
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.events.cancel import CancelThrow
from engine.core.events.compensation import CompensationThrow
from engine.core.events.error import ErrorThrow
from engine.core.events.escalation import EscalationThrow
from engine.core.events.link import LinkThrow
from engine.core.events.message import MessageThrow
from engine.core.events.signal import SignalThrow
from engine.core.events.terminate import TerminateThrow
from engine.core.state import ElementInstance, Job
from engine.core.step import Complete, Instruction, Step, Tell, ThrowNext
from engine.core.thrown import Thrown
from engine.core.work import Work

THROWN: Mapping[Trigger, Callable[[EventDefinition, Binder], Thrown]] = {
    Trigger.CANCEL: CancelThrow,
    Trigger.COMPENSATION: CompensationThrow,
    Trigger.ERROR: ErrorThrow,
    Trigger.ESCALATION: EscalationThrow,
    Trigger.LINK: LinkThrow,
    Trigger.MESSAGE: MessageThrow,
    Trigger.SIGNAL: SignalThrow,
    Trigger.TERMINATE: TerminateThrow,
}
"""What can be thrown, by its trigger."""


def bind(element: Element, binder: Binder) -> tuple[Thrown, ...]:
    """What an event throws; what cannot be thrown is refused."""
    found = []
    for event in element.events:
        kind = THROWN.get(event.trigger)
        if kind is None:
            binder.refuse(f"'{element.id}' throws {event.trigger}, which cannot be executed yet", place=element.place)
        else:
            found.append(kind(event, binder))
    return tuple(found)


class Thrower(Behavior):
    """Throws all its event definitions in their order (BPMN 2.0.2, 10.5.5.12), and goes on when that is done."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        self.thrown = bind(element, binder)
        self.needs_execution = any(each.is_inside for each in self.thrown)
        self.makes_jobs = any(each.work is not None and each.work.makes_jobs for each in self.thrown)

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        if not self.thrown:
            return DONE
        self._throw(step, element, 0)
        return WAITS

    def child_left(self, step: Step, scope: ElementInstance, child: ElementInstance) -> None:  # noqa: ARG002
        """What it threw is done when nothing is left inside; `memory` says which of several definitions that was."""
        if scope.tokens == 0:
            index = int(scope.memory or 0)
            self.thrown[index].done(step, scope, self._after(scope, index))

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if isinstance(event, ThrowNext):
            step.uow.touch(element)
            element.memory = str(event.index)
            self._throw(step, element, event.index)
            return
        for index, each in enumerate(self.thrown):
            if each.is_over(step, element, event):
                step.plan(self._after(element, index))
                return
        super().trigger(step, element, event)

    def work_of(self, job: Job) -> Work | None:
        return next((each.work for each in self.thrown if each.work is not None and each.work.made(job)), None)

    def _throw(self, step: Step, element: ElementInstance, index: int) -> None:
        self.thrown[index].throw(step, element, self._after(element, index))

    def _after(self, element: ElementInstance, index: int) -> Instruction:
        """What comes after the definition with this index."""
        if index + 1 == len(self.thrown):
            return Complete(element)
        return Tell(element, ThrowNext(index + 1))
