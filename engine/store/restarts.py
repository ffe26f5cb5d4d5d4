"""What is known of ended process instances that are to be restarted."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import func, select

from engine.core.state import ProcessInstance, Variable, VariableUpdate
from engine.store.tables import element_instance, process_instance, variable_update
from engine.store.transaction import ReadTransaction

Values = dict[int, dict[str, object]]
"""The values of variables by process instance and name."""


def past_instances(tx: ReadTransaction, ids: Collection[int]) -> dict[int, ProcessInstance]:
    """The process instances with these ids, running or ended."""
    return {row.id: row for row in tx.select(ProcessInstance, "id", ids, alive=False)}


def last_values(tx: ReadTransaction, instance_ids: Collection[int]) -> Values:
    """The variables of the instances themselves, as they were when these ended."""
    rows = tx.select(Variable, "scope_id", instance_ids, alive=False)
    return _by_instance(row for row in rows if not row.deleted)


def first_values(tx: ReadTransaction, instance_ids: Collection[int]) -> Values:
    """The variables of the instances themselves, as they were before the first element was entered.

    Only the history level "full" keeps them.
    """
    update, instance, element = variable_update.c, process_instance.c, element_instance.c
    entered = (
        select(func.min(element.id))
        .where(element.process_instance_id == update.process_instance_id)
        .correlate(variable_update)
        .scalar_subquery()
    )
    query = (
        select(update.id)
        .select_from(variable_update.join(process_instance, instance.id == update.process_instance_id))
        .where(
            update.process_instance_id.in_(instance_ids),
            update.at == instance.started_at,
            update.element_instance_id.is_(None),
            update.user_task_id.is_(None),
            update.id < func.coalesce(entered, update.id + 1),
        )
    )
    ids = tx.connection.execute(query).scalars().all()
    return _by_instance(tx.select(VariableUpdate, "id", ids, alive=False))


def _by_instance(rows: Iterable[Variable | VariableUpdate]) -> Values:
    found: Values = {}
    for row in rows:
        found.setdefault(row.process_instance_id or 0, {})[row.name] = row.value
    return found
