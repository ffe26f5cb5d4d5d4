"""What a kind of element does: seven hooks with pass-through defaults, called by the driver and by nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from bpmn.model import Element
from engine.core import host
from engine.core.graph import BoundFlow, BoundListener, Catch, Node
from engine.core.state import ElementInstance, Job, ProcessInstance, Scope
from engine.core.step import Complete, Occurrence, Step
from engine.errors import Conflict, NoFlowSelected
from engine.timers import Timer

if TYPE_CHECKING:
    from engine.core.awaited import Awaited
    from engine.core.binder import Binder
    from engine.core.events.timer import TimerEvent
    from engine.core.thrown import Thrown
    from engine.core.work import Work


class Entered(Enum):
    """How an element was entered: it is done already, or it waits for something."""

    DONE = "done"
    WAITS = "waits"


DONE, WAITS = Entered.DONE, Entered.WAITS


class Behavior:
    """One per node of a definition, made when the definition is bound and shared by all its instances.

    `__init__` is the place to compile the element's expressions and to refuse what it cannot do. A behavior holds no
    state of an instance, plans instructions and sends tokens through the step, and never calls the driver.
    """

    needs_execution: bool = False
    """Has an instance local variables of its own even when it is alone in its scope?"""

    watches_activities: bool = False
    """Of a scope: is `activity_completed` to be asked for each activity directly inside?"""

    rests_empty: bool = False
    """Of a scope: does it stay when nothing is in it any more, until it is told what to do?"""

    is_made_anew: bool = False
    """Of a scope: does everything that is started in it from outside get one of its own?"""

    settles: bool = False
    """Of a join: does it go on when it turns out that no other token can come, so that `ready` is to be asked?"""

    heeds_data: bool = False
    """Of such a join: may it go on when variables have changed?"""

    awaited: tuple[Awaited, ...] = ()
    """Of an event, or of a task that waits like one: what it waits for."""

    thrown: tuple[Thrown, ...] = ()
    """Of an event: what it throws."""

    timers: tuple[TimerEvent, ...] = ()
    """The times it waits for."""

    collects: str | None = None
    """Of the body of a loop: the local variable that is a list of what its instances give, of which rows are kept."""

    makes_jobs: bool = False
    """May its instances have jobs, beside those of asynchronous continuations?"""

    makes_subscriptions: bool = False
    """May its instances (or what it is attached to) have subscriptions?"""

    task_listeners: tuple[BoundListener, ...] = ()
    """Of a user task."""

    hands_over: bool = False
    """Of a user task: do its listeners hand over to handlers?"""

    has_candidates: bool = False
    """Of a user task: does the model name candidates?"""

    catches: tuple[Catch, ...] = ()
    """Of a boundary event or the start event of an event sub-process: the errors and escalations it catches."""

    def __init__(self, element: Element, binder: Binder) -> None:
        self.node: Node = binder.node

    def ready(self, step: Step, scope: Scope) -> bool:
        """Asked of a join that `settles` when tokens moved in its scope and the agenda is empty: does it plan to go
        on?"""
        return False

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        """The token has arrived, and the input mapping is done."""
        return DONE

    def happened(self, step: Step, element: ElementInstance, occurrence: Occurrence) -> Entered:
        """As `enter`, of an event that has come already and was waited for elsewhere."""
        return DONE

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        """Something happened to a waiting element instance."""
        raise Conflict(f"'{element.element_id}' does not wait for {type(event).__name__}")

    def opened(self, step: Step, element: ElementInstance) -> None:
        """The scope was entered without what it starts by itself: what is to be in it, somebody else starts."""

    def joined(self, step: Step, scope: ElementInstance) -> int | None:
        """Something is about to be started in this scope from outside; gives it its loop counter, if it gets one.

        Raises InvalidInstruction where that cannot be.
        """
        return None

    def child_left(self, step: Step, scope: ElementInstance, child: ElementInstance) -> None:
        """A token inside this scope has left it."""
        if scope.tokens == 0:
            step.plan(Complete(scope))

    def activity_completed(self, step: Step, scope: ElementInstance, activity: ElementInstance) -> bool:
        """An activity directly inside has completed, in a scope that `watches_activities`: may its tokens go on?"""
        return True

    def complete(self, step: Step, element: ElementInstance) -> None:
        """The work is done; the output mapping comes next."""

    def outgoing(self, step: Step, element: ElementInstance) -> tuple[BoundFlow, ...]:
        """The flows to take: those without a condition and those whose condition holds, else the default
        (BPMN 2.0.2, 13.3.2 and 8.4.13). Raises NoFlowSelected."""
        flows = self.node.outgoing
        if not flows:
            return ()
        if self.node.default is None and all(flow.condition is None for flow in flows):
            return flows
        taken = tuple(flow for flow in flows if not flow.is_default and holds(step, flow, element))
        if taken:
            return taken
        if self.node.default is not None:
            return (self.node.default,)
        raise no_flow(element)

    def subscribe(self, step: Step, place: Scope) -> None:
        """Of an event: begin to wait, at the element instance it is attached to or the scope in which it starts."""
        for each in self.awaited:
            each.wait(step, self.node, place)

    def caught(self, step: Step, place: Scope, occurrence: Occurrence) -> None:
        """Of an event: what it waited for at `place` has come."""
        if not isinstance(place, ElementInstance):
            raise Conflict(f"'{self.node.id}' does not wait for {type(occurrence).__name__}")
        self.trigger(step, place, occurrence)

    def due(self, step: Step, job: Job, place: Scope | None, base: datetime) -> Timer:
        """When the job of one of its timers is due, counted from `base`; `place` None for the start of a process."""
        for each in self.timers:
            return each.first(step, place, self.node.id, base)
        raise Conflict(f"'{self.node.id}' has no timer")

    def migrated(self, step: Step, element: ElementInstance, timers: Sequence[Job], *, update: bool) -> None:
        """The element instance has been migrated here, with the timers that it had where it was; `update`: these are to
        be read anew, as those of `awaited` have been already."""

    def work_of(self, job: Job) -> Work | None:
        """What a job of an element instance is for, if that is work of the element's own."""
        return None

    def pass_output(self, step: Step, element: ElementInstance, called: ProcessInstance) -> None:
        """Of a call activity: map the called instance's variables, when it has ended or let an error out."""

    def cancel(self, step: Step, element: ElementInstance) -> None:
        """The element instance is cancelled: plan the end of what it holds beyond its child element instances."""


def holds(step: Step, flow: BoundFlow, scope: Scope) -> bool:
    """May the flow be taken?"""
    return flow.condition is None or host.evaluate_condition(step, flow.condition, scope)


def no_flow(element: ElementInstance) -> NoFlowSelected:
    """No flow could be taken."""
    return NoFlowSelected(
        "No outgoing sequence flow could be selected for continuing the process: no condition is true and there is no "
        "default flow",
        element.element_id,
    )
