"""Commands on work: what handlers and external workers report (Camunda manual, "External Tasks")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.core import driver, jobs, listeners, variables
from engine.core.commands import Command, Target, ensure_active, external_task
from engine.core.events import error
from engine.core.lifecycle import JOB, JobState, fire
from engine.core.retries import next_attempt
from engine.core.state import ElementInstance, Job
from engine.core.step import Complete, Step, Terminate, WorkCompleted
from engine.errors import BadRequest, ExecutionFailed, LeaseLost


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCommand(Command[None]):
    """A report on a piece of work.

    A handler shows the `lease` of its claim, an external worker its name (`worker`): who does not hold the work (any
    more) is refused with LeaseLost, and changes nothing.
    """

    id: int
    worker: str | None = None
    lease: int | None = None

    @property
    def target(self) -> Target:
        return external_task(self.id)

    def held(self, step: Step) -> Job:
        """The work, about to be changed. Raises LeaseLost, Suspended."""
        job = step.uow.jobs[self.id]
        if self.lease is not None and self.lease != job.lease_token:
            raise LeaseLost(f"Work {self.id} has been given to somebody else, or ended: this result comes too late")
        if self.lease is None and self.worker != job.lock_owner:
            raise LeaseLost(
                f"External Task {self.id} cannot be changed by worker '{self.worker}': "
                f"it is locked by worker '{job.lock_owner}'"
            )
        ensure_active(step, job.process_instance_id)
        step.uow.touch(job)
        return job


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteWork(WorkCommand):
    """The work has been done: its process goes on with what it gave."""

    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)
    result: object = None

    def run(self, step: Step) -> None:
        job = self.held(step)
        element = _element(step, job)
        job.error_message = job.error_details = None
        _keep(step, element, self.variables, self.local_variables)
        if _throw_mapped(step, job, element):
            return
        jobs.end(step, job, JobState.DONE)
        about = listeners.of_job(job)
        if about is None:
            step.node(element).behavior.trigger(step, element, WorkCompleted(job, self.result))
        else:
            driver.listened(step, element, about)
        driver.run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailWork(WorkCommand):
    """The work has failed.

    `retries` None: as the model's retry time cycle says, else one less than there were; `retry_after`
    None: after the cycle's time, else at once. With no retry left an incident is opened; `least_retries` are left in
    any case.
    """

    message: str | None = None
    details: str | None = None
    retries: int | None = None
    retry_after: timedelta | None = None
    least_retries: int = 0
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        if self.retries is not None and self.retries < 0:
            raise BadRequest("The number of retries cannot be negative")
        job = self.held(step)
        element = _element(step, job)
        failed_before = job.error_message is not None
        job.error_message, job.error_details = self.message or "", self.details
        _keep(step, element, self.variables, self.local_variables)
        if _throw_mapped(step, job, element, lenient=True):
            return
        retries, retry_at = self._next(step, job, element, failed_before=failed_before)
        jobs.fail(step, job, retries=retries, retry_at=None, message=job.error_message, details=self.details)
        job.lock_expires_at = retry_at
        driver.run(step)

    def _next(
        self, step: Step, job: Job, element: ElementInstance, *, failed_before: bool
    ) -> tuple[int, datetime | None]:
        if self.retries is not None:
            after = self.retry_after
            return self.retries, None if after is None else step.now + after
        attempt = next_attempt(
            step, step.node(element), job, element, default=jobs.DEFAULT_RETRIES, failed_before=failed_before
        )
        retries = max(attempt.retries, self.least_retries)
        if self.retry_after is not None:
            return retries, step.now + self.retry_after
        return retries, attempt.at


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowWorkError(WorkCommand):
    """The work has ended with a BPMN error: the nearest event that catches it goes on; uncaught, the path ends."""

    code: str
    message: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        job = self.held(step)
        element = _element(step, job)
        variables.set_values(step, element, self.variables)
        # What a handler was called for has been done; an external task with an error has not (as in Camunda).
        _throw(step, job, element, self.code, self.message, JobState.CANCELLED if self.lease is None else JobState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendLease(WorkCommand):
    """The worker needs more time: it holds the work until `until`."""

    until: datetime

    def run(self, step: Step) -> None:
        self.held(step).lock_expires_at = self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWork(WorkCommand):
    """Take one piece of work by its id until `until`. Raises LeaseLost while somebody else holds it."""

    until: datetime

    def run(self, step: Step) -> None:
        job = step.uow.jobs[self.id]
        free = job.lock_expires_at is None or job.lock_expires_at <= step.now
        if not free and job.lock_owner != self.worker:
            raise LeaseLost(f"External Task {self.id} is locked by worker '{job.lock_owner}'")
        step.uow.touch(job)
        if job.state is not JobState.FAILED:
            fire(JOB, job, JobState.LOCKED)
        job.lock_owner, job.lock_expires_at = self.worker, self.until
        job.lease_token = step.next_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockWork(Command[None]):
    """Let anybody take the work again, whoever holds it; with a `lease` only if it is still held by that."""

    id: int
    lease: int | None = None

    @property
    def target(self) -> Target:
        return external_task(self.id)

    def run(self, step: Step) -> None:
        job = step.uow.jobs[self.id]
        if self.lease is not None and self.lease != job.lease_token:
            return
        step.uow.touch(job)
        if job.state is JobState.LOCKED:
            fire(JOB, job, JobState.WAITING)
        job.lock_owner = job.lock_expires_at = job.lease_token = None


def _element(step: Step, job: Job) -> ElementInstance:
    return step.uow.element(job.element_instance_id or 0)


def _keep(step: Step, element: ElementInstance, given: Mapping[str, object], local: Mapping[str, object]) -> None:
    """Take what a report gives: the local variables last, so that they hide none that was there before."""
    variables.set_results(step, element, given)
    for name, value in local.items():
        variables.set_local(step, element, name, value)


def _throw_mapped(step: Step, job: Job, element: ElementInstance, *, lenient: bool = False) -> bool:
    """Does the model make a BPMN error of what was reported? Then that has been thrown.

    `lenient`: no, where the model cannot say; for a failure must be counted (as Camunda does).
    """
    bound = step.node(element).behavior.work_of(job)
    if bound is None or not bound.error_mappings or listeners.of_job(job) is not None:
        return False
    try:
        code = bound.mapped_error(step, element, job)
    except ExecutionFailed:
        if not lenient:
            raise
        return False
    if code is None:
        return False
    _throw(step, job, element, code, job.error_message, JobState.CANCELLED)
    return True


def _throw(step: Step, job: Job, element: ElementInstance, code: str, message: str | None, state: JobState) -> None:
    jobs.end(step, job, state)
    if not error.throw(step, element, code, message):
        handed_over = listeners.of_job(job) is not None
        step.plan(Terminate(element, tell=True) if handed_over else Complete(element, ends=True))
    driver.run(step)
