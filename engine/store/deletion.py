"""Deletes process instances with all that belongs to them, by a fixed number of statements however many they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from engine.core.state import (
    Batch,
    BatchPart,
    DecisionInput,
    DecisionInstance,
    DecisionOutput,
    Incident,
    Job,
    JobDefinition,
    JobLog,
    Message,
    Operation,
    ProcessInstance,
    Row,
    Subscription,
    UserTask,
    Variable,
)
from engine.store.layouts import layout_of
from engine.store.tables import TABLES
from engine.store.transaction import ReadTransaction, WriteTransaction

# ruff: noqa: S608  (the names in the statements are those of the tables; all data goes in parameters)


def _kinds_with(column: str) -> list[type[Row]]:
    """The kinds of row with that column that go with what it names: what people did outlives what they delete."""
    return [row_type for row_type, table in TABLES.items() if column in table.columns and row_type is not Operation]


_IN_AN_INSTANCE: Final = _kinds_with("process_instance_id")
_AT_A_TASK: Final = _kinds_with("user_task_id")
_AT_A_DEFINITION: Final = (Job, JobLog, Incident, Subscription)
"""What may belong to a definition but to none of its instances: what starts some, and what is said of that."""


def delete_history(tx: WriteTransaction, process_instance_ids: Collection[int]) -> None:
    """Delete these process instances and all that they called, living or ended, without running anything.

    Their roots are locked first, so that no step of theirs is under way.
    """
    _delete_trees(tx, "id", process_instance_ids)


def delete_instances(tx: WriteTransaction, definition_ids: Collection[int]) -> None:
    """Delete all instances of these definitions as `delete_history` does, and what would start more of them.

    An instance that is left and had called one of them waits for it in vain: see `waiting_callers`.
    """
    _delete_trees(tx, "definition_id", definition_ids)
    if definition_ids:
        for row_type in _AT_A_DEFINITION:
            _delete(tx, row_type, "definition_id", definition_ids, " AND process_instance_id IS NULL")


def delete_ended_instances(tx: WriteTransaction, ids: Collection[int]) -> None:
    """Delete process instances that have ended, each without what it called, and what people did to them too.

    What somebody did to delete the history of another one is kept: there is nothing else left of that.
    """
    if ids:
        for row_type in (*_IN_AN_INSTANCE, Operation):
            _delete(tx, row_type, "process_instance_id", ids)
        _delete(tx, ProcessInstance, "id", ids)


def delete_jobs(tx: WriteTransaction, job_ids: Collection[int]) -> None:
    """Delete jobs that have ended; what their log says of them is kept."""
    if job_ids:
        _delete(tx, Job, "id", job_ids)


def delete_jobs_outside(tx: WriteTransaction, job_ids: Collection[int]) -> None:
    """Delete jobs that belong to no process instance, with what is said of them."""
    if job_ids:
        _delete(tx, JobLog, "job_id", job_ids)
        _delete(tx, Job, "id", job_ids)


def delete_batches(tx: WriteTransaction, batch_ids: Collection[int], *, with_operations: bool = False) -> None:
    """Delete these batches, living or ended, with their jobs, what is said of these, and all else that is theirs.

    `with_operations`: with what people did to them, too.
    """
    if not batch_ids:
        return
    if with_operations:
        _delete(tx, Operation, "batch_id", batch_ids)
    # Their jobs are in no instance. They are locked in the order in which steps lock them.
    sources = _first_column(_run_on(tx, "SELECT id FROM job_definition WHERE {}", JobDefinition, "batch_id", batch_ids))
    theirs = "SELECT id FROM job WHERE process_instance_id IS NULL AND {} ORDER BY id"
    locking = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    found = _first_column(_run_on(tx, theirs + locking, Job, "job_definition_id", sources)) if sources else []
    if found:
        _delete(tx, JobLog, "job_id", found)
        _delete(tx, Job, "id", found)
    if sources:
        _delete(tx, Incident, "job_definition_id", sources, " AND process_instance_id IS NULL")
    for row_type in (JobDefinition, BatchPart):
        _delete(tx, row_type, "batch_id", batch_ids)
    _delete(tx, Batch, "id", batch_ids)


def delete_messages(tx: WriteTransaction, message_ids: Collection[int]) -> None:
    """Delete messages that are neither kept nor remembered any more, with their jobs and what is said of these."""
    if not message_ids:
        return
    found = _first_column(_run_on(tx, "SELECT job_id FROM message WHERE {}", Message, "id", message_ids))
    if found:
        _delete(tx, JobLog, "job_id", found)
        _delete(tx, Job, "id", found)
        _delete(tx, Message, "id", message_ids)


def delete_tasks(tx: WriteTransaction, user_task_ids: Collection[int]) -> None:
    """Delete tasks that belong to no process instance, with their variables, links and comments."""
    if user_task_ids:
        for row_type in _AT_A_TASK:
            _delete(tx, row_type, "user_task_id", user_task_ids)
        _delete(tx, UserTask, "id", user_task_ids)


def delete_decisions(tx: WriteTransaction, ids: Collection[int]) -> None:
    """Delete decisions that were made, with their inputs and outputs; those that they needed stay."""
    if ids:
        for row_type in (DecisionInput, DecisionOutput):
            _delete(tx, row_type, "decision_instance_id", ids)
        _delete(tx, DecisionInstance, "id", ids)


def delete_decisions_by(tx: WriteTransaction, decision_ids: Collection[int]) -> None:
    """Delete all that was decided by these decision definitions."""
    if not decision_ids:
        return
    made = layout_of(DecisionInstance, tx.dialect)
    parameters = [made.many("decision_id", decision_ids)]
    theirs = f"SELECT id FROM {made.table.name} WHERE {made.one_of('decision_id')}"
    for row_type in (DecisionInput, DecisionOutput):
        found = layout_of(row_type, tx.dialect)
        tx.run(f"DELETE FROM {found.table.name} WHERE decision_instance_id IN ({theirs})", parameters)
    tx.run(f"DELETE FROM {made.table.name} WHERE {made.one_of('decision_id')}", parameters)


def delete_ended_variables(tx: WriteTransaction, scope_ids: Collection[int]) -> None:
    """Delete the variables of scopes that have ended: for whoever keeps no history of variables."""
    if scope_ids:
        layout = layout_of(Variable, tx.dialect)
        tx.run(
            f"DELETE FROM loop_output WHERE variable_id IN (SELECT id FROM variable WHERE {layout.one_of('scope_id')})",
            [layout.many("scope_id", scope_ids)],
        )
        _delete(tx, Variable, "scope_id", scope_ids)


def count_living(tx: ReadTransaction, definition_ids: Collection[int]) -> int:
    """How many instances of these definitions are alive."""
    statement = f"SELECT count(*) FROM process_instance WHERE {_among(tx, 'definition_id')} AND ended_at IS NULL"
    ((count,),) = tx.run(statement, [_many(tx, "definition_id", definition_ids)])
    return int(count)


def waiting_callers(tx: ReadTransaction, definition_ids: Collection[int]) -> list[int]:
    """The living instances of other definitions that wait for an instance of one of these, by id."""
    statement = (
        f"SELECT DISTINCT parent_id FROM process_instance WHERE {_among(tx, 'definition_id')} "
        "AND ended_at IS NULL AND parent_id IS NOT NULL"
    )
    callers = _first_column(tx.run(statement, [_many(tx, "definition_id", definition_ids)]))
    return [
        caller.id for caller in tx.select(ProcessInstance, "id", callers) if caller.definition_id not in definition_ids
    ]


def _delete_trees(tx: WriteTransaction, column: str, values: Collection[int]) -> None:
    if not values:
        return
    parameters = [_many(tx, column, values)]
    roots = f"SELECT DISTINCT root_id FROM process_instance WHERE {_among(tx, column)}"
    tx.lock_roots(_first_column(tx.run(roots, parameters)))
    tree = (
        f"WITH RECURSIVE tree (member) AS (SELECT id FROM process_instance WHERE {_among(tx, column)} "
        "UNION SELECT id FROM tree CROSS JOIN process_instance WHERE parent_id = member) SELECT member FROM tree"
    )
    members = _first_column(tx.run(tree, parameters))
    if members:
        for row_type in _IN_AN_INSTANCE:
            _delete(tx, row_type, "process_instance_id", members)
        _delete(tx, ProcessInstance, "id", members)


def _delete(
    tx: WriteTransaction, row_type: type[Row], column: str, values: Collection[int], condition: str = ""
) -> None:
    layout = layout_of(row_type, tx.dialect)
    tx.run(
        f"DELETE FROM {layout.table.name} WHERE {layout.one_of(column)}{condition}",
        [layout.many(column, values)],
    )


def _run_on(tx: ReadTransaction, text: str, row_type: type[Row], column: str, values: Collection[int]) -> Any:
    """Send a statement whose one gap is the condition that a column has one of the values."""
    layout = layout_of(row_type, tx.dialect)
    return tx.run(text.format(layout.one_of(column)), [layout.many(column, values)])


def _among(tx: ReadTransaction, column: str) -> str:
    return layout_of(ProcessInstance, tx.dialect).one_of(column)


def _many(tx: ReadTransaction, column: str, values: Collection[int]) -> Any:
    return layout_of(ProcessInstance, tx.dialect).many(column, values)


def _first_column(records: Iterable[Any]) -> list[int]:
    return [record[0] for record in records]
