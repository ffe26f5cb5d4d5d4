"""The check of a database: silent about sound rows, and names the row and the rule for each way to spoil them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from engine.core.lifecycle import ElementState, InstanceState, JobState, TaskState
from engine.core.state import (
    Changes,
    ElementInstance,
    IdentityLink,
    Job,
    ProcessInstance,
    Row,
    UserTask,
    Variable,
)
from engine.store.database import Database
from engine.store.invariants import check
from engine.store.tables import deployment, process_definition, resource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT, CHILD, DEFINITION = 1, 2, 900

Rows = dict[int, Row]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    database.upgrade()
    with database.write() as transaction:
        tables: list[tuple[Any, dict[str, object]]] = [
            (deployment, {"id": 700, "tenant_id": "", "deployed_at": NOW}),
            (
                resource,
                {"id": 800, "deployment_id": 700, "name": "a.bpmn", "data": b"", "sha256": "", "generated": False},
            ),
            (
                process_definition,
                {
                    "id": DEFINITION,
                    "key": "a",
                    "version": 1,
                    "deployment_id": 700,
                    "resource_id": 800,
                    "resource_name": "a.bpmn",
                    "tenant_id": "",
                    "suspended": False,
                    "startable_in_tasklist": True,
                    "created_at": NOW,
                },
            ),
        ]
        for table, values in tables:
            transaction.connection.execute(insert(table).values(values))
    yield database
    database.close()


def element(row_id: int, kind: str, scope: int = ROOT, **fields: Any) -> ElementInstance:
    instance = fields.pop("instance", ROOT)
    defaults: dict[str, Any] = {"element_id": f"{kind}{row_id}", "state": ElementState.ACTIVE, "started_at": NOW}
    return ElementInstance(
        id=row_id,
        process_instance_id=instance,
        root_id=ROOT,
        definition_id=DEFINITION,
        scope_id=scope,
        execution_id=row_id,
        element_kind=kind,
        created_at=NOW,
        **(defaults | fields),
    )


def task(row_id: int, element_id: int, instance: int = ROOT) -> UserTask:
    return UserTask(
        id=row_id, process_instance_id=instance, root_id=ROOT, element_instance_id=element_id, created_at=NOW
    )


def sound() -> Rows:
    """A root with one of everything that may rest, and a called process with a task."""
    rows: list[Row] = [
        ProcessInstance(id=ROOT, root_id=ROOT, definition_id=DEFINITION, started_at=NOW, tokens=7, live=11),
        ProcessInstance(
            id=CHILD, root_id=ROOT, parent_id=ROOT, caller_id=13, definition_id=DEFINITION, started_at=NOW, tokens=1
        ),
        element(10, "userTask", user_task_id=40),
        element(11, "subProcess", tokens=1),
        element(12, "userTask", 11, user_task_id=41),
        element(13, "callActivity", called_instance_id=CHILD),
        element(14, "userTask", CHILD, instance=CHILD, user_task_id=42),
        element(15, "parallelGateway", flow_id="flow1"),
        element(16, "inclusiveGateway", flow_id="flow2"),
        element(17, "serviceTask", state=ElementState.READY, transition="before", started_at=None),
        element(18, "multiInstanceBody", tokens=2, loop_total=3, loop_completed=1),
        element(19, "userTask", 18, loop_counter=0, user_task_id=43),
        element(20, "userTask", 18, loop_counter=1, user_task_id=44),
        element(21, "userTask", 18, loop_counter=2, state=ElementState.COMPLETED, ended_at=NOW),
        task(40, 10),
        task(41, 12),
        task(42, 14, CHILD),
        task(43, 19),
        task(44, 20),
        UserTask(id=45, created_at=NOW),
        IdentityLink(id=50, user_task_id=40, process_instance_id=ROOT, root_id=ROOT, user_id="ada", created_at=NOW),
        Job(id=60, kind="async-before", process_instance_id=ROOT, root_id=ROOT, element_instance_id=17, created_at=NOW),
        variable(70, ROOT),
        variable(71, 11),
        Variable(id=72, name="x", scope_id=45, process_instance_id=None, root_id=None, user_task_id=45, created_at=NOW),
    ]
    return {row.id: row for row in rows}


def variable(row_id: int, scope: int) -> Variable:
    return Variable(
        id=row_id, name="x", scope_id=scope, process_instance_id=ROOT, root_id=ROOT, value=1, created_at=NOW
    )


def write(database: Database, rows: Rows) -> None:
    changes = Changes()
    for row in rows.values():
        changes.inserted.setdefault(type(row), []).append(row)
    with database.write() as transaction:
        transaction.write(changes)


def joins(definition_id: int) -> dict[str, list[str]]:
    assert definition_id == DEFINITION
    return {"parallelGateway15": ["flow1", "flow3"]}


def test_sound_rows_are_sound(database: Database) -> None:
    write(database, sound())
    with database.read() as transaction:
        assert check(transaction, joins) == []


def changed(row_id: int, **fields: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        for name, value in fields.items():
            setattr(rows[row_id], name, value)

    return change


def ended(row_id: int, state: Any) -> Callable[[Rows], None]:
    return changed(row_id, state=state, ended_at=NOW)


def added(row: Row) -> Callable[[Rows], None]:
    return lambda rows: rows.update({row.id: row})


def alone_at_a_join(rows: Rows) -> None:
    """Only inclusive joins are left in the sub-process."""
    rows[12] = element(12, "inclusiveGateway", 11)
    del rows[41]


CASES: dict[str, tuple[Callable[[Rows], None], str, set[int]]] = {
    "too many tokens": (changed(11, tokens=2), "tokens are counted", {11}),
    "too few tokens": (changed(ROOT, tokens=6), "tokens are counted", {ROOT}),
    "wrong size of the tree": (changed(ROOT, live=12), "a root counts its tree", {ROOT}),
    "an element in an ended scope": (ended(11, ElementState.COMPLETED), "nothing outlives its scope", {12, 71}),
    "a variable of nothing": (added(variable(73, 999)), "nothing outlives its scope", {73}),
    "a child instance has ended": (
        ended(CHILD, InstanceState.COMPLETED),
        "nothing outlives its process instance",
        {14, 42},
    ),
    "ended and not": (changed(10, ended_at=NOW), "what has ended is in a final state", {10}),
    "not ended but final": (changed(60, state=JobState.DONE), "what has ended is in a final state", {60}),
    "another root": (changed(CHILD, root_id=CHILD), "a called process belongs to its call activity", {CHILD}),
    "another caller": (changed(CHILD, caller_id=10), "a called process belongs to its call activity", {CHILD}),
    "no definition": (changed(ROOT, definition_id=1), "an instance has a definition", {ROOT}),
    "nothing to wait for": (ended(42, TaskState.COMPLETED), "every instance waits for something", {CHILD}),
    "a half step": (changed(10, state=ElementState.COMPLETING), "a step runs to its end", {10}),
    "a gateway at rest": (changed(16, element_kind="exclusiveGateway"), "a step runs to its end", {16}),
    "an empty scope": (changed(11, tokens=0), "a scope holds something", {11}),
    "no task": (ended(40, TaskState.COMPLETED), "a user task lives as long as its element instance", {10}),
    "a task too many": (added(task(46, 21)), "a user task lives as long as its element instance", {46}),
    "a call without a process": (
        ended(CHILD, InstanceState.COMPLETED),
        "a call activity waits for its process",
        {13},
    ),
    "no job": (ended(60, JobState.DONE), "a token before or after an element waits for its job", {17}),
    "a job for nothing": (changed(60, element_instance_id=21), "a job moves something", {60}),
    "a candidate for nothing": (ended(40, TaskState.COMPLETED), "a candidate is one of an open task", {50}),
    "a variable twice": (added(variable(73, ROOT)), "a variable is there once", {73}),
    "more instances than there are": (
        changed(18, loop_completed=4),
        "a multi-instance body counts its instances",
        {18},
    ),
    "a join that nothing can reach": (
        alone_at_a_join,
        "an inclusive join goes on when no token can reach it",
        {12},
    ),
    "a complete join": (
        added(element(22, "parallelGateway", element_id="parallelGateway15", flow_id="flow3")),
        "a complete join goes on",
        {15},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_way_to_spoil_them_is_found(database: Database, name: str) -> None:
    spoil, rule, ids = CASES[name]
    rows = sound()
    spoil(rows)
    write(database, rows)
    with database.read() as transaction:
        violations = check(transaction, joins)
    found = {violation.id for violation in violations if violation.rule == rule}
    assert found == ids, [str(violation) for violation in violations]
