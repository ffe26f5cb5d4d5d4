"""Statements of writers find rows through the index meant for them, even when the planner believes the tables empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine.core.state import Changes, ElementInstance, IdentityLink, Job, ProcessInstance, Row, UserTask, Variable
from engine.store import jobs
from engine.store.database import Database
from engine.store.jobs import TopicRequest
from engine.store.layouts import layout_of
from engine.store.transaction import WriteTransaction
from tests.store.samples import LATER, NOW, a_tree, save


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
            statement, parameters = layout.update([row])
            found = plan(tx, statement, parameters if tx.dialect == "postgresql" else list(parameters[0]))
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


class Planning(WriteTransaction):
    """A transaction that asks how its statements about jobs would be done, and does the others."""

    def __init__(self, tx: WriteTransaction) -> None:
        super().__init__(tx._session, tx.dialect)
        self.found = ""

    def run(self, statement: str, parameters: Sequence[Any]) -> Iterable[Any]:
        if "job" not in statement:
            return super().run(statement, parameters)
        explain = "EXPLAIN QUERY PLAN " if self.dialect == "sqlite" else "EXPLAIN "
        self.found = "\n".join(str(record[-1]) for record in super().run(explain + statement, parameters))
        return []


CLAIM = {"now": NOW, "worker": "w", "limit": 100, "token": 1}
TOPICS = [
    TopicRequest(topic="charge", lease=timedelta(1), business_key="b", process_variables={"n": 1}),
    TopicRequest(topic="ship", lease=timedelta(1), process_definition_keys=["order"]),
]


@pytest.mark.parametrize(
    "use",
    [
        lambda tx: jobs.claim_internal(tx, lease=timedelta(1), **CLAIM),
        lambda tx: jobs.claim_work(tx, requests=TOPICS, **CLAIM),
        lambda tx: jobs.due_topics(tx, NOW, ["charge"]),
    ],
    ids=["internal", "work", "topics"],
)
def test_the_queue_of_jobs_is_read_in_the_order_of_its_index(
    filled: Database, use: Callable[[WriteTransaction], object]
) -> None:
    with filled.write() as tx:
        planning = Planning(tx)
        use(planning)
    found = planning.found
    assert "ix_job_ready" in found, found
    if tx.dialect == "sqlite":
        scans = ("SCAN job", "SCAN process", "SCAN variable", "SCAN held", "TEMP B-TREE FOR LAST TERM")
        assert not any(scan in found for scan in scans), found
    else:
        assert "Seq Scan" not in found, found
        assert found.count("Index Scan") + found.count("Index Only Scan") == found.count("Index Cond:"), found
        locking = found[found.find("LockRows") :].split("SubPlan")[0]
        assert "Sort" not in locking, found
    if "held" in found:
        # In an empty table one index by instance is as good as another.
        assert "ix_job_leased" in found or "ix_job_process_instance_id" in found, found
