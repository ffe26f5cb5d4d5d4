"""Reads of those who watch processes: how far instances are, what they wait for, how long elements take, incidents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, or_, select, true

from bpmn.model import SCOPES, Kind
from engine.core.state import JOB_INCIDENTS
from engine.core.subscriptions import COMPENSATE
from engine.store import tables
from engine.store.query.conditions import NOW
from engine.store.query.incidents import INCIDENTS, is_open, is_root
from engine.store.query.instances import IS_VISIT, duration
from engine.store.query.jobs import WORK
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query

_element = tables.element_instance.c
_incident = tables.incident.c
_definition = tables.process_definition.c
_job = tables.job.c
_subscription = tables.subscription.c
_task = tables.user_task.c
_link = tables.identity_link.c

MOST_MESSAGES = 1000
"""How many different messages of incidents are looked at; the most frequent ones."""


def alive(row: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """What a row is about lives; or lived at that time, when all that happened then had happened."""
    if at is None:
        return row.ended_at.is_(None)  # type: ignore[no-any-return]
    return and_(row.created_at <= at, or_(row.ended_at.is_(None), row.ended_at > at))


def _holds_token(at: datetime | None = None) -> ColumnElement[bool]:
    """It is alive, and no mere surrounding of others that are."""
    empty = _element.tokens == 0
    if at is not None:
        inside = tables.element_instance.alias("inside").c
        same = and_(inside.process_instance_id == _element.process_instance_id, inside.scope_id == _element.id)
        empty = ~exists(select(1).where(same, alive(inside, at)))
    idle = and_(_element.element_kind == Kind.AD_HOC_SUB_PROCESS, empty)
    return and_(alive(_element, at), or_(_element.element_kind.not_in(tuple(SCOPES)), idle))


# ---------------------------------------------------------------- how far an instance is


@dataclass(frozen=True, slots=True)
class ElementProgress:
    """How many tokens are at an element of an instance, and how many visits to it have ended."""

    element_id: str
    tokens: int
    finished: int
    canceled: int
    incidents: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an instance is: its elements, and the sequence flows over which elements were reached."""

    elements: Sequence[ElementProgress]
    flows: Sequence[str]


def read_progress(connection: Connection, process_instance_id: int, at: datetime | None = None) -> Progress:
    """How far an instance is, or was at that time, in three statements however often its loops have gone round."""
    of_instance = _element.process_instance_id == process_instance_id
    here = _incident.process_instance_id == process_instance_id
    incidents = _open_incidents(connection, _incident.element_id, here, at=at)
    over = _element.ended_at.is_not(None) if at is None else _element.ended_at <= at
    ended = and_(IS_VISIT, func.coalesce(over, false()))
    begun = true() if at is None else _element.created_at <= at
    statement = (
        select(
            _element.element_id,
            _how_many(_holds_token(at)),
            _how_many(and_(ended, ~_element.canceled)),
            _how_many(and_(ended, _element.canceled)),
        )
        .where(of_instance, begun)
        .group_by(_element.element_id)
        .order_by(_element.element_id)
    )
    elements = [
        ElementProgress(id, tokens, finished, canceled, incidents.pop(id, 0))
        for id, tokens, finished, canceled in connection.execute(statement)
    ]
    elements += [ElementProgress(id, 0, 0, 0, count) for id, count in incidents.items()]
    # What waits after an element for its job names the flow that it is going to take.
    flows = (
        select(_element.flow_id)
        .where(of_instance, begun, _element.flow_id.is_not(None), func.coalesce(_element.transition, "") != "after")
        .distinct()
        .order_by(_element.flow_id)
    )
    return Progress(elements, [flow for (flow,) in connection.execute(flows)])


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _open_incidents(
    connection: Connection, key: ColumnElement[Any], *conditions: ColumnElement[bool], at: datetime | None = None
) -> dict[Any, int]:
    is_there = is_open(_incident) if at is None else alive(_incident, at)
    statement = select(key, func.count()).where(is_there, key.is_not(None), *conditions).group_by(key)
    return dict(tuple(row) for row in connection.execute(statement.order_by(key)))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the tokens of an instance are, by the ids of the elements, and how many open incidents it has."""

    tokens: Mapping[str, int]
    incidents: int


def read_places(connection: Connection, process_instance_ids: Collection[int]) -> dict[int, Places]:
    """Where instances are, in two statements for all of them."""
    tokens: dict[int, dict[str, int]] = {id: {} for id in process_instance_ids}
    statement = (
        select(_element.process_instance_id, _element.element_id, func.count())
        .where(_element.process_instance_id.in_(process_instance_ids), _holds_token())
        .group_by(_element.process_instance_id, _element.element_id)
        .order_by(_element.process_instance_id, _element.element_id)
    )
    for id, element_id, count in connection.execute(statement):
        tokens[id][element_id] = count
    of_instances = _incident.process_instance_id.in_(process_instance_ids)
    incidents = _open_incidents(connection, _incident.process_instance_id, of_instances)
    return {id: Places(tokens[id], incidents.get(id, 0)) for id in process_instance_ids}


# ---------------------------------------------------------------- what an instance waits for


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that an instance waits for. `kind` tells which attributes are there.

    "task", "message", "signal", "conditional", "timer", "job", "work" (of a handler or a worker), "call" (what was
    called has to end), or "token": nothing of these, as of a token that waits at a join for others.
    """

    kind: str
    element_id: str
    element_instance_id: int | None
    execution_id: int | None
    since: datetime
    id: int | None = None
    """Of the task, the subscription or the job."""
    name: str | None = None
    """Of the message or signal; the topic of work; the name of the task; the kind of job."""
    correlation_key: str | None = None
    due_at: datetime | None = None
    retries: int | None = None
    suspended: bool = False
    worker: str | None = None
    locked_until: datetime | None = None
    error: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    called_instance_id: int | None = None
    element_kind: str | None = None


def read_waits(connection: Connection, process_instance_id: int, limit: int) -> list[Wait]:
    """The oldest things that an instance waits for, `limit` at most, in five statements or six."""
    waits = [
        *_task_waits(connection, process_instance_id, limit),
        *_subscription_waits(connection, process_instance_id, limit),
        *_job_waits(connection, process_instance_id, limit),
        *_other_waits(connection, process_instance_id, limit),
    ]
    waits = sorted(waits, key=lambda wait: (wait.since, wait.id or 0))[:limit]
    places = {wait.element_instance_id for wait in waits if wait.element_instance_id is not None}
    statement = select(_element.id, _element.element_kind).where(_element.id.in_(places))
    kinds: dict[int | None, str] = dict(tuple(row) for row in connection.execute(statement)) if places else {}
    return [replace(wait, element_kind=kinds.get(wait.element_instance_id)) for wait in waits]


def _other_waits(connection: Connection, process_instance_id: int, limit: int) -> Iterator[Wait]:
    """Tokens that wait for what they called, and those for which there is neither task nor subscription nor job."""
    job = exists(select(1).where(_job.element_instance_id == _element.id, _job.ended_at.is_(None)))
    subscription = exists(
        select(1).where(_subscription.element_instance_id == _element.id, _subscription.ended_at.is_(None))
    )
    alone = and_(_holds_token(), _element.user_task_id.is_(None), ~job, ~subscription)
    statement = (
        select(
            _element.id,
            _element.element_id,
            _element.execution_id,
            _element.called_instance_id,
            _element.created_at,
        )
        .where(
            _element.process_instance_id == process_instance_id,
            _element.ended_at.is_(None),
            or_(_element.called_instance_id.is_not(None), alone),
        )
        .order_by(_element.id)
        .limit(limit)
    )
    for id, element_id, execution_id, called, since in connection.execute(statement):
        kind = "token" if called is None else "call"
        yield Wait(kind, element_id, id, execution_id, since, called_instance_id=called)


def _task_waits(connection: Connection, process_instance_id: int, limit: int) -> Iterator[Wait]:
    columns = (_task.id, _task.element_id, _task.element_instance_id, _task.execution_id, _task.created_at)
    statement = (
        select(*columns, _task.name, _task.due_at, _task.assignee)
        .where(_task.process_instance_id == process_instance_id, _task.ended_at.is_(None))
        .order_by(_task.id)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    users: dict[int, list[str]] = {}
    groups: dict[int, list[str]] = {}
    candidates = (
        select(_link.user_task_id, _link.user_id, _link.group_id)
        .where(_link.user_task_id.in_([row.id for row in rows]), _link.type == "candidate", _link.ended_at.is_(None))
        .order_by(_link.id)
    )
    for task_id, user, group in connection.execute(candidates) if rows else ():
        if user is not None:
            users.setdefault(task_id, []).append(user)
        if group is not None:
            groups.setdefault(task_id, []).append(group)
    for id, element_id, place, execution_id, since, name, due_at, assignee in rows:
        yield Wait(
            "task",
            element_id or "",
            place,
            execution_id,
            since,
            id,
            name,
            due_at=due_at,
            assignee=assignee,
            candidate_users=tuple(users.get(id, ())),
            candidate_groups=tuple(groups.get(id, ())),
        )


def _subscription_waits(connection: Connection, process_instance_id: int, limit: int) -> Iterator[Wait]:
    statement = select(
        _subscription.kind,
        _subscription.element_id,
        _subscription.element_instance_id,
        _subscription.execution_id,
        _subscription.created_at,
        _subscription.id,
        _subscription.name,
        case((_subscription.kind == "message", _subscription.configuration)),
    ).where(
        _subscription.process_instance_id == process_instance_id,
        _subscription.ended_at.is_(None),
        _subscription.kind != COMPENSATE,
    )
    for row in connection.execute(statement.order_by(_subscription.id).limit(limit)):
        yield Wait(*row)


def _job_waits(connection: Connection, process_instance_id: int, limit: int) -> Iterator[Wait]:
    statement = select(
        _job.kind,
        _job.element_id,
        _job.element_instance_id,
        _job.created_at,
        _job.id,
        _job.topic,
        _job.due_at,
        _job.retries,
        _job.suspended,
        _job.lock_owner,
        _job.lock_expires_at,
        _job.error_message,
    ).where(_job.process_instance_id == process_instance_id, _job.ended_at.is_(None))
    for row in connection.execute(statement.order_by(_job.id).limit(limit)):
        kind = "work" if row.kind == WORK else "timer" if row.kind.startswith("timer") else "job"
        yield Wait(
            kind,
            row.element_id or "",
            row.element_instance_id,
            None,
            row.created_at,
            row.id,
            row.topic if kind == "work" else row.kind,
            due_at=row.due_at,
            retries=row.retries,
            suspended=row.suspended,
            worker=row.lock_owner,
            locked_until=row.lock_expires_at,
            error=row.error_message,
        )


# ---------------------------------------------------------------- how long elements take


@dataclass(frozen=True, slots=True)
class Heat:
    """How often an element was visited, and how long the visits took that have ended, in milliseconds."""

    element_id: str
    visits: int
    ended: int
    average: int | None
    median: int | None
    slowest: int | None
    """95 of 100 visits took no longer."""


def read_heat(connection: Connection, definition_id: int, since: datetime | None) -> list[Heat]:
    """How often and how long the elements of a definition were visited, since then if said; in one statement."""
    taken = duration(_element.started_at, _element.ended_at)
    slowest_last = (case((taken.is_(None), 1), else_=0), taken)
    wanted = [_element.definition_id == definition_id, IS_VISIT]
    if since is not None:
        wanted.append(_element.started_at >= since)
    visits = (
        select(
            _element.element_id,
            taken.label("taken"),
            func.row_number().over(partition_by=_element.element_id, order_by=slowest_last).label("place"),
            func.count(taken).over(partition_by=_element.element_id).label("ended"),
        )
        .where(*wanted)
        .subquery()
    )
    visit = visits.c
    statement = (
        select(
            visit.element_id,
            func.count(),
            func.count(visit.taken),
            func.avg(visit.taken),
            func.max(case((visit.place * 2 <= visit.ended + 1, visit.taken))),
            func.max(case((visit.place * 100 <= visit.ended * 95 + 99, visit.taken))),
        )
        .group_by(visit.element_id)
        .order_by(visit.element_id)
    )
    return [
        Heat(id, count, ended, None if average is None else round(average), median, slowest)
        for id, count, ended, average, median, slowest in connection.execute(statement)
    ]


# ---------------------------------------------------------------- what failed


@dataclass(frozen=True, slots=True)
class IncidentGroup:
    """Open incidents of a type at one element of a definition whose messages say the same, but for numbers and ids."""

    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    definition_name: str | None
    element_id: str | None
    type: str
    message: str | None
    """Of one of them."""
    pattern: str | None
    """What all their messages are like, with `%` for what differs; None where there is no message."""
    count: int
    first_at: datetime
    last_at: datetime
    annotation: str | None


_DIFFERING = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+")


def pattern_of(message: str) -> str:
    """The message as the pattern of a LIKE that meets messages with other numbers and UUIDs too."""
    escaped = message.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _DIFFERING.sub("%", escaped)


def read_incident_groups(
    connection: Connection, query: Query, now: datetime, viewer: Viewer | None = None
) -> list[IncidentGroup]:
    """The groups of open incidents that a query finds, the largest first, of those that happened where they are.

    Looks at the MOST_MESSAGES most frequent messages. Raises InvalidQuery, ContradictoryQuery.
    """
    keys = (
        _incident.definition_id,
        _definition.key,
        _definition.version,
        _definition.name,
        _incident.element_id,
        _incident.kind,
        _incident.message,
    )
    statement = (
        select(
            *keys,
            func.count(),
            func.min(_incident.created_at),
            func.max(_incident.created_at),
            func.max(_incident.annotation),
        )
        .select_from(INCIDENTS.source)
        .where(INCIDENTS.where(query, viewer), is_root(_incident))
        .group_by(*keys)
        .order_by(func.count().desc(), _incident.definition_id, _incident.element_id, _incident.message)
        .limit(MOST_MESSAGES)
    )
    groups: dict[tuple[Any, ...], IncidentGroup] = {}
    for row in connection.execute(statement, {NOW.key: now}):
        definition_id, key, version, name, element_id, kind, message, count, first_at, last_at, annotation = row
        pattern = None if message is None else pattern_of(message)
        where = (definition_id, key, version, name, element_id, kind)
        found = IncidentGroup(*where, message, pattern, count, first_at, last_at, annotation)
        known = groups.get((*where, pattern))
        groups[*where, pattern] = found if known is None else _joined(known, found)
    return sorted(groups.values(), key=lambda group: (-group.count, group.element_id or ""))


def read_failed_work(
    connection: Connection, query: Query, now: datetime, viewer: Viewer | None, at_once: int
) -> Iterator[tuple[str, int]]:
    """The kind of each open incident that meets the query, and the id of the job or work that has failed, in pieces.

    Those that somebody has reported tell of no failure.
    """
    statement = (
        select(_incident.kind, _incident.configuration)
        .select_from(INCIDENTS.source)
        .where(INCIDENTS.where(query, viewer), is_root(_incident), _incident.kind.in_(JOB_INCIDENTS))
        .where(_incident.reported.is_(None))
        .order_by(_incident.id)
    )
    for kind, configuration in connection.execute(statement, {NOW.key: now}, execution_options={"yield_per": at_once}):
        yield kind, int(configuration)


def _joined(one: IncidentGroup, other: IncidentGroup) -> IncidentGroup:
    return replace(
        one,
        count=one.count + other.count,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
        annotation=one.annotation or other.annotation,
    )
