"""Subscriptions: what waits for a message, a signal, a condition, or to be compensated."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.core import jobs, payload
from engine.core.graph import Definition, Node
from engine.core.lifecycle import SUBSCRIPTION, JobState, SubscriptionState, fire
from engine.core.retries import first_retries
from engine.core.state import ElementInstance, Job, Scope, Subscription
from engine.core.step import Step

MESSAGE, SIGNAL, CONDITIONAL, COMPENSATE = "message", "signal", "conditional", "compensate"


def open_at(
    step: Step, node: Node, place: Scope, kind: str, name: str | None, *, configuration: str | None = None
) -> Subscription:
    """Let a scope wait for an event; `node` is the event's (or task's) element."""
    element = place if isinstance(place, ElementInstance) else None
    return _begin(
        step,
        Subscription(
            id=step.next_id(),
            kind=kind,
            name=name,
            scope_id=place.id,
            process_instance_id=place.id if element is None else element.process_instance_id,
            root_id=place.root_id,
            element_instance_id=None if element is None else element.id,
            execution_id=place.id if element is None else element.execution_id,
            definition_id=place.definition_id,
            element_id=node.id,
            tenant_id=place.tenant_id,
            configuration=configuration,
            created_at=step.now,
        ),
    )


def open_start(step: Step, definition: Definition, node: Node, kind: str, name: str | None) -> Subscription:
    """Let a definition wait for an event that starts an instance at `node`."""
    return _begin(
        step,
        Subscription(
            id=step.next_id(),
            kind=kind,
            name=name,
            definition_id=definition.id,
            element_id=node.id,
            tenant_id=definition.tenant_id,
            created_at=step.now,
        ),
    )


def _begin(step: Step, subscription: Subscription) -> Subscription:
    fire(SUBSCRIPTION, subscription, SubscriptionState.OPEN, born=True)
    return step.uow.add(subscription)


def of_event(step: Step, node: Node, place: Scope) -> list[Subscription]:
    """The open subscriptions of one event at a scope; raises NotLoaded."""
    return [each for each in step.uow.subscriptions_of(place) if each.element_id == node.id]


def close_all(step: Step, place: Scope) -> None:
    """A scope waits for nothing any more, except that what was done in it may still be compensated."""
    for each in step.uow.subscriptions_of(place):
        if each.kind != COMPENSATE:
            close(step, each)


def close(step: Step, subscription: Subscription) -> None:
    """Nobody waits for it any more."""
    if subscription.job_id is not None and subscription.scope_id is not None:
        for job in step.uow.jobs_of(step.uow.scope(subscription.scope_id)):
            if job.kind == jobs.EVENT and json.loads(job.payload or "{}")["subscription"] == subscription.id:
                jobs.end(step, job, JobState.CANCELLED)
    step.uow.touch(subscription)
    fire(SUBSCRIPTION, subscription, SubscriptionState.CLOSED)
    subscription.ended_at = step.now


def deliver_later(step: Step, subscription: Subscription, variables: Mapping[str, object]) -> Job:
    """Let a job bring what a subscription of an instance waits for.

    Source: Camunda manual, "Signal Events", asynchronous.
    """
    place = step.uow.scope(subscription.scope_id or 0)
    node = step.definition(place).nodes[subscription.element_id]
    job = jobs.at(step, node, place, jobs.EVENT)
    job.retries = first_retries(step, node, place, jobs.DEFAULT_RETRIES)
    job.priority = jobs.priority(step, node.job_priority, place)
    job.payload = payload.text({"subscription": subscription.id, "variables": payload.dump(variables)})
    step.uow.touch(subscription)
    subscription.job_id = job.id
    return jobs.begin(step, job)


def start_later(
    step: Step, definition: Definition, node: Node, variables: Mapping[str, object], business_key: str | None
) -> Job:
    """Let a job start an instance of a definition at a start event whose event has come."""
    job = Job(
        id=step.next_id(),
        kind=jobs.EVENT,
        definition_id=definition.id,
        element_id=node.id,
        tenant_id=definition.tenant_id,
        retries=jobs.DEFAULT_RETRIES,
        priority=jobs.priority(step, node.job_priority, None),
        payload=payload.text({"variables": payload.dump(variables), "businessKey": business_key}),
        created_at=step.now,
    )
    return jobs.begin(step, job)
