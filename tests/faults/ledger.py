"""What the tables say of jobs, read past the engine's own queries."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from engine import Engine
from engine.store.tables import job, job_log


def waiting(engine: Engine) -> Counter[str]:
    """How many jobs that have not ended are in which state."""
    query = select(job.c.state, func.count().label("number")).where(job.c.ended_at.is_(None)).group_by(job.c.state)
    with engine.database.read() as tx:
        return Counter({row.state: row.number for row in tx.connection.execute(query)})


def done(engine: Engine) -> list[int]:
    """How often each job was done that was done at all."""
    query = select(func.count()).where(job_log.c.event == "succeeded").group_by(job_log.c.job_id)
    with engine.database.read() as tx:
        return list(tx.connection.scalars(query))
