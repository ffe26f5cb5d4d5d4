"""timerEventDefinition (BPMN 2.0.2, 10.5.5.1; Camunda manual, "Timer Events"): a job that is due at its time."""

from __future__ import annotations

from datetime import datetime

from bpmn.model import Kind as ElementKind
from bpmn.model import TimerDefinition
from engine import timers
from engine.core import host, jobs
from engine.core.awaited import Awaited
from engine.core.binder import NOTHING, Binder
from engine.core.graph import Definition, Node
from engine.core.retries import first_retries
from engine.core.state import Job, Scope, Subscription
from engine.core.step import Step
from engine.core.variables import Place
from engine.errors import ExecutionFailed
from engine.timers import InvalidTimer, Kind, Timer


class TimerEvent(Awaited):
    """When a timer is due: a date, a duration from now, or a cycle; each literal or given by an expression."""

    has_job = True

    def __init__(self, definition: TimerDefinition | None, binder: Binder) -> None:
        given = definition or TimerDefinition()
        ways: tuple[tuple[Kind, object], ...] = (
            ("date", given.date),
            ("duration", given.duration),
            ("cycle", given.cycle),
        )
        self.kind: Kind = next((kind for kind, expression in ways if expression is not None), "duration")
        expression = given.date or given.duration or given.cycle
        self.expression = NOTHING if expression is None else binder.compile(expression)
        if expression is not None and self.expression.is_constant and binder.is_sound(self.expression):
            try:
                timers.check(self.kind, str(self.expression.constant))
            except InvalidTimer as problem:
                told = f"The timer of '{binder.element_id}' cannot be read: {problem}"
                if binder.node.kind is ElementKind.START_EVENT and binder.node.scope is None:
                    binder.refuse(told, place=expression.place, rule="bpmn.timer")
                else:
                    self.expression = binder.failing(told, expression.text, place=expression.place, rule="bpmn.timer")

    @property
    def configuration(self) -> str:
        """How a job definition shows it, as Camunda does: "DURATION: PT1H"."""
        return f"{self.kind.upper()}: {self.expression.source}"

    def wait(self, step: Step, node: Node, place: Scope) -> None:
        self.schedule(step, node, place)

    def renew(self, step: Step, node: Node, place: Scope, waiting: Job | Subscription) -> None:
        if isinstance(waiting, Job):
            timer = self.first(step, place, node.id, step.now)
            step.uow.touch(waiting)
            waiting.due_at, waiting.repeat = timer.due_at, timer.repeat

    def schedule(self, step: Step, node: Node, place: Scope, payload: str | None = None) -> Job:
        """Make the job of an event `node` at `place`, whose variables its expression sees."""
        timer = self.first(step, place, node.id, step.now)
        job = jobs.at(step, node, place, jobs.TIMER)
        job.due_at, job.repeat, job.payload = timer.due_at, timer.repeat, payload
        job.retries = first_retries(step, node, place, jobs.DEFAULT_RETRIES)
        job.priority = jobs.priority(step, node.job_priority, place)
        return jobs.begin(step, job)

    def first(self, step: Step, place: Place | None, element_id: str, base: datetime) -> Timer:
        """When it is due for the first time, counted from `base`. Raises ExecutionFailed.

        `place` None: outside of any instance, where there are no variables.
        """
        value = host.evaluate(step, self.expression, place)
        try:
            return timers.first(self.kind, value, base, step.zone)
        except InvalidTimer as problem:
            raise ExecutionFailed(f"The timer cannot be read: {problem}", element_id) from problem

    def wait_to_start(self, step: Step, definition: Definition, node: Node) -> None:
        due = self.first(step, None, node.id, step.now)
        job = Job(
            id=step.next_id(),
            kind=jobs.TIMER,
            definition_id=definition.id,
            element_id=node.id,
            job_definition_id=definition.job_definitions.get((node.id, jobs.TIMER)),
            tenant_id=definition.tenant_id,
            due_at=due.due_at,
            repeat=due.repeat,
            retries=first_retries(step, node, None, jobs.DEFAULT_RETRIES),
            priority=jobs.priority(step, node.job_priority, None),
            created_at=step.now,
        )
        jobs.begin(step, job)


def repeats(node: Node) -> bool:
    """Does a timer at `node` go on after its time has come? One that takes the token away or moves it on does not."""
    if node.kind is ElementKind.BOUNDARY_EVENT or (node.kind is ElementKind.START_EVENT and node.scope is not None):
        return not node.element.interrupting
    return node.kind in (ElementKind.START_EVENT, ElementKind.USER_TASK)


def repeat(step: Step, job: Job) -> Job | None:
    """Begin the job for the next time of a timer that has come due; None when it does not repeat (any more)."""
    following = None
    if job.repeat is not None and job.due_at is not None:
        following = timers.following(job.repeat, job.due_at, step.now)
    if following is None:
        return None
    again = Job(
        id=step.next_id(),
        kind=job.kind,
        process_instance_id=job.process_instance_id,
        root_id=job.root_id,
        element_instance_id=job.element_instance_id,
        definition_id=job.definition_id,
        element_id=job.element_id,
        job_definition_id=job.job_definition_id,
        tenant_id=job.tenant_id,
        exclusive=job.exclusive,
        due_at=following.due_at,
        repeat=following.repeat,
        topic=job.topic,
        payload=job.payload,
        retries=jobs.DEFAULT_RETRIES,
        priority=job.priority,
        created_at=step.now,
    )
    return jobs.begin(step, again)
