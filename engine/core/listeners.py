"""Execution and task listeners, in document order (Camunda manual, "Delegation Code", listeners).

A listener that evaluates an expression does so in the step. One that names a handler (`class`, `delegateExpression`)
hands over to it by a job, as user code never runs inside a transaction: what it listens to waits until that is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from engine.core import host, jobs
from engine.core.graph import BoundListener, Node
from engine.core.payload import plain, text
from engine.core.state import ElementInstance, Job, Scope, UserTask
from engine.core.step import Step


def notify(
    step: Step,
    listeners: Iterable[BoundListener],
    event: str,
    scope: Scope,
    *,
    task: UserTask | None = None,
    flow_id: str | None = None,
) -> None:
    """Run the listeners of one event at a scope, but for those that hand over; none if the step skips them."""
    if step.skip_listeners:
        return
    for listener in listeners:
        if listener.event == event and listener.expression is not None:
            host.evaluate(step, listener.expression, scope, task=task, event=event, flow_id=flow_id)


def run(
    step: Step,
    listeners: Sequence[BoundListener],
    event: str,
    scope: Scope,
    *,
    first: int = 0,
    flow_id: str | None = None,
) -> int | None:
    """Run the listeners of one event from the `first` on; stops at one that hands over, and gives its index."""
    if step.skip_listeners:
        return None
    for index in range(first, len(listeners)):
        listener = listeners[index]
        if listener.event != event:
            continue
        if listener.expression is None:
            return index
        host.evaluate(step, listener.expression, scope, event=event, flow_id=flow_id)
    return None


def notify_task(
    step: Step, node: Node, element: ElementInstance, listeners: Iterable[BoundListener], event: str, task: UserTask
) -> None:
    """Run the listeners of a task; those that hand over do so beside it, and its element waits for them in the end."""
    if step.skip_listeners:
        return
    for listener in listeners:
        if listener.event != event:
            continue
        if listener.expression is not None:
            host.evaluate(step, listener.expression, element, task=task, event=event)
        else:
            hand_over(step, node, element, listener, {"task": task.id})


def hand_over(
    step: Step, node: Node, element: ElementInstance, listener: BoundListener, about: Mapping[str, object]
) -> Job:
    """Make the job for a handler or worker of the listener's topic; `about` is what `of_job` gives back."""
    job = jobs.at(step, node, element, jobs.WORK)
    job.topic = listener.topic
    job.priority = jobs.priority(step, node.job_priority, element)
    payload: dict[str, object] = {"listener": {"event": listener.event, **about}}
    if listener.fields:
        payload["fields"] = {name: plain(host.evaluate(step, each, element)) for name, each in listener.fields}
    job.payload = text(payload)
    return jobs.begin(step, job)


def of_job(job: Job) -> dict[str, object] | None:
    """What a job is about that a listener handed over; None for any other job."""
    if job.kind != jobs.WORK or job.payload is None:
        return None
    found = json.loads(job.payload).get("listener")
    return found if isinstance(found, dict) else None


def pending(step: Step, element: ElementInstance) -> list[Job]:
    """The jobs of an element instance that its listeners handed over and that are not done; raises NotLoaded."""
    return [job for job in step.uow.jobs_of(element) if of_job(job) is not None]


def remember(step: Step, handed_over: Iterable[Job], **more: object) -> None:
    """Note more of what these jobs are about."""
    for job in handed_over:
        payload = json.loads(job.payload or "{}")
        payload["listener"] |= more
        step.uow.touch(job)
        job.payload = text(payload)
