"""Jobs: claimed, done, failed and changed; what runs them calls this."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Protocol

from engine.bell import Bells
from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands import Command
from engine.core.commands import jobs as commands
from engine.core.commands.work import UnlockWork
from engine.core.state import Job
from engine.errors import Conflict, EngineError, ExecutionFailed, LeaseLost, NotFound, Suspended
from engine.executor import Executor, Outcome
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog, suspension
from engine.store import jobs as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.jobs import Claim, Selection
from engine.store.transaction import WriteTransaction

__all__ = ["Claim", "Jobs", "Selection"]


class Doer(Protocol):
    """Knows what is to be done for jobs of some kinds, which their own rows do not say."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of job."""

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, commands.JobCommand | Exception]:
        """What does each of these jobs, by id; or why that cannot be told, which is a failure of the job."""

    def done(self, jobs: Sequence[Job]) -> None:
        """These jobs have been done."""


class Jobs:
    """What can be done with jobs: continuations of asynchronous elements, timers, and what `doers` know."""

    def __init__(
        self,
        database: Database,
        queue: CommandQueue,
        executor: Executor,
        ids: IdAllocator,
        clock: Clock,
        log: OperationLog,
        bell: Bells,
        doers: Iterable[Doer] = (),
    ) -> None:
        self._database, self._queue, self._executor = database, queue, executor
        self._ids, self._clock, self._log, self._bell = ids, clock, log, bell
        self._doers = {kind: doer for doer in doers for kind in doer.kinds}

    # ------------------------------------------------------------ on demand

    def execute(self, id: int, *, user: str | None = None) -> None:
        """Do a job now, whenever it is due. If that fails the failure counts, and is raised.

        Raises NotFound, Suspended, ExecutionFailed.
        """
        work = self._prepare([id])
        try:
            self._queue.execute(replace(work.command(id), user=user))
        except (NotFound, Conflict):
            raise  # it was not tried
        except Exception as problem:
            self._fail(_failure(id, problem, user=user))
            raise
        work.done([id])

    def _prepare(self, ids: Collection[int]) -> _Work:
        """Find out what does these jobs."""
        found: Sequence[Job] = ()
        if ids:
            with self._database.read() as tx:
                found = tx.select(Job, "id", ids)
        by_doer: dict[Doer, list[Job]] = {}
        for job in found:
            if (doer := self._doers.get(job.kind)) is not None:
                by_doer.setdefault(doer, []).append(job)
        return _Work(by_doer)

    def _fail(self, command: commands.FailJob) -> None:
        # Somebody else may have done the job, or ended what it was for: then nothing is left that could fail.
        with suppress(NotFound, LeaseLost):
            self._queue.execute(command)

    # ------------------------------------------------------------ by whoever runs them

    def claim(self, worker: str, *, lease: timedelta, limit: int) -> Sequence[Claim]:
        """Take up to `limit` jobs that are due, for as long as `lease`, those of the highest priority first."""
        (token,) = self._ids.set_aside(1)
        with self._database.write() as tx:
            return store.claim_internal(tx, now=self._clock(), worker=worker, lease=lease, limit=limit, token=token)

    def execute_claimed(self, claims: Sequence[Claim]) -> list[Outcome]:
        """Do claimed jobs in one batch; what fails is counted, and tried again or made an incident.

        What has been suspended since it was claimed is given back.
        """
        work = self._prepare([claim.id for claim in claims if claim.kind in self._doers])
        outcomes = self._execute_all(claims, work)
        follow_ups = [
            _follow_up(claim, outcome.error)
            for claim, outcome in zip(claims, outcomes, strict=True)
            if outcome.error is not None and not isinstance(outcome.error, NotFound | LeaseLost)
        ]
        if follow_ups:
            self._executor.execute(follow_ups)
        work.done([claim.id for claim, outcome in zip(claims, outcomes, strict=True) if outcome.error is None])
        return outcomes

    def _execute_all(self, claims: Sequence[Claim], work: _Work) -> list[Outcome]:
        """Do claimed jobs in one batch, as far as it can be told what they do."""
        made: dict[int, commands.JobCommand] = {}
        outcomes: dict[int, Outcome] = {}
        for claim in claims:
            try:
                made[claim.id] = replace(work.command(claim.id), lease=claim.lease_token)
            except Exception as problem:  # noqa: BLE001 - it is the failure of this job, and of no other
                outcomes[claim.id] = Outcome(error=problem)
        if made:
            outcomes.update(zip(made, self._executor.execute(list(made.values())), strict=True))
        return [outcomes[claim.id] for claim in claims]

    def release(self, worker: str) -> int:
        """Give back all that a worker holds; how many that were."""
        with self._database.write() as tx:
            return store.release(tx, worker)

    def next_due(self) -> datetime | None:
        """When a job is due next; None when none waits for its time."""
        with self._database.read() as tx:
            return store.next_due(tx, self._clock())

    # ------------------------------------------------------------ by operators

    def set_retries(
        self, ids: Collection[int], retries: int, *, due_at: datetime | None = None, user: str | None = None
    ) -> None:
        """Give jobs so many more attempts. Raises NotFound for the first that is not there, after the others."""
        _all(
            self._executor.execute(
                [commands.SetRetries(id=each, retries=retries, due_at=due_at, user=user) for each in ids]
            )
        )

    def set_priority(self, id: int, priority: int, *, user: str | None = None) -> None:
        """Let a job go before or after others that are due."""
        self._queue.execute(commands.SetPriority(id=id, priority=priority, user=user))

    def set_due_date(self, id: int, due_at: datetime | None, *, cascade: bool = False, user: str | None = None) -> None:
        """Let a job be due at another time; None: now. `cascade`: what follows of a timer that repeats moves too."""
        self._queue.execute(commands.SetDueDate(id=id, due_at=due_at, cascade=cascade, user=user))

    def recalculate_due_date(self, id: int, *, from_creation: bool = True, user: str | None = None) -> None:
        """Read a timer again. Raises BadRequest for a job that is no timer."""
        self._queue.execute(commands.RecalculateDueDate(id=id, from_creation=from_creation, user=user))

    def set_suspended(self, id: int, suspended: bool, *, user: str | None = None) -> None:
        """Let a job wait until it is activated again, or activate it."""
        self._queue.execute(commands.SetSuspended(id=id, suspended=suspended, user=user))

    def delete(self, id: int, *, user: str | None = None) -> None:
        """Delete a job for good."""
        self._queue.execute(commands.DeleteJob(id=id, user=user))

    # ------------------------------------------------------------ many at once

    def set_all_suspended(self, chosen: Selection, suspended: bool) -> None:
        """Let all jobs that are chosen wait, or activate them."""
        self._log.prepare()
        with self._database.write() as tx:
            tx.ring(self._bell, store.set_jobs_suspended(tx, chosen, suspended=suspended, now=self._clock()))
            type = "SuspendJob" if suspended else "ActivateJob"
            self._note(tx, type, "Job", chosen, suspension(suspended=suspended))

    def set_definitions_suspended(self, chosen: Selection, suspended: bool, *, include_jobs: bool = False) -> None:
        """Let jobs that job definitions make from now on wait, or activate them; with those that are there already."""
        self._log.prepare()
        with self._database.write() as tx:
            activated = store.set_job_definitions_suspended(
                tx, chosen, suspended=suspended, now=self._clock(), include_jobs=include_jobs
            )
            tx.ring(self._bell, activated)
            type = "SuspendJobDefinition" if suspended else "ActivateJobDefinition"
            self._note(tx, type, "JobDefinition", chosen, suspension(suspended=suspended))

    def set_definitions_priority(self, chosen: Selection, priority: int | None, *, include_jobs: bool = False) -> None:
        """Give jobs to come of job definitions a priority, or with None that of the model again."""
        self._log.prepare()
        with self._database.write() as tx:
            store.set_job_definitions_priority(tx, chosen, priority, include_jobs=include_jobs)
            change = Change("overridingPriority", None, priority)
            self._note(tx, "SetPriority", "JobDefinition", chosen, change)

    def set_definitions_retries(self, chosen: Selection, retries: int) -> None:
        """Give the failed jobs of job definitions so many more attempts."""
        with self._database.read() as tx:
            ids = store.failed_jobs(tx, chosen)
        self.set_retries(ids, retries)

    def _note(self, tx: WriteTransaction, type: str, entity: str, chosen: Selection, change: Change) -> None:
        references = {name: value for name, value in asdict(chosen).items() if value is not None}
        self._log.note(tx, Entry(type, entity, OPERATOR, [change], references=references))

    # ------------------------------------------------------------ incidents

    def create_incident(
        self,
        execution_id: int,
        kind: str,
        *,
        configuration: str | None = None,
        message: str | None = None,
        user: str | None = None,
    ) -> int:
        """Report that something keeps an activity from going on; gives the id of the incident.

        It is open until somebody resolves it, or the activity ends. Raises NotFound, and BadRequest for an execution
        that is in no activity.
        """
        return self._queue.execute(
            commands.CreateIncident(id=execution_id, kind=kind, configuration=configuration, message=message, user=user)
        )

    def resolve_incident(self, id: int, *, user: str | None = None) -> None:
        """Say that what was wrong has been put right. Raises BadRequest for one that giving retries resolves."""
        self._queue.execute(commands.ResolveIncident(id=id, user=user))

    def annotate_incident(self, id: int, annotation: str | None, *, user: str | None = None) -> None:
        """Keep a note with an incident, or take it away."""
        self._queue.execute(commands.AnnotateIncident(id=id, annotation=annotation, user=user))


class _Work:
    """What does some jobs: commands of those who know, else what the jobs' own rows say."""

    def __init__(self, by_doer: Mapping[Doer, Sequence[Job]]) -> None:
        self._by_doer = by_doer
        self._made = {id: made for doer, jobs in by_doer.items() for id, made in doer.commands(jobs).items()}

    def command(self, id: int) -> commands.JobCommand:
        """What does a job. Raises what keeps that from being told."""
        made = self._made.get(id) or commands.ExecuteJob(id=id)
        if isinstance(made, Exception):
            raise made
        return made

    def done(self, ids: Collection[int]) -> None:
        """Tell those who know about the jobs that have been done."""
        for doer, jobs in self._by_doer.items():
            doer.done([job for job in jobs if job.id in ids])


def is_asleep(job: Claim | Job, problem: Exception) -> bool:
    """Is it the job that is suspended, or what it belongs to? Then nobody claims it before that is activated.

    Anything else that is suspended, as a process that it calls, keeps the process from going on: a failure of the job,
    which would be claimed again at once, and for ever.
    """
    if not isinstance(problem, Suspended):
        return False
    if job.process_instance_id is None:
        return problem.concerns("job", job.id) or problem.concerns("process definition", job.definition_id)
    return problem.concerns("job", job.id) or problem.concerns("process instance", job.process_instance_id)


def _follow_up(claim: Claim, problem: Exception) -> Command[None]:
    if is_asleep(claim, problem):
        return UnlockWork(id=claim.id, lease=claim.lease_token)
    return _failure(claim.id, problem, lease=claim.lease_token)


def _failure(id: int, problem: Exception, *, lease: int | None = None, user: str | None = None) -> commands.FailJob:
    element_id = problem.element_id if isinstance(problem, ExecutionFailed) else None
    return commands.FailJob(
        id=id, lease=lease, message=str(problem), details=_details(problem), element_id=element_id, user=user
    )


def _details(problem: BaseException | None) -> str:
    """What an operator needs to see of a failure: of the engine's own errors the message, else the whole trace."""
    if problem is None or isinstance(problem, EngineError):
        return str(problem)
    return "".join(traceback.format_exception(problem))


def _all(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        outcome.get()
