"""Reads that no filter fits: files of a deployment, people and comments of a task, counts per element, upgrades."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, true

from bpmn.model import SCOPES, Kind
from engine.authorization import READ_INSTANCE
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.jobs import WORK
from engine.store.query.permitted import Viewer, of_tenant, permitted
from engine.store.query.removal import removal_of
from engine.store.query.resource import Query, select_count
from engine.store.query.tasks import TASKS
from engine.store.query.views import CommentView, IdentityLinkView, ResourceView, SchemaLogView, TaskSurroundings

_resource = tables.resource.c
_link = tables.identity_link.c
_comment = tables.comment.c
_element = tables.element_instance.c
_instance = tables.process_instance.c
_task = tables.user_task.c
_job = tables.job.c
_definition = tables.process_definition.c
_incident = tables.incident.c


@dataclass(frozen=True, slots=True)
class Count:
    """How many running things there are for one key, and how many of their jobs have failed.

    `incidents` has the open ones by their types, and `root_incidents` those of them that happened there itself.
    """

    key: str
    instances: int
    failed_jobs: int
    incidents: Mapping[str, int] = field(default_factory=dict)
    root_incidents: Mapping[str, int] = field(default_factory=dict)


def resources(connection: Connection, deployment_id: int) -> list[ResourceView]:
    """The files of a deployment, by name."""
    statement = select(_resource.id, _resource.deployment_id, _resource.name)
    rows = connection.execute(statement.where(_resource.deployment_id == deployment_id).order_by(_resource.name))
    return [ResourceView(*row) for row in rows]


def resource(connection: Connection, deployment_id: int, resource_id: int) -> tuple[ResourceView, bytes] | None:
    """A file of a deployment with its content; None if there is none."""
    row = connection.execute(
        select(_resource.id, _resource.deployment_id, _resource.name, _resource.data).where(
            _resource.deployment_id == deployment_id, _resource.id == resource_id
        )
    ).first()
    return None if row is None else (ResourceView(row.id, row.deployment_id, row.name), bytes(row.data))


def resource_named(connection: Connection, deployment_id: int, name: str) -> bytes | None:
    """The content of a deployment's file with that name; None if there is none."""
    data = connection.execute(
        select(_resource.data).where(_resource.deployment_id == deployment_id, _resource.name == name)
    ).scalar()
    return None if data is None else bytes(data)


def resource_ids_ending(connection: Connection, ending: str, tenant_id: str, deployment_id: int | None) -> list[int]:
    """The ids of all files with that end of name, of one deployment or of all of a tenant; the oldest first."""
    statement = (
        select(_resource.id)
        .join_from(tables.resource, tables.deployment, tables.deployment.c.id == _resource.deployment_id)
        .where(_resource.name.endswith(ending, autoescape=True), tables.deployment.c.tenant_id == tenant_id)
    )
    if deployment_id is not None:
        statement = statement.where(_resource.deployment_id == deployment_id)
    return list(connection.execute(statement.order_by(_resource.id)).scalars())


def resource_contents(connection: Connection, ids: Collection[int]) -> dict[int, bytes]:
    """The contents of files by their ids; those that are not there are absent."""
    statement = select(_resource.id, _resource.data).where(_resource.id.in_(ids))
    return {id: bytes(data) for id, data in connection.execute(statement)}


def identity_links(connection: Connection, task_id: int, type: str | None = None) -> list[IdentityLinkView] | None:
    """The people of an open task: assignee and owner first, then the links, by age. None if there is no such task."""
    task = connection.execute(
        select(_task.assignee, _task.owner).where(_task.id == task_id, _task.ended_at.is_(None))
    ).first()
    if task is None:
        return None
    links = [
        IdentityLinkView(user, None, role)
        for user, role in ((task.assignee, "assignee"), (task.owner, "owner"))
        if user
    ]
    statement = select(_link.user_id, _link.group_id, _link.type).where(
        _link.user_task_id == task_id, _link.ended_at.is_(None)
    )
    links += [IdentityLinkView(*row) for row in connection.execute(statement.order_by(_link.id))]
    return [link for link in links if type is None or link.type == type]


_NEWEST_FIRST = (_comment.created_at.desc(), _comment.id.desc())
_COMMENT = select(
    _comment.id,
    _comment.user_task_id,
    _comment.process_instance_id,
    _comment.root_id,
    _comment.user_id,
    _comment.message,
    _comment.created_at,
    removal_of(_comment.process_instance_id),
)


def task_comments(connection: Connection, task_id: int) -> list[CommentView]:
    """What was said about a task, the newest first."""
    statement = _COMMENT.where(_comment.user_task_id == task_id).order_by(*_NEWEST_FIRST)
    return [CommentView(*row) for row in connection.execute(statement)]


def process_instance_comments(connection: Connection, process_instance_id: int) -> list[CommentView]:
    """What was said about a process instance and its tasks, the newest first."""
    statement = _COMMENT.where(_comment.process_instance_id == process_instance_id).order_by(*_NEWEST_FIRST)
    return [CommentView(*row) for row in connection.execute(statement)]


def commented_tasks(connection: Connection, task_ids: list[int]) -> set[int]:
    """Which of the tasks have comments."""
    statement = select(_comment.user_task_id).where(_comment.user_task_id.in_(task_ids)).distinct()
    return {task_id for (task_id,) in connection.execute(statement) if task_id is not None}


def surroundings(connection: Connection, task_ids: Sequence[int]) -> dict[int, TaskSurroundings]:
    """The candidates of open tasks, and how much was said about them, by the ids of the tasks."""
    users: dict[int, list[str]] = {}
    groups: dict[int, list[str]] = {}
    candidates = select(_link.user_task_id, _link.user_id, _link.group_id).where(
        _link.user_task_id.in_(task_ids), _link.ended_at.is_(None), _link.type == "candidate"
    )
    for task_id, user, group in connection.execute(candidates.order_by(_link.id)):
        if user is not None:
            users.setdefault(task_id, []).append(user)
        if group is not None:
            groups.setdefault(task_id, []).append(group)
    said = select(_comment.user_task_id, func.count()).where(_comment.user_task_id.in_(task_ids))
    comments = _counts(connection, said.group_by(_comment.user_task_id))
    return {
        id: TaskSurroundings(tuple(users.get(id, ())), tuple(groups.get(id, ())), comments.get(id, 0))
        for id in task_ids
    }


def task_exists(connection: Connection, task_id: int) -> bool:
    """Is there, or was there, a task with that id?"""
    return connection.execute(select(1).where(_task.id == task_id)).first() is not None


def _counts(connection: Connection, statement: Select[Any]) -> dict[Any, int]:
    return dict(tuple(row) for row in connection.execute(statement))


def _failed(key: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """Failed jobs per key; work is none, as in Camunda."""
    failed = (_job.ended_at.is_(None), _job.retries == 0, _job.kind != WORK, key.is_not(None))
    return select(key, func.count()).where(*failed, *conditions).group_by(key)


def _incidents(
    connection: Connection, key: ColumnElement[Any], *conditions: ColumnElement[bool]
) -> dict[Any, tuple[dict[str, int], dict[str, int]]]:
    """Open incidents per key: all of them, and those that are root causes, by type."""
    roots = func.sum(case((_incident.root_cause_id == _incident.id, 1), else_=0))
    statement = (
        select(key, _incident.kind, func.count(), roots)
        .where(_incident.ended_at.is_(None), key.is_not(None), *conditions)
        .group_by(key, _incident.kind)
        .order_by(key, _incident.kind)
    )
    found: dict[Any, tuple[dict[str, int], dict[str, int]]] = {}
    for name, kind, count, own in connection.execute(statement):
        every, causes = found.setdefault(name, ({}, {}))
        every[kind] = count
        if own:
            causes[kind] = int(own)
    return found


def count_by_element(connection: Connection, definition_id: int) -> list[Count]:
    """Running element instances of a definition per element; those that hold others are not counted.

    An ad-hoc sub-process in which nothing is active holds nothing, and waits itself.
    """
    running = (
        select(_element.element_id, func.count())
        .where(
            _element.definition_id == definition_id,
            _element.ended_at.is_(None),
            or_(
                _element.element_kind.not_in(tuple(SCOPES)),
                and_(_element.element_kind == Kind.AD_HOC_SUB_PROCESS, _element.tokens == 0),
            ),
        )
        .group_by(_element.element_id)
        .order_by(_element.element_id)
    )
    failed = _counts(connection, _failed(_job.element_id, _job.definition_id == definition_id))
    incidents = _incidents(connection, _incident.element_id, _incident.definition_id == definition_id)
    return [
        Count(element_id, count, failed.get(element_id, 0), *incidents.get(element_id, ({}, {})))
        for element_id, count in connection.execute(running)
    ]


def count_by_definition(connection: Connection, viewer: Viewer | None = None) -> dict[int, Count]:
    """Running process instances and failed jobs, by the id of their definition; of those whose instances are seen."""
    running = _counts(
        connection,
        select(_instance.definition_id, func.count())
        .where(_instance.ended_at.is_(None), *_seen(_instance.definition_id, viewer))
        .group_by(_instance.definition_id),
    )
    failed = _counts(connection, _failed(_job.definition_id, *_seen(_job.definition_id, viewer)))
    incidents = _incidents(connection, _incident.definition_id, *_seen(_incident.definition_id, viewer))
    return {
        id: Count(str(id), running.get(id, 0), failed.get(id, 0), *incidents.get(id, ({}, {})))
        for id in {*running, *failed, *incidents}
    }


def _seen(definition_id: ColumnElement[Any], viewer: Viewer | None) -> list[ColumnElement[bool]]:
    """Of definitions all of whose instances the viewer may see."""
    if viewer is None or viewer.actor.administrator:
        return []
    may_see = permitted(READ_INSTANCE, {Thing.PROCESS_DEFINITION: _definition.key}, viewer.permissions)
    if viewer.permissions.verdicts(Thing.PROCESS_INSTANCE, "READ").others:
        may_see = true()
    return [definition_id.in_(select(_definition.id).where(may_see, of_tenant(_definition.tenant_id, viewer.actor)))]


def count_by_candidate_group(connection: Connection, viewer: Viewer | None = None) -> list[tuple[str | None, int]]:
    """Open tasks that are seen per candidate group; None counts those without one."""
    grouped = (_link.ended_at.is_(None), _link.type == "candidate", _link.group_id.is_not(None))
    seen: tuple[ColumnElement[bool], ...] = ()
    if viewer is not None:
        found = select(TASKS.id).select_from(TASKS.source).where(TASKS.where(Query(), viewer))
        seen = (_link.user_task_id.in_(found),)
    statement = (
        select(_link.group_id, func.count(_link.user_task_id.distinct()))
        .where(*grouped, *seen)
        .group_by(_link.group_id)
        .order_by(_link.group_id)
    )
    counts: list[tuple[str | None, int]] = [(group, count) for group, count in connection.execute(statement)]
    without = connection.execute(
        select_count(TASKS, Query(), viewer).where(_task.id.not_in(select(_link.user_task_id).where(*grouped)))
    ).scalar()
    return [*counts, (None, without)] if without else counts


def read_schema_log(
    connection: Connection, version: str | None, *, newest_first: bool, first: int, limit: int | None
) -> list[SchemaLogView]:
    """When the tables were made and upgraded, to all revisions or to one."""
    log = tables.schema_log.c
    order = (log.at.desc(), log.id.desc()) if newest_first else (log.at, log.id)
    statement = select(log.id, log.at, log.version).order_by(*order).limit(limit).offset(first)
    if version is not None:
        statement = statement.where(log.version == version)
    return [SchemaLogView(*row) for row in connection.execute(statement)]
