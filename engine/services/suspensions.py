"""Suspensions that are to come: at their time, a job lets definitions rest, or go on.

Source: Camunda manual, REST API, "Activate/Suspend Process Definition", "Activate/Suspend Job Definition",
`executionDate`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from engine.bell import Bells
from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands.jobs import BeginJob, CompleteJob, JobCommand
from engine.core.jobs import SUSPENSION_KINDS
from engine.core.state import Job
from engine.errors import EngineError, NotFound, Unavailable
from engine.services.process_definitions import ProcessDefinitions
from engine.store import jobs as store
from engine.store.database import Database
from engine.store.jobs import Selection

SUSPEND_PROCESS, ACTIVATE_PROCESS, SUSPEND_JOBS, ACTIVATE_JOBS = SUSPENSION_KINDS


class Suspensions:
    """Suspends and activates definitions later."""

    kinds = SUSPENSION_KINDS

    def __init__(
        self, database: Database, queue: CommandQueue, definitions: ProcessDefinitions, clock: Clock, bell: Bells
    ) -> None:
        self._database, self._queue, self._definitions = database, queue, definitions
        self._clock, self._bell = clock, bell

    def set_process_definitions_suspended(
        self,
        suspended: bool,
        *,
        at: datetime,
        definition_id: int | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        tenants: Collection[str] | None = None,
        include_instances: bool = False,
    ) -> None:
        """At that time, as `ProcessDefinitions.set_suspended` does it; what is not there then is passed over."""
        self._begin(
            SUSPEND_PROCESS if suspended else ACTIVATE_PROCESS,
            at,
            {
                "definition_id": definition_id,
                "key": key,
                "tenant_id": tenant_id,
                "tenants": None if tenants is None else list(tenants),
                "include_instances": include_instances,
            },
        )

    def set_job_definitions_suspended(
        self, chosen: Selection, suspended: bool, *, at: datetime, include_jobs: bool = False
    ) -> None:
        """At that time, as `Jobs.set_definitions_suspended` does it."""
        kind = SUSPEND_JOBS if suspended else ACTIVATE_JOBS
        self._begin(kind, at, {"chosen": asdict(chosen), "include_jobs": include_jobs})

    def _begin(self, kind: str, at: datetime, payload: Mapping[str, Any]) -> None:
        self._queue.execute(BeginJob(kind=kind, due_at=at, payload=json.dumps(payload)))

    # ------------------------------------------------------------ by whoever does the jobs

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, JobCommand | Exception]:
        """Do what each of these jobs is for, which may be done twice, and give what ends the job."""
        made: dict[int, JobCommand | Exception] = {}
        for job in jobs:
            try:
                if not job.suspended:
                    self._do(job.kind, json.loads(job.payload or "{}"))
                made[job.id] = CompleteJob(id=job.id)
            except Unavailable:
                raise
            except EngineError as problem:
                made[job.id] = problem
        return made

    def _do(self, kind: str, payload: Mapping[str, Any]) -> None:
        suspended = kind in (SUSPEND_PROCESS, SUSPEND_JOBS)
        if kind in (SUSPEND_PROCESS, ACTIVATE_PROCESS):
            with suppress(NotFound):
                self._definitions.set_suspended(suspended, **payload)
            return
        with self._database.write() as tx:
            activated = store.set_job_definitions_suspended(
                tx,
                Selection(**payload["chosen"]),
                suspended=suspended,
                now=self._clock(),
                include_jobs=payload["include_jobs"],
            )
            tx.ring(self._bell, activated)

    def done(self, jobs: Sequence[Job]) -> None:
        """Nothing follows."""
