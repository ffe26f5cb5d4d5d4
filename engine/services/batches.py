"""Batches: one thing done to many others, in jobs of their own, with a progress that can be watched."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from engine.bell import Bells
from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands import Command
from engine.core.commands.batches import (
    DeleteBatch,
    DeleteBatchHistory,
    ExecuteBatchJob,
    MonitorBatch,
    SeedBatch,
    StartBatch,
)
from engine.core.commands.jobs import JobCommand, SetDueDate
from engine.core.jobs import BATCH_KINDS, BATCH_MONITOR, BATCH_SEED
from engine.core.lifecycle import BATCH, BatchState, fire
from engine.core.state import Batch, Changes, Job
from engine.distinct import distinct
from engine.errors import EngineError, ExecutionFailed, NotFound, Unavailable
from engine.executor import Executor
from engine.services.operation_log import OPERATOR, Entry, OperationLog, suspension
from engine.store import batches as store
from engine.store import jobs as job_store
from engine.store.database import Database
from engine.store.errors import StoreError
from engine.store.jobs import Selection

Configuration = Mapping[str, Any]
"""How something is done to all things of a batch, as JSON can hold it."""

FAIL_IF_GONE = "failIfGone"
"""In a configuration: a thing that is not there any more is a failure, and is not just passed over."""


@dataclass(frozen=True, slots=True)
class BatchType:
    """Something that can be done to many things.

    `commands` gives what does it to some of them: from the configuration and the ids of those of one job. It is called
    outside of any transaction whenever the job is tried, and may read. The commands are run with the end of the job in
    one transaction; what they raise is a failure of the job.
    """

    name: str
    """In Camunda's words: "set-job-retries", ..."""
    commands: Callable[[Configuration, Sequence[int]], Sequence[Command[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """How batches are cut into jobs (Camunda manual, "Batch", "Configuration")."""

    jobs_per_seed: int = 100
    """How many jobs are made at once: other jobs wait behind so many at most."""
    invocations_per_job: int = 1
    """To how many things one job does it: all of them in one transaction, which fails as a whole."""
    invocations_by_type: Mapping[str, int] = field(default_factory=dict)
    look_again_after: timedelta = timedelta(seconds=30)
    """How long to wait for the end of a batch when nobody told of the end of its last job."""


class Batches:
    """What can be done with batches, and what their jobs do."""

    kinds = BATCH_KINDS

    def __init__(
        self,
        database: Database,
        queue: CommandQueue,
        executor: Executor,
        clock: Clock,
        settings: BatchSettings,
        log: OperationLog,
        bell: Bells,
    ) -> None:
        self._database, self._queue, self._executor, self._clock = database, queue, executor, clock
        self._settings, self._log, self._bell = settings, log, bell
        self._types: dict[str, BatchType] = {}

    def register(self, batch_type: BatchType) -> None:
        """Let batches of a type be made, and their jobs be done, from now on."""
        self._types[batch_type.name] = batch_type

    # ------------------------------------------------------------ by operators

    def start(
        self,
        type: str,
        ids: Sequence[int],
        configuration: Configuration | None = None,
        *,
        tenant_id: str = "",
        user: str | None = None,
    ) -> int:
        """Begin to do something to the things with these ids, to each once; gives the id of the batch.

        Raises BadRequest for no ids.
        """
        settings = self._settings
        return self._queue.execute(
            StartBatch(
                type=self._types[type].name,
                ids=distinct(ids),
                configuration=json.dumps(configuration or {}),
                jobs_per_seed=settings.jobs_per_seed,
                invocations_per_job=settings.invocations_by_type.get(type, settings.invocations_per_job),
                tenant_id=tenant_id,
                user=user,
            )
        )

    def set_suspended(self, id: int, suspended: bool) -> None:
        """Let a batch rest, or go on. Raises NotFound."""
        wanted = BatchState.SUSPENDED if suspended else BatchState.ACTIVE
        self._log.prepare()
        with self._database.write() as tx:
            found = tx.select(Batch, "id", [id], lock=True)
            if not found:
                verb = "suspend" if suspended else "activate"
                raise NotFound("batch", id, f"Unable to {verb} batch with id '{id}'")
            if found[0].state is not wanted:
                fire(BATCH, found[0], wanted)
                tx.write(Changes(updated={Batch: [found[0]]}))
                activated = job_store.set_job_definitions_suspended(
                    tx, Selection(batch_id=id), suspended=suspended, now=self._clock(), include_jobs=True
                )
                tx.ring(self._bell, activated)
                type = "SuspendBatch" if suspended else "ActivateBatch"
                self._log.note(tx, Entry(type, "Batch", OPERATOR, [suspension(suspended=suspended)], found[0]))

    def delete(self, id: int, *, cascade: bool = False, user: str | None = None) -> None:
        """End a batch, whatever is still to be done; with `cascade` its history goes too. Raises NotFound."""
        self._queue.execute(DeleteBatch(id=id, cascade=cascade, user=user))

    def delete_history(self, id: int, *, user: str | None = None) -> None:
        """Delete what is known of a batch, of one that goes on when it ends. Raises NotFound."""
        self._queue.execute(DeleteBatchHistory(id=id, user=user))

    # ------------------------------------------------------------ by whoever does its jobs

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, JobCommand | Exception]:
        """What does each of these jobs of batches, by id; or why that cannot be told."""
        payloads = {job.id: json.loads(job.payload or "{}") for job in jobs}
        wanted = {job.id: payloads[job.id]["batch"] for job in jobs}
        seeds = {(wanted[job.id], payloads[job.id]["part"]) for job in jobs if job.kind == BATCH_SEED}
        monitored = {wanted[job.id] for job in jobs if job.kind == BATCH_MONITOR}
        with self._database.read() as tx:
            rows = {row.id: row for row in tx.select(Batch, "id", set(wanted.values()))}
            parts = store.parts(tx, seeds) if seeds else {}
            all_done = store.all_done(tx, monitored) if monitored else set()
        made: dict[int, JobCommand | Exception] = {}
        for job in jobs:
            batch_id, payload = wanted[job.id], payloads[job.id]
            if batch_id not in rows:
                made[job.id] = NotFound("job", job.id)
            elif job.kind == BATCH_SEED:
                ids = parts[batch_id, payload["part"]]
                made[job.id] = SeedBatch(id=job.id, batch_id=batch_id, part=payload["part"], ids=ids)
            elif job.kind == BATCH_MONITOR:
                made[job.id] = MonitorBatch(
                    id=job.id,
                    batch_id=batch_id,
                    all_done=batch_id in all_done,
                    look_again_after=self._settings.look_again_after,
                )
            else:
                made[job.id] = self._execution(job, rows[batch_id], payload["ids"])
        return made

    def _execution(self, job: Job, row: Batch, ids: Sequence[int]) -> JobCommand | Exception:
        configuration = json.loads(row.configuration)
        try:
            commands = self._types[row.type].commands(configuration, ids)
        except (Unavailable, StoreError):
            raise
        except EngineError as problem:
            return ExecutionFailed(str(problem))
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is a failure of this job and of no other
            return problem
        return ExecuteBatchJob(
            id=job.id,
            commands=tuple(replace(each, user=row.create_user) for each in commands),
            fail_if_gone=bool(configuration.get(FAIL_IF_GONE, False)),
            first_of=row.id if row.execution_started_at is None else None,
        )

    def done(self, jobs: Sequence[Job]) -> None:
        """These jobs of batches have been done: a batch of which nothing is left need not wait for its time to end.

        A monitor job too may come too late: the last job may have ended since it was found that some are left.
        """
        batch_ids = {json.loads(job.payload or "{}")["batch"] for job in jobs if job.kind != BATCH_SEED}
        if batch_ids:
            with self._database.read() as tx:
                late = store.late_monitors(tx, batch_ids, self._clock())
            if late:
                self._executor.execute([SetDueDate(id=each, due_at=None) for each in late])
