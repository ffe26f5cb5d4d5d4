"""What the runners of handlers need of the job table beside the queue: dead claims, and the counts behind limits."""

# ruff: noqa: S608  (the statements are made of constants of this module and names of tables; all data is in parameters)

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from engine.core.state import Job, ProcessInstance
from engine.store.layouts import layout_of
from engine.store.tables import to_milliseconds
from engine.store.transaction import ReadTransaction

RUNNER: Final = "baton:"
"""What the names of runners begin with; other owners of leases are remote workers, whose leases may just end."""

_LIKE_RUNNER: Final = f"lock_owner >= '{RUNNER}' AND lock_owner < '{RUNNER[:-1]};'"


def dead_claims(tx: ReadTransaction, now: datetime, limit: int) -> list[Job]:
    """Up to `limit` jobs that a runner took and neither finished nor gave back before its lease ended. By id."""
    layout = layout_of(Job, tx.dialect)
    statement = (
        f"SELECT {layout.selected} FROM job WHERE lease_token IS NOT NULL "
        f"AND lock_expires_at <= ? AND ended_at IS NULL AND {_LIKE_RUNNER} ORDER BY id LIMIT ?"
    )
    return [layout.load(record) for record in tx.run(_own(tx, statement), [to_milliseconds(now), limit])]


def business_keys(tx: ReadTransaction, process_instance_ids: Collection[int]) -> dict[int, str | None]:
    """The business keys of process instances, by id."""
    if not process_instance_ids:
        return {}
    layout = layout_of(ProcessInstance, tx.dialect)
    statement = f"SELECT id, business_key {layout.found_by('id')}"
    return dict(tx.run(statement, (layout.many("id", process_instance_ids),)).fetchall())


def _own(tx: ReadTransaction, statement: str) -> str:
    return statement if tx.dialect == "sqlite" else statement.replace("?", "%s")
