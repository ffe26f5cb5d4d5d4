"""Jobs for those who run them, in whole batches: claimed, looked up, reported on, and taken from the dead."""

from __future__ import annotations

import logging
import random
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from engine.clock import Clock
from engine.core.commands import Command
from engine.core.commands.jobs import FailJob
from engine.core.commands.work import CompleteWork, FailWork, ThrowWorkError, UnlockWork
from engine.core.jobs import WORK
from engine.core.listeners import of_job
from engine.core.state import Job
from engine.errors import BadRequest, LeaseLost, NotFound, Suspended
from engine.executor import Executor, Outcome
from engine.failpoints import failpoint
from engine.handlers import Handler
from engine.services.definitions import BoundDefinitions
from engine.services.jobs import Jobs, is_asleep
from engine.store import dispatch as store
from engine.store import jobs as queue
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.query import scopes
from engine.store.transaction import ReadTransaction, WriteTransaction
from engine.values import InvalidValue

log = logging.getLogger("baton.jobs")

T = TypeVar("T")

Found = tuple[Job, Mapping[str, object], str | None]
"""Work that was claimed, the variables that can be seen there, and the business key of its instance."""

Report = CompleteWork | FailWork | ThrowWorkError
"""What became of an attempt at a piece of work."""

RUNNER = store.RUNNER
"""What the names of runners begin with: only of those a lease that ends counts as a failed attempt."""
DEFERRED = timedelta(milliseconds=500)
"""After how long work that its handler's limits hold back is looked at again."""
BURIED_AT_ONCE = 100
"""How many jobs of dead workers are dealt with in one batch."""
MOST_DEATHS = 10
"""After so many attempts a job whose worker died is not spared any more, whoever may have been the cause."""
LONGEST_SPREAD = 10
"""Seconds over which the jobs of a worker that died are spread before they are tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A piece of work that was claimed, with what its handler may want to know."""

    job: Job
    lease: int
    """The token of the claim."""
    variables: Mapping[str, object]
    business_key: str | None
    has_retry_cycle: bool
    """Does the model say when to try again?"""
    result_variable: str | None


class Dispatch:
    """What those call that do jobs, in whichever process."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        definitions: BoundDefinitions,
        jobs: Jobs,
        ids: IdAllocator,
        clock: Clock,
    ) -> None:
        self._database, self._executor, self._definitions = database, executor, definitions
        self._jobs, self._ids, self._clock = jobs, ids, clock

    @property
    def clock(self) -> Clock:
        """What the engine asks for the time."""
        return self._clock

    def next_due(self, topics: Collection[str] = ()) -> datetime | None:
        """When a continuation, a timer or work of these topics is ready next; None when nothing waits for its time."""
        with self._database.read() as tx:
            return queue.next_due(tx, self._clock(), topics)

    def due_topics(self, topics: Collection[str]) -> Collection[str]:
        """Those of the topics that have work which could be claimed now."""
        with self._database.read() as tx:
            return queue.due_topics(tx, self._clock(), topics)

    def run_internal(self, worker: str, *, lease: timedelta, limit: int) -> int:
        """Claim up to `limit` continuations and timers and do them in one batch; how many that were.

        What fails is counted, and tried again or made an incident.
        """
        claims = self._claim(
            lambda tx, now, token: queue.claim_internal(
                tx, now=now, worker=worker, lease=lease, limit=limit, token=token
            ),
        )
        if claims:
            self._jobs.execute_claimed(claims)
        return len(claims)

    def claim(self, worker: str, handlers: Mapping[str, Handler], *, lease: timedelta, limit: int) -> list[Assignment]:
        """Claim up to `limit` pieces of work of those topics, each until its `lease` is over or extended.

        Handlers with limits of their own get no more than these allow, counting all processes.
        """
        free = {topic: handler for topic, handler in handlers.items() if not handler.limits}
        limited = dict.fromkeys(handler for handler in handlers.values() if handler.limits)
        found: list[Found] = []
        if free:
            found += self._claim(lambda tx, now, token: self._claim_work(tx, now, token, worker, free, lease, limit))
        for handler in limited:
            left = limit - len(found)
            if left > 0:
                own = {topic: each for topic, each in handlers.items() if each is handler}
                found += self._claim(partial(self._claim_limited, handler, worker, own, lease, left))
        return [self._assign(*each) for each in found]

    def _claim_work(
        self,
        tx: WriteTransaction,
        now: datetime,
        token: int,
        worker: str,
        handlers: Mapping[str, Handler],
        lease: timedelta,
        limit: int,
    ) -> list[Found]:
        # In one transaction, as the connections that write find rows by their keys, whatever the statistics say.
        # The retries are written down, for whoever finds that this process has died.
        requests = [
            queue.TopicRequest(topic=topic, lease=lease, retries=handler.retries) for topic, handler in handlers.items()
        ]
        jobs = queue.claim_work(tx, now=now, worker=worker, requests=requests, limit=limit, token=token)
        return _look_up(tx, jobs)

    def _claim_limited(
        self,
        handler: Handler,
        worker: str,
        own: Mapping[str, Handler],
        lease: timedelta,
        limit: int,
        tx: WriteTransaction,
        now: datetime,
        token: int,
    ) -> list[Found]:
        """Claim, and give back at once what the limits of the handler do not let begin now."""
        limits, name = handler.limits, handler.names[0]
        begun = store.begun(tx, name, now, now - limits.rate.per if limits.rate else now)
        room = {key: limits.room(each.running, each.recent) for key, each in begun.items()}
        all_room = limits.room(0, 0)
        if limits.key is None:
            limit = min(limit, room.get("", all_room))
        started: list[tuple[Found, str]] = []
        deferred: list[Job] = []
        for each in self._claim_work(tx, now, token, worker, own, lease, limit):
            key = limits.key_of(each[1], now)
            room[key] = room.get(key, all_room) - 1
            if room[key] >= 0:
                started.append((each, key))
            else:
                deferred.append(each[0])
        store.note_starts(tx, name, now, [(each[0], key) for each, key in started])
        store.defer(tx, deferred, now + DEFERRED)
        return [each for each, _ in started]

    def _claim(self, claim: Callable[[WriteTransaction, datetime, int], Sequence[T]]) -> Sequence[T]:
        """Claim; what dead runners held counts as failed first: a job that kills its workers ends in an incident."""
        while True:
            (token,) = self._ids.set_aside(1)
            with self._database.write() as tx:
                now = self._clock()
                dead = store.dead_claims(tx, now, BURIED_AT_ONCE)
                claimed = [] if dead else claim(tx, now, token)
            if not dead:
                break
            for job in dead:
                log.warning("%s died or hung while it had job %d (attempt %d)", job.lock_owner, job.id, job.attempts)
            company = Counter(job.lock_owner for job in dead)
            outcomes = self._executor.execute([_burial(job, company[job.lock_owner]) for job in dead])
            # What cannot be counted, as of a suspended instance, is given back: else it would be found dead for ever.
            kept = [
                UnlockWork(id=job.id, lease=job.lease_token)
                for job, each in zip(dead, outcomes, strict=True)
                if each.error is not None
            ]
            if kept:
                self._executor.execute(kept)
        if claimed:
            failpoint("worker.after_claim")
        return claimed

    def _assign(self, job: Job, variables: Mapping[str, object], business_key: str | None) -> Assignment:
        node = self._definitions.get(job.definition_id or 0).nodes[job.element_id or ""]
        work = None if of_job(job) is not None else node.behavior.work_of(job)
        return Assignment(
            job=job,
            lease=job.lease_token or 0,
            variables=variables,
            business_key=business_key,
            has_retry_cycle=node.retry_cycle is not None,
            result_variable=None if work is None else work.result_variable,
        )

    def report(self, reports: Sequence[Report]) -> None:
        """Say what became of attempts, in one batch. What comes too late is dropped, and so is what cannot be kept.

        When the process cannot go on after the work, that counts as a failure of the work.
        """
        followed: list[Command[None]] = []
        outcomes = self._executor.execute(list(reports))
        asleep = self._asleep(reports, outcomes)
        for report, outcome in zip(reports, outcomes, strict=True):
            problem = outcome.error
            if isinstance(problem, NotFound | LeaseLost):
                log.info("The result of work %d was dropped: %s", report.id, problem)
            elif report.id in asleep:
                # It is given back, and done anew once the instance is activated.
                log.info("The result of work %d was dropped: %s", report.id, problem)
                followed.append(UnlockWork(id=report.id, lease=report.lease))
            elif problem is not None:
                followed.append(_failure(report, problem))
        if followed:
            for command, outcome in zip(followed, self._executor.execute(followed), strict=True):
                if outcome.error is not None and not isinstance(outcome.error, NotFound | LeaseLost):
                    log.error("%s could not be noted: %s", command, outcome.error)

    def _asleep(self, reports: Sequence[Report], outcomes: Sequence[Outcome]) -> Collection[int]:
        """The ids of the work whose own instances have been suspended."""
        problems = {
            report.id: outcome.error
            for report, outcome in zip(reports, outcomes, strict=True)
            if isinstance(outcome.error, Suspended)
        }
        if not problems:
            return ()
        with self._database.read() as tx:
            return {job.id for job in tx.select(Job, "id", problems) if is_asleep(job, problems[job.id])}


def _look_up(tx: ReadTransaction, jobs: Sequence[Job]) -> list[Found]:
    """Pieces of work with the variables that can be seen there, and the business keys of their instances."""
    seen = scopes.visible_of_elements(tx, [job.element_instance_id or 0 for job in jobs])
    keys = store.business_keys(tx, {job.process_instance_id or 0 for job in jobs})
    # What is not seen has been cancelled in the meantime, and the job with it.
    return [
        (job, seen[job.element_instance_id], keys.get(job.process_instance_id or 0))
        for job in jobs
        if job.element_instance_id in seen
    ]


def _burial(job: Job, company: int) -> Command[None]:
    """The failure of a job whose worker died with so many jobs at once, this one included.

    Any of them may have been the cause. So none gets an incident for it yet, and they are tried again at different
    times, until the one that ends its worker does so alone.
    """
    message = (
        f"The worker {job.lock_owner} died or hung during attempt {job.attempts}; its lease ended without a report"
    )
    suspected = company > 1 and job.attempts < MOST_DEATHS
    least = 1 if suspected else 0
    seconds = random.uniform(0, min(company, LONGEST_SPREAD)) if suspected else None  # noqa: S311 - jitter, no secret
    apart = None if seconds is None else timedelta(seconds=seconds)
    if job.kind == WORK:
        return FailWork(id=job.id, lease=job.lease_token, message=message, least_retries=least, retry_after=apart)
    return FailJob(id=job.id, lease=job.lease_token, message=message, least_retries=least, retry_after=apart)


def _failure(report: Report, problem: Exception) -> FailWork:
    hopeless = isinstance(problem, BadRequest | InvalidValue)
    return FailWork(
        id=report.id,
        lease=report.lease,
        message=printable(f"The work was done, but its process cannot go on: {problem}"),
        details=details_of(problem),
        retries=0 if hopeless else None,
    )


def details_of(problem: BaseException) -> str:
    """The trace of an error, as an operator may want to see it."""
    return printable("".join(traceback.format_exception(problem)), 100_000)


def printable(text: str, longest: int = 4_000) -> str:
    """A text as a database can keep it, cut where it is too long."""
    kept = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"
