"""Messages that are kept until somebody waits for them, or remembered so that they are not taken twice.

Each has a row, by which it is found, and a job, which holds it, looks for a receiver now and then, and ends it. Whoever
brings it ends the job, or lets it rest until the message need not be remembered any more: so it is brought once. In the
end both are deleted: nothing in an instance tells of them.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from engine.core import correlation, jobs, payload, variables
from engine.core.correlation import Content, Correlation, Variables
from engine.core.lifecycle import InstanceState, JobState
from engine.core.state import Job, Message, ProcessInstance, Subscription
from engine.core.step import Step
from engine.core.subscriptions import MESSAGE

FIRST_LOOK = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
"""A kept message is looked after 10 seconds and then whenever it has become twice as old, but at least every hour."""


def keep(
    step: Step,
    wanted: Correlation,
    content: Content,
    expires_at: datetime,
    message_id: str | None,
    remember_until: datetime | None,
) -> Message:
    """Keep a message that nobody waits for."""
    id = step.next_id()
    job = _begin(step, id, min(expires_at, step.now + FIRST_LOOK), correlation.dump(wanted, content))
    return step.uow.add(
        Message(
            id=id,
            name=wanted.name,
            tenant_id=wanted.tenant_id,
            route=wanted.route,
            job_id=job.id,
            message_id=message_id,
            expires_at=expires_at,
            remember_until=remember_until,
            created_at=step.now,
        )
    )


def remember(step: Step, wanted: Correlation, message_id: str, until: datetime) -> Message:
    """Remember a message that has been brought."""
    id = step.next_id()
    return step.uow.add(
        Message(
            id=id,
            name=wanted.name,
            tenant_id=wanted.tenant_id,
            route=wanted.route,
            job_id=_begin(step, id, until, {}).id,
            message_id=message_id,
            expires_at=step.now,
            remember_until=until,
            created_at=step.now,
            ended_at=step.now,
        )
    )


def _begin(step: Step, message: int, due_at: datetime, content: dict[str, object]) -> Job:
    job = Job(
        id=step.next_id(),
        kind=jobs.MESSAGE,
        due_at=due_at,
        payload=payload.text({"message": message, **content}),
        retries=jobs.DEFAULT_RETRIES,
        exclusive=False,
        created_at=step.now,
    )
    return jobs.begin(step, job)


def kept_by(job: Job) -> int | None:
    """The id of the message that a job holds; None for one that sends a message (`engine.core.sending`)."""
    found = json.loads(job.payload or "{}").get("message") if job.kind == jobs.MESSAGE else None
    return None if found is None else int(found)


def content_of(job: Job) -> tuple[Correlation, Content]:
    """The message that a job holds."""
    return correlation.load(json.loads(job.payload or "{}"))


def withdraw(step: Step, job: Job) -> None:
    """The job has been cancelled: if it holds a message, that is neither kept nor remembered any more."""
    message = kept_by(job)
    if message is not None:
        step.uow.erase(Message, message)


def surroundings(step: Step, subscription: Subscription) -> tuple[ProcessInstance, Variables, Variables]:
    """The instance that waits, its variables, and those of the scope that waits. Raises NotLoaded."""
    place = step.uow.scope(subscription.scope_id or 0)
    instance = step.process_instance(place)
    return instance, variables.local_values(step, instance), variables.local_values(step, place)


def is_for(step: Step, wanted: Correlation, subscription: Subscription) -> bool:
    """Does an instance wait for the message now at this subscription, which is open? Raises NotLoaded."""
    if subscription.kind != MESSAGE or subscription.name != wanted.name:
        return False
    instance, seen, local = surroundings(step, subscription)
    return instance.state is InstanceState.ACTIVE and wanted.meets(subscription, instance, seen, local)


def end(step: Step, message: Message, job: Job) -> None:
    """The message is not kept any more: somebody has got it, or its time is over."""
    if message.ended_at is None:
        step.uow.touch(message)
        message.ended_at = step.now
    if message.remember_until is not None and message.remember_until > step.now:
        if job.state is JobState.FAILED:
            jobs.set_retries(step, job, jobs.DEFAULT_RETRIES)
        jobs.wait_until(step, job, message.remember_until)
    else:
        step.uow.erase(Message, message.id)
        jobs.end(step, job, JobState.DONE)


def look_after(step: Step, message: Message, job: Job) -> None:
    """Nobody waits for the message (any more): end it if its time is over, else wait."""
    if message.ended_at is not None or message.expires_at <= step.now:
        end(step, message, job)
        return
    age = min(max(step.now - message.created_at, FIRST_LOOK), LONGEST_PAUSE)
    jobs.wait_until(step, job, min(message.expires_at, step.now + age))
