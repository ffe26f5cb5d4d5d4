"""What is asked of batches by those who do their jobs."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select, tuple_

from engine.store import tables
from engine.store.transaction import ReadTransaction

_batch, _part, _job = tables.batch.c, tables.batch_part.c, tables.job.c


def parts(tx: ReadTransaction, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """The ids of things in parts of batches, by the id of the batch and the number of the part."""
    query = select(_part.batch_id, _part.number, _part.ids).where(tuple_(_part.batch_id, _part.number).in_(wanted))
    return {(batch_id, number): json.loads(ids) for batch_id, number, ids in tx.connection.execute(query)}


def all_done(tx: ReadTransaction, batch_ids: Collection[int]) -> set[int]:
    """Those of the batches whose jobs have all been made and have all ended."""
    query = select(_batch.id).where(_batch.id.in_(batch_ids), *_is_done())
    return set(tx.connection.execute(query).scalars())


def late_monitors(tx: ReadTransaction, batch_ids: Collection[int], now: datetime) -> list[int]:
    """The jobs that wait for the end of these batches, and for their time, while there is nothing left to wait for."""
    query = (
        select(_job.id)
        .join(tables.batch, _batch.monitor_job_definition_id == _job.job_definition_id)
        .where(_job.ended_at.is_(None), _job.due_at > now, _batch.id.in_(batch_ids), *_is_done())
        .order_by(_job.id)
    )
    return list(tx.connection.execute(query).scalars())


def _is_done() -> tuple[ColumnElement[bool], ...]:
    left: Any = tables.job.alias()
    return (
        _batch.jobs_created == _batch.total_jobs,
        ~exists().where(left.c.job_definition_id == _batch.batch_job_definition_id, left.c.ended_at.is_(None)),
    )
