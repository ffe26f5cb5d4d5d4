"""Deletion takes whole trees and nothing else, in a fixed number of statements."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from engine.core.state import (
    ROW_TYPES,
    Comment,
    IdentityLink,
    Incident,
    Job,
    JobLog,
    ProcessInstance,
    UserTask,
    Variable,
)
from engine.store.database import Database
from engine.store.deletion import delete_ended_variables, delete_history, delete_instances, delete_tasks
from engine.store.tables import TABLES
from tests.store.samples import IN_A_TREE, NOW, Tree, a_tree, ids, save


def rows_left(db: Database) -> dict[str, int]:
    with db.read() as tx:
        return {
            table.name: tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in TABLES.values()
        }


def family() -> list[Tree]:
    """An instance, two that it called, and one that the second of these called."""
    root = a_tree(1)
    children = [a_tree(2, parent=root), a_tree(2, parent=root)]
    return [root, *children, a_tree(3, parent=children[1])]


def test_history_goes_with_all_that_was_called(db: Database) -> None:
    trees, other = family(), a_tree(1)
    for tree in (*trees, other):
        save(db, *tree.rows)
    with db.write() as tx:
        delete_history(tx, [trees[0].instance.id])
    assert rows_left(db) == dict.fromkeys((row_type.TABLE for row_type in ROW_TYPES), 0) | dict.fromkeys(
        (row_type.TABLE for row_type in IN_A_TREE), 1
    )
    with db.read() as tx:
        assert tx.locate(ProcessInstance, [other.instance.id])


def test_a_called_instance_goes_without_its_caller(db: Database) -> None:
    trees = family()
    for tree in trees:
        save(db, *tree.rows)
    with db.write() as tx:
        delete_history(tx, [trees[2].instance.id])
    with db.read() as tx:
        left = tx.select(Variable, "name", ["amount"])
    assert [variable.process_instance_id for variable in left] == [tree.instance.id for tree in trees[:2]]


def test_instances_of_a_definition_go_from_wherever_they_are(db: Database) -> None:
    trees = family()
    for tree in trees:
        save(db, *tree.rows)
    with db.write() as tx:
        delete_instances(tx, [2])
    with db.read() as tx:
        assert list(tx.locate(ProcessInstance, [tree.instance.id for tree in trees])) == [trees[0].instance.id]


def test_what_starts_instances_of_a_definition_goes_with_them(db: Database) -> None:
    for definition_id in (2, 3):
        of_it = {"definition_id": definition_id, "created_at": NOW}
        timer = Job(id=next(ids), kind="timer", element_id="start", **of_it)
        log = JobLog(id=next(ids), job_id=timer.id, kind="timer", event="created", definition_id=definition_id, at=NOW)
        save(db, timer, log, Incident(id=(id := next(ids)), kind="failedJob", cause_id=id, root_cause_id=id, **of_it))
    with db.write() as tx:
        delete_instances(tx, [2])
    assert {name: count for name, count in rows_left(db).items() if count} == {"job": 1, "job_log": 1, "incident": 1}
    with db.read() as tx:
        assert [job.definition_id for job in tx.select(Job, "definition_id", [2, 3])] == [3]


@pytest.mark.parametrize("count", [1, 100])
def test_statements_do_not_depend_on_the_number_of_rows(db: Database, count: int) -> None:
    trees = [a_tree() for _ in range(count)]
    save(db, *(row for tree in trees for row in tree.rows))
    with db.count_statements() as counter, db.write() as tx:
        delete_history(tx, [tree.instance.id for tree in trees])
    assert counter.count == 3 + len(IN_A_TREE) + 1, counter.log
    assert set(rows_left(db).values()) == {0}


def test_a_task_of_no_instance_goes_with_what_hangs_on_it(db: Database) -> None:
    task, other = UserTask(id=next(ids), created_at=NOW), UserTask(id=next(ids), created_at=NOW)
    for one in (task, other):
        save(
            db,
            one,
            IdentityLink(id=next(ids), user_task_id=one.id, user_id="demo", created_at=NOW),
            Comment(id=next(ids), user_task_id=one.id, message="!", created_at=NOW),
            Variable(
                id=next(ids),
                name="x",
                scope_id=one.id,
                user_task_id=one.id,
                process_instance_id=None,
                root_id=None,
                created_at=NOW,
            ),
        )
    with db.write() as tx:
        delete_tasks(tx, [task.id])
        assert list(tx.locate(UserTask, [task.id, other.id])) == [other.id]
    assert {name: count for name, count in rows_left(db).items() if count} == {
        "user_task": 1,
        "identity_link": 1,
        "comment": 1,
        "variable": 1,
    }


def test_variables_of_ended_scopes_go_and_living_ones_stay(db: Database) -> None:
    ended, living = a_tree(), a_tree()
    ended.variable.ended_at = NOW
    save(db, *ended.rows, *living.rows)
    with db.write() as tx:
        delete_ended_variables(tx, [ended.instance.id])
    with db.read() as tx:
        left = tx.select(Variable, "name", ["amount"], alive=False)
    assert [variable.id for variable in left] == [living.variable.id]


def test_deleting_nothing_sends_nothing(db: Database) -> None:
    with db.count_statements() as counter, db.write() as tx:
        delete_history(tx, [])
        delete_instances(tx, [])
        delete_tasks(tx, [])
        delete_history(tx, [5])
    assert counter.count == 2 + 1, counter.log
