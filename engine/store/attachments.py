"""Attachments of tasks, removed and read; commands put them there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from engine.store import tables
from engine.store.query.removal import removal_of
from engine.store.query.views import AttachmentView
from engine.store.transaction import WriteTransaction

_attachment = tables.attachment.c

_VIEW: Select[Any] = select(
    _attachment.id,
    _attachment.user_task_id,
    _attachment.process_instance_id,
    _attachment.root_id,
    _attachment.user_id,
    _attachment.name,
    _attachment.description,
    _attachment.type,
    _attachment.url,
    _attachment.created_at,
    removal_of(_attachment.process_instance_id),
)


def of_task(connection: Connection, task_id: int, attachment_id: int | None = None) -> list[AttachmentView]:
    """The attachments of a task, or that one, the oldest first; without their contents."""
    statement = _VIEW.where(_attachment.user_task_id == task_id)
    if attachment_id is not None:
        statement = statement.where(_attachment.id == attachment_id)
    return [AttachmentView(*row) for row in connection.execute(statement.order_by(_attachment.id))]


def content(connection: Connection, task_id: int, attachment_id: int) -> bytes | None:
    """The content of an attachment; None if there is no such attachment, or it has none."""
    statement = select(_attachment.content)
    wanted = (_attachment.user_task_id == task_id, _attachment.id == attachment_id)
    return connection.execute(statement.where(*wanted)).scalar()


def attached_tasks(connection: Connection, task_ids: Collection[int]) -> set[int]:
    """Which of the tasks have attachments."""
    statement = select(_attachment.user_task_id).where(_attachment.user_task_id.in_(task_ids)).distinct()
    return set(connection.execute(statement).scalars())


def remove(tx: WriteTransaction, task_id: int, attachment_id: int) -> str | None:
    """Delete an attachment of a task. Gives its name ("" if it has none); None if there was no such attachment."""
    statement = delete(tables.attachment).where(_attachment.user_task_id == task_id, _attachment.id == attachment_id)
    row = tx.connection.execute(statement.returning(_attachment.name)).first()
    return None if row is None else row.name or ""
