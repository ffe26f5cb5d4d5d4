"""Drafts of forms: one for each person and task, or start form."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.store import tables
from engine.store.transaction import ReadTransaction, WriteTransaction

_draft = tables.form_draft
_task = tables.user_task.c

TASK: Final = "user_task_id"
DEFINITION: Final = "definition_id"


def find(tx: ReadTransaction, user_id: str, column: str, owner_id: int) -> tuple[str, datetime] | None:
    """The data of a draft and when it was saved; None if there is none, or if its task has ended."""
    query = select(_draft.c.data, _draft.c.saved_at).where(_draft.c.user_id == user_id, _draft.c[column] == owner_id)
    if column == TASK:
        query = query.where(_is_open())
    row = tx.connection.execute(query).first()
    return None if row is None else (row.data, row.saved_at)


def keep(tx: WriteTransaction, id: int, user_id: str, column: str, owner_id: int, data: str, at: datetime) -> None:
    """Save a draft, instead of an earlier one; `id` is for a new one. Drafts of the user's ended tasks go."""
    tx.connection.execute(
        delete(_draft).where(_draft.c.user_id == user_id, _draft.c.user_task_id.is_not(None), ~_is_open())
    )
    dialect = sqlite if tx.dialect == "sqlite" else postgresql
    row = {"id": id, "user_id": user_id, column: owner_id, "data": data, "saved_at": at}
    insertion = dialect.insert(_draft).values(row)
    changed = {"data": data, "saved_at": at}
    tx.connection.execute(insertion.on_conflict_do_update(index_elements=["user_id", column], set_=changed))


def remove(tx: WriteTransaction, column: str, owner_id: int, user_id: str | None) -> None:
    """Delete a user's draft, or with None those of all users."""
    statement = delete(_draft).where(_draft.c[column] == owner_id)
    if user_id is not None:
        statement = statement.where(_draft.c.user_id == user_id)
    tx.connection.execute(statement)


def count(tx: ReadTransaction, user_id: str) -> int:
    """How many drafts a user has."""
    return len(tx.connection.execute(select(_draft.c.id).where(_draft.c.user_id == user_id)).all())


def _is_open() -> ColumnElement[bool]:
    return exists().where(_task.id == _draft.c.user_task_id, _task.ended_at.is_(None))
