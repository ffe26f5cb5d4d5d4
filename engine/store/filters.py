"""Saved queries in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from engine.store import tables
from engine.store.transaction import ReadTransaction, WriteTransaction

_filter = tables.saved_filter


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A query that is kept under a name. `filters`, `any_of` and `sorting` are JSON data, named as in REST."""

    id: int
    resource_type: str
    name: str
    owner: str | None
    filters: Mapping[str, Any]
    any_of: Sequence[Mapping[str, Any]]
    sorting: Sequence[Mapping[str, Any]]
    properties: Mapping[str, Any]


COLUMNS: Final = (
    _filter.c.id,
    _filter.c.resource_type,
    _filter.c.name,
    _filter.c.owner,
    _filter.c.query,
    _filter.c.properties,
)


def load(id: int, resource_type: str, name: str, owner: str | None, query: str, properties: str) -> SavedFilter:
    """A filter from its columns, in this order."""
    parts = json.loads(query)
    return SavedFilter(
        id, resource_type, name, owner, parts["filters"], parts["anyOf"], parts["sorting"], json.loads(properties)
    )


def find(tx: ReadTransaction, id: int) -> SavedFilter | None:
    """The filter with that id; None if there is none."""
    row = tx.connection.execute(select(*COLUMNS).where(_filter.c.id == id)).first()
    return None if row is None else load(*row)


def add(tx: WriteTransaction, row: SavedFilter) -> None:
    """Keep a new filter."""
    tx.connection.execute(insert(_filter).values(_parameters(row)))


def change(tx: WriteTransaction, row: SavedFilter) -> None:
    """Write a filter anew."""
    tx.connection.execute(update(_filter).where(_filter.c.id == row.id).values(_parameters(row)))


def remove(tx: WriteTransaction, id: int) -> None:
    """Delete a filter."""
    tx.connection.execute(delete(_filter).where(_filter.c.id == id))


def _parameters(row: SavedFilter) -> dict[str, Any]:
    return {
        "id": row.id,
        "resource_type": row.resource_type,
        "name": row.name,
        "owner": row.owner,
        "query": _dump({"filters": row.filters, "anyOf": row.any_of, "sorting": row.sorting}),
        "properties": _dump(row.properties),
    }


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
