"""External tasks: work that is fetched, locked and reported on by handlers and remote workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands import jobs as job_commands
from engine.core.commands import work as commands
from engine.core.state import Job
from engine.errors import BadRequest
from engine.executor import Executor, Outcome
from engine.store import jobs as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.jobs import CreateTimeOrder, TopicRequest

Variables = Mapping[str, object]
NOTHING: Variables = {}


class ExternalTasks:
    """What can be done with work (Camunda manual, "External Tasks").

    Whoever reports shows the lease token of the claim (`lease`) or the worker's name; all reports raise LeaseLost for
    those who do not hold the work any more, and NotFound for work that is not there.
    """

    def __init__(
        self, database: Database, queue: CommandQueue, executor: Executor, ids: IdAllocator, clock: Clock
    ) -> None:
        self._database, self._queue, self._executor = database, queue, executor
        self._ids, self._clock = ids, clock

    def fetch_and_lock(
        self,
        worker: str,
        requests: Sequence[TopicRequest],
        *,
        limit: int,
        use_priority: bool = True,
        create_time_order: CreateTimeOrder | None = None,
    ) -> Sequence[Job]:
        """Claim up to `limit` pieces of work of some topics, each for as long as its topic's lease."""
        (token,) = self._ids.set_aside(1)
        with self._database.write() as tx:
            return store.claim_work(
                tx,
                now=self._clock(),
                worker=worker,
                requests=requests,
                limit=limit,
                use_priority=use_priority,
                create_time_order=create_time_order,
                token=token,
            )

    def complete(
        self,
        id: int,
        *,
        worker: str | None = None,
        lease: int | None = None,
        variables: Variables = NOTHING,
        local_variables: Variables = NOTHING,
        result: object = None,
    ) -> None:
        """The work has been done: its process goes on. Raises ExecutionFailed when it cannot, and the work is kept."""
        self._queue.execute(
            commands.CompleteWork(
                id=id,
                worker=worker,
                lease=lease,
                variables=variables,
                local_variables=local_variables,
                result=result,
            )
        )

    def fail(
        self,
        id: int,
        *,
        worker: str | None = None,
        lease: int | None = None,
        message: str | None = None,
        details: str | None = None,
        retries: int | None = None,
        retry_after: timedelta | None = None,
        variables: Variables = NOTHING,
        local_variables: Variables = NOTHING,
    ) -> None:
        """The work has failed: it is tried again later, or an incident is opened when no retries are left."""
        self._queue.execute(
            commands.FailWork(
                id=id,
                worker=worker,
                lease=lease,
                message=message,
                details=details,
                retries=retries,
                retry_after=retry_after,
                variables=variables,
                local_variables=local_variables,
            )
        )

    def bpmn_error(
        self,
        id: int,
        code: str,
        message: str | None = None,
        *,
        worker: str | None = None,
        lease: int | None = None,
        variables: Variables = NOTHING,
    ) -> None:
        """The work has ended with a BPMN error."""
        self._queue.execute(
            commands.ThrowWorkError(id=id, worker=worker, lease=lease, code=code, message=message, variables=variables)
        )

    def lock(self, id: int, worker: str, duration: timedelta) -> None:
        """Take one piece of work by its id. Raises LeaseLost while somebody else holds it."""
        self._queue.execute(commands.LockWork(id=id, worker=worker, until=self._clock() + _positive(duration)))

    def extend_lock(self, id: int, worker: str, duration: timedelta) -> None:
        """Hold the work for so long from now."""
        self._queue.execute(commands.ExtendLease(id=id, worker=worker, until=self._clock() + _positive(duration)))

    def heartbeat(self, leases: Mapping[int, int], duration: timedelta) -> Collection[int]:
        """Hold all this work (id to lease token) for so long from now; the ids of that which is still held."""
        with self._database.write() as tx:
            return store.extend_leases(tx, leases, self._clock() + duration)

    def unlock(self, id: int) -> None:
        """Let anybody take the work, whoever holds it."""
        self._queue.execute(commands.UnlockWork(id=id))

    def set_retries(self, ids: Collection[int], retries: int) -> None:
        """Give work so many more attempts. Raises NotFound for the first that is not there, after the others."""
        outcomes: list[Outcome] = self._executor.execute(
            [job_commands.SetRetries(id=each, retries=retries) for each in ids]
        )
        for outcome in outcomes:
            outcome.get()

    def set_priority(self, id: int, priority: int) -> None:
        """Let work go before or after other work of its topic."""
        self._queue.execute(job_commands.SetPriority(id=id, priority=priority))


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        raise BadRequest("A lock duration must be greater than 0")
    return duration
