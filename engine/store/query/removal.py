"""When what belongs to a process instance may be deleted: with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from engine.store import tables

_kept = tables.process_instance.alias("kept")
_kept_batch = tables.batch.alias("kept_batch")


def removal_of(process_instance_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The removal time of the process instance that a column names; null where it has none, or is not there."""
    return select(_kept.c.removal_at).where(_kept.c.id == process_instance_id).scalar_subquery()


def removal_of_batch(batch_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The removal time of the batch that a column names."""
    return select(_kept_batch.c.removal_at).where(_kept_batch.c.id == batch_id).scalar_subquery()
