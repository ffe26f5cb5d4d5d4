"""Variables: set and removed from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.command_queue import CommandQueue
from engine.core.commands.variables import SetVariables


class Variables:
    """What can be done with variables."""

    def __init__(self, queue: CommandQueue) -> None:
        self._queue = queue

    def set(
        self,
        scope_id: int,
        changes: Mapping[str, object],
        deletions: Collection[str] = (),
        *,
        local: bool = False,
        user: str | None = None,
    ) -> None:
        """Set and remove variables as seen from a process instance, an execution or a task (whose id `scope_id` is).

        `local`: in exactly that scope. Raises NotFound, InvalidValue.
        """
        self._queue.execute(
            SetVariables(scope_id=scope_id, changes=changes, deletions=tuple(deletions), local=local, user=user)
        )
