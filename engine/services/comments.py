"""Comments: changed and removed after they were made."""

from __future__ import annotations

from engine.clock import Clock
from engine.core.state import ProcessInstance, UserTask
from engine.errors import BadRequest, NotFound
from engine.news import News, NewsDesk
from engine.services.operation_log import OPERATOR, TASK_WORKER, Change, Entry, OperationLog
from engine.store import comments as store
from engine.store.database import Database
from engine.store.transaction import WriteTransaction

TASK, INSTANCE = "user_task_id", "process_instance_id"


class Comments:
    """What can be done with comments: those of a task, or (`instance`) of a process instance and its tasks.

    `Tasks.add_comment` makes them.
    """

    def __init__(self, database: Database, clock: Clock, log: OperationLog, news: NewsDesk) -> None:
        self._database, self._clock, self._log, self._news = database, clock, log, news

    def change(self, owner_id: int, comment_id: int, message: str, *, instance: bool = False) -> None:
        """Say it in other words. Raises NotFound, BadRequest for no words at all."""
        if not message:
            raise BadRequest("A comment needs a message")
        self._log.prepare()
        with self._database.write() as tx:
            if not store.change(tx, _column(instance), owner_id, comment_id, message, self._clock()):
                raise NotFound("comment", comment_id)
            self._note(tx, "UpdateComment", owner_id, instance, Change("comment", None, message))
        self._news.tell(_news(owner_id, instance))

    def remove(self, owner_id: int, comment_id: int, *, instance: bool = False) -> None:
        """Remove one comment. Raises NotFound."""
        self._log.prepare()
        with self._database.write() as tx:
            if not store.remove(tx, _column(instance), owner_id, comment_id):
                raise NotFound("comment", comment_id)
            self._note(tx, "DeleteComment", owner_id, instance, Change("commentId", comment_id, None))
        self._news.tell(_news(owner_id, instance))

    def remove_all(self, owner_id: int, *, instance: bool = False) -> None:
        """Remove all comments; there may be none."""
        self._log.prepare()
        with self._database.write() as tx:
            if store.remove(tx, _column(instance), owner_id, None):
                self._note(tx, "DeleteComment", owner_id, instance)
        self._news.tell(_news(owner_id, instance))

    def _note(self, tx: WriteTransaction, type: str, owner_id: int, instance: bool, *changes: Change) -> None:
        if instance:
            (about,) = tx.select(ProcessInstance, "id", [owner_id], alive=False)
            self._log.note(tx, Entry(type, "ProcessInstance", OPERATOR, changes, about))
        else:
            (task,) = tx.select(UserTask, "id", [owner_id], alive=False)
            self._log.note(tx, Entry(type, "Task", TASK_WORKER, changes, task))


def _column(instance: bool) -> str:
    return INSTANCE if instance else TASK


def _news(owner_id: int, instance: bool) -> News:
    ids = frozenset([owner_id])
    return News(instances=ids) if instance else News(tasks=ids)
