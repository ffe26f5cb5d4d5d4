"""What a process instance was at any moment of its history: when it changed, and how it was then.

A moment is an instant at which at least one step changed the instance; what was after all that happened then is what
it was. Everything is read from the rows as they are, which tell when they began and ended; values of variables are read
from their history, and who had a task from the history of identity links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from bpmn.model import Kind
from engine.core.identity_links import ADD
from engine.core.jobs import FAILED
from engine.core.state import ElementInstance, Variable, VariableUpdate
from engine.core.variables import gathered
from engine.store import tables
from engine.store.query.instances import HISTORIC_PROCESS_INSTANCES, IS_VISIT
from engine.store.query.monitoring import Progress, alive, read_progress
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query
from engine.store.query.variables import decoded
from engine.store.transaction import ReadTransaction

_instance = tables.process_instance.c
_element = tables.element_instance.c
_variable = tables.variable.c
_update = tables.variable_update.c
_task = tables.user_task.c
_output = tables.loop_output.c
_link = tables.identity_link_log.c
_job = tables.job_log.c
_incident = tables.incident.c

ASSIGNEE: Final = "assignee"


# ---------------------------------------------------------------- when it changed


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at which an instance changed, and how much of what changed then."""

    at: datetime
    entered: int
    """Elements that began."""
    completed: int
    canceled: int
    tokens: int
    """Tokens that came to wait for a job before or after an element, or had waited."""
    variables: int
    """Values that were set, and variables that were removed."""
    tasks: int
    """Tasks of which somebody got or lost a part."""
    incidents: int
    resolved: int
    failures: int
    """Attempts of jobs and workers that failed."""


KINDS: Final = (
    "entered",
    "completed",
    "canceled",
    "tokens",
    "variables",
    "tasks",
    "incidents",
    "resolved",
    "failures",
)
_NOTHING: Final = "nothing"
"""What happened to the instance itself, which other changes tell better."""


def _events(process_instance_id: int) -> Subquery:
    """When what kind of change happened, and how often."""

    def of(kind: str, table: Any, at: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
        where = (table.c.process_instance_id == process_instance_id, at.is_not(None), *conditions)
        return (
            select(at.label("at"), literal(kind).label("kind"), func.count().label("number")).where(*where).group_by(at)
        )

    begun, ended = tables.process_instance.c.started_at, tables.process_instance.c.ended_at
    itself = [
        select(at.label("at"), literal(_NOTHING).label("kind"), literal(0).label("number")).where(
            _instance.id == process_instance_id, at.is_not(None)
        )
        for at in (begun, ended)
    ]
    element = tables.element_instance
    waited = or_(_element.started_at.is_(None), _element.started_at != _element.created_at)
    return union_all(
        *itself,
        of("entered", element, _element.started_at, IS_VISIT),
        of("completed", element, _element.ended_at, IS_VISIT, ~_element.canceled),
        of("canceled", element, _element.ended_at, IS_VISIT, _element.canceled),
        of("tokens", element, _element.created_at, waited),
        of("tokens", element, _element.ended_at, _element.started_at.is_(None)),
        of("variables", tables.variable, _variable.created_at),
        of("variables", tables.variable, _variable.ended_at, _variable.deleted),
        of("variables", tables.variable_update, _update.at, _update.revision > 0),
        of("variables", tables.loop_output, _output.at),
        of("tasks", tables.identity_link_log, _link.at),
        of("incidents", tables.incident, _incident.created_at),
        of("resolved", tables.incident, _incident.ended_at),
        of("failures", tables.job_log, _job.at, _job.event == FAILED),
    ).subquery("events")


def read_moments(
    connection: Connection, process_instance_id: int, first: int, limit: int
) -> tuple[int, Sequence[Moment]]:
    """How many moments an instance has, and a page of them, the first one first; in two statements."""
    event = _events(process_instance_id).c
    total = connection.execute(select(func.count(event.at.distinct()))).scalar_one()
    numbers = (func.coalesce(func.sum(case((event.kind == kind, event.number), else_=0)), 0) for kind in KINDS)
    page = select(event.at, *numbers).group_by(event.at).order_by(event.at).offset(first).limit(limit)
    return total, [Moment(row[0], *map(int, row[1:])) for row in connection.execute(page)]


# ---------------------------------------------------------------- how it was


@dataclass(frozen=True, slots=True)
class Activity:
    """An element instance that was there; `is_new`: since this moment."""

    id: int
    scope_id: int
    element_id: str
    element_kind: str
    element_name: str | None
    transition: str | None
    """"before" or "after" the element, where the token waited for a job."""
    loop_counter: int | None
    called_instance_id: int | None
    user_task_id: int | None
    since: datetime
    is_new: bool
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """An element instance that ended at this moment."""

    id: int
    element_id: str
    element_kind: str
    element_name: str | None
    canceled: bool
    began_too: bool


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that was open; `is_new`: since this moment."""

    id: int
    element_instance_id: int | None
    element_id: str | None
    type: str
    message: str | None
    since: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A value of a variable, since when it had it, and who gave it; `revision` counts what was written."""

    type: str
    value: object
    since: datetime
    user: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class PastVariable:
    """A variable that was there, or is gone since this moment.

    `now` and `before`: its values then and at the moment before; None where it was not there, or where no history tells
    what it was, which then `is_unknown` says of `now`.
    """

    id: int
    name: str
    element_instance_id: int | None
    element_id: str | None
    user_task_id: int | None
    change: Literal["added", "changed", "removed"] | None
    """"added", "changed" or "removed" since the moment before."""
    now: Known | None
    before: Known | None
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What an instance was at a time. Of long lists there is the beginning, with one more than was asked for."""

    at: datetime
    moment: datetime | None
    """The last moment until then; None before the first one."""
    before: datetime | None
    position: int
    """How many moments there were until then, of `total`."""
    total: int
    progress: Progress
    activities: Sequence[Activity]
    departures: Sequence[Departure]
    incidents: Sequence[PastIncident]
    variables: Sequence[PastVariable]


def read_past(connection: Connection, process_instance_id: int, at: datetime, limit: int) -> Past:
    """What an instance was at a time, in eleven statements; of lists at most one more than `limit`."""
    moment, before, position, total = _place(connection, process_instance_id, at)
    since = before or tables.EPOCH
    return Past(
        at=at,
        moment=moment,
        before=before,
        position=position,
        total=total,
        progress=read_progress(connection, process_instance_id, at),
        activities=_activities(connection, process_instance_id, at, since, limit + 1),
        departures=_departures(connection, process_instance_id, at, since, limit + 1),
        incidents=_incidents(connection, process_instance_id, at, since, limit + 1),
        variables=_variables(connection, process_instance_id, at, since, limit + 1),
    )


def _place(
    connection: Connection, process_instance_id: int, at: datetime
) -> tuple[datetime | None, datetime | None, int, int]:
    """The last moment until a time, the one before that, its place among all, and how many there are."""
    instants = select(_events(process_instance_id).c.at).distinct().subquery("instants")
    each = select(
        instants.c.at,
        func.row_number().over(order_by=instants.c.at).label("number"),
        func.count().over().label("total"),
    ).subquery("numbered")
    statement = (
        select(each.c.at, each.c.number, each.c.total)
        .where(or_(each.c.at <= at, each.c.number == 1))
        .order_by(each.c.number.desc())
        .limit(2)
    )
    rows = connection.execute(statement).all()
    until = [row for row in rows if row.at <= at]
    total = int(rows[0].total) if rows else 0
    if not until:
        return None, None, 0, total
    return until[0].at, until[1].at if len(until) > 1 else None, int(until[0].number), total


def last_moment(connection: Connection, process_instance_id: int, at: datetime) -> datetime | None:
    """The last moment of an instance until a time; None before it began."""
    return _place(connection, process_instance_id, at)[0]


def _within(column: ColumnElement[Any], since: datetime, at: datetime) -> ColumnElement[bool]:
    return and_(column > since, column <= at)


def _activities(
    connection: Connection, process_instance_id: int, at: datetime, since: datetime, limit: int
) -> list[Activity]:
    statement = (
        select(
            _element.id,
            func.coalesce(_element.flow_scope_id, _element.scope_id),
            _element.element_id,
            _element.element_kind,
            _element.element_name,
            case(
                (_element.transition == "after", "after"),
                (and_(_element.started_at.is_(None), _element.transition.is_not(None)), "before"),
                (_element.started_at > at, "before"),
            ),
            _element.loop_counter,
            _element.called_instance_id,
            _element.user_task_id,
            func.coalesce(case((_element.started_at <= at, _element.started_at)), _element.created_at),
        )
        .where(_element.process_instance_id == process_instance_id, alive(_element, at))
        .order_by(_element.id)
        .limit(limit)
    )
    found = [Activity(*row, row[-1] > since) for row in connection.execute(statement)]
    assignees = _assignees(connection, [each.user_task_id for each in found if each.user_task_id is not None], at)
    return [
        each if each.user_task_id not in assignees else replace(each, assignee=assignees[each.user_task_id])
        for each in found
    ]


def _assignees(connection: Connection, task_ids: Collection[int], at: datetime) -> Mapping[int | None, str | None]:
    """Who had each of the tasks; who has it now, where no history of that is kept."""
    if not task_ids:
        return {}
    logged = (
        select(_task.id, _task.assignee, _link.operation, _link.user_id, _link.at)
        .select_from(
            tables.user_task.outerjoin(
                tables.identity_link_log, and_(_link.user_task_id == _task.id, _link.type == ASSIGNEE)
            )
        )
        .where(_task.id.in_(task_ids))
        .order_by(_link.at, _link.id)
    )
    found: dict[int | None, str | None] = {}
    for id, present, operation, user, when in connection.execute(logged):
        if operation is None:
            found[id] = present
            continue
        found.setdefault(id, None)
        if when > at:
            continue
        if operation == ADD:
            found[id] = user
        elif found[id] == user:
            found[id] = None
    return found


def _departures(
    connection: Connection, process_instance_id: int, at: datetime, since: datetime, limit: int
) -> list[Departure]:
    statement = (
        select(
            _element.id,
            _element.element_id,
            _element.element_kind,
            _element.element_name,
            _element.canceled,
            _element.started_at > since,
        )
        .where(_element.process_instance_id == process_instance_id, IS_VISIT, _within(_element.ended_at, since, at))
        .order_by(_element.id)
        .limit(limit)
    )
    return [Departure(*row) for row in connection.execute(statement)]


def _incidents(
    connection: Connection, process_instance_id: int, at: datetime, since: datetime, limit: int
) -> list[PastIncident]:
    statement = (
        select(
            _incident.id,
            _incident.element_instance_id,
            _incident.element_id,
            _incident.kind,
            _incident.message,
            _incident.created_at,
        )
        .where(_incident.process_instance_id == process_instance_id, alive(_incident, at))
        .order_by(_incident.id)
        .limit(limit)
    )
    return [PastIncident(*row, row.created_at > since) for row in connection.execute(statement)]


# ---------------------------------------------------------------- its variables


def _was_there(at: datetime) -> ColumnElement[bool]:
    """A variable was there. Those of the instance itself are what it left behind, when it has ended."""
    left_behind = and_(~_variable.deleted, _variable.scope_id == _variable.process_instance_id)
    return and_(_variable.created_at <= at, or_(alive(_variable, at), left_behind))


def _latest(ids: Collection[int], *times: datetime) -> Subquery:
    """The revisions that variables had at some times, by their ids."""
    revisions = (func.max(case((_update.at <= at, _update.revision))) for at in times)
    named = (revision.label(f"revision{index}") for index, revision in enumerate(revisions))
    return (
        select(_update.variable_id, *named)
        .where(_update.variable_id.in_(ids), _update.at <= max(times))
        .group_by(_update.variable_id)
        .subquery("latest")
    )


def _variables(
    connection: Connection, process_instance_id: int, at: datetime, since: datetime, limit: int
) -> list[PastVariable]:
    gone = and_(_variable.created_at <= since, _within(_variable.ended_at, since, at))
    there = _was_there(at)
    statement = (
        select(
            tables.variable,
            func.coalesce(_variable.element_instance_id, _task.element_instance_id).label("place"),
            _element.element_id.label("place_element"),
            there.label("is_there"),
        )
        .select_from(
            tables.variable.outerjoin(tables.user_task, _task.id == _variable.user_task_id).outerjoin(
                tables.element_instance,
                _element.id == func.coalesce(_variable.element_instance_id, _task.element_instance_id),
            )
        )
        .where(_variable.process_instance_id == process_instance_id, or_(there, gone))
        .order_by(_variable.name, _variable.id)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    values = _values(connection, [row.id for row in rows], at, since)
    given = _given(connection, [row.id for row in rows if row.place is not None], at)
    found = []
    for row in rows:
        now, before = values.get((row.id, True)), values.get((row.id, False))
        if row.revision == 0 and now is None:
            now = _first_value(row)
        if row.created_at > since:
            before = None
        elif row.revision == 0:
            before = before or now
        if row.id in given:
            now, before = _put_together(now, given[row.id], at), _put_together(before, given[row.id], since)
        change: Literal["added", "changed", "removed"] | None
        change = "removed" if not row.is_there else "added" if row.created_at > since else None
        if change is None and now is not None and before is not None and now.since > since:
            change = "changed"
        found.append(
            PastVariable(
                id=row.id,
                name=row.name,
                element_instance_id=row.place,
                element_id=row.place_element,
                user_task_id=row.user_task_id,
                change=change,
                now=now if row.is_there else None,
                before=before if change is not None else None,
                is_unknown=bool(row.is_there) and now is None,
            )
        )
    return found


def _values(
    connection: Connection, ids: Collection[int], at: datetime, since: datetime
) -> dict[tuple[int, bool], Known]:
    """The values of variables by their ids, at a time (True) and at the one before it; without the content of files."""
    if not ids:
        return {}
    latest = _latest(ids, at, since)
    now, before = latest.c.revision0, latest.c.revision1
    statement = select(
        _update.variable_id,
        _update.revision == now,
        func.coalesce(_update.revision == before, literal(False)),
        _update.value_type,
        _update.long_value,
        _update.double_value,
        _update.text_value,
        literal(None, LargeBinary),
        _update.value_meta,
        _update.at,
        _update.user,
        _update.revision,
    ).select_from(
        tables.variable_update.join(
            latest,
            and_(latest.c.variable_id == _update.variable_id, or_(_update.revision == now, _update.revision == before)),
        )
    )
    found: dict[tuple[int, bool], Known] = {}
    for id, is_now, is_before, *stored, when, user, revision in connection.execute(statement):
        known = Known(stored[0], decoded(*stored), when, user, revision)
        if is_now:
            found[id, True] = known
        if is_before:
            found[id, False] = known
    return found


def _first_value(row: Any) -> Known:
    """The value of a variable that never had another one."""
    stored = (row.value_type, row.long_value, row.double_value, row.text_value, None, row.value_meta)
    return Known(row.value_type, decoded(*stored), row.created_at, None, 0)


@dataclass(frozen=True, slots=True)
class _Given:
    """What an instance of a loop gave for a list, at that place in it."""

    revision: int
    number: int
    content: str
    at: datetime


def _given(connection: Connection, ids: Collection[int], at: datetime) -> dict[int, list[_Given]]:
    """What instances had given for lists until a time, by the ids of the variables, oldest first."""
    if not ids:
        return {}
    statement = (
        select(_output.variable_id, _output.revision, _output.number, _output.content, _output.at)
        .where(_output.variable_id.in_(ids), _output.at <= at)
        .order_by(_output.id)
    )
    found: dict[int, list[_Given]] = {}
    for id, *given in connection.execute(statement):
        found.setdefault(id, []).append(_Given(*given))
    return found


def _put_together(known: Known | None, given: Iterable[_Given], at: datetime) -> Known | None:
    """A list with what had been given for it until a time, after it was written."""
    counting = [each for each in given if known is not None and each.revision == known.revision and each.at <= at]
    if known is None or not counting:
        return known
    value = gathered(known.value, [(each.number, each.content) for each in counting])
    return replace(known, value=value, since=max(known.since, *(each.at for each in counting)))


# ---------------------------------------------------------------- what a fork begins with


@dataclass(frozen=True, slots=True)
class Remains:
    """What there was of an instance at a time, as rows: for a fork.

    `values` are variables by the ids of their scopes, without those of tasks; `unknown` names those of which no history
    tells what they were, with their scopes. `completed`: how many instances of a loop, or flows of an ad-hoc
    sub-process, had completed, by the ids of what they were in.
    """

    elements: Sequence[ElementInstance]
    values: Mapping[int, Mapping[str, object]]
    unknown: Sequence[tuple[int, str]]
    completed: Mapping[int, int]


def read_remains(tx: ReadTransaction, process_instance_id: int, at: datetime, limit: int) -> Remains:
    """What there was of an instance at a time; of its element instances at most one more than `limit`."""
    connection = tx.connection
    there = connection.execute(
        select(_element.id)
        .where(_element.process_instance_id == process_instance_id, alive(_element, at))
        .order_by(_element.id)
        .limit(limit + 1)
    ).scalars()
    elements = tx.select(ElementInstance, "id", there.all(), alive=False)
    scopes = [process_instance_id, *(each.id for each in elements)]
    known = connection.execute(
        select(_variable.id).where(
            _variable.process_instance_id == process_instance_id, _variable.scope_id.in_(scopes), _was_there(at)
        )
    )
    ids = known.scalars().all()
    latest = _latest(ids, at)
    chosen = connection.execute(
        select(_update.id).join_from(
            tables.variable_update,
            latest,
            and_(latest.c.variable_id == _update.variable_id, latest.c.revision0 == _update.revision),
        )
    ).scalars()
    updates = {each.variable_id: each for each in tx.select(VariableUpdate, "id", list(chosen), alive=False)}
    given = _given(connection, ids, at)
    values: dict[int, dict[str, object]] = {}
    unknown = []
    for row in tx.select(Variable, "id", ids, alive=False):
        if row.id in updates or row.revision == 0:
            value, revision = (updates[row.id].value, updates[row.id].revision) if row.id in updates else (row.value, 0)
            counting = [(each.number, each.content) for each in given.get(row.id, ()) if each.revision == revision]
            values.setdefault(row.scope_id, {})[row.name] = gathered(value, counting)
        else:
            unknown.append((row.scope_id, row.name))
    return Remains(elements, values, unknown, _completed(connection, process_instance_id, scopes, at))


def _completed(
    connection: Connection, process_instance_id: int, scope_ids: Iterable[int], at: datetime
) -> dict[int, int]:
    counts = or_(_element.loop_counter.is_not(None), _element.element_kind == Kind.AD_HOC_INSTANCE)
    statement = (
        select(_element.scope_id, func.count())
        .where(
            _element.process_instance_id == process_instance_id,
            _element.scope_id.in_(scope_ids),
            IS_VISIT,
            counts,
            _element.ended_at <= at,
            ~_element.canceled,
        )
        .group_by(_element.scope_id)
    )
    return dict(tuple(row) for row in connection.execute(statement))


@dataclass(frozen=True, slots=True)
class Lineage:
    """What an instance was forked from, and the forks of it: the ids, and the moments from which they began."""

    origin: tuple[int, datetime] | None
    forks: Sequence[tuple[int, datetime]]


def read_lineage(connection: Connection, process_instance_id: int, limit: int, viewer: Viewer | None = None) -> Lineage:
    """The origin of an instance and its forks, the newest first, in two statements: what the viewer may see of them."""
    source, visible = HISTORIC_PROCESS_INSTANCES.source, HISTORIC_PROCESS_INSTANCES.where(Query(), viewer)
    made = tables.process_instance.alias("made")
    origin = connection.execute(
        select(_instance.id, made.c.forked_at)
        .select_from(source.join(made, made.c.forked_id == _instance.id))
        .where(made.c.id == process_instance_id, made.c.forked_at.is_not(None), visible)
    ).first()
    forks = connection.execute(
        select(_instance.id, _instance.forked_at)
        .select_from(source)
        .where(_instance.forked_id == process_instance_id, _instance.forked_at.is_not(None), visible)
        .order_by(_instance.started_at.desc(), _instance.id.desc())
        .limit(limit)
    )
    return Lineage(None if origin is None else (origin[0], origin[1]), [(id, at) for id, at in forks])
