"""Who waits for a signal: subscriptions of instances and of definitions, found within a transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from engine.core.state import Subscription
from engine.core.subscriptions import SIGNAL
from engine.store.layouts import layout_of
from engine.store.tables import to_milliseconds
from engine.store.transaction import ReadTransaction

# ruff: noqa: S608  (the names in the statement are those of the table; all data goes in parameters)


def receivers(
    tx: ReadTransaction,
    name: str,
    tenants: Collection[str] | None,
    *,
    sent_at: datetime,
    after_id: int,
    limit: int,
) -> list[Subscription]:
    """The open subscriptions to a signal that were there when it was sent, in the order of ids, from `after_id` on."""
    layout = layout_of(Subscription, tx.dialect)
    conditions = f"{layout.one_of('name')} AND kind = {_mark(tx)} AND ended_at IS NULL"
    parameters: list[object] = [layout.many("name", [name]), SIGNAL]
    if tenants is not None:
        conditions += f" AND {layout.one_of('tenant_id')}"
        parameters.append(layout.many("tenant_id", tenants))
    conditions += f" AND id > {_mark(tx)} AND created_at <= {_mark(tx)}"
    parameters += [after_id, to_milliseconds(sent_at), limit]
    statement = f"SELECT {layout.selected} FROM subscription WHERE {conditions} ORDER BY id LIMIT {_mark(tx)}"
    return [layout.load(record) for record in tx.run(statement, parameters).fetchall()]


def subscribed(tx: ReadTransaction, execution_id: int, name: str) -> list[Subscription]:
    """The open subscriptions of an execution to a signal."""
    layout = layout_of(Subscription, tx.dialect)
    conditions = f"{layout.one_of('name')} AND kind = {_mark(tx)} AND ended_at IS NULL AND execution_id = {_mark(tx)}"
    statement = f"SELECT {layout.selected} FROM subscription WHERE {conditions} ORDER BY id"
    return [
        layout.load(record)
        for record in tx.run(statement, [layout.many("name", [name]), SIGNAL, execution_id]).fetchall()
    ]


def _mark(tx: ReadTransaction) -> str:
    return "%s" if tx.dialect == "postgresql" else "?"
