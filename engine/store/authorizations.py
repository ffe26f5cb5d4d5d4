"""Authorizations in the database, and the number by which processes notice that they have changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.authorization import Authorization, AuthorizationType, Resource
from engine.store import tables
from engine.store.transaction import ReadTransaction, WriteTransaction

_rule = tables.authorization_rule
_counter = tables.change_counter

_COLUMNS: Final = (
    _rule.c.id,
    _rule.c.type,
    _rule.c.user_id,
    _rule.c.group_id,
    _rule.c.resource,
    _rule.c.resource_id,
    _rule.c.permissions,
)
_NAME: Final = "authorizations"


def load(
    id: int,
    type: int,
    user_id: str | None,
    group_id: str | None,
    resource: int,
    resource_id: str | None,
    permissions: int,
) -> Authorization:
    """An authorization from its columns, in this order."""
    return Authorization(
        id, AuthorizationType(type), user_id, group_id, Resource(resource), resource_id, int(permissions)
    )


def version(tx: ReadTransaction) -> int:
    """How often authorizations have been changed."""
    return int(tx.connection.execute(select(_counter.c.changes).where(_counter.c.name == _NAME)).scalar() or 0)


def concerning(tx: ReadTransaction, users: Collection[str], groups: Collection[str]) -> list[Authorization]:
    """The authorizations of users, of groups, and those of everybody."""
    whose: list[ColumnElement[bool]] = [_rule.c.type == AuthorizationType.GLOBAL.value]
    if users:
        whose.append(_rule.c.user_id.in_(sorted(users)))
    if groups:
        whose.append(_rule.c.group_id.in_(sorted(groups)))
    return [load(*row) for row in tx.connection.execute(select(*_COLUMNS).where(or_(*whose)).order_by(_rule.c.id))]


def find(tx: ReadTransaction, id: int) -> Authorization | None:
    """The authorization with that id; None if there is none."""
    row = tx.connection.execute(select(*_COLUMNS).where(_rule.c.id == id)).first()
    return None if row is None else load(*row)


def find_same(tx: ReadTransaction, row: Authorization) -> Authorization | None:
    """The authorization of the same type for the same one on the same thing; None if there is none."""
    same = (
        _rule.c.type == row.type.value,
        _rule.c.user_id.is_not_distinct_from(row.user_id),
        _rule.c.group_id.is_not_distinct_from(row.group_id),
        _rule.c.resource == row.resource.value,
        _rule.c.resource_id.is_not_distinct_from(row.resource_id),
    )
    found = tx.connection.execute(select(*_COLUMNS).where(*same)).first()
    return None if found is None else load(*found)


def add(tx: WriteTransaction, rows: Collection[Authorization]) -> None:
    """Write new authorizations. Raises RowConflict where there is one of that type for the same one and thing."""
    if rows:
        tx.connection.execute(insert(_rule), [_parameters(row) for row in rows])
        _count(tx)


def change(tx: WriteTransaction, row: Authorization) -> bool:
    """Write an authorization anew. Tells whether it is there. Raises RowConflict."""
    found = tx.connection.execute(update(_rule).where(_rule.c.id == row.id).values(_parameters(row))).rowcount > 0
    if found:
        _count(tx)
    return found


def remove(tx: WriteTransaction, id: int) -> bool:
    """Delete an authorization. Tells whether it was there."""
    return bool(_remove(tx, _rule.c.id == id))


def remove_about(tx: WriteTransaction, resource: Resource, resource_ids: Collection[str]) -> set[int]:
    """Delete what is about these things, for they are no more. Gives the ids of what there was."""
    if not resource_ids:
        return set()
    return _remove(tx, _rule.c.resource == resource.value, _rule.c.resource_id.in_(sorted(resource_ids)))


def remove_of(tx: WriteTransaction, *, user_id: str | None = None, group_id: str | None = None) -> set[int]:
    """Delete what a user or a group has, for there is no such one any more. Gives the ids of what there was."""
    return _remove(tx, _rule.c.user_id == user_id if user_id is not None else _rule.c.group_id == group_id)


def _remove(tx: WriteTransaction, *conditions: ColumnElement[bool]) -> set[int]:
    found = set(tx.connection.execute(delete(_rule).where(*conditions).returning(_rule.c.id)).scalars())
    if found:
        _count(tx)
    return found


def _parameters(row: Authorization) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type.value,
        "user_id": row.user_id,
        "group_id": row.group_id,
        "resource": row.resource.value,
        "resource_id": row.resource_id,
        "permissions": row.permissions,
    }


def _count(tx: WriteTransaction) -> None:
    dialect = sqlite if tx.dialect == "sqlite" else postgresql
    first = dialect.insert(_counter).values(name=_NAME, changes=1)
    tx.connection.execute(
        first.on_conflict_do_update(index_elements=["name"], set_={"changes": _counter.c.changes + 1})
    )
