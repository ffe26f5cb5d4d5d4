"""Jobs: rows of work for later, made and ended with the state that waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core import host, incidents
from engine.core.graph import Node
from engine.core.lifecycle import JOB, IncidentState, JobState, fire
from engine.core.retries import first_retries
from engine.core.state import ElementInstance, Job, JobLog, Scope
from engine.core.step import Step
from engine.errors import ExecutionFailed
from engine.expression import CompiledExpression

ASYNC_BEFORE, ASYNC_AFTER, TIMER, WORK = "async-before", "async-after", "timer", "work"
EVENT, SIGNAL, MESSAGE = "event", "signal", "message"
BATCH_SEED, BATCH_JOB, BATCH_MONITOR = "batch-seed-job", "batch-job", "batch-monitor-job"
BATCH_KINDS = (BATCH_SEED, BATCH_JOB, BATCH_MONITOR)
SUSPENSION_KINDS = (
    "suspend-processdefinition",
    "activate-processdefinition",
    "suspend-job-definition",
    "activate-job-definition",
)
"""Camunda's words for what is done to definitions at a time that somebody has chosen."""
CLEANUP = "history-cleanup"
"""Of the one job that deletes what has ended and is old; it never ends itself."""
CREATED, FAILED, SUCCEEDED, DELETED = "created", "failed", "succeeded", "deleted"
DEFAULT_RETRIES = 3
"""How often a job may fail unless the model says otherwise (Camunda's default)."""
SEND_AGAIN = timedelta(seconds=10)
"""After how long a message that found no receiver is sent again, unless the model says otherwise."""


def continue_later(step: Step, node: Node, element: ElementInstance, transition: str) -> Job:
    """Make the job that takes a token on, `before` or `after` an element.

    Source: Camunda manual, "Transactions in Processes", asynchronous continuations.
    """
    job = at(step, node, element, f"async-{transition}")
    job.retries = first_retries(step, node, element, DEFAULT_RETRIES)
    job.exclusive = node.element.exclusive
    job.priority = priority(step, node.job_priority, element)
    return begin(step, job)


def at(step: Step, node: Node, place: Scope, kind: str) -> Job:
    """A new job of an element instance or a process instance, not yet begun. `node` is the element it is about."""
    element = place if isinstance(place, ElementInstance) else None
    return Job(
        id=step.next_id(),
        kind=kind,
        process_instance_id=place.id if element is None else element.process_instance_id,
        root_id=place.root_id,
        element_instance_id=None if element is None else element.id,
        definition_id=place.definition_id,
        element_id=node.id,
        job_definition_id=step.definition(place).job_definitions.get((node.id, kind)),
        tenant_id=place.tenant_id,
        created_at=step.now,
    )


def begin(step: Step, job: Job) -> Job:
    """Let a new job wait."""
    fire(JOB, job, JobState.WAITING, born=True)
    step.uow.add(job)
    log(step, job, CREATED)
    return job


def priority(step: Step, expression: CompiledExpression | None, place: Scope | None) -> int:
    """The priority that an expression gives a job: a whole number, 0 where the model says nothing.

    `place` None: of a job that belongs to no instance, where an expression has no variables to see and gives 0.
    """
    if expression is None or (place is None and not expression.is_constant):
        return 0
    value = host.evaluate(step, expression, place)
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ExecutionFailed(
            f"The job priority must be a whole number, not {value!r}",
            place.element_id if isinstance(place, ElementInstance) else None,
        )
    return int(value)


def end(step: Step, job: Job, state: JobState) -> None:
    """The job is done, or not wanted any more.

    Of one that goes with nothing that is ever deleted only the log is kept.
    """
    step.uow.touch(job)
    if job.state is JobState.FAILED:
        incidents.close_for(step, job, IncidentState.RESOLVED if state is JobState.DONE else IncidentState.DELETED)
    log(step, job, SUCCEEDED if state is JobState.DONE else DELETED)
    fire(JOB, job, state)
    job.ended_at = step.now
    job.lock_expires_at = job.lease_token = None
    if job.kind in SUSPENSION_KINDS:
        step.uow.erase(Job, job.id)


def wait_until(step: Step, job: Job, moment: datetime | None) -> None:
    """The job is not done yet: it is given back, to be looked at again then; None: at any time."""
    step.uow.touch(job)
    if job.state is JobState.LOCKED:
        fire(JOB, job, JobState.WAITING)
    job.due_at = moment
    job.lock_owner = job.lock_expires_at = job.lease_token = None


def cancel_all(step: Step, place: Scope) -> None:
    """Cancel what waits for later on behalf of an element instance, or of a process instance itself."""
    for job in step.uow.jobs_of(place):
        end(step, job, JobState.CANCELLED)


def fail(
    step: Step,
    job: Job,
    *,
    retries: int,
    retry_at: datetime | None,
    message: str | None,
    details: str | None,
    failed_element_id: str | None = None,
) -> None:
    """An attempt has failed: wait for the next one, or open an incident when none is left.

    The log tells how many retries there were before, as Camunda's does.
    """
    step.uow.touch(job)
    job.error_message, job.error_details = message, details
    job.failed_element_id = failed_element_id or job.element_id
    log(step, job, FAILED)
    job.lease_token = None
    job.lock_expires_at = None
    if job.state is JobState.LOCKED:
        fire(JOB, job, JobState.WAITING)
    set_retries(step, job, retries)
    job.due_at = retry_at or job.due_at


def set_retries(step: Step, job: Job, retries: int) -> None:
    """So many more attempts; with the first one again an incident is resolved, with none left one is opened.

    Who holds the job keeps it.
    """
    step.uow.touch(job)
    job.retries = retries
    if retries > 0:
        if job.state is JobState.FAILED:
            incidents.close_for(step, job, IncidentState.RESOLVED)
            fire(JOB, job, JobState.WAITING)
            if job.lease_token is not None:
                fire(JOB, job, JobState.LOCKED)
    elif job.state is not JobState.FAILED:
        fire(JOB, job, JobState.FAILED)
        incidents.open_for(step, job, job.error_message)


def log(step: Step, job: Job, event: str) -> None:
    """Note what happens to a job, if that is kept."""
    if not step.record_updates:
        return
    step.uow.add(
        JobLog(
            id=step.next_id(),
            job_id=job.id,
            kind=job.kind,
            event=event,
            process_instance_id=job.process_instance_id,
            root_id=job.root_id,
            element_instance_id=job.element_instance_id,
            definition_id=job.definition_id,
            element_id=job.element_id,
            job_definition_id=job.job_definition_id,
            tenant_id=job.tenant_id,
            topic=job.topic,
            due_at=job.due_at,
            retries=job.retries,
            priority=job.priority,
            worker=job.lock_owner,
            error_message=job.error_message if event == FAILED else None,
            error_details=job.error_details if event == FAILED else None,
            failed_element_id=job.failed_element_id if event == FAILED else None,
            at=step.now,
        )
    )
