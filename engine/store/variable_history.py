"""The history of variables, deleted variable by variable; what is still alive is kept."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from engine.store import tables
from engine.store.transaction import WriteTransaction

_variable = tables.variable
_update = tables.variable_update


def delete_variable(tx: WriteTransaction, variable_id: int) -> bool:
    """Delete an ended variable and the values it had. Tells whether there was one."""
    return _delete(tx, _variable.c.id == variable_id) > 0


def delete_of_instance(tx: WriteTransaction, process_instance_id: int) -> int:
    """Delete the ended variables of a process instance and the values they had. Gives their number."""
    return _delete(tx, _variable.c.process_instance_id == process_instance_id)


def _delete(tx: WriteTransaction, which: ColumnElement[bool]) -> int:
    doomed = select(_variable.c.id).where(which, _variable.c.ended_at.is_not(None))
    tx.connection.execute(delete(_update).where(_update.c.variable_id.in_(doomed)))
    return tx.connection.execute(delete(_variable).where(which, _variable.c.ended_at.is_not(None))).rowcount
