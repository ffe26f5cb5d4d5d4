"""Attachments of tasks: removed after they were put there."""

from __future__ import annotations

from engine.core.state import UserTask
from engine.errors import NotFound
from engine.news import News, NewsDesk
from engine.services.operation_log import TASK_WORKER, Change, Entry, OperationLog
from engine.store import attachments as store
from engine.store.database import Database


class Attachments:
    """What can be done with attachments of tasks. `Tasks.add_attachment` puts them there."""

    def __init__(self, database: Database, log: OperationLog, news: NewsDesk) -> None:
        self._database, self._log, self._news = database, log, news

    def remove(self, task_id: int, attachment_id: int) -> None:
        """Remove one attachment, of an ended task too. Raises NotFound."""
        self._log.prepare()
        with self._database.write() as tx:
            name = store.remove(tx, task_id, attachment_id)
            if name is None:
                raise NotFound(
                    "attachment",
                    attachment_id,
                    f"Deletion is not possible. No attachment exists for task id '{task_id}' and attachment id "
                    f"'{attachment_id}'.",
                )
            (task,) = tx.select(UserTask, "id", [task_id], alive=False)
            self._log.note(tx, Entry("DeleteAttachment", "Attachment", TASK_WORKER, [Change("name", name, None)], task))
        self._news.tell(News(tasks=frozenset([task_id])))
