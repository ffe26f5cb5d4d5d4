"""How long history is kept: when things that have ended may be deleted, and the job that deletes what is old.

Source: Camunda manual, "History Cleanup"; REST API, "History Cleanup".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands import Command
from engine.core.commands.decisions import SetDecisionRemovalTime
from engine.core.commands.jobs import JobCommand
from engine.core.commands.retention import ArrangeCleanup, SetBatchRemovalTime, SetRemovalTime
from engine.core.jobs import CLEANUP, DEFAULT_RETRIES
from engine.core.state import Changes, Job, Removal
from engine.errors import BadRequest, Suspended
from engine.failpoints import failpoint
from engine.services.batches import Batches, BatchType, Configuration
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog
from engine.services.queries import JobView, Queries
from engine.store import retention as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.retention import BEGINNING, Cleaned, Cursor, Keeping, RemovalStrategy
from engine.values import format_date, parse_date

__all__ = ["Cleanup", "Keeping", "Removal", "RemovalStrategy", "Retention", "RetentionSettings", "Window"]

log = logging.getLogger("baton.retention")

SOON, RARELY = timedelta(seconds=10), timedelta(hours=1)
"""How long the job waits within a window when nothing is left to delete: at first, and at last."""
ELSEWHERE = timedelta(minutes=1)
"""How long the job is left to other processes by one that is not to do it."""
LARGEST_BATCH = 500
"""How many process instances may be deleted in one transaction (Camunda's limit)."""
SET_OF_INSTANCES, SET_OF_BATCHES = "process-set-removal-time", "batch-set-removal-time"
SET_OF_DECISIONS = "decision-set-removal-time"


@dataclass(frozen=True, slots=True)
class Window:
    """The hours of each day in which old history is deleted; one whose end is not after its start ends the next day."""

    start: time
    end: time
    zone: tzinfo = UTC

    def at(self, now: datetime) -> tuple[datetime, datetime]:
        """The window that `now` lies in, else the next one: when it begins, and when it is over."""
        day = now.astimezone(self.zone).date() - timedelta(days=1)
        while self._on(day)[1] <= now:
            day += timedelta(days=1)
        return self._on(day)

    def _on(self, day: date) -> tuple[datetime, datetime]:
        """The window that begins on a day."""
        last = day if self.end > self.start else day + timedelta(days=1)
        begins, ends = datetime.combine(day, self.start, self.zone), datetime.combine(last, self.end, self.zone)
        return begins.astimezone(UTC), ends.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long things are kept, and when what is old is deleted."""

    time_to_live: timedelta | None = None
    """Of process definitions whose models say nothing, in days; None: for ever."""
    keeping: Keeping = field(default_factory=Keeping)
    window: Window | None = None
    """None: only when somebody asks for it."""
    batch_size: int = LARGEST_BATCH
    """How many process instances are deleted in one transaction."""
    enabled: bool = True
    """Whether anything is deleted by this job at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleanup:
    """What is known of the job that deletes what is old: when it is due, and what it has done."""

    job_id: int | None
    """None: it has never been asked for."""
    due_at: datetime | None
    """None: when somebody asks for it."""
    window: tuple[datetime, datetime] | None
    """The present one, or the next."""
    enabled: bool
    ran_at: datetime | None = None
    """When it last went through everything to the end."""
    instances: int = 0
    """How many process instances it has deleted since it began the last time."""
    batches: int = 0
    decisions: int = 0
    error: str | None = None
    """Why it could not go on."""


class Retention:
    """Says when things may be deleted, and deletes them when their time has come."""

    kinds = (CLEANUP,)

    def __init__(
        self,
        database: Database,
        queue: CommandQueue,
        ids: IdAllocator,
        clock: Clock,
        settings: RetentionSettings,
        batches: Batches,
        operations: OperationLog,
        queries: Queries,
    ) -> None:
        self._database, self._queue, self._ids, self._clock = database, queue, ids, clock
        self._settings, self._batches, self._log, self._queries = settings, batches, operations, queries
        batches.register(BatchType(SET_OF_INSTANCES, partial(_dating, SetRemovalTime)))
        batches.register(BatchType(SET_OF_BATCHES, partial(_dating, SetBatchRemovalTime)))
        batches.register(BatchType(SET_OF_DECISIONS, partial(_dating, SetDecisionRemovalTime)))

    # ------------------------------------------------------------ when

    def set_removal_time(
        self, ids: Sequence[int], removal: Removal, *, chunk: int | None = None, user: str | None = None
    ) -> int:
        """Say by and by of process instances when they may be deleted, as a batch; gives its id.

        `chunk` is taken for Camunda's clients, and only looked at: an instance is dated by one row however much belongs
        to it. Raises BadRequest.
        """
        if chunk is not None and not 1 <= chunk <= LARGEST_BATCH:
            raise BadRequest(f"The value for chunk size should be between 1 and {LARGEST_BATCH}")
        return self._start(SET_OF_INSTANCES, ids, removal, user)

    def set_batch_removal_time(self, ids: Sequence[int], removal: Removal, *, user: str | None = None) -> int:
        """As `set_removal_time`, of batches."""
        return self._start(SET_OF_BATCHES, ids, removal, user)

    def set_decision_removal_time(self, ids: Sequence[int], removal: Removal, *, user: str | None = None) -> int:
        """As `set_removal_time`, of decisions that were made.

        `removal.hierarchical`: of the one that was asked for, and of all that it needed.
        """
        return self._start(SET_OF_DECISIONS, ids, removal, user)

    def _start(self, type: str, ids: Sequence[int], removal: Removal, user: str | None) -> int:
        configuration = {
            "removalTime": None if removal.at is None else format_date(removal.at),
            "calculated": removal.calculated,
            "hierarchical": removal.hierarchical,
        }
        return self._batches.start(type, ids, configuration, user=user)

    # ------------------------------------------------------------ cleaning, by people

    def clean_up(self, *, at_once: bool = True) -> JobView:
        """Let what is old be deleted, now or in the next window; gives the job that does it.

        Without a window it is deleted only when that is asked for, until nothing is left.

        Raises BadRequest where it is switched off.
        """
        if not self._settings.enabled:
            raise BadRequest("This engine does not participate in history cleanup: it is switched off")
        id = self._ensure_job(at_once=at_once)
        now, window = self._clock(), self._settings.window
        due_at = now if at_once else None if window is None else max(now, window.at(now)[0])
        self._queue.execute(ArrangeCleanup(id=id, due_at=due_at, payload=_Progress(asked=at_once).dump()))
        return self._queries.jobs.get(id)

    def job(self) -> JobView | None:
        """The job that deletes what is old; None: nobody has ever asked for it."""
        id = self.state().job_id
        return None if id is None else self._queries.jobs.get(id)

    def schedule(self) -> None:
        """Let the job wait for the next window, if there is one; called by whoever begins to run jobs."""
        now, window = self._clock(), self._settings.window
        with self._database.read() as tx:
            found = store.cleanup_job(tx)
        if not self._settings.enabled or window is None:
            return
        begins, ends = window.at(now)
        if found is not None and found.due_at is not None and (found.due_at < ends or _Progress.load(found).asked):
            return
        id = self._ensure_job()
        kept = _Progress() if found is None else _Progress.load(found)
        self._queue.execute(ArrangeCleanup(id=id, due_at=max(now, begins), payload=kept.dump()))

    def _ensure_job(self, *, at_once: bool | None = None) -> int:
        """The id of the one job; with `at_once` somebody asks for it, and that is written down."""
        (new_id,) = self._ids.set_aside(1)
        self._log.prepare()
        with self._database.write() as tx:
            tx.lock_numbers([store.CLEANING])
            found = store.cleanup_job(tx)
            id = new_id if found is None else found.id
            if found is None:
                made = Job(
                    id=id,
                    kind=CLEANUP,
                    payload=_Progress().dump(),
                    retries=DEFAULT_RETRIES,
                    exclusive=False,
                    suspended=True,
                    created_at=self._clock(),
                )
                tx.write(Changes(inserted={Job: [made]}))
            if at_once is not None:
                change = Change("immediatelyDue", None, at_once)
                self._log.note(tx, Entry("CreateHistoryCleanupJobs", "ProcessInstance", OPERATOR, [change]))
        return id

    def state(self) -> Cleanup:
        """When what is old is deleted next, and what was deleted last."""
        coming = self.window()
        with self._database.read() as tx:
            found = store.cleanup_job(tx)
        if found is None:
            return Cleanup(job_id=None, due_at=None, window=coming, enabled=self._settings.enabled)
        progress = _Progress.load(found)
        return Cleanup(
            job_id=found.id,
            due_at=None if found.suspended else found.due_at,
            window=coming,
            enabled=self._settings.enabled,
            ran_at=progress.ran_at,
            instances=progress.instances,
            batches=progress.batches,
            decisions=progress.decisions,
            error=found.error_message,
        )

    def is_enabled(self) -> bool:
        """Whether anything is deleted by the job at all."""
        return self._settings.enabled

    def window(self) -> tuple[datetime, datetime] | None:
        """The present window, or the next; None: there is none, or nothing is deleted at all."""
        found = self._settings.window
        return None if found is None or not self._settings.enabled else found.at(self._clock())

    def clean_here(self) -> tuple[int, int, int]:
        """Delete all that is old before this returns, part by part; how many process instances, batches and decisions
        it was."""
        cursor: Cursor | None = BEGINNING
        instances = batches = decisions = 0
        while cursor is not None:
            with self._database.write() as tx:
                cleaned = store.clean(tx, self._clock(), after=cursor, limit=self._settings.batch_size)
            instances, batches = instances + cleaned.instances, batches + cleaned.batches
            decisions, cursor = decisions + cleaned.decisions, cleaned.cursor
        return instances, batches, decisions

    def batch_time_to_live(self, type: str) -> int | None:
        """For how many days batches of a type are kept; None: for ever."""
        kept = self._settings.keeping.of_batch(type)
        return None if kept is None else kept.days

    # ------------------------------------------------------------ cleaning, by whoever runs the job

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, JobCommand | Exception]:
        """Delete the next part of what is old, in a transaction of its own, and give what says when to go on.

        If the process ends in between nothing is lost: what is gone is gone, and the job goes on with the rest.
        """
        made: dict[int, JobCommand | Exception] = {}
        for job in jobs:
            try:
                made[job.id] = self._do(job)
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is a failure of this job
                made[job.id] = problem
        return made

    def _do(self, job: Job) -> JobCommand:
        if job.suspended:
            raise Suspended("job", job.id)
        now, window, progress = self._clock(), self._settings.window, _Progress.load(job)
        if not self._settings.enabled:
            # Not by this process: another one may.
            return ArrangeCleanup(id=job.id, due_at=now + ELSEWHERE, payload=progress.dump())
        begins = None if window is None else window.at(now)[0]
        if not progress.asked and (begins is None or begins > now):
            return ArrangeCleanup(id=job.id, due_at=begins, payload=progress.dump())
        with self._database.write() as tx:
            cleaned = store.clean(tx, now, after=progress.cursor, limit=self._settings.batch_size)
            failpoint("retention.before_commit")
        failpoint("retention.after_commit")
        progress.add(cleaned)
        if cleaned.cursor is not None:
            return ArrangeCleanup(id=job.id, due_at=now, payload=progress.dump())
        pause = progress.end(now)
        log.info(
            "Old history was deleted: %d process instances, %d batches, %d decisions",
            progress.instances,
            progress.batches,
            progress.decisions,
        )
        due_at = None
        if window is not None:
            begins, ends = window.at(now)
            due_at = begins if begins > now else now + pause if now + pause < ends else window.at(ends)[0]
        return ArrangeCleanup(id=job.id, due_at=due_at, payload=progress.dump())

    def done(self, jobs: Sequence[Job]) -> None:
        """Nothing follows."""


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How far the job is: kept as JSON in its row."""

    asked: bool = False
    """Somebody has asked for it: the window does not matter until it is through."""
    cursor: Cursor = BEGINNING
    instances: int = 0
    batches: int = 0
    decisions: int = 0
    jobs: int = 0
    passes: int = 0
    """How often in a row it has found nothing."""
    ran_at: datetime | None = None
    through: bool = False
    """Whether it has been through everything since it began."""

    @classmethod
    def load(cls, job: Job) -> _Progress:
        kept = json.loads(job.payload or "{}")
        cursor, ran_at = kept.pop("cursor", BEGINNING), kept.pop("ran_at", None)
        return cls(**kept, cursor=tuple(cursor), ran_at=None if ran_at is None else parse_date(ran_at))

    def dump(self) -> str:
        return json.dumps(
            {
                "asked": self.asked,
                "cursor": self.cursor,
                "instances": self.instances,
                "batches": self.batches,
                "decisions": self.decisions,
                "jobs": self.jobs,
                "passes": self.passes,
                "ran_at": None if self.ran_at is None else format_date(self.ran_at),
                "through": self.through,
            }
        )

    def add(self, cleaned: Cleaned) -> None:
        """Some more has been deleted."""
        if self.through:
            self.instances = self.batches = self.decisions = self.jobs = 0
            self.through = False
        self.instances += cleaned.instances
        self.batches += cleaned.batches
        self.decisions += cleaned.decisions
        self.jobs += cleaned.jobs
        self.cursor = cleaned.cursor or BEGINNING

    def end(self, now: datetime) -> timedelta:
        """All has been seen; gives how long to wait before looking again."""
        found = self.instances + self.batches + self.decisions + self.jobs
        self.passes = 0 if found else self.passes + 1
        self.through, self.asked, self.ran_at = True, False, now
        return min(SOON * (1 << min(self.passes, 20)), RARELY)


def _dating(
    command: type[SetRemovalTime | SetBatchRemovalTime | SetDecisionRemovalTime],
    configuration: Configuration,
    ids: Sequence[int],
) -> Sequence[Command[Any]]:
    at = configuration["removalTime"]
    removal = Removal(
        None if at is None else parse_date(at), configuration["calculated"], configuration["hierarchical"]
    )
    return [command(id=each, removal=removal) for each in ids]
