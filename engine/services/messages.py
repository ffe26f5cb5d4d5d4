"""Messages from outside: correlated with who waits for them (Camunda manual, REST API, "Correlate a Message")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core import unit_of_work as asked
from engine.core.commands import Command
from engine.core.commands.batches import ExecuteBatchJob
from engine.core.commands.events import Delivered, DeliverEvent, SomebodyWaitsNow, StartByEvent, StartByMessage
from engine.core.commands.jobs import JobCommand
from engine.core.commands.messages import AlreadyPublished, BringMessage, KeepMessage, LookAfterMessage, RememberMessage
from engine.core.correlation import Content, Correlation
from engine.core.instances import StartedInstance
from engine.core.jobs import MESSAGE
from engine.core.messages import content_of, kept_by
from engine.core.sending import sent_by
from engine.core.state import Job, Message
from engine.errors import BadRequest, Conflict, ExecutionFailed, NotCorrelated, NotFound, Suspended
from engine.executor import Executor
from engine.store import messages as message_store
from engine.store import subscriptions as store
from engine.store.database import Database
from engine.store.subscriptions import Receiver, Starter

__all__ = ["Content", "Correlated", "Correlation", "Messages", "Published"]

REMEMBERED = timedelta(days=1)
"""So long at least a message with an id is remembered."""
LONGEST = timedelta(days=3660)
"""So long at most a message is kept."""
BATCH = 100
"""Receivers that are told in one transaction."""

Correlated = Delivered | StartedInstance
"""What became of a message: an execution has got it, or it has started an instance."""

Permit = Callable[[Sequence[Receiver | Starter]], None]
"""Raises NotAuthorized unless all of the receivers may be told."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a message that nobody has got: it is kept until then, or it is a duplicate of an earlier one."""

    name: str
    message_id: str | None
    kept_until: datetime | None
    is_duplicate: bool = False


class Messages:
    """What can be done with messages, and what the jobs that send them do."""

    kinds = (MESSAGE,)

    def __init__(self, database: Database, queue: CommandQueue, executor: Executor, clock: Clock) -> None:
        self._database, self._queue, self._executor, self._clock = database, queue, executor, clock

    def correlate(
        self,
        wanted: Correlation,
        content: Content | None = None,
        *,
        return_variables: bool = False,
        permit: Permit | None = None,
        user: str | None = None,
    ) -> Correlated:
        """Bring a message to the one who waits for it: an execution, or else a start event of a definition.

        `permit` raises NotAuthorized for a receiver that may not be told.
        Whoever is suspended does not wait. Raises NotCorrelated for none and for several, and whatever the receiver
        fails with: then it waits as before.
        """
        _check(wanted)
        tried: set[Receiver | Starter] = set()
        while True:
            receiver = self._only_one(wanted)
            if permit is not None:
                permit([receiver])
            command = _bring(receiver, wanted, content or Content(), return_variables, user)
            with _tried_once(receiver, tried):
                correlated: Correlated = self._queue.execute(command)
                return correlated

    def publish(
        self,
        wanted: Correlation,
        content: Content | None = None,
        *,
        time_to_live: timedelta | None = None,
        message_id: str | None = None,
        return_variables: bool = False,
        user: str | None = None,
    ) -> Correlated | Published:
        """As `correlate`, for senders who may speak before anybody listens, and more than once.

        With a `time_to_live` a message that nobody waits for is kept so long, and the first that begins to wait for it
        gets it. With a `message_id` it is remembered, as long as it is kept and for `REMEMBERED` at least: a second
        one of the same name, id and tenant changes nothing.
        """
        _check(wanted)
        content = content or Content()
        now = self._clock()
        expires_at = None if time_to_live is None else now + _positive(time_to_live)
        until = None if message_id is None else max(expires_at or now, now + REMEMBERED)
        tried: set[Receiver | Starter] = set()
        while True:
            found = self._find(wanted)
            # Asked afterwards: whoever took the receiver away for this id in between has remembered that by now.
            if message_id is not None and self._is_published(wanted, message_id, now):
                return Published(wanted.name, message_id, None, is_duplicate=True)
            if not found and expires_at is not None:
                keep = KeepMessage(
                    wanted=wanted,
                    content=content,
                    expires_at=expires_at,
                    message_id=message_id,
                    remember_until=until,
                    user=user,
                )
                with suppress(AlreadyPublished):
                    if self._executor.execute([keep])[0].get():
                        return Published(wanted.name, message_id, expires_at)
                continue
            receiver = _one_of(found, wanted)
            bring = _bring(receiver, wanted, content, return_variables, user)
            with _tried_once(receiver, tried), suppress(AlreadyPublished):
                correlated: Correlated
                if message_id is None or until is None:
                    correlated = self._queue.execute(bring)
                else:
                    remember = RememberMessage(wanted=wanted, message_id=message_id, until=until, user=user)
                    correlated = self._executor.execute([bring, remember], together=True)[0].get()
                return correlated

    def _is_published(self, wanted: Correlation, message_id: str, now: datetime) -> bool:
        with self._database.read() as tx:
            return message_store.is_published(tx, asked.Published(wanted.name, wanted.tenant_id, message_id, now))

    def correlate_all(
        self,
        wanted: Correlation,
        content: Content | None = None,
        *,
        return_variables: bool = False,
        permit: Permit | None = None,
        user: str | None = None,
    ) -> Sequence[Correlated]:
        """Bring a message to all who wait for it, executions and start events; there may be none.

        Each gets it on its own, many in one transaction. When some fail the others go on all the same; the first
        failure is raised in the end.
        """
        _check(wanted)
        with self._database.read() as tx:
            found: list[Receiver | Starter] = [*store.receivers(tx, wanted), *store.starters(tx, wanted)]
        if permit is not None:
            permit(found)
        correlated: list[Correlated] = []
        failure: Exception | None = None
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            commands = [_bring(each, wanted, content or Content(), return_variables, user, every=True) for each in some]
            for each, outcome in zip(some, self._executor.execute(commands), strict=True):
                if outcome.error is None:
                    correlated.append(outcome.value)
                elif not _went_away(each, outcome.error):
                    failure = failure or outcome.error
        if failure is not None:
            raise failure
        return correlated

    def delivery(self, wanted: Correlation, content: Content) -> Command[Any]:
        """What brings a message to the one who waits for it now, as `correlate` does. Raises NotCorrelated."""
        return _bring(self._only_one(wanted), wanted, content)

    def start(
        self,
        definition_id: int,
        name: str,
        content: Content | None = None,
        *,
        business_key: str | None = None,
        return_variables: bool = False,
        user: str | None = None,
    ) -> StartedInstance:
        """Start an instance of exactly this definition, an old version too, at the start event for this message.

        Raises NotFound, Suspended, and NotCorrelated where no start event of the definition waits for it.
        """
        command = StartByMessage(
            definition_id=definition_id,
            name=name,
            business_key=business_key,
            variables=(content or Content()).all,
            return_variables=return_variables,
            user=user,
        )
        return self._queue.execute(command)

    def trigger(
        self, execution_id: int, name: str, variables: Mapping[str, object] | None = None, *, user: str | None = None
    ) -> Delivered:
        """Bring a message to one execution. Raises Conflict if it does not wait for it, Suspended."""
        with self._database.read() as tx:
            found = store.subscribed(tx, execution_id, name)
        if found is None:
            raise Conflict(f"Execution {execution_id} does not wait for a message '{name}'")
        return self._queue.execute(DeliverEvent(subscription_id=found, variables=variables or {}, user=user))

    # ------------------------------------------------------------ by whoever does the jobs of messages

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, JobCommand | Exception]:
        """What brings the message of each of these jobs to the one who waits for it; or why nobody gets it."""
        held = {job.id: kept_by(job) for job in jobs}
        with self._database.read() as tx:
            kept = {each.id: each for each in tx.select(Message, "id", {id for id in held.values() if id is not None})}
        return {
            job.id: self._bring_sent(job) if (id := held[job.id]) is None else self._bring_kept(job, id, kept.get(id))
            for job in jobs
        }

    def _bring_sent(self, job: Job) -> JobCommand | Exception:
        """A message that an instance sends: somebody must get it."""
        sent = sent_by(job)
        wanted = Correlation(name=sent.name, tenant_id=sent.tenant_id, key=sent.key)
        try:
            receiver = self._only_one(wanted)
        except NotCorrelated as problem:
            return ExecutionFailed(str(problem), job.element_id)
        content = Content(variables=sent.variables)
        command = _bring(receiver, wanted, content, business_key=sent.business_key)
        return ExecuteBatchJob(id=job.id, commands=(command,), fail_if_gone=True)

    def _bring_kept(self, job: Job, message_id: int, message: Message | None) -> JobCommand:
        """A message that is kept: it goes on waiting unless there is one receiver now. None: somebody has got it."""
        if message is not None and message.expires_at > self._clock():
            wanted, content = content_of(job)
            found = self._find(wanted)
            if len(found) == 1:
                return BringMessage(id=job.id, message_id=message_id, command=_bring(found[0], wanted, content))
        return LookAfterMessage(id=job.id, message_id=message_id)

    def done(self, jobs: Sequence[Job]) -> None:
        """Nothing follows."""

    # ------------------------------------------------------------ looking up

    def _only_one(self, wanted: Correlation) -> Receiver | Starter:
        return _one_of(self._find(wanted), wanted)

    def _find(self, wanted: Correlation) -> Sequence[Receiver | Starter]:
        """Who waits: executions, or else start events; two if there are more."""
        with self._database.read() as tx:
            return store.receivers(tx, wanted, 2) or store.starters(tx, wanted, 2)


def _one_of(found: Sequence[Receiver | Starter], wanted: Correlation) -> Receiver | Starter:
    if not found:
        raise NotCorrelated(
            f"Cannot correlate message '{wanted.name}': No process definition or execution matches the parameters"
        )
    if len(found) > 1:
        kind = "executions" if isinstance(found[0], Receiver) else "process definitions"
        raise NotCorrelated(f"Cannot correlate message '{wanted.name}': several {kind} wait for it; say which is meant")
    return found[0]


@contextmanager
def _tried_once(receiver: Receiver | Starter, tried: set[Receiver | Starter]) -> Iterator[None]:
    """Let a receiver be looked for again that has gone away or fallen asleep since it was found.

    It is not found again then; if it is, the failure was its own.
    """
    try:
        yield
    except SomebodyWaitsNow:
        return
    except (NotFound, Suspended):
        if receiver in tried:
            raise
        tried.add(receiver)


def _check(wanted: Correlation) -> None:
    if wanted.process_instance_id is not None and wanted.tenant_id is not None:
        raise BadRequest("Cannot specify a tenant-id when correlating a message to a single process instance")


def _positive(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise BadRequest(f"The time to live of a message must be longer than 0 and at most {LONGEST.days} days")
    return span


def _bring(
    receiver: Receiver | Starter,
    wanted: Correlation,
    content: Content,
    return_variables: bool = False,
    user: str | None = None,
    *,
    business_key: str | None = None,
    every: bool = False,
) -> Command[Any]:
    """The command that brings a message. `business_key`: of an instance that it starts, if not the one it is for.

    `every`: this is not the only one who gets it.
    """
    if isinstance(receiver, Receiver):
        return DeliverEvent(
            subscription_id=receiver.subscription_id,
            variables=content.variables,
            local_variables=content.local_variables,
            scope_variables=content.scope_variables,
            return_variables=return_variables,
            user=user,
        )
    return StartByEvent(
        definition_id=receiver.definition_id,
        element_id=receiver.element_id,
        business_key=business_key or wanted.business_key,
        variables=content.all,
        return_variables=return_variables,
        unless=None if every else wanted,
        user=user,
    )


def _went_away(receiver: Receiver | Starter, error: Exception) -> bool:
    """Does it not wait any more?"""
    if isinstance(receiver, Starter):
        if isinstance(error, Suspended):
            return error.concerns("process definition", receiver.definition_id)
        return isinstance(error, NotFound) and (error.kind, error.id) == ("process definition", receiver.definition_id)
    if isinstance(error, Suspended):
        return error.concerns("process instance", receiver.process_instance_id)
    return isinstance(error, NotFound) and error.id == receiver.subscription_id
