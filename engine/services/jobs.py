"""Jobs: done on demand."""

from __future__ import annotations

from engine.command_queue import CommandQueue
from engine.core.commands.jobs import ExecuteJob


class Jobs:
    """What can be done with jobs."""

    def __init__(self, queue: CommandQueue) -> None:
        self._queue = queue

    def execute(self, id: int, *, user: str | None = None) -> None:
        """Do a job now. Raises NotFound, Suspended, ExecutionFailed."""
        self._queue.execute(ExecuteJob(id=id, user=user))
