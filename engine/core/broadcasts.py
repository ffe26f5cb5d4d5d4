"""Signals that leave a step: to what waits for them in other trees, and to definitions that they start.

Source: BPMN 2.0.2, 10.5.5.10; Camunda manual, "Signal Events".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from engine.core import jobs, payload
from engine.core.state import Job
from engine.core.step import Broadcast, Step


def send(
    step: Step,
    name: str,
    tenants: frozenset[str] | None,
    variables: Mapping[str, object],
    *,
    business_key: str | None = None,
    asynchronous: bool = False,
    root_id: int | None = None,
) -> None:
    """Send a signal to all that wait for it, except in the tree of `root_id`."""
    step.sent.append(
        Broadcast(
            name,
            tenants,
            step.now,
            step.next_id(),
            dict(variables),
            business_key,
            asynchronous,
            root_id,
        )
    )


def go_on_later(step: Step, broadcast: Broadcast) -> Job:
    """Let a job tell the receivers after `broadcast.after_id`."""
    rest = {
        "name": broadcast.name,
        "tenants": None if broadcast.tenants is None else sorted(broadcast.tenants),
        "sentAt": broadcast.sent_at.isoformat(),
        "variables": payload.dump(broadcast.variables),
        "businessKey": broadcast.business_key,
        "asynchronous": broadcast.asynchronous,
        "root": broadcast.root_id,
        "after": broadcast.after_id,
    }
    job = Job(
        id=step.next_id(),
        kind=jobs.SIGNAL,
        retries=jobs.DEFAULT_RETRIES,
        payload=payload.text(rest),
        created_at=step.now,
    )
    return jobs.begin(step, job)


def go_on(step: Step, job: Job) -> None:
    """The job's time has come: tell more receivers."""
    rest = json.loads(job.payload or "{}")
    step.sent.append(
        Broadcast(
            rest["name"],
            None if rest["tenants"] is None else frozenset(rest["tenants"]),
            datetime.fromisoformat(rest["sentAt"]),
            0,
            payload.load(rest["variables"]),
            rest["businessKey"],
            rest["asynchronous"],
            rest["root"],
            rest["after"],
        )
    )
