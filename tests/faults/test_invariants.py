"""The check of a database: silent about sound rows, and names the row and the rule for each way to spoil them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.core.lifecycle import (
    ElementState,
    IncidentState,
    InstanceState,
    JobState,
    SubscriptionState,
    TaskState,
)
from engine.core.state import (
    Changes,
    DecisionOutput,
    ElementInstance,
    IdentityLink,
    Incident,
    Job,
    JobLog,
    Message,
    ProcessInstance,
    Row,
    Subscription,
    UserTask,
    Variable,
)
from engine.store.database import Database
from engine.store.invariants import check
from engine.store.tables import deployment, process_definition, process_instance, resource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT, CHILD, DEFINITION = 1, 2, 900

OWN_JOB = {17: "serviceTask17", 22: "serviceTask22", 23: "intermediateTimer23"}
"""The elements whose instances have a job of their own."""

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
        id=row_id,
        process_instance_id=instance,
        root_id=ROOT,
        element_instance_id=element_id,
        definition_id=DEFINITION,
        created_at=NOW,
    )


def sound() -> Rows:
    """A root with one of everything that may rest, and a called process with a task."""
    rows: list[Row] = [
        ProcessInstance(id=ROOT, root_id=ROOT, definition_id=DEFINITION, started_at=NOW, tokens=10, live=16),
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
        element(22, "serviceTask"),
        element(23, "intermediateTimer"),
        element(24, "serviceTask", state=ElementState.COMPLETED, ended_at=NOW),
        element(25, "subProcess", state=ElementState.COMPLETED, ended_at=NOW),
        element(26, "subProcess", 25, state=ElementState.COMPLETED, ended_at=NOW),
        element(27, "intermediateCompensationThrowEvent", tokens=1),
        element(28, "subProcess", 27, tokens=1, flow_scope_id=ROOT, compensates_id=29),
        element(29, "subProcess", state=ElementState.COMPLETED, ended_at=NOW),
        element(31, "userTask", 28, user_task_id=46, flow_scope_id=28),
        to_compensate(90, ROOT, "subProcess25", 25),
        to_compensate(91, 25, "subProcess26", 26),
        to_compensate(92, 26, "undo"),
        to_compensate(93, 29, "undo"),
        task(40, 10),
        task(41, 12),
        task(42, 14, CHILD),
        task(43, 19),
        task(44, 20),
        UserTask(id=45, created_at=NOW),
        task(46, 31),
        IdentityLink(id=50, user_task_id=40, process_instance_id=ROOT, root_id=ROOT, user_id="ada", created_at=NOW),
        a_job(60, "async-before", 17),
        a_job(61, "timer", 10, element_id="timer", due_at=NOW),
        a_job(62, "work", 22, topic="pay", state=JobState.FAILED, retries=0),
        a_job(63, "timer", 23, due_at=NOW, retries=1),
        a_job(64, "work", 24, topic="pay", state=JobState.DONE, ended_at=NOW),
        Job(id=65, kind="timer", definition_id=DEFINITION, element_id="start", due_at=NOW, created_at=NOW),
        Job(id=68, kind="message", payload='{"message": 96}', due_at=NOW + timedelta(hours=2), created_at=NOW),
        JobLog(id=66, job_id=64, kind="work", event="succeeded", at=NOW),
        an_incident(80, 62, 22),
        an_incident(81, 62, 13, cause_id=80),
        Message(
            id=96,
            name="paid",
            tenant_id=None,
            route="",
            job_id=68,
            message_id=None,
            expires_at=NOW,
            remember_until=None,
            created_at=NOW,
        ),
        variable(70, ROOT),
        variable(71, 11),
        variable(74, 26),
        Variable(id=72, name="x", scope_id=45, process_instance_id=None, root_id=None, user_task_id=45, created_at=NOW),
    ]
    return {row.id: row for row in rows}


def a_job(row_id: int, kind: str, at: int, **fields: Any) -> Job:
    defaults: dict[str, Any] = {"element_id": OWN_JOB.get(at)}
    return Job(
        id=row_id,
        kind=kind,
        process_instance_id=ROOT,
        root_id=ROOT,
        element_instance_id=at,
        definition_id=DEFINITION,
        created_at=NOW,
        **(defaults | fields),
    )


def an_incident(row_id: int, job_id: int, element_id: int, **fields: Any) -> Incident:
    return Incident(
        id=row_id,
        kind="failedExternalTask",
        process_instance_id=ROOT,
        root_id=ROOT,
        element_instance_id=element_id,
        definition_id=DEFINITION,
        element_id="x",
        configuration=str(job_id),
        root_cause_id=80,
        created_at=NOW,
        **({"cause_id": row_id} | fields),
    )


def to_compensate(row_id: int, scope: int, handler: str, completed: int | None = None) -> Subscription:
    return Subscription(
        id=row_id,
        kind="compensate",
        scope_id=scope,
        process_instance_id=ROOT,
        root_id=ROOT,
        element_instance_id=None if scope == ROOT else scope,
        definition_id=DEFINITION,
        element_id=handler,
        configuration=None if completed is None else str(completed),
        created_at=NOW,
    )


def variable(row_id: int, scope: int) -> Variable:
    return Variable(
        id=row_id,
        name="x",
        scope_id=scope,
        process_instance_id=ROOT,
        root_id=ROOT,
        definition_id=DEFINITION,
        value=1,
        created_at=NOW,
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


CASES: dict[str, tuple[Callable[[Rows], object], str, set[int]]] = {
    "too many tokens": (changed(11, tokens=2), "tokens are counted", {11}),
    "too few tokens": (changed(ROOT, tokens=9), "tokens are counted", {ROOT}),
    "wrong size of the tree": (changed(ROOT, live=17), "a root counts its tree", {ROOT}),
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
    **{
        f"a {name} of another definition": (
            changed(row_id, definition_id=1),
            "what lives in an instance is of its definition",
            {row_id},
        )
        for name, row_id in (("token", 10), ("variable", 70), ("task", 40), ("job", 60), ("incident", 80))
    },
    "nothing to wait for": (ended(42, TaskState.COMPLETED), "every instance waits for something", {CHILD}),
    "a half step": (changed(10, state=ElementState.COMPLETING), "a step runs to its end", {10}),
    "a gateway at rest": (changed(16, element_kind="exclusiveGateway"), "a step runs to its end", {16}),
    "an empty scope": (changed(11, tokens=0), "a scope holds something", {11}),
    "a throw event without handlers": (changed(27, tokens=0), "a scope holds something", {27}),
    "compensation out of reach": (
        ended(91, SubscriptionState.CLOSED),
        "what can be compensated is within reach",
        {92},
    ),
    "a variable that no handler can see": (ended(91, SubscriptionState.CLOSED), "nothing outlives its scope", {74}),
    "compensation of nothing that is done": (
        changed(28, compensates_id=None),
        "what can be compensated is within reach",
        {93},
    ),
    "compensation of what was cancelled": (
        ended(25, ElementState.TERMINATED),
        "only what has completed can be compensated",
        {90},
    ),
    "a stand-in for what was cancelled": (
        ended(29, ElementState.TERMINATED),
        "only what has completed can be compensated",
        {28},
    ),
    "compensation is no reason to live": (
        lambda rows: (
            ended(42, TaskState.COMPLETED)(rows),
            added(dataclasses.replace(to_compensate(94, CHILD, "undo"), process_instance_id=CHILD))(rows),
        ),
        "every instance waits for something",
        {CHILD},
    ),
    "no task": (ended(40, TaskState.COMPLETED), "a user task lives as long as its element instance", {10}),
    "a task too many": (added(task(47, 21)), "a user task lives as long as its element instance", {47}),
    "a call without a process": (
        ended(CHILD, InstanceState.COMPLETED),
        "a call activity waits for its process",
        {13},
    ),
    "no job": (ended(60, JobState.DONE), "a token before or after an element waits for its job", {17}),
    "a job for nothing": (changed(60, element_instance_id=21), "a job moves something", {60}),
    "work without a job": (ended(62, JobState.DONE), "work and time are waited for by a job", {22}),
    "a catch event without a timer": (
        changed(63, element_id="boundary"),
        "work and time are waited for by a job",
        {23},
    ),
    "work without a topic": (changed(62, topic=None), "a job is of one kind", {62}),
    "a continuation with a topic": (changed(60, topic="pay"), "a job is of one kind", {60}),
    "a timer without a time": (changed(65, due_at=None), "a job is of one kind", {65}),
    "a continuation of nothing": (
        changed(60, element_instance_id=None),
        "a job is of one kind",
        {60},
    ),
    "locked without a lease": (changed(61, state=JobState.LOCKED), "a locked job has a lease", {61}),
    "waiting with a lease": (changed(61, lease_token=5), "a locked job has a lease", {61}),
    "ended with a lease": (changed(64, lease_token=5), "a job has ended without a lease", {64}),
    "failed with retries": (changed(62, retries=1), "a job without retries is a failed one", {62}),
    "no retries and not failed": (changed(63, retries=0), "a job without retries is a failed one", {63}),
    "failed without an incident": (
        lambda rows: (ended(80, IncidentState.RESOLVED)(rows), ended(81, IncidentState.RESOLVED)(rows)),
        "a failed job has an incident",
        {62},
    ),
    "an incident of a job that goes on": (
        changed(62, state=JobState.WAITING, retries=1),
        "an incident is about a failed job",
        {80, 81},
    ),
    "an incident without its cause": (ended(80, IncidentState.RESOLVED), "an incident has its cause", {81}),
    "an incident at nothing": (
        changed(81, element_instance_id=21),
        "an incident lives at what it is about",
        {81},
    ),
    "an incident open and ended": (changed(81, ended_at=NOW), "what has ended is in a final state", {81}),
    "an incident of an ended instance": (
        lambda rows: (
            ended(CHILD, InstanceState.COMPLETED)(rows),
            changed(81, process_instance_id=CHILD)(rows),
        ),
        "nothing outlives its process instance",
        {14, 42, 81},
    ),
    "done twice": (
        added(JobLog(id=67, job_id=64, kind="work", event="deleted", at=NOW)),
        "a job ends once",
        {64},
    ),
    "done and waiting": (
        added(JobLog(id=67, job_id=63, kind="timer", event="succeeded", at=NOW)),
        "a job ends once",
        {63},
    ),
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
    "a kept message without its job": (ended(68, JobState.DONE), "a kept message is held by a job", {96}),
    "an output of no decision": (
        added(DecisionOutput(id=97, decision_instance_id=98, value=1)),
        "what a decision took and gave goes with it",
        {97},
    ),
    "a complete join": (
        added(element(30, "parallelGateway", element_id="parallelGateway15", flow_id="flow3")),
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


def test_due_jobs_are_to_be_done_while_something_runs_them(database: Database) -> None:
    rows = sound()
    rows[63].due_at = NOW + timedelta(minutes=1)  # type: ignore[attr-defined]
    write(database, rows)

    def overdue(moment: datetime) -> set[int]:
        with database.read() as transaction:
            violations = check(transaction, joins, due_before=moment)
        return {each.id for each in violations if each.rule == "a due job is done"}

    assert overdue(NOW - timedelta(minutes=1)) == set()
    assert overdue(NOW) == {60, 61, 65}
    assert overdue(NOW + timedelta(hours=1)) == {60, 61, 63, 65}
    with database.write() as transaction:
        transaction.connection.execute(update(process_instance).values(state=InstanceState.SUSPENDED))
        transaction.connection.execute(update(process_definition).values(suspended=True))
    assert overdue(NOW + timedelta(hours=1)) == set()
