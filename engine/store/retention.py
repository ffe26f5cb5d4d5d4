"""How long what has ended is kept: when it may be deleted, what may be deleted now, and that it is deleted.

Every statement is one of a fixed number, however much there is to delete; nothing that runs, or whose root runs, is
ever deleted here.
"""

# ruff: noqa: S608  (the names in the statements are those of the tables; all data goes in parameters)

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from engine.core.jobs import CLEANUP
from engine.core.state import Batch, Changes, DecisionInstance, Job, ProcessInstance, Removal, Row
from engine.store.decisions import DECISIONS
from engine.store.deletion import delete_batches, delete_decisions, delete_ended_instances, delete_jobs_outside
from engine.store.layouts import layout_of
from engine.store.tables import to_milliseconds
from engine.store.transaction import ReadTransaction, WriteTransaction

CLEANING: Final = 20_301
"""The number that whoever deletes holds: one at a time does."""
MOST_JOBS: Final = 5_000
"""Batches are deleted together as long as they had no more jobs than this: jobs are most of what is theirs."""
_DAY: Final = 86_400_000
_LONGEST: Final = 365_000
"""Days that count: a longer time to live is as good as a thousand years, and would end after what dates can tell."""
_KEPT: Final = (
    f"CASE WHEN history_time_to_live < {_LONGEST} THEN history_time_to_live ELSE {_LONGEST} END "
    f"* CAST({_DAY} AS BIGINT)"
)
"""For how long a definition's instances are kept, in milliseconds."""


class RemovalStrategy(StrEnum):
    """From when on time to live is counted (Camunda manual, "History Cleanup", "Removal Time Strategy").

    START: from the start of the root process instance, or of the batch; END: from its end; NONE: not at all.
    """

    START = "start"
    END = "end"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long things are kept: process instances as their definitions say, batches as it is said here."""

    strategy: RemovalStrategy = RemovalStrategy.END
    batches: timedelta | None = None
    """None: for ever."""
    batches_by_type: Mapping[str, timedelta] = field(default_factory=dict)

    def of_batch(self, type: str) -> timedelta | None:
        """How long batches of a type are kept; None: for ever."""
        return self.batches_by_type.get(type, self.batches)

    def removal_of_batch(self, row: Batch) -> datetime | None:
        """When a batch may be deleted; None: never, as far as is known yet."""
        kept = self.of_batch(row.type)
        since = {RemovalStrategy.START: row.started_at, RemovalStrategy.END: row.ended_at}.get(self.strategy)
        return None if kept is None or since is None else since + kept


# ---------------------------------------------------------------- when


def date_batches(changes: Changes, keeping: Keeping) -> None:
    """Say of the batches that are about to be written as begun or ended when they may be deleted."""
    if keeping.strategy is RemovalStrategy.START:
        for row in _batches(changes.inserted):
            row.removal_at = keeping.removal_of_batch(row)
    elif keeping.strategy is RemovalStrategy.END:
        # Those without a time to live keep what somebody may have said.
        dated = [row for row in _batches(changes.updated) if keeping.removal_of_batch(row) is not None]
        for row in dated:
            row.removal_at = keeping.removal_of_batch(row)
        if dated:
            changes.fields[Batch] = changes.fields[Batch] | {"removal_at"}


def _batches(written: Mapping[type[Row], Iterable[Row]]) -> list[Batch]:
    return [row for row in written.get(Batch, ()) if isinstance(row, Batch)]


def date_ended(tx: WriteTransaction, root_ids: Collection[int]) -> None:
    """Say of all in the trees of roots that have just ended when they may be deleted, as the root's definition says."""
    if root_ids:
        _tell(tx, _date_text(tx, "ended_at", "root_id", " AND history_time_to_live IS NOT NULL"), root_ids)


def date_started(tx: WriteTransaction, made: Collection[ProcessInstance]) -> None:
    """As `date_ended`, of instances that have just been started: what was called goes with its root."""
    roots = [each.id for each in made if each.parent_id is None]
    called = [each.id for each in made if each.parent_id is not None]
    if roots:
        _tell(tx, _date_text(tx, "started_at", "id", " AND history_time_to_live IS NOT NULL"), roots)
    if called:
        _tell(
            tx,
            "UPDATE process_instance SET removal_at = (SELECT root.removal_at FROM process_instance AS root "
            f"WHERE root.id = process_instance.root_id) WHERE {_among(tx, 'id')}",
            called,
        )


def date_decisions(changes: Changes, keeping: Keeping, days: Mapping[int, int | None]) -> None:
    """Say of the decisions that are about to be written, and that no process instance asked for, when they may be
    deleted: as the definition of the one that was asked for says (`days`), those that it needed with it."""
    if keeping.strategy is RemovalStrategy.NONE:
        return
    alone = [row for row in _decisions(changes.inserted) if row.process_instance_id is None]
    roots = {row.id: row for row in alone if row.root_decision_instance_id is None}
    for row in alone:
        kept = days.get(roots[row.root_decision_instance_id or row.id].decision_id)
        row.removal_at = None if kept is None else row.evaluated_at + timedelta(days=min(kept, _LONGEST))


def _decisions(written: Mapping[type[Row], Iterable[Row]]) -> list[DecisionInstance]:
    return [row for row in written.get(DecisionInstance, ()) if isinstance(row, DecisionInstance)]


def set_removals(
    tx: WriteTransaction, removals: Mapping[Removal, Mapping[type[Row], Collection[int]]], keeping: Keeping
) -> None:
    """Say of process instances, batches and decisions when they may be deleted, as somebody has chosen."""
    for removal, chosen in removals.items():
        if instances := chosen.get(ProcessInstance):
            _set_instances(tx, removal, instances, keeping.strategy)
        if batches := chosen.get(Batch):
            rows = tx.select(Batch, "id", batches, alive=False)
            for row in rows:
                row.removal_at = keeping.removal_of_batch(row) if removal.calculated else removal.at
            tx.write(Changes(updated={Batch: list[Row](rows)}, fields={Batch: frozenset({"removal_at"})}))
        if decisions := chosen.get(DecisionInstance):
            _set_decisions(tx, removal, decisions, keeping.strategy)


def _set_instances(tx: WriteTransaction, removal: Removal, ids: Collection[int], strategy: RemovalStrategy) -> None:
    found = layout_of(ProcessInstance, tx.dialect).many("id", ids)
    if removal.hierarchical:
        roots = tx.run(f"SELECT DISTINCT root_id FROM process_instance WHERE {_among(tx, 'id')}", [found])
        ids = [root for (root,) in roots]
    column = "root_id" if removal.hierarchical else "id"
    # What was decided for them goes with them again, whatever was said of it before.
    tx.run(
        "UPDATE decision_instance SET removal_at = NULL WHERE removal_at IS NOT NULL AND process_instance_id IN "
        f"(SELECT id FROM process_instance WHERE {_among(tx, column)})",
        [layout_of(ProcessInstance, tx.dialect).many(column, ids)],
    )
    if removal.calculated and strategy is not RemovalStrategy.NONE:
        since = "started_at" if strategy is RemovalStrategy.START else "ended_at"
        _tell(tx, _date_text(tx, since, column, ""), ids)
        return
    at = None if removal.calculated or removal.at is None else to_milliseconds(removal.at)
    mark = "?" if tx.dialect == "sqlite" else "%s::bigint"
    text = f"UPDATE process_instance SET removal_at = {mark} WHERE {_among(tx, column)}"
    tx.run(text, [at, layout_of(ProcessInstance, tx.dialect).many(column, ids)])


def _set_decisions(tx: WriteTransaction, removal: Removal, ids: Collection[int], strategy: RemovalStrategy) -> None:
    """Date decisions that were made; `hierarchical`: the ones that were asked for, and all that these needed."""
    rows = tx.select(DecisionInstance, "id", ids, alive=False)
    if removal.hierarchical:
        roots = {row.root_decision_instance_id or row.id for row in rows}
        rows = [
            *tx.select(DecisionInstance, "id", roots, alive=False),
            *tx.select(DecisionInstance, "root_decision_instance_id", roots, alive=False),
        ]
    if not rows:
        return
    days: dict[int, int | None] = {}
    calculated = removal.calculated and strategy is not RemovalStrategy.NONE
    if calculated:
        found = DECISIONS.find_many(tx, {row.decision_id for row in rows})
        days = {row.id: row.history_time_to_live for row in found}
    asked = {row.id: row for row in rows}
    for row in rows:
        # Of several the one that was asked for tells how long they are kept.
        kept = days.get(asked.get(row.root_decision_instance_id or row.id, row).decision_id)
        until = None if kept is None else row.evaluated_at + timedelta(days=min(kept, _LONGEST))
        row.removal_at = until if calculated else None if removal.calculated else removal.at
    changed = Changes(updated={DecisionInstance: list[Row](rows)}, fields={DecisionInstance: frozenset({"removal_at"})})
    tx.write(changed)


def _date_text(tx: WriteTransaction, since: str, column: str, condition: str) -> str:
    """Date the instances whose `column` is among given ids by their time to live since a time of what has that id."""
    return (
        "UPDATE process_instance SET removal_at = dated.removal_at FROM ("
        f"SELECT given.id, CASE WHEN history_time_to_live IS NOT NULL THEN given.{since} + {_KEPT} END AS removal_at "
        f"FROM (SELECT id, definition_id, {since} FROM process_instance WHERE {_among(tx, 'id')}) AS given "
        f"JOIN process_definition AS definition ON definition.id = given.definition_id{condition}) AS dated "
        f"WHERE process_instance.{column} = dated.id"
    )


def _among(tx: ReadTransaction, column: str) -> str:
    return layout_of(ProcessInstance, tx.dialect).one_of(column)


def _tell(tx: WriteTransaction, statement: str, ids: Collection[int]) -> None:
    tx.tell(statement, layout_of(ProcessInstance, tx.dialect).many("id", ids))


# ---------------------------------------------------------------- cleaning

Cursor = tuple[int, int]
"""How far a pass over the instances has come: a removal time in milliseconds and an id."""
BEGINNING: Final[Cursor] = (-1, -1)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What one transaction has deleted, and where the next one goes on; `cursor` None: everything has been seen."""

    instances: int
    batches: int
    decisions: int
    jobs: int
    cursor: Cursor | None

    @property
    def count(self) -> int:
        """How many things."""
        return self.instances + self.batches + self.decisions + self.jobs


def cleanup_job(tx: ReadTransaction) -> Job | None:
    """The one job that deletes what is old; None: nobody has ever asked for it."""
    found = tx.look_up(f"SELECT id FROM job WHERE kind = '{CLEANUP}' AND ended_at IS NULL ORDER BY id", [])
    jobs = tx.select(Job, "id", [id for (id,) in found])
    return jobs[0] if jobs else None


def clean(tx: WriteTransaction, now: datetime, *, after: Cursor, limit: int) -> Cleaned:
    """Delete up to `limit` process instances whose time has come; where there are fewer, batches, jobs and decisions as
    well.

    Of a tree whose root runs nothing is deleted, not even what has ended in it.
    """
    tx.lock_numbers([CLEANING])
    seen = _candidates(tx, now, after, limit)
    doomed = [id for id, _, root_runs in seen if not root_runs]
    delete_ended_instances(tx, doomed)
    if len(seen) == limit:
        id, removal_at, _ = seen[-1]
        return Cleaned(len(doomed), 0, 0, 0, (removal_at, id))
    batches = _old_batches(tx, now, limit)
    delete_batches(tx, [id for id, _ in batches], with_operations=True)
    jobs = _old_jobs(tx, now, limit)
    delete_jobs_outside(tx, jobs)
    decisions = _old_decisions(tx, now, limit)
    delete_decisions(tx, decisions)
    most = limit in (len(jobs), len(batches), len(decisions))
    more = most or sum(count for _, count in batches) >= MOST_JOBS
    return Cleaned(len(doomed), len(batches), len(decisions), len(jobs), BEGINNING if more else None)


def _candidates(tx: WriteTransaction, now: datetime, after: Cursor, limit: int) -> list[tuple[int, int, bool]]:
    """Ended instances whose time has come, oldest removal time first, and whether their root runs; locked."""
    mark, lock = ("?", "") if tx.dialect == "sqlite" else ("%s", " FOR UPDATE SKIP LOCKED")
    statement = (
        "SELECT found.id, found.removal_at, root.id FROM ("
        "SELECT id, root_id, removal_at FROM process_instance "
        f"WHERE removal_at IS NOT NULL AND ended_at IS NOT NULL AND removal_at <= {mark} "
        f"AND (removal_at, id) > ({mark}, {mark}) ORDER BY removal_at, id LIMIT {mark}{lock}) AS found "
        "LEFT JOIN process_instance AS root ON root.id = found.root_id AND root.ended_at IS NULL "
        "ORDER BY found.removal_at, found.id"
    )
    records = tx.run_in_order(statement, [to_milliseconds(now), *after, limit])
    return [(id, removal_at, root is not None) for id, removal_at, root in records]


def _old_batches(tx: WriteTransaction, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Ended batches whose time has come, with the numbers of their jobs."""
    mark = "?" if tx.dialect == "sqlite" else "%s"
    statement = (
        "SELECT id, total_jobs FROM batch WHERE removal_at IS NOT NULL AND ended_at IS NOT NULL "
        f"AND removal_at <= {mark} ORDER BY removal_at LIMIT {mark}"
    )
    found: list[tuple[int, int]] = []
    for id, jobs in tx.run(statement, [to_milliseconds(now), limit]):
        found.append((id, jobs))
        if sum(count for _, count in found) >= MOST_JOBS:
            break
    return found


def _old_decisions(tx: WriteTransaction, now: datetime, limit: int) -> list[int]:
    """Decisions that have a time of their own, which has come; others go with the process instance that asked."""
    mark = "?" if tx.dialect == "sqlite" else "%s"
    statement = (
        "SELECT id FROM decision_instance WHERE removal_at IS NOT NULL "
        f"AND removal_at <= {mark} ORDER BY removal_at LIMIT {mark}"
    )
    return [id for (id,) in tx.run(statement, [to_milliseconds(now), limit])]


def _old_jobs(tx: WriteTransaction, now: datetime, limit: int) -> list[int]:
    """Ended jobs of start events, as old as the history of their definition may be."""
    mark = "?" if tx.dialect == "sqlite" else "%s"
    statement = (
        "SELECT job.id FROM process_definition AS definition CROSS JOIN job "
        "WHERE definition.history_time_to_live IS NOT NULL AND job.definition_id = definition.id "
        "AND job.process_instance_id IS NULL AND job.definition_id IS NOT NULL AND job.ended_at IS NOT NULL "
        f"AND job.ended_at <= {mark} - {_KEPT} LIMIT {mark}"
    )
    return [id for (id,) in tx.run(statement, [to_milliseconds(now), limit])]
