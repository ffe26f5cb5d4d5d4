"""The operation log: who changed what, and why, written down together with the change (Camunda manual, "User Operation
Log").

What commands change is written by the executor; what services change in the database themselves they note here.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from engine.authorization import Actor, NotAuthorized
from engine.clock import Clock
from engine.command_queue import CommandQueue
from engine.core.commands import Command, Origin
from engine.core.commands.operations import (
    ADMIN,
    OPERATOR,
    SECURITY,
    TASK_WORKER,
    Change,
    Entry,
    operations,
    suspension,
)
from engine.core.state import Changes, Operation, Row
from engine.errors import EngineError, NotFound
from engine.executor import Executor, Outcome
from engine.store import operations as store
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.transaction import WriteTransaction

__all__ = [
    "ADMIN",
    "OPERATOR",
    "SECURITY",
    "TASK_WORKER",
    "Change",
    "Entry",
    "OperationLog",
    "Signature",
    "SigningExecutor",
    "SigningQueue",
    "suspension",
]

T = TypeVar("T")
_log = logging.getLogger(__name__)

ROOM = 30
"""Ids that are set aside for what one transaction notes, which seldom needs more."""


@dataclass(frozen=True, slots=True)
class Signature:
    """In whose name things are done; without a user they are done by the engine itself, and nothing is written down."""

    user: str | None = None
    groups: tuple[str, ...] = ()
    origin: Origin | None = None

    @classmethod
    def of(cls, actor: Actor) -> Signature:
        """That of whoever acts."""
        origin = Origin(actor.address, actor.request_id, actor.reason)
        return cls(actor.user_id, tuple(sorted(actor.groups)), origin)

    def sign(self, command: Command[T]) -> Command[T]:
        """The command, in that name; whom a caller names counts for nothing then."""
        if self.user is None:
            return command
        return replace(command, user=self.user, groups=self.groups, origin=self.origin)


class SigningQueue(CommandQueue):
    """Another queue, to which all commands go in somebody's name."""

    def __init__(self, queue: CommandQueue, signature: Signature) -> None:
        self._queue, self._signature = queue, signature

    def execute(self, command: Command[T]) -> T:
        """As the other queue does it."""
        return self._queue.execute(self._signature.sign(command))


class SigningExecutor(Executor):
    """Another executor, to which all commands go in somebody's name."""

    def __init__(self, executor: Executor, signature: Signature) -> None:
        self._executor, self._signature = executor, signature

    def execute(self, commands: Sequence[Command[Any]], *, together: bool = False) -> list[Outcome]:
        """As the other executor does it."""
        return self._executor.execute([self._signature.sign(each) for each in commands], together=together)

    def rehearse(self, commands: Sequence[Command[Any]]) -> tuple[list[Outcome], Changes]:
        """As the other executor does it."""
        return self._executor.rehearse([self._signature.sign(each) for each in commands])


class _Room(threading.local):
    """The ids that a thread has for what it is about to note: nobody else takes them meanwhile."""

    def __init__(self) -> None:
        self.ids: deque[int] = deque()


class OperationLog:
    """Notes what is done in somebody's name."""

    def __init__(self, database: Database, ids: IdAllocator, clock: Clock, signature: Signature | None = None) -> None:
        self._database, self._ids, self._clock = database, ids, clock
        self.signature = signature or Signature()
        self._room = _Room()

    def prepare(self) -> None:
        """To be called before the transaction in which something is noted."""
        if self.signature.user is not None:
            self.prepare_witness()

    def note(self, tx: WriteTransaction, *entries: Entry) -> None:
        """Write down what the transaction does; nothing of what the engine itself does."""
        user = self.signature.user
        if user is None:
            return
        now, rows = self._clock(), list[Row]()
        for entry in entries:
            rows += operations(entry, user, self.signature.origin, now, self._next_id)
        if rows:
            tx.write(Changes(inserted={Operation: rows}))

    def prepare_witness(self) -> None:
        """To be called before the transaction in which something is witnessed."""
        # Not what is left of the last time: what comes later is to have higher ids.
        self._room.ids = deque(self._ids.set_aside(ROOM))

    def _next_id(self) -> int:
        return self._room.ids.popleft() if self._room.ids else self._ids.next()

    def witness(
        self, tx: WriteTransaction, entry: Entry, user: str, *, address: str | None = None, reason: str | None = None
    ) -> None:
        """Write down what is to be known in whosever name it is done: a sign-in, for example. `user` is who did it, or
        as whom somebody tried."""
        origin = Origin(address, self.signature.origin.request_id if self.signature.origin else None, reason)
        rows: list[Row] = [*operations(entry, user, origin, self._clock(), self._next_id)]
        tx.write(Changes(inserted={Operation: rows}))

    def refuse(self, what: str, refused: NotAuthorized) -> None:
        """Write down that somebody may not do what they have tried: the method of a service, and what would be needed.

        It is a transaction of its own, for there is no other; where it fails that is no more than a line in the log
        of the process, so that who is refused is told that and nothing else.
        """
        changes = [Change("operation", None, what)]
        changes += [Change(each.permission, None, each.resource_id) for each in refused.missing]
        entity = refused.missing[0].resource.label if refused.missing else "Engine"
        try:
            self.prepare()
            with self._database.write() as tx:
                self.note(tx, Entry("Refuse", entity, SECURITY, changes))
        except EngineError:
            _log.warning("Cannot write down that %s may not do %s", self.signature.user, what, exc_info=True)

    def annotate(self, operation_id: int, annotation: str | None) -> None:
        """Keep a note with an operation, or take it away. Raises NotFound."""
        self.prepare()
        with self._database.write() as tx:
            if not store.annotate(tx, operation_id, annotation):
                raise NotFound("operation", operation_id, f"There is no operation with id '{operation_id}'")
            type = "ClearAnnotation" if annotation is None else "SetAnnotation"
            self.note(tx, Entry(type, "UserOperationLog", OPERATOR, [Change("operationId", None, operation_id)]))
