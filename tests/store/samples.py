"""Rows for the tests: small trees of a process instance with what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import count
from typing import Any

from engine.core.state import (
    ROW_TYPES,
    Attachment,
    Batch,
    BatchPart,
    Changes,
    Comment,
    DecisionInput,
    DecisionInstance,
    DecisionOutput,
    ElementInstance,
    IdentityLink,
    IdentityLinkLog,
    Incident,
    Job,
    JobDefinition,
    JobLog,
    Message,
    Notice,
    Operation,
    Output,
    ProcessInstance,
    Row,
    Subscription,
    UserTask,
    Variable,
    VariableUpdate,
)
from engine.store.database import Database

NOW = datetime(2026, 11, 22, 10, 30, 15, 123000, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 10, 31, 0, 0, tzinfo=UTC)
ids = count(1000)
IN_A_TREE = tuple(each for each in ROW_TYPES if each not in (Batch, BatchPart, JobDefinition, Message, Operation))
"""The kinds of row that belong to process instances."""


@dataclass
class Tree:
    """One process instance that waits at one task, and its rows."""

    instance: ProcessInstance
    element: ElementInstance
    task: UserTask
    variable: Variable
    others: list[Row]

    @property
    def rows(self) -> list[Row]:
        return [self.instance, self.element, self.task, self.variable, *self.others]


def a_tree(definition_id: int = 7, *, parent: Tree | None = None) -> Tree:
    """An instance of the definition, called by `parent` if there is one."""
    instance_id = next(ids)
    root_id = parent.instance.root_id if parent else instance_id
    at = {"process_instance_id": instance_id, "root_id": root_id}
    instance = ProcessInstance(
        id=instance_id,
        root_id=root_id,
        parent_id=parent.instance.id if parent else None,
        definition_id=definition_id,
        started_at=NOW,
    )
    element = ElementInstance(
        id=next(ids),
        definition_id=definition_id,
        scope_id=instance_id,
        execution_id=instance_id,
        element_id="review",
        element_kind="userTask",
        created_at=NOW,
        started_at=NOW,
        **at,
    )
    task = UserTask(id=next(ids), element_instance_id=element.id, name="Review", created_at=NOW, **at)
    job = Job(id=next(ids), kind="async-before", element_instance_id=element.id, created_at=NOW, **at)
    incident_id = next(ids)
    variable = Variable(id=next(ids), name="amount", scope_id=instance_id, value=30, created_at=NOW, **at)
    decision = DecisionInstance(id=next(ids), decision_id=3, decision_key="grade", evaluated_at=NOW, **at)
    others: list[Row] = [
        VariableUpdate(id=next(ids), variable_id=variable.id, name="amount", value=30, revision=0, at=NOW, **at),
        Output(id=next(ids), variable_id=variable.id, revision=0, number=0, content="1", at=NOW, **at),
        IdentityLink(id=next(ids), user_task_id=task.id, group_id="sales", created_at=NOW, **at),
        IdentityLinkLog(
            id=next(ids),
            operation="add",
            type="candidate",
            user_task_id=task.id,
            group_id="sales",
            at=NOW,
            **at,
        ),
        job,
        JobLog(id=next(ids), job_id=job.id, kind=job.kind, event="created", at=NOW, **at),
        Incident(
            id=incident_id,
            kind="failedJob",
            configuration=str(job.id),
            cause_id=incident_id,
            root_cause_id=incident_id,
            created_at=NOW,
            **at,
        ),
        Subscription(
            id=next(ids),
            kind="message",
            name="paid",
            scope_id=element.id,
            element_instance_id=element.id,
            definition_id=definition_id,
            element_id="paid",
            created_at=NOW,
            **at,
        ),
        Comment(id=next(ids), user_task_id=task.id, message="Why?", created_at=NOW, **at),
        Notice(id=next(ids), user_id="mary", kind="assigned", user_task_id=task.id, created_at=NOW, **at),
        Attachment(id=next(ids), user_task_id=task.id, content=b"Because", created_at=NOW, **at),
        decision,
        DecisionInput(id=next(ids), decision_instance_id=decision.id, clause_id="amount", value=30, **at),
        DecisionOutput(id=next(ids), decision_instance_id=decision.id, rule_id="small", value="green", **at),
    ]
    return Tree(instance, element, task, variable, others)


def inserting(*rows: Row) -> Changes:
    """The changes that insert these rows."""
    changes = Changes()
    for row in rows:
        changes.inserted.setdefault(type(row), []).append(row)
    return changes


def updating(*rows: Row) -> Changes:
    """The changes that update these rows."""
    changes = Changes()
    for row in rows:
        changes.updated.setdefault(type(row), []).append(row)
    return changes


def save(db: Database, *rows: Row) -> None:
    """Insert rows in a transaction of their own."""
    with db.write() as tx:
        tx.write(inserting(*rows))


def contents(row: Row) -> dict[str, Any]:
    """The fields of a row; rows are equal when these are."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
