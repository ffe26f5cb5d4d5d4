"""Definitions in versions, found within a transaction: by id, by key, and by what else tells versions apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Select, Table, func, select, tuple_, update

from engine.store.transaction import ReadTransaction, WriteTransaction

NO_TENANT = ""


class Versioned(Protocol):
    """One version of something that is deployed under a key. Versions count from 1 by key and tenant ("" for none)."""

    @property
    def id(self) -> int:
        """Of this version alone."""

    @property
    def key(self) -> str:
        """What all versions have in common."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def tenant_id(self) -> str:
        """Whose it is."""


V = TypeVar("V", bound=Versioned)


class Versions(Generic[V]):
    """The table of one kind of definition, with columns named as the fields of its rows."""

    def __init__(self, table: Table, row_type: type[V]) -> None:
        self._table, self._row_type = table, row_type
        self._c = table.c

    # --- one of them ------------------------------------------------------------------------------------------------

    def find(self, tx: ReadTransaction, id: int) -> V | None:
        """The definition with this id."""
        return self._first(tx, select(self._table).where(self._c.id == id))

    def latest(self, tx: ReadTransaction, key: str, tenant_id: str = NO_TENANT) -> V | None:
        """The definition of this key and tenant with the highest version."""
        return self._first(tx, self._newest_first(key, tenant_id))

    def by_version(self, tx: ReadTransaction, key: str, version: int, tenant_id: str = NO_TENANT) -> V | None:
        """The definition of this key and tenant with exactly this version."""
        return self._first(tx, self._newest_first(key, tenant_id).where(self._c.version == version))

    def by_version_tag(self, tx: ReadTransaction, key: str, version_tag: str, tenant_id: str = NO_TENANT) -> V | None:
        """Of the definitions of this key and tenant with this version tag the one with the highest version."""
        return self._first(tx, self._newest_first(key, tenant_id).where(self._c.version_tag == version_tag))

    def by_deployment(self, tx: ReadTransaction, key: str, deployment_id: int, tenant_id: str = NO_TENANT) -> V | None:
        """The definition of this key and tenant in this deployment."""
        return self._first(tx, self._newest_first(key, tenant_id).where(self._c.deployment_id == deployment_id))

    # --- several ----------------------------------------------------------------------------------------------------

    def find_many(self, tx: ReadTransaction, ids: Collection[int]) -> list[V]:
        """The definitions with these ids, in their order."""
        return self._all(tx, select(self._table).where(self._c.id.in_(ids)).order_by(self._c.id))

    def of_deployment(self, tx: ReadTransaction, deployment_id: int) -> list[V]:
        """The definitions of a deployment, in the order in which they were written."""
        return self._all(tx, select(self._table).where(self._c.deployment_id == deployment_id).order_by(self._c.id))

    def of_key(self, tx: ReadTransaction, key: str, tenant_id: str = NO_TENANT) -> list[V]:
        """All versions of this key and tenant, the oldest first."""
        statement = select(self._table).where(self._c.key == key, self._c.tenant_id == tenant_id)
        return self._all(tx, statement.order_by(self._c.version))

    def latest_of_each(self, tx: ReadTransaction, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], V]:
        """The latest definition of each (key, tenant), in one statement; those without any are absent."""
        if not keys:
            return {}
        group = (self._c.tenant_id, self._c.key)
        wanted = [(tenant_id, key) for key, tenant_id in keys]
        newest = select(*group, func.max(self._c.version)).where(tuple_(*group).in_(wanted)).group_by(*group)
        statement = select(self._table).where(tuple_(*group, self._c.version).in_(newest))
        return {(row.key, row.tenant_id): row for row in self._all(tx, statement)}

    def tenants_of_key(self, tx: ReadTransaction, key: str) -> list[str]:
        """The tenants ("" for none) that have a definition of this key, in alphabetical order."""
        statement = select(self._c.tenant_id).where(self._c.key == key).distinct()
        return list(tx.connection.execute(statement.order_by(self._c.tenant_id)).scalars())

    def newest_versions(self, tx: ReadTransaction, keys: Collection[str], tenant_id: str = NO_TENANT) -> dict[str, int]:
        """The highest version of each key that has any."""
        if not keys:
            return {}
        newest = (
            select(self._c.key, func.max(self._c.version))
            .where(self._c.key.in_(keys), self._c.tenant_id == tenant_id)
            .group_by(self._c.key)
        )
        return {key: version for key, version in tx.connection.execute(newest)}  # noqa: C416  (rows are not pairs to mypy)

    # --- changing ---------------------------------------------------------------------------------------------------

    def set_history_time_to_live(self, tx: WriteTransaction, id: int, days: int | None) -> None:
        """Set how many days the history of what it is used for is kept; None: for ever."""
        tx.connection.execute(update(self._table).where(self._c.id == id).values(history_time_to_live=days))

    # --- rows -------------------------------------------------------------------------------------------------------

    def _newest_first(self, key: str, tenant_id: str) -> Select[Any]:
        return (
            select(self._table)
            .where(self._c.key == key, self._c.tenant_id == tenant_id)
            .order_by(self._c.version.desc())
            .limit(1)
        )

    def _all(self, tx: ReadTransaction, statement: Select[Any]) -> list[V]:
        return [self._row_type(**record) for record in tx.connection.execute(statement).mappings()]

    def _first(self, tx: ReadTransaction, statement: Select[Any]) -> V | None:
        record = tx.connection.execute(statement).mappings().first()
        return None if record is None else self._row_type(**record)
