"""Process instances: started, suspended, deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.command_queue import CommandQueue
from engine.core.commands.instances import (
    DeleteHistory,
    DeleteInstance,
    SetInstanceSuspended,
    SignalExecution,
    StartInstance,
)
from engine.core.commands.modification import Instruction, ModifyInstance
from engine.core.instances import StartedInstance
from engine.executor import Executor

BATCH = 500
"""Instances that are changed in one transaction."""


class ProcessInstances:
    """What can be done with process instances."""

    def __init__(self, queue: CommandQueue, executor: Executor) -> None:
        self._queue, self._executor = queue, executor

    def start(
        self,
        *,
        definition_id: int | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        business_key: str | None = None,
        variables: Mapping[str, object] | None = None,
        return_variables: bool = False,
        instructions: Sequence[Instruction] = (),
        user: str | None = None,
    ) -> StartedInstance:
        """Start a process by definition id, or the latest version of a key, and run it until it waits or ends.

        Raises NotFound, Suspended, BadRequest, ExecutionFailed.
        """
        return self._queue.execute(
            StartInstance(
                definition_id=definition_id,
                key=key,
                tenant_id=tenant_id,
                business_key=business_key,
                variables=variables or {},
                return_variables=return_variables,
                instructions=tuple(instructions),
                user=user,
            )
        )

    def delete(
        self,
        id: int,
        *,
        reason: str | None = None,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        user: str | None = None,
    ) -> None:
        """Cancel an instance with all that it called; its history stays. Raises NotFound."""
        self._queue.execute(
            DeleteInstance(
                id=id, reason=reason, skip_listeners=skip_listeners, skip_io_mappings=skip_io_mappings, user=user
            )
        )

    def set_suspended(self, id: int, suspended: bool, *, user: str | None = None) -> None:
        """Suspend an instance, so that nothing in it goes on, or activate it again. Raises NotFound."""
        self._queue.execute(SetInstanceSuspended(id=id, suspended=suspended, user=user))

    def set_all_suspended(self, ids: Collection[int], suspended: bool, *, user: str | None = None) -> None:
        """Suspend or activate several. Raises NotFound if one is not running, after the others were done."""
        wanted = list(ids)
        missing: Exception | None = None
        for start in range(0, len(wanted), BATCH):
            some = wanted[start : start + BATCH]
            outcomes = self._executor.execute(
                [SetInstanceSuspended(id=each, suspended=suspended, user=user) for each in some]
            )
            missing = missing or next((outcome.error for outcome in outcomes if outcome.error is not None), None)
        if missing is not None:
            raise missing

    def modify(
        self,
        id: int,
        instructions: Sequence[Instruction],
        *,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        reason: str | None = None,
        user: str | None = None,
    ) -> None:
        """Take tokens of an instance away and put others elsewhere; all or nothing.

        Raises NotFound, Suspended, InvalidInstruction, ExecutionFailed.
        """
        self._queue.execute(
            ModifyInstance(
                id=id,
                instructions=tuple(instructions),
                skip_listeners=skip_listeners,
                skip_io_mappings=skip_io_mappings,
                reason=reason,
                user=user,
            )
        )

    def signal(self, execution_id: int, variables: Mapping[str, object] | None = None, user: str | None = None) -> None:
        """Go on with an execution that waits for nothing in particular. Raises NotFound, Conflict."""
        self._queue.execute(SignalExecution(id=execution_id, variables=variables or {}, user=user))

    def delete_history(self, id: int) -> None:
        """Delete an ended instance for good. Raises NotFound, and Conflict for one that still runs."""
        self._queue.execute(DeleteHistory(id=id))
