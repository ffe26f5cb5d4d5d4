"""What an administrator looks at: this server and its database, and what may be permitted."""

from __future__ import annotations

import platform

from typing_extensions import TypedDict

from api.product import product_version
from api.resources.server import API_VERSION
from api.routing import Routes
from api.shapes import show_date
from engine import Engine
from engine.authorization import PERMISSIONS

SYSTEM = Routes("System")


class JobsOfAKind(TypedDict):
    """How many jobs of a kind are in a state; `waitingSeconds` is how long the oldest that is due has waited."""

    kind: str
    topic: str | None
    state: str
    count: int
    waitingSeconds: float


class OldHistory(TypedDict):
    """When history that is older than it is to be kept is deleted, and what was deleted last.

    `dueAt` None: when somebody asks for it. What was deleted is counted from the beginning of the last run.
    """

    enabled: bool
    windowStart: str | None
    windowEnd: str | None
    dueAt: str | None
    ranAt: str | None
    processInstances: int
    batches: int
    decisions: int
    error: str | None


class System(TypedDict):
    """This server, and how much there is to do over all servers on the same database."""

    version: str
    apiVersion: str
    python: str
    database: str
    revision: str | None
    instances: dict[str, int]
    incidents: dict[str, int]
    jobs: list[JobsOfAKind]
    oldHistory: OldHistory


class Permitted(TypedDict):
    """A kind of thing, by its number and Camunda's name, and the permissions that it knows."""

    resourceType: int
    name: str
    permissions: list[str]


@SYSTEM.get("/system", "Get what this server is and how much there is to do")
def get_system(engine: Engine) -> System:
    gauges = engine.monitor.read()
    store = engine.monitor.store()
    return {
        "version": product_version(),
        "apiVersion": API_VERSION,
        "python": platform.python_version(),
        "database": store.kind,
        "revision": store.revision,
        "instances": gauges.instances,
        "incidents": gauges.incidents,
        "jobs": [
            {
                "kind": job.kind,
                "topic": job.topic,
                "state": str(job.state),
                "count": job.count,
                "waitingSeconds": engine.monitor.age(job.waiting_since).total_seconds(),
            }
            for job in gauges.jobs
        ],
        "oldHistory": _old_history(engine),
    }


def _old_history(engine: Engine) -> OldHistory:
    state = engine.retention.state()
    begins, ends = state.window or (None, None)
    return {
        "enabled": state.enabled,
        "windowStart": show_date(begins),
        "windowEnd": show_date(ends),
        "dueAt": show_date(state.due_at),
        "ranAt": show_date(state.ran_at),
        "processInstances": state.instances,
        "batches": state.batches,
        "decisions": state.decisions,
        "error": state.error,
    }


@SYSTEM.get("/permission", "List what may be permitted, by kind of thing")
def get_permissions() -> list[Permitted]:
    return [
        {"resourceType": resource.value, "name": resource.label, "permissions": list(known)}
        for resource, known in PERMISSIONS.items()
    ]
