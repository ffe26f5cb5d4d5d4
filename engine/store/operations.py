"""Notes that are kept with entries of the operation log; the entries themselves never change."""

from __future__ import annotations

from sqlalchemy import update

from engine.store import tables
from engine.store.transaction import WriteTransaction

_operation = tables.operation.c


def annotate(tx: WriteTransaction, operation_id: int, annotation: str | None) -> bool:
    """Keep a note with all entries of an operation, or take it away. Tells whether there are any."""
    statement = update(tables.operation).where(_operation.operation_id == operation_id)
    return tx.connection.execute(statement.values(annotation=annotation)).rowcount > 0
