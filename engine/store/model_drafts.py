"""Drafts of models: what people draw and have not deployed, each person's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from engine.store import tables
from engine.store.transaction import ReadTransaction, WriteTransaction

_draft = tables.model_draft
_LISTED = (_draft.c.id, _draft.c.name, _draft.c.file_names, _draft.c.bytes, _draft.c.revision, _draft.c.saved_at)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft without its files; `file_names` is a JSON list. `revision` counts how often its files were saved."""

    id: int
    name: str
    file_names: str
    bytes: int
    revision: int
    saved_at: datetime


def of_user(tx: ReadTransaction, user_id: str) -> Sequence[DraftRow]:
    """A user's drafts, the one saved last first."""
    query = select(*_LISTED).where(_draft.c.user_id == user_id).order_by(_draft.c.saved_at.desc(), _draft.c.id.desc())
    return [DraftRow(*row) for row in tx.connection.execute(query)]


def find(tx: ReadTransaction, user_id: str, id: int) -> tuple[DraftRow, str] | None:
    """One draft and its files as JSON; None if it is not there or somebody else's."""
    query = select(*_LISTED, _draft.c.files).where(_draft.c.user_id == user_id, _draft.c.id == id)
    row = tx.connection.execute(query).first()
    return None if row is None else (DraftRow(*row[:-1]), row.files)


def add(tx: WriteTransaction, user_id: str, row: DraftRow, files: str) -> None:
    """Save a new draft."""
    tx.connection.execute(insert(_draft).values(**_values(row), id=row.id, user_id=user_id, name=row.name, files=files))


def change(tx: WriteTransaction, user_id: str, row: DraftRow, files: str) -> bool:
    """Save the files of a draft that is one revision older than `row`; False if there is no such one."""
    where = (_draft.c.user_id == user_id, _draft.c.id == row.id, _draft.c.revision == row.revision - 1)
    return tx.connection.execute(update(_draft).where(*where).values(**_values(row), files=files)).rowcount == 1


def rename(tx: WriteTransaction, user_id: str, id: int, name: str) -> bool:
    """Give a draft another name; False if there is no such one."""
    where = (_draft.c.user_id == user_id, _draft.c.id == id)
    return tx.connection.execute(update(_draft).where(*where).values(name=name)).rowcount == 1


def remove(tx: WriteTransaction, user_id: str, id: int) -> None:
    """Delete a draft; there may be none."""
    tx.connection.execute(delete(_draft).where(_draft.c.user_id == user_id, _draft.c.id == id))


def held(tx: ReadTransaction, user_id: str) -> tuple[int, int]:
    """How many drafts a user has, and how many bytes they have together."""
    query = select(func.count(), func.coalesce(func.sum(_draft.c.bytes), 0)).where(_draft.c.user_id == user_id)
    count, size = tx.connection.execute(query).one()
    return int(count), int(size)


def _values(row: DraftRow) -> dict[str, object]:
    return {
        "file_names": row.file_names,
        "bytes": row.bytes,
        "revision": row.revision,
        "saved_at": row.saved_at,
    }
