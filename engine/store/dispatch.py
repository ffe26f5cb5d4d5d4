"""What the runners of handlers need of the job table beside the queue: dead claims, and the counts behind limits."""

# ruff: noqa: S608  (the statements are made of constants of this module and names of tables; all data is in parameters)

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.core.lifecycle import JobState
from engine.core.state import Job, ProcessInstance
from engine.store.layouts import layout_of
from engine.store.tables import to_milliseconds
from engine.store.transaction import ReadTransaction, WriteTransaction

RUNNER: Final = "baton:"
"""What the names of runners begin with; other owners of leases are remote workers, whose leases may just end."""

LONGEST_DYING: Final = timedelta(minutes=1)
"""After so long a lease that has ended is taken from a runner that keeps others."""

_LIVES: Final = (
    "EXISTS (SELECT 1 FROM job AS other WHERE other.lease_token IS NOT NULL AND other.lock_expires_at > ? "
    "AND other.ended_at IS NULL AND other.lock_owner = job.lock_owner)"
)
_LIKE_RUNNER: Final = f"lock_owner >= '{RUNNER}' AND lock_owner < '{RUNNER[:-1]};'"


def dead_claims(tx: ReadTransaction, now: datetime, limit: int) -> list[Job]:
    """Up to `limit` jobs that a runner took and neither finished nor gave back before its lease ended. By id.

    While a runner has leases that have not ended yet it is not taken for dead, for `LONGEST_DYING` at most: so all that
    a dead one had is found at once.
    """
    layout = layout_of(Job, tx.dialect)
    statement = (
        f"SELECT {layout.selected} FROM job WHERE lease_token IS NOT NULL "
        f"AND lock_expires_at <= ? AND ended_at IS NULL AND {_LIKE_RUNNER} AND (lock_expires_at <= ? OR NOT {_LIVES}) "
        "ORDER BY id LIMIT ?"
    )
    present, past = to_milliseconds(now), to_milliseconds(now - LONGEST_DYING)
    return [layout.load(record) for record in tx.run(_own(tx, statement), [present, past, present, limit])]


def business_keys(tx: ReadTransaction, process_instance_ids: Collection[int]) -> dict[int, str | None]:
    """The business keys of process instances, by id."""
    if not process_instance_ids:
        return {}
    layout = layout_of(ProcessInstance, tx.dialect)
    statement = f"SELECT id, business_key {layout.found_by('id')}"
    return dict(tx.run(statement, (layout.many("id", process_instance_ids),)).fetchall())


def _own(tx: ReadTransaction, statement: str) -> str:
    return statement if tx.dialect == "sqlite" else statement.replace("?", "%s")


# --- limits ---------------------------------------------------------------------------------------------------------

_RUNS: Final = (
    "EXISTS (SELECT 1 FROM job WHERE job.id = work_start.job_id AND job.ended_at IS NULL "
    "AND job.lease_token = work_start.lease_token AND job.lock_expires_at > ?)"
)
_PRUNE: Final = f"DELETE FROM work_start WHERE limit_name = ? AND started_at <= ? AND NOT {_RUNS}"
_COUNT: Final = (
    f"SELECT limit_key, sum(CASE WHEN {_RUNS} THEN 1 ELSE 0 END), sum(CASE WHEN started_at > ? THEN 1 ELSE 0 END) "
    "FROM work_start WHERE limit_name = ? GROUP BY limit_key"
)
_NOTE: Final = "INSERT INTO work_start (job_id, lease_token, limit_name, limit_key, started_at) VALUES (?, ?, ?, ?, ?)"
_DEFER: Final = (
    f"UPDATE job SET state = '{JobState.WAITING}', lock_owner = NULL, lock_expires_at = ?, lease_token = NULL, "
    "attempts = attempts - 1 WHERE id = ? AND lease_token = ?"
)


@dataclass(frozen=True, slots=True)
class Started:
    """Of one value of the key of a limit: how much runs, and how much has begun in the while that counts."""

    running: int = 0
    recent: int = 0


def begun(tx: WriteTransaction, name: str, now: datetime, since: datetime) -> dict[str, Started]:
    """What has been started under the limit `name`, by key. Until the transaction ends nobody else starts any."""
    if tx.dialect == "postgresql":
        tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"baton limit {name}",))
    present, past = to_milliseconds(now), to_milliseconds(since)
    tx.run(_own(tx, _PRUNE), (name, past, present))
    found = tx.run(_own(tx, _COUNT), (present, past, name))
    return {key: Started(int(running), int(recent)) for key, running, recent in found}


def note_starts(tx: WriteTransaction, name: str, now: datetime, started: Iterable[tuple[Job, str]]) -> None:
    """These jobs, with their keys, start under the limit `name`."""
    at = to_milliseconds(now)
    for job, key in started:
        tx.run(_own(tx, _NOTE), (job.id, job.lease_token, name, key, at))


def defer(tx: WriteTransaction, jobs: Iterable[Job], until: datetime) -> None:
    """Give back jobs that may not start before `until`, as if they had not been claimed."""
    for job in jobs:
        tx.run(_own(tx, _DEFER), (to_milliseconds(until), job.id, job.lease_token))
