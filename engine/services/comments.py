"""Comments: changed and removed after they were made."""

from __future__ import annotations

from engine.clock import Clock
from engine.errors import BadRequest, NotFound
from engine.store import comments as store
from engine.store.database import Database

TASK = "user_task_id"


class Comments:
    """What can be done with comments of tasks. `Tasks.add_comment` makes them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def change(self, task_id: int, comment_id: int, message: str) -> None:
        """Say it in other words. Raises NotFound, BadRequest for no words at all."""
        if not message:
            raise BadRequest("A comment needs a message")
        with self._database.write() as tx:
            if not store.change(tx, TASK, task_id, comment_id, message, self._clock()):
                raise NotFound("comment", comment_id)

    def remove(self, task_id: int, comment_id: int) -> None:
        """Remove one comment. Raises NotFound."""
        with self._database.write() as tx:
            if not store.remove(tx, TASK, task_id, comment_id):
                raise NotFound("comment", comment_id)

    def remove_all(self, task_id: int) -> None:
        """Remove all comments of a task; there may be none."""
        with self._database.write() as tx:
            store.remove(tx, TASK, task_id, None)
