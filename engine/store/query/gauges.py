"""How much there is to do, and since when: the numbers that operators watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, case, func, select

from engine.store import tables

_job = tables.job.c
_incident = tables.incident.c
_instance = tables.process_instance.c
_READY: Final = case((_job.ready_at <= bindparam("now", type_=tables.Instant), _job.ready_at))


@dataclass(frozen=True, slots=True)
class JobCount:
    """Jobs of one kind, topic and state, and since when the oldest of them that could be done has been waiting."""

    kind: str
    topic: str | None
    state: str
    count: int
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class Gauges:
    """The numbers of one moment."""

    jobs: tuple[JobCount, ...]
    incidents: dict[str, int]
    """How many are open, by kind."""
    instances: dict[str, int]
    """How many have not ended, by state."""


def read_gauges(connection: Connection, now: datetime) -> Gauges:
    """Count."""
    jobs = connection.execute(
        select(_job.kind, _job.topic, _job.state, func.count(), func.min(_READY))
        .where(_job.ended_at.is_(None))
        .group_by(_job.kind, _job.topic, _job.state),
        {"now": now},
    )
    incidents = connection.execute(
        select(_incident.kind, func.count()).where(_incident.ended_at.is_(None)).group_by(_incident.kind)
    )
    instances = connection.execute(
        select(_instance.state, func.count()).where(_instance.ended_at.is_(None)).group_by(_instance.state)
    )
    return Gauges(
        jobs=tuple(JobCount(*row) for row in jobs),
        incidents={kind: int(count) for kind, count in incidents},
        instances={str(state): int(count) for state, count in instances},
    )
