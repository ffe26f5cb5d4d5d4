"""Comments, changed and removed by those who may; they are part of no step of a process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update

from engine.store import notices, tables
from engine.store.transaction import WriteTransaction

_comment = tables.comment


def change(tx: WriteTransaction, column: str, owner_id: int, comment_id: int, message: str, at: datetime) -> bool:
    """Set the words of one comment of that task or process instance. Tells whether there is one."""
    statement = update(_comment).where(_comment.c.id == comment_id, _comment.c[column] == owner_id)
    return tx.connection.execute(statement.values(message=message, created_at=at)).rowcount > 0


def remove(tx: WriteTransaction, column: str, owner_id: int, comment_id: int | None) -> bool:
    """Delete one comment of that task or process instance, or all. Tells whether there was any."""
    statement = delete(_comment).where(_comment.c[column] == owner_id)
    if comment_id is not None:
        statement = statement.where(_comment.c.id == comment_id)
    notices.remove_of_comments(tx, column, owner_id, comment_id)
    return tx.connection.execute(statement).rowcount > 0
