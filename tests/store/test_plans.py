"""Statements of writers find rows through the index meant for them, even when the planner believes the tables empty."""

from __future__ import annotations

import pytest

from engine.core.state import Changes, ElementInstance, IdentityLink, Job, ProcessInstance, Row, UserTask, Variable
from engine.store.database import Database
from engine.store.layouts import layout_of
from engine.store.transaction import WriteTransaction
from tests.store.samples import LATER, a_tree, save


def plan(tx: WriteTransaction, statement: str, parameters: list[object]) -> str:
    explain = "EXPLAIN QUERY PLAN " if tx.dialect == "sqlite" else "EXPLAIN "
    return "\n".join(str(record[-1]) for record in tx.run(explain + statement, parameters))


def assert_only_by_index(tx: WriteTransaction, found: str, *indexes: str) -> None:
    for index in indexes:
        if tx.dialect == "sqlite" and index.startswith("pk_"):
            assert "USING INTEGER PRIMARY KEY (rowid=?)" in found, found
        else:
            assert index in found, found
    if tx.dialect == "postgresql":
        assert "Seq Scan" not in found, found
        # An index scan without a condition reads the whole index.
        assert found.count("Bitmap Index Scan") == found.count("Index Cond:"), found
    else:
        assert not any(line.startswith("SCAN") and "json_each" not in line for line in found.splitlines()), found


@pytest.fixture(params=["empty", "ended"])
def filled(request: pytest.FixtureRequest, db: Database) -> Database:
    """A database where no row lives, and (the second time) statistics say so."""
    if request.param == "ended":
        trees = [a_tree() for _ in range(50)]
        for tree in trees:
            for row in tree.rows:
                if hasattr(row, "ended_at"):
                    row.ended_at = LATER
            save(db, *tree.rows)
        with db.write() as tx:
            tx.run("ANALYZE", [])
    return db


@pytest.mark.parametrize(
    ("row_type", "column", "index"),
    [
        *(
            (row_type, "id", f"pk_{row_type.TABLE}")
            for row_type in (ProcessInstance, ElementInstance, UserTask, Variable)
        ),
        *(
            (row_type, "root_id", f"ix_{row_type.TABLE}_root_id_alive")
            for row_type in (ElementInstance, UserTask, Variable, Job, IdentityLink)
        ),
        (ElementInstance, "scope_id", "ix_element_instance_scope_id_alive"),
        (Variable, "scope_id", "ix_variable_scope_id_ended_at"),
        (Job, "element_instance_id", "ix_job_element_instance_id_alive"),
        (IdentityLink, "user_task_id", "ix_identity_link_user_task_id_ended_at"),
        (UserTask, "process_instance_id", "ix_user_task_process_instance_id_ended_at"),
    ],
)
def test_selecting_living_rows(filled: Database, row_type: type[Row], column: str, index: str) -> None:
    layout = layout_of(row_type, filled.dialect)
    with filled.write() as tx:
        found = plan(tx, layout.select_by(column, alive=True), [layout.many(column, [1, 2, 3])])
        assert_only_by_index(tx, found, index)


def test_updating(filled: Database) -> None:
    tree = a_tree()
    with filled.write() as tx:
        for row in tree.rows:
            layout = layout_of(type(row), filled.dialect)
            parameters = layout.update_parameters([row])
            found = plan(tx, layout.update, parameters if tx.dialect == "postgresql" else list(parameters[0]))
            assert_only_by_index(tx, found, f"pk_{row.TABLE}")


def test_climbing_and_closing_scopes(filled: Database) -> None:
    with filled.count_statements() as counter, filled.write() as tx:
        tx.spine([1, 2])
        tx.write(Changes(closed_scopes={1: LATER, 2: LATER}))
        climbing, closing = counter.log
        layout = layout_of(ElementInstance, tx.dialect)
        found = plan(tx, climbing, [layout.many("id", [1, 2])])
        assert_only_by_index(tx, found.replace("SCAN spine", "spine"), "pk_element_instance")
        times = [1, 2] if tx.dialect == "sqlite" else ["{1,2}", "{1,2}"]
        assert_only_by_index(tx, plan(tx, closing, times), "ix_variable_scope_id_ended_at")
