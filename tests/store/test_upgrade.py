"""A database of the first revision, with instances that wait in every way they could then, is upgraded and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from alembic import command
from sqlalchemy import Connection, text

from engine import Engine
from engine.store import schema
from engine.store.database import Database
from engine.store.errors import SchemaMismatch

MODEL: Final = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="tests">
  <process id="order" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f0" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f1" sourceRef="fork" targetRef="review"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="later"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="check"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="each"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="join"/>
    <userTask id="review"/>
    <task id="later" camunda:asyncBefore="true"/>
    <callActivity id="check" calledElement="look-up"/>
    <userTask id="each">
      <multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>
    </userTask>
    <sequenceFlow id="j1" sourceRef="review" targetRef="join"/>
    <sequenceFlow id="j2" sourceRef="later" targetRef="join"/>
    <sequenceFlow id="j3" sourceRef="check" targetRef="join"/>
    <sequenceFlow id="j4" sourceRef="each" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="f6" sourceRef="join" targetRef="end"/>
    <endEvent id="end"/>
  </process>
  <process id="look-up" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="c1" sourceRef="begin" targetRef="look"/>
    <userTask id="look"/>
    <sequenceFlow id="c2" sourceRef="look" targetRef="over"/>
    <endEvent id="over" camunda:asyncBefore="true"/>
  </process>
</definitions>
"""
THEN: Final = 1_795_000_000_000
FILLED: Final[dict[str, dict[str, Any]]] = {
    "deployment": {"tenant_id": "", "deployed_at": THEN},
    "resource": {"generated": False},
    "process_definition": {
        "version": 1,
        "deployment_id": 1,
        "resource_id": 2,
        "resource_name": "order.bpmn",
        "tenant_id": "",
        "suspended": False,
        "startable_in_tasklist": True,
        "created_at": THEN,
    },
    "process_instance": {"tenant_id": "", "state": "ACTIVE", "started_at": THEN, "tokens": 0, "live": 0},
    "element_instance": {
        "tenant_id": "",
        "state": "active",
        "loop_completed": 0,
        "tokens": 0,
        "created_at": THEN,
        "canceled": False,
    },
    "variable": {"tenant_id": "", "revision": 0, "created_at": THEN, "deleted": False},
    "user_task": {"tenant_id": "", "priority": 50, "state": "created", "created_at": THEN},
    "job": {
        "kind": "async-before",
        "tenant_id": "",
        "state": "waiting",
        "suspended": False,
        "exclusive": True,
        "retries": 3,
        "priority": 0,
        "attempts": 0,
        "created_at": THEN,
    },
}
"""What the columns hold that the rows below do not speak of, where they may not be null."""

IN_ORDER: Final = {"process_instance_id": 10, "root_id": 10, "definition_id": 3}
IN_LOOK_UP: Final = {"process_instance_id": 21, "root_id": 10, "definition_id": 4}
OF_10: Final = {"scope_id": 10, "started_at": THEN, **IN_ORDER}

ROWS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("deployment", {"id": 1}),
    ("resource", {"id": 2, "deployment_id": 1, "name": "order.bpmn", "data": MODEL, "sha256": "-"}),
    ("process_definition", {"id": 3, "key": "order"}),
    ("process_definition", {"id": 4, "key": "look-up"}),
    ("process_instance", {"id": 10, "root_id": 10, "definition_id": 3, "tokens": 5, "live": 7}),
    ("variable", {"id": 11, "name": "amount", "scope_id": 10, "value_type": "Long", "long_value": 30, **IN_ORDER}),
    (
        "element_instance",
        {
            "id": 12,
            "execution_id": 12,
            "element_id": "review",
            "element_kind": "userTask",
            "flow_id": "f1",
            "user_task_id": 13,
            **OF_10,
        },
    ),
    ("user_task", {"id": 13, "element_instance_id": 12, "execution_id": 12, "element_id": "review", **IN_ORDER}),
    (
        "element_instance",
        {
            "id": 15,
            "scope_id": 10,
            "execution_id": 15,
            "element_id": "later",
            "element_kind": "task",
            "state": "ready",
            "transition": "before",
            "flow_id": "f2",
            **IN_ORDER,
        },
    ),
    ("job", {"id": 16, "element_instance_id": 15, "element_id": "later", **IN_ORDER}),
    (
        "element_instance",
        {
            "id": 20,
            "execution_id": 20,
            "element_id": "check",
            "element_kind": "callActivity",
            "flow_id": "f3",
            "called_instance_id": 21,
            **OF_10,
        },
    ),
    (
        "process_instance",
        {"id": 21, "root_id": 10, "parent_id": 10, "caller_id": 20, "definition_id": 4, "tokens": 1},
    ),
    (
        "element_instance",
        {
            "id": 22,
            "scope_id": 21,
            "execution_id": 21,
            "element_id": "look",
            "element_kind": "userTask",
            "flow_id": "c1",
            "user_task_id": 23,
            "started_at": THEN,
            **IN_LOOK_UP,
        },
    ),
    ("user_task", {"id": 23, "element_instance_id": 22, "execution_id": 21, "element_id": "look", **IN_LOOK_UP}),
    (
        "element_instance",
        {
            "id": 30,
            "execution_id": 30,
            "element_id": "each#multiInstanceBody",
            "element_kind": "multiInstanceBody",
            "flow_id": "f4",
            **OF_10,
            "loop_total": 2,
            "loop_completed": 1,
            "tokens": 1,
        },
    ),
    (
        "element_instance",
        {
            "id": 31,
            "execution_id": 31,
            "element_id": "each",
            "element_kind": "userTask",
            "loop_counter": 1,
            "user_task_id": 32,
            **OF_10,
            "scope_id": 30,
        },
    ),
    ("user_task", {"id": 32, "element_instance_id": 31, "execution_id": 31, "element_id": "each", **IN_ORDER}),
    (
        "element_instance",
        {
            "id": 40,
            "execution_id": 40,
            "element_id": "join",
            "element_kind": "parallelGateway",
            "flow_id": "f5",
            **OF_10,
        },
    ),
)


def go_to(connection: Connection, revision: str) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    """A database of revision 0001 in which an instance waits: for people, for a job, for a call and at a join."""
    database = Database.open(database_url)
    with database.write() as tx:
        go_to(tx.connection, "0001")
        for table, values in ROWS:
            row = FILLED[table] | values
            names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
            tx.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)
        tx.connection.execute(text("UPDATE id_block SET next_id = 1000"))
    yield database
    database.close()


def test_instances_of_the_first_revision_run_to_their_end(old: Database) -> None:
    now = datetime.now(UTC)
    assert old.current() == "0001"
    with pytest.raises(SchemaMismatch, match="baton db upgrade"):
        old.check_schema()
    engine = Engine(old, clock=lambda: now)
    engine.upgrade()
    old.check_schema()
    assert engine.check() == []

    claims = engine.jobs.claim("worker", lease=timedelta(minutes=1), limit=10)
    assert [claim.id for claim in claims] == [16]
    assert [outcome.error for outcome in engine.jobs.execute_claimed(claims)] == [None]
    for task in (13, 32, 23):
        engine.tasks.complete(task)
    assert engine.check() == []
    with old.read() as tx:
        ended = {
            row.id: row.ended_at for row in tx.connection.execute(text("SELECT id, ended_at FROM process_instance"))
        }
        assert ended == {10: None, 21: None}, "the called process waits before its end"
    (claim,) = engine.jobs.claim("worker", lease=timedelta(minutes=1), limit=10)
    assert [outcome.error for outcome in engine.jobs.execute_claimed([claim])] == [None]

    assert engine.check() == []
    with old.read() as tx:
        states = tx.connection.execute(text("SELECT id, state FROM process_instance ORDER BY id")).all()
        living = tx.connection.execute(
            text("SELECT count(*) FROM element_instance WHERE ended_at IS NULL")
        ).scalar_one()
    assert [tuple(row) for row in states] == [(10, "COMPLETED"), (21, "COMPLETED")]
    assert living == 0
    engine.close()


def test_what_makes_jobs_outlives_the_change_of_its_table(database_url: str) -> None:
    database = Database.open(database_url)
    with database.write() as tx:
        go_to(tx.connection, "0004")
        for table, values in ROWS:
            if table in ("deployment", "resource", "process_definition"):
                row = FILLED[table] | values
                names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
                tx.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)
        (definition,) = tx.connection.scalars(text("SELECT min(id) FROM process_definition"))
        source = {"id": 900, "definition_id": definition, "element_id": "later", "kind": "async-before", "priority": 7}
        tx.connection.execute(
            text(
                "INSERT INTO job_definition (id, definition_id, element_id, kind, suspended, priority, created_at) "
                "VALUES (:id, :definition_id, :element_id, :kind, true, :priority, 1)"
            ),
            source,
        )
        go_to(tx.connection, "0005")
        (kept,) = tx.connection.execute(text("SELECT * FROM job_definition")).mappings()
        assert {name: kept[name] for name in (*source, "batch_id", "suspended")} == {
            **source,
            "batch_id": None,
            "suspended": True,
        }
        tx.connection.execute(text("DELETE FROM process_definition WHERE id = :id"), {"id": definition})
        assert tx.connection.scalar(text("SELECT count(*) FROM job_definition")) == 0
    database.close()


def test_of_suspensions_only_those_to_come_are_kept(database_url: str) -> None:
    database = Database.open(database_url)
    with database.write() as tx:
        go_to(tx.connection, "0001")
        for id, kind, ended_at in (
            (1, "suspend-job-definition", THEN),
            (2, "suspend-job-definition", None),
            (3, "timer", THEN),
        ):
            row = FILLED["job"] | {"id": id, "kind": kind, "ended_at": ended_at}
            names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
            tx.connection.execute(text(f"INSERT INTO job ({names}) VALUES ({places})"), row)
        go_to(tx.connection, "0030")
        assert list(tx.connection.scalars(text("SELECT id FROM job ORDER BY id"))) == [2, 3]
    database.close()
