"""Messages from outside: correlated with who waits for them (Camunda manual, REST API, "Correlate a Message")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.command_queue import CommandQueue
from engine.core.commands import Command
from engine.core.commands.batches import ExecuteBatchJob
from engine.core.commands.events import Delivered, DeliverEvent, StartByEvent
from engine.core.commands.jobs import JobCommand
from engine.core.instances import StartedInstance
from engine.core.jobs import MESSAGE
from engine.core.sending import sent_by
from engine.core.state import Job
from engine.errors import BadRequest, Conflict, ExecutionFailed, NotCorrelated, NotFound, Suspended
from engine.executor import Executor
from engine.store import subscriptions as store
from engine.store.database import Database
from engine.store.subscriptions import Correlation, Receiver, Starter

__all__ = ["Content", "Correlated", "Correlation", "Messages"]

BATCH = 100
"""Receivers that are told in one transaction."""

Correlated = Delivered | StartedInstance
"""What became of a message: an execution has got it, or it has started an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What comes with a message: variables for the process instance (or where they are known, seen from what waits),
    for exactly the scope that waits, and for the scope that the message starts."""

    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)
    scope_variables: Mapping[str, object] = field(default_factory=dict)


class Messages:
    """What can be done with messages, and what the jobs that send them do."""

    kinds = (MESSAGE,)

    def __init__(self, database: Database, queue: CommandQueue, executor: Executor) -> None:
        self._database, self._queue, self._executor = database, queue, executor

    def correlate(
        self,
        wanted: Correlation,
        content: Content | None = None,
        *,
        return_variables: bool = False,
        user: str | None = None,
    ) -> Correlated:
        """Bring a message to the one who waits for it: an execution, or else a start event of a definition.

        Whoever is suspended does not wait. Raises NotCorrelated for none and for several, and whatever the receiver
        fails with: then it waits as before.
        """
        _check(wanted)
        tried: set[Receiver | Starter] = set()
        while True:
            receiver = self._only_one(wanted)
            command = _bring(receiver, wanted.business_key, content or Content(), return_variables, user)
            try:
                correlated: Correlated = self._queue.execute(command)
            except (NotFound, Suspended):
                # Who has gone away or fallen asleep since the look-up is not found again; if it is, it failed itself.
                if receiver in tried:
                    raise
                tried.add(receiver)
            else:
                return correlated

    def correlate_all(
        self,
        wanted: Correlation,
        content: Content | None = None,
        *,
        return_variables: bool = False,
        user: str | None = None,
    ) -> Sequence[Correlated]:
        """Bring a message to all who wait for it, executions and start events; there may be none.

        Each gets it on its own, many in one transaction. When some fail the others go on all the same; the first
        failure is raised in the end.
        """
        _check(wanted)
        with self._database.read() as tx:
            found: list[Receiver | Starter] = [*store.receivers(tx, wanted), *store.starters(tx, wanted)]
        correlated: list[Correlated] = []
        failure: Exception | None = None
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            commands = [
                _bring(each, wanted.business_key, content or Content(), return_variables, user) for each in some
            ]
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
        return _bring(self._only_one(wanted), wanted.business_key, content)

    def trigger(
        self, execution_id: int, name: str, variables: Mapping[str, object] | None = None, *, user: str | None = None
    ) -> Delivered:
        """Bring a message to one execution. Raises Conflict if it does not wait for it, Suspended."""
        with self._database.read() as tx:
            found = store.subscribed(tx, execution_id, name)
        if found is None:
            raise Conflict(f"Execution {execution_id} does not wait for a message '{name}'")
        return self._queue.execute(DeliverEvent(subscription_id=found, variables=variables or {}, user=user))

    # ------------------------------------------------------------ by whoever does the jobs that send messages

    def commands(self, jobs: Sequence[Job]) -> Mapping[int, JobCommand | Exception]:
        """What brings the message of each of these jobs to the one who waits for it; or why nobody gets it."""
        made: dict[int, JobCommand | Exception] = {}
        for job in jobs:
            sent = sent_by(job)
            wanted = Correlation(name=sent.name, tenant_id=sent.tenant_id, key=sent.key)
            try:
                receiver = self._only_one(wanted)
            except NotCorrelated as problem:
                made[job.id] = ExecutionFailed(str(problem), job.element_id)
            else:
                command = _bring(receiver, sent.business_key, Content(variables=sent.variables))
                made[job.id] = ExecuteBatchJob(id=job.id, commands=(command,), fail_if_gone=True)
        return made

    def done(self, jobs: Sequence[Job]) -> None:
        """Nothing follows."""

    def _only_one(self, wanted: Correlation) -> Receiver | Starter:
        with self._database.read() as tx:
            found: Sequence[Receiver | Starter] = store.receivers(tx, wanted, 2)
            kind = "executions wait"
            if not found:
                found, kind = store.starters(tx, wanted, 2), "process definitions wait"
        if len(found) > 1:
            raise NotCorrelated(f"Cannot correlate message '{wanted.name}': several {kind} for it; say which is meant")
        if not found:
            raise NotCorrelated(
                f"Cannot correlate message '{wanted.name}': No process definition or execution matches the parameters"
            )
        return found[0]


def _check(wanted: Correlation) -> None:
    if wanted.process_instance_id is not None and wanted.tenant_id is not None:
        raise BadRequest("Cannot specify a tenant-id when correlating a message to a single process instance")


def _bring(
    receiver: Receiver | Starter,
    business_key: str | None,
    content: Content,
    return_variables: bool = False,
    user: str | None = None,
) -> Command[Any]:
    """The command that brings a message; `business_key` is that of an instance that it starts."""
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
        business_key=business_key,
        variables={**content.variables, **content.local_variables, **content.scope_variables},
        return_variables=return_variables,
        user=user,
    )


def _went_away(receiver: Receiver | Starter, error: Exception) -> bool:
    """Does it not wait any more?"""
    if isinstance(receiver, Starter):
        if not isinstance(error, NotFound | Suspended) or error.kind != "process definition":
            return False
        return str(error.id).rpartition(":")[2] == str(receiver.definition_id)
    if isinstance(error, Suspended):
        return (error.kind, error.id) == ("process instance", receiver.process_instance_id)
    return isinstance(error, NotFound) and error.id == receiver.subscription_id
