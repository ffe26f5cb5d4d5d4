"""Jobs: rows of work for later, made and ended with the state that waits for them."""

from __future__ import annotations

from engine.core import host
from engine.core.graph import Node
from engine.core.lifecycle import JOB, JobState, fire
from engine.core.state import ElementInstance, Job
from engine.core.step import Step
from engine.errors import ExecutionFailed

DEFAULT_RETRIES = 3
"""How often a job may fail unless the model says otherwise (Camunda's default)."""


def continue_later(step: Step, node: Node, element: ElementInstance, transition: str) -> Job:
    """Make the job that takes a token on, `before` or `after` an element.

    Source: Camunda manual, "Transactions in Processes", asynchronous continuations.
    """
    job = Job(
        id=step.next_id(),
        kind=f"async-{transition}",
        process_instance_id=element.process_instance_id,
        root_id=element.root_id,
        element_instance_id=element.id,
        definition_id=element.definition_id,
        element_id=element.element_id,
        tenant_id=element.tenant_id,
        exclusive=node.element.exclusive,
        priority=_priority(step, node, element),
        retries=DEFAULT_RETRIES,
        created_at=step.now,
    )
    fire(JOB, job, JobState.WAITING, born=True)
    step.uow.add(job)
    step.awaits_jobs = True
    return job


def _priority(step: Step, node: Node, element: ElementInstance) -> int:
    if node.job_priority is None:
        return 0
    value = host.evaluate(step, node.job_priority, element)
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ExecutionFailed(f"The job priority must be a whole number, not {value!r}", node.id)
    return int(value)


def end(step: Step, job: Job, state: JobState) -> None:
    """The job is done, or not wanted any more."""
    step.uow.touch(job)
    fire(JOB, job, state)
    job.ended_at = step.now
    job.lock_owner = job.lock_expires_at = job.lease_token = None


def cancel_all(step: Step, element: ElementInstance) -> None:
    """Cancel what waits for later on behalf of an element instance."""
    for job in step.uow.jobs_of(element):
        end(step, job, JobState.CANCELLED)
