"""Notices, as whom they are for sees them: those of tasks that they may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, union, update

from engine.store import tables
from engine.store.query.conditions import NOW
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query, Resource
from engine.store.query.tasks import HISTORIC_TASKS, TASKS
from engine.store.query.views import TaskView
from engine.store.transaction import ReadTransaction, WriteTransaction

_table = tables.notice
_notice = _table.c
_task = tables.user_task.c
_definition = tables.process_definition.c
_comment = tables.comment.c


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What is new for somebody: what kind of thing, at which task, and who did it; `message` is what a comment says."""

    id: int
    kind: str
    task_id: int
    task_name: str | None
    process_name: str | None
    actor_id: str | None
    message: str | None
    created_at: datetime
    read_at: datetime | None


def newest(tx: ReadTransaction, user_id: str, viewer: Viewer | None, now: datetime, limit: int) -> list[NoticeView]:
    """Of the last `limit` notices for a user those of tasks that the viewer may see, the newest first."""
    source = (
        _table.join(tables.user_task, _task.id == _notice.user_task_id)
        .outerjoin(tables.process_definition, _definition.id == _task.definition_id)
        .outerjoin(tables.comment, _comment.id == _notice.comment_id)
    )
    statement = (
        select(
            _notice.id,
            _notice.kind,
            _notice.user_task_id,
            _task.name,
            _definition.name,
            _notice.actor_id,
            _comment.message,
            _notice.created_at,
            _notice.read_at,
        )
        .select_from(source)
        .where(_notice.user_id == user_id)
        .order_by(_notice.created_at.desc(), _notice.id.desc())
        .limit(limit)
    )
    found = [NoticeView(*row) for row in tx.connection.execute(statement)]
    seen = _seen(tx, {each.task_id for each in found}, viewer, now) if found else set()
    return [each for each in found if each.task_id in seen]


def _seen(tx: ReadTransaction, task_ids: Collection[int], viewer: Viewer | None, now: datetime) -> set[int]:
    def among(tasks: Resource[TaskView]) -> ColumnElement[bool]:
        return tasks.where(Query(), viewer) & tasks.id.in_(task_ids)

    lists = (select(each.id).select_from(each.source).where(among(each)) for each in (TASKS, HISTORIC_TASKS))
    return set(tx.connection.execute(union(*lists), {NOW.key: now}).scalars())


def mark_read(tx: WriteTransaction, user_id: str, ids: Collection[int] | None, at: datetime) -> bool:
    """Say that a user has seen these of their notices, or with None all. Tells whether that is new of any."""
    statement = update(_table).where(_notice.user_id == user_id, _notice.read_at.is_(None))
    if ids is not None:
        statement = statement.where(_notice.id.in_(ids))
    return tx.connection.execute(statement.values(read_at=at)).rowcount > 0


def remove_of(tx: WriteTransaction, user_id: str) -> None:
    """Delete all notices for a user."""
    tx.connection.execute(delete(_table).where(_notice.user_id == user_id))


def remove_of_comments(tx: WriteTransaction, column: str, owner_id: int, comment_id: int | None) -> None:
    """Delete the notices of one comment of that task or process instance, or of all of its comments."""
    statement = delete(_table).where(_notice[column] == owner_id, _notice.comment_id.is_not(None))
    if comment_id is not None:
        statement = statement.where(_notice.comment_id == comment_id)
    tx.connection.execute(statement)
