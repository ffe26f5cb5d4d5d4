"""Comments: changed and removed after they were made."""

from __future__ import annotations

from engine.clock import Clock
from engine.core.state import UserTask
from engine.errors import BadRequest, NotFound
from engine.news import News, NewsDesk
from engine.services.operation_log import TASK_WORKER, Change, Entry, OperationLog
from engine.store import comments as store
from engine.store.database import Database
from engine.store.transaction import WriteTransaction

TASK = "user_task_id"


class Comments:
    """What can be done with comments of tasks. `Tasks.add_comment` makes them."""

    def __init__(self, database: Database, clock: Clock, log: OperationLog, news: NewsDesk) -> None:
        self._database, self._clock, self._log, self._news = database, clock, log, news

    def change(self, task_id: int, comment_id: int, message: str) -> None:
        """Say it in other words. Raises NotFound, BadRequest for no words at all."""
        if not message:
            raise BadRequest("A comment needs a message")
        self._log.prepare()
        with self._database.write() as tx:
            if not store.change(tx, TASK, task_id, comment_id, message, self._clock()):
                raise NotFound("comment", comment_id)
            self._note(tx, "UpdateComment", task_id, Change("comment", None, message))
        self._news.tell(News(tasks=frozenset([task_id])))

    def remove(self, task_id: int, comment_id: int) -> None:
        """Remove one comment. Raises NotFound."""
        self._log.prepare()
        with self._database.write() as tx:
            if not store.remove(tx, TASK, task_id, comment_id):
                raise NotFound("comment", comment_id)
            self._note(tx, "DeleteComment", task_id, Change("commentId", comment_id, None))
        self._news.tell(News(tasks=frozenset([task_id])))

    def remove_all(self, task_id: int) -> None:
        """Remove all comments of a task; there may be none."""
        self._log.prepare()
        with self._database.write() as tx:
            if store.remove(tx, TASK, task_id, None):
                self._note(tx, "DeleteComment", task_id)
        self._news.tell(News(tasks=frozenset([task_id])))

    def _note(self, tx: WriteTransaction, type: str, task_id: int, *changes: Change) -> None:
        (task,) = tx.select(UserTask, "id", [task_id], alive=False)
        self._log.note(tx, Entry(type, "Task", TASK_WORKER, changes, task))
