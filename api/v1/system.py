"""What an administrator looks at: this server and its database, and what may be permitted."""

from __future__ import annotations

import platform

from typing_extensions import TypedDict

from api.product import product_version
from api.resources.server import API_VERSION
from api.routing import Routes
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
    }


@SYSTEM.get("/permission", "List what may be permitted, by kind of thing")
def get_permissions() -> list[Permitted]:
    return [
        {"resourceType": resource.value, "name": resource.label, "permissions": list(known)}
        for resource, known in PERMISSIONS.items()
    ]
