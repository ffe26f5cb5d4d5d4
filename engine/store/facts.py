"""What must be known of a thing to tell whether somebody may do something to it: one statement for many of a kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from engine.authorization import START, UPDATE_INSTANCE, Actor
from engine.authorization import Resource as Thing
from engine.core.subscriptions import SIGNAL
from engine.store import tables
from engine.store.query.decisions import DECISION_DEFINITIONS, REQUIREMENTS_DEFINITIONS
from engine.store.query.deployments import PROCESS_DEFINITIONS
from engine.store.query.permitted import Viewer, of_tenant, opened, permitted, startable
from engine.store.transaction import ReadTransaction

_task = tables.user_task.c
_link = tables.identity_link.c
_link_log = tables.identity_link_log.c
_starter = tables.candidate_starter.c
_instance = tables.process_instance.c
_element = tables.element_instance.c
_definition = tables.process_definition.c
_job = tables.job.c
_source = tables.job_definition.c
_batch = tables.batch.c
_incident = tables.incident.c
_variable = tables.variable.c
_operation = tables.operation.c
_deployment = tables.deployment.c
_resource = tables.resource.c
_subscription = tables.subscription.c
_decision = tables.decision_definition.c
_requirements = tables.requirements_definition.c
_made_decision = tables.decision_instance.c

AT_ONCE: Final = 10_000
"""How many things one statement asks about."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A thing: the ids of what it is and is part of, and the part that the actor has in it."""

    id: int
    things: Mapping[Thing, str | None]
    started_by: str | None = None
    assignee: str | None = None
    owner: str | None = None
    delegation: str | None = None
    is_candidate: bool = False
    """Of a task, that the actor may take it; of a definition, that the actor may start it by the model."""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Kind:
    """How things of a kind are looked up: where they are, their ids and tenant, and the columns that tell the facts."""

    source: FromClause
    id: ColumnElement[int]
    tenant: ColumnElement[str]
    things: Mapping[Thing, ColumnElement[Any]]
    parts: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)


def _in_instance(instance_id: ColumnElement[Any]) -> dict[Thing, ColumnElement[Any]]:
    return {
        Thing.PROCESS_INSTANCE: instance_id,
        Thing.HISTORIC_PROCESS_INSTANCE: instance_id,
        Thing.PROCESS_DEFINITION: _definition.key,
    }


_STARTED_BY: Final = {"started_by": _instance.start_user}


def _part(table: Any) -> FromClause:
    """Rows of a table of things that may be part of a process instance."""
    joined: FromClause = table.outerjoin(
        tables.process_instance, _instance.id == table.c.process_instance_id
    ).outerjoin(tables.process_definition, _definition.id == table.c.definition_id)
    return joined


_WITH_DEFINITION: Final = tables.process_instance.join(
    tables.process_definition, _definition.id == _instance.definition_id
)

KINDS: Final[Mapping[str, _Kind]] = {
    "task": _Kind(
        _part(tables.user_task),
        _task.id,
        _task.tenant_id,
        {Thing.TASK: _task.id, Thing.HISTORIC_TASK: _task.id, **_in_instance(_task.process_instance_id)},
        {**_STARTED_BY, "assignee": _task.assignee, "owner": _task.owner, "delegation": _task.delegation_state},
    ),
    "process instance": _Kind(
        _WITH_DEFINITION, _instance.id, _instance.tenant_id, _in_instance(_instance.id), _STARTED_BY
    ),
    "element instance": _Kind(
        _part(tables.element_instance),
        _element.id,
        _element.tenant_id,
        _in_instance(_element.process_instance_id),
        _STARTED_BY,
    ),
    "job": _Kind(
        _part(tables.job).outerjoin(tables.job_definition, _source.id == _job.job_definition_id),
        _job.id,
        _job.tenant_id,
        {**_in_instance(_job.process_instance_id), Thing.BATCH: _source.batch_id},
        _STARTED_BY,
    ),
    "incident": _Kind(
        _part(tables.incident),
        _incident.id,
        _incident.tenant_id,
        _in_instance(_incident.process_instance_id),
        _STARTED_BY,
    ),
    "variable": _Kind(
        _part(tables.variable),
        _variable.id,
        _variable.tenant_id,
        {Thing.TASK: _variable.user_task_id, **_in_instance(_variable.process_instance_id)},
        _STARTED_BY,
    ),
    "process definition": _Kind(
        tables.process_definition,
        _definition.id,
        _definition.tenant_id,
        {Thing.PROCESS_DEFINITION: _definition.key, Thing.DEPLOYMENT: _definition.deployment_id},
    ),
    "job definition": _Kind(
        tables.job_definition.outerjoin(tables.process_definition, _definition.id == _source.definition_id).outerjoin(
            tables.batch, _batch.id == _source.batch_id
        ),
        _source.id,
        func.coalesce(_definition.tenant_id, _batch.tenant_id),
        {Thing.PROCESS_DEFINITION: _definition.key, Thing.BATCH: _source.batch_id},
    ),
    "operation": _Kind(
        tables.operation.outerjoin(tables.process_definition, _definition.id == _operation.definition_id),
        _operation.operation_id,
        _operation.tenant_id,
        {
            Thing.OPERATION_LOG_CATEGORY: _operation.category,
            Thing.PROCESS_DEFINITION: func.coalesce(_definition.key, _operation.definition_key),
        },
    ),
    "batch": _Kind(tables.batch, _batch.id, _batch.tenant_id, {Thing.BATCH: _batch.id}),
    "decision definition": _Kind(
        tables.decision_definition,
        _decision.id,
        _decision.tenant_id,
        {Thing.DECISION_DEFINITION: _decision.key, Thing.DEPLOYMENT: _decision.deployment_id},
    ),
    "decision requirements definition": _Kind(
        tables.requirements_definition,
        _requirements.id,
        _requirements.tenant_id,
        {Thing.DECISION_REQUIREMENTS_DEFINITION: _requirements.key, Thing.DEPLOYMENT: _requirements.deployment_id},
    ),
    "historic decision instance": _Kind(
        tables.decision_instance,
        _made_decision.id,
        _made_decision.tenant_id,
        {Thing.DECISION_DEFINITION: _made_decision.decision_key},
    ),
    "deployment": _Kind(tables.deployment, _deployment.id, _deployment.tenant_id, {Thing.DEPLOYMENT: _deployment.id}),
}
"""The kinds of thing that can be asked about, by the names that `engine.errors.NotFound` has for them."""


def _is_candidate(kind: str, actor: Actor) -> ColumnElement[bool]:
    if kind == "process definition":
        return startable(actor)
    if kind != "task" or actor.user_id is None:
        return false()
    whose = [_link.user_id == actor.user_id]
    if actor.groups:
        whose.append(_link.group_id.in_(sorted(actor.groups)))
    return exists(select(literal(1)).where(_link.user_task_id == _task.id, _link.ended_at.is_(None), or_(*whose)))


def look_up(tx: ReadTransaction, kind: str, ids: Collection[int], actor: Actor) -> dict[int, Facts]:
    """The facts of things with these ids, as far as they belong to a tenant of the actor or to none."""
    asked = list(dict.fromkeys(ids))
    found: dict[int, Facts] = {}
    for start in range(0, len(asked), AT_ONCE):
        found.update(_look_up(tx, kind, KINDS[kind].id.in_(asked[start : start + AT_ONCE]), actor))
    return found


_VERSIONED: Final = {"process definition": _definition, "decision definition": _decision}


def look_up_definitions(
    tx: ReadTransaction, kind: str, key: str, tenant_id: str | None, actor: Actor
) -> dict[int, Facts]:
    """The facts of the versions of a process or a decision, of whichever of the actor's tenants or of one ("": of
    none); the latest version comes last."""
    whose = [] if tenant_id is None else [KINDS[kind].tenant == tenant_id]
    table = _VERSIONED[kind]
    return _look_up(tx, kind, table.key == key, actor, *whose, order=(table.version, KINDS[kind].id))


def _look_up(
    tx: ReadTransaction,
    kind: str,
    wanted: ColumnElement[bool],
    actor: Actor,
    *conditions: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]] = (),
) -> dict[int, Facts]:
    how = KINDS[kind]
    statement = (
        select(how.id, _is_candidate(kind, actor), *how.things.values(), *how.parts.values())
        .select_from(how.source)
        .where(wanted, *conditions, of_tenant(how.tenant, actor))
        .order_by(*order)
    )
    rows = tx.connection.execute(statement)
    return {id: _facts(how, id, rest, is_candidate=bool(is_candidate)) for id, is_candidate, *rest in rows}


def _facts(how: _Kind, id: int, columns: Sequence[Any], *, is_candidate: bool = False) -> Facts:
    named = columns[: len(how.things)]
    things = {thing: None if each is None else str(each) for thing, each in zip(how.things, named, strict=True)}
    parts = dict(zip(how.parts, columns[len(how.things) :], strict=True))
    return Facts(id, things, is_candidate=is_candidate, **parts)


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of a thing whoever asks: its tenant, and of whom it may be taken, or begun by its model."""

    tenant: str | None
    facts: Facts
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def to(self, actor: Actor) -> Facts | None:
        """The facts as `look_up` gives them to that actor; None where it belongs to another tenant."""
        if self.tenant and self.tenant not in actor.tenants and not actor.administrator:
            return None
        is_candidate = actor.user_id is not None and (
            actor.user_id in self.users or not self.groups.isdisjoint(actor.groups)
        )
        return replace(self.facts, is_candidate=True) if is_candidate else self.facts


def look_up_for_all(tx: ReadTransaction, kind: str, ids: Collection[int], *, since: datetime) -> dict[int, Known]:
    """The facts of things with these ids, for as many actors as there are: at most two statements.

    Who had a part in a task at any time from `since` on counts as one who may take it.
    """
    how, asked = KINDS[kind], list(ids)
    statement = select(how.id, how.tenant, *how.things.values(), *how.parts.values()).select_from(how.source)
    rows = tx.connection.execute(statement.where(how.id.in_(asked))).all()
    users: dict[int, set[str]] = {}
    groups: dict[int, set[str]] = {}
    parts = _PARTS.get(kind)
    if rows and parts is not None:
        for id, user_id, group_id in tx.connection.execute(parts(asked, since)):
            if user_id is not None:
                users.setdefault(id, set()).add(user_id)
            if group_id is not None:
                groups.setdefault(id, set()).add(group_id)
    return {
        id: Known(tenant, _facts(how, id, rest), frozenset(users.get(id, ())), frozenset(groups.get(id, ())))
        for id, tenant, *rest in rows
    }


def _parts_in_tasks(ids: Sequence[int], since: datetime) -> CompoundSelect[Any]:
    now = select(_link.user_task_id, _link.user_id, _link.group_id).where(
        _link.user_task_id.in_(ids), or_(_link.ended_at.is_(None), _link.ended_at >= since)
    )
    then = select(_link_log.user_task_id, _link_log.user_id, _link_log.group_id).where(
        _link_log.user_task_id.in_(ids), _link_log.at >= since
    )
    return now.union_all(then)


def _parts_in_definitions(ids: Sequence[int], _: datetime) -> Select[Any]:
    return select(_starter.definition_id, _starter.user_id, _starter.group_id).where(_starter.definition_id.in_(ids))


_PARTS: Final[Mapping[str, Callable[[Sequence[int], datetime], Select[Any] | CompoundSelect[Any]]]] = {
    "task": _parts_in_tasks,
    "process definition": _parts_in_definitions,
}


def files_of_readable(tx: ReadTransaction, deployment_id: int, viewer: Viewer) -> set[str]:
    """The names of the files of a deployment that belong to definitions which the viewer may read."""
    statements = [
        select(columns.resource_name, columns.diagram_name).where(
            columns.deployment_id == deployment_id, opened(resource.opening, viewer)
        )
        for columns, resource in (
            (_definition, PROCESS_DEFINITIONS),
            (_decision, DECISION_DEFINITIONS),
            (_requirements, REQUIREMENTS_DEFINITIONS),
        )
    ]
    rows = tx.connection.execute(union_all(*statements))
    return {name for row in rows for name in row if name is not None}


def name_of_resource(tx: ReadTransaction, deployment_id: int, resource_id: int) -> str | None:
    """The name of a file of a deployment; None if there is none."""
    statement = select(_resource.name).where(_resource.id == resource_id, _resource.deployment_id == deployment_id)
    return tx.connection.execute(statement).scalar()


def keys_of_definitions(tx: ReadTransaction) -> list[str]:
    """The keys of all process definitions."""
    return list(tx.connection.execute(select(_definition.key).distinct().order_by(_definition.key)).scalars())


def closed_receiver(
    tx: ReadTransaction, signal: str, tenants: Collection[str], viewer: Viewer, *, may_start: bool
) -> Mapping[Thing, str | None] | None:
    """One who waits for a signal, of those tenants, whom the viewer may not tell: its instance and its definition.

    `may_start`: the viewer may start instances at all. None when all may be told.
    """
    things = _in_instance(_subscription.process_instance_id)
    at_start = _subscription.process_instance_id.is_(None)
    by_right = permitted(START, things, viewer.permissions) if may_start else false()
    is_open = or_(
        and_(~at_start, permitted(UPDATE_INSTANCE, things, viewer.permissions)),
        and_(at_start, or_(by_right, startable(viewer.actor))),
    )
    statement = (
        select(_subscription.process_instance_id, _definition.key)
        .select_from(tables.subscription.join(tables.process_definition, _definition.id == _subscription.definition_id))
        .where(
            _subscription.name == signal,
            _subscription.kind == SIGNAL,
            _subscription.ended_at.is_(None),
            _subscription.tenant_id.in_(sorted(tenants)),
            ~is_open,
        )
        .limit(1)
    )
    row = tx.connection.execute(statement).first()
    if row is None:
        return None
    instance = None if row.process_instance_id is None else str(row.process_instance_id)
    return {Thing.PROCESS_INSTANCE: instance, Thing.PROCESS_DEFINITION: row.key}
