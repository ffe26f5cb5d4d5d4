"""Sums over history: how often elements were visited, how often things happened, and how long they took."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.store import tables
from engine.store.query.conditions import SINCE, UNTIL, among, compare, definition_among
from engine.store.query.elements import COMPLETES_SCOPE
from engine.store.query.instances import HISTORIC_PROCESS_INSTANCES, IS_VISIT, duration
from engine.store.query.jobs import WORK
from engine.store.query.kinds import DEFINITIONS, INSTANT, TEXTS
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Filter, Query, Resource, table
from engine.store.query.tasks import HISTORIC_TASKS
from engine.store.query.views import ProcessInstanceView, TaskView
from engine.store.tables import from_milliseconds
from engine.store.transaction import WriteTransaction

_element = tables.element_instance.c
_instance = tables.process_instance.c
_decision = tables.decision_instance.c
_incident = tables.incident.c
_log = tables.job_log.c
_link = tables.identity_link_log.c
_task = tables.user_task.c
_definition = tables.process_definition.c
_since = tables.metric_start.c

# ---------------------------------------------------------------- elements


@dataclass(frozen=True, slots=True)
class Visits:
    """How often an element of a definition was visited, how these visits ended, and its incidents."""

    element_id: str
    running: int
    finished: int
    """However they ended."""
    canceled: int
    completed_scope: int
    incidents: Mapping[str, int]
    """How many of its incidents are "open", "resolved" or "deleted"."""


@dataclass(frozen=True, slots=True)
class During:
    """Which visits are counted: those of these process instances, and of those that began and ended in these times."""

    instance_ids: Sequence[int] | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    finished_after: datetime | None = None
    finished_before: datetime | None = None


def count_visits(
    connection: Connection, definition_id: int, during: During, *, with_scopes: bool = False
) -> list[Visits]:
    """By element, in the order of the ids of elements; those without visits and incidents are absent.

    `with_scopes`: with how many of the visits their scope was complete, which costs more than the rest; else 0.
    """
    chosen = _chosen(definition_id, during)
    counted = (
        select(
            _element.element_id,
            _sum(_element.ended_at.is_(None)),
            _sum(_element.ended_at.is_not(None)),
            _sum(and_(_element.ended_at.is_not(None), _element.canceled)),
            _sum(COMPLETES_SCOPE) if with_scopes else literal(0),
        )
        .select_from(
            tables.element_instance.join(tables.process_instance, _instance.id == _element.process_instance_id)
        )
        .where(IS_VISIT, _element.definition_id == definition_id, *chosen)
        .group_by(_element.element_id)
    )
    incidents: dict[str, dict[str, int]] = {}
    failed = (
        select(_incident.element_id, _incident.state, func.count())
        .select_from(tables.incident.join(tables.process_instance, _instance.id == _incident.process_instance_id))
        .where(_incident.definition_id == definition_id, _incident.element_id.is_not(None), *chosen)
        .group_by(_incident.element_id, _incident.state)
    )
    for element_id, state, count in connection.execute(failed):
        incidents.setdefault(element_id, {})[str(state)] = count
    found = {
        id: Visits(id, int(running), int(finished), int(canceled), int(completed), incidents.get(id, {}))
        for id, running, finished, canceled, completed in connection.execute(counted)
    }
    unvisited = {id: Visits(id, 0, 0, 0, 0, counts) for id, counts in incidents.items()}
    return [each for _, each in sorted({**unvisited, **found}.items())]


def _chosen(definition_id: int, during: During) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [_instance.definition_id == definition_id]
    if during.instance_ids is not None:
        chosen.append(_instance.id.in_(during.instance_ids))
    if during.started_after is not None:
        chosen.append(_instance.started_at >= during.started_after)
    if during.started_before is not None:
        chosen.append(_instance.started_at <= during.started_before)
    if during.finished_after is not None:
        chosen.append(_instance.ended_at >= during.finished_after)
    if during.finished_before is not None:
        chosen.append(_instance.ended_at <= during.finished_before)
    return chosen


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


# ---------------------------------------------------------------- metrics


@dataclass(frozen=True, slots=True)
class Metric:
    """What is counted, and the time that tells whether it is."""

    count: Select[Any]
    at: ColumnElement[Any]


def _events(event: str) -> Metric:
    counted = select(func.count()).select_from(tables.job_log).where(_log.event == event, _log.kind != WORK)
    return Metric(counted, _log.at)


TASK_WORKERS: Final = "unique-task-workers"
_STARTED: Final = Metric(select(func.count()).select_from(tables.element_instance).where(IS_VISIT), _element.started_at)
_ROOTS: Final = Metric(
    select(func.count()).select_from(tables.process_instance).where(_instance.id == _instance.root_id),
    _instance.started_at,
)
_COUNTED_SINCE: Final = select(func.max(_since.at)).where(_since.name == TASK_WORKERS).scalar_subquery()
_WORKERS: Final = Metric(
    select(func.count(_link.user_id.distinct())).where(
        _link.type == "assignee", _link.operation == "add", _link.at >= func.coalesce(_COUNTED_SINCE, literal(0))
    ),
    _link.at,
)
_DECIDED: Final = Metric(select(func.count()).select_from(tables.decision_instance), _decision.evaluated_at)
METRICS: Final[Mapping[str, Metric]] = {
    "activity-instance-start": _STARTED,
    "flow-node-instances": _STARTED,
    "activity-instance-end": Metric(_STARTED.count, _element.ended_at),
    "root-process-instance-start": _ROOTS,
    "process-instances": _ROOTS,
    TASK_WORKERS: _WORKERS,
    "task-users": _WORKERS,
    "job-successful": _events("succeeded"),
    "job-failed": _events("failed"),
    "executed-decision-instances": _DECIDED,
    "decision-instances": _DECIDED,
    "executed-decision-elements": Metric(
        select(func.coalesce(func.sum(_decision.elements), 0)), _decision.evaluated_at
    ),
}
"""What can be counted, in Camunda's words (manual, "Metrics"), as far as the history that is kept tells."""
LISTED: Final = (
    "activity-instance-end",
    "decision-instances",
    "executed-decision-elements",
    "flow-node-instances",
    "job-failed",
    "job-successful",
    "process-instances",
)
"""The metrics that are listed when none is named."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How often something happened in the interval that begins at a time."""

    at: datetime
    name: str
    value: int


def metric_sum(connection: Connection, name: str, since: datetime | None, until: datetime | None) -> int:
    """How often that happened since a time and before another. Raises KeyError for a name that is not in METRICS."""
    return int(connection.execute(_counted(METRICS[name], since, until)).scalar_one())


def _counted(metric: Metric, since: datetime | None, until: datetime | None) -> Select[Any]:
    statement = metric.count.where(metric.at.is_not(None))
    if since is not None:
        statement = statement.where(metric.at >= since)
    return statement if until is None else statement.where(metric.at < until)


def read_measures(
    connection: Connection,
    names: Collection[str],
    seconds: int,
    since: datetime | None,
    until: datetime | None,
    first: int,
    limit: int,
) -> list[Measure]:
    """How often these metrics happened in each interval of so many seconds, the latest interval first.

    Intervals in which nothing happened are absent. Raises KeyError for a name that is not in METRICS.
    """
    length = literal(seconds * 1000, BigInteger)
    counts = []
    for name in sorted(names):
        metric = METRICS[name]
        at = type_coerce(metric.at, BigInteger)
        begun = at - at % length
        counted = _counted(metric, since, until).add_columns(begun.label("begun"), literal(name).label("name"))
        counts.append(counted.group_by("begun"))
    if not counts:
        return []
    all_counts = union_all(*counts).subquery()
    value, interval, called = all_counts.c
    ordered = select(interval, called, value).order_by(interval.desc(), called).limit(limit).offset(first)
    return [Measure(from_milliseconds(at), name, int(count)) for at, name, count in connection.execute(ordered)]


def forget_task_workers(tx: WriteTransaction, before: datetime) -> None:
    """Count who worked on tasks from then on only; what was forgotten once stays so."""
    dialect = sqlite if tx.dialect == "sqlite" else postgresql
    first = dialect.insert(tables.metric_start).values(name=TASK_WORKERS, at=before)
    later = case((_since.at > first.excluded.at, _since.at), else_=first.excluded.at)
    tx.connection.execute(first.on_conflict_do_update(index_elements=["name"], set_={"at": later}))


# ---------------------------------------------------------------- how long things took

PeriodUnit = Literal["month", "quarter"]

DURATIONS_OF_INSTANCES: Final[Resource[ProcessInstanceView]] = replace(
    HISTORIC_PROCESS_INSTANCES,
    filters=table(
        Filter("processDefinitionIdIn", DEFINITIONS, definition_among(tables.process_definition)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("startedBefore", INSTANT, compare(_instance.started_at, UNTIL)),
        Filter("startedAfter", INSTANT, compare(_instance.started_at, SINCE)),
    ),
)
"""Which process instances a report is about."""
TASK_REPORTS: Final[Resource[TaskView]] = replace(
    HISTORIC_TASKS,
    filters=table(
        Filter("completedBefore", INSTANT, compare(_task.ended_at, UNTIL)),
        Filter("completedAfter", INSTANT, compare(_task.ended_at, SINCE)),
    ),
)
"""Which tasks a report is about."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long things took that began in a month (1 to 12) or quarter (1 to 4) of any year, in milliseconds."""

    period: int
    shortest: int
    longest: int
    average: int


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many tasks have ended, of all versions of a process; the newest of these with ended tasks is named."""

    count: int
    definition_id: int
    key: str
    version: int
    definition_name: str | None
    tenant_id: str
    task_name: str | None
    """None where tasks are not told apart by their names."""


def read_durations(
    connection: Connection,
    resource: Resource[ProcessInstanceView] | Resource[TaskView],
    query: Query,
    unit: PeriodUnit,
    viewer: Viewer | None = None,
) -> list[Durations]:
    """How long those of a report took that have ended, by when they began, in the order of periods (UTC).

    `resource` is one of the two above. Raises InvalidQuery.
    """
    begun, ended = (
        (_task.created_at, _task.ended_at) if resource is TASK_REPORTS else (_instance.started_at, _instance.ended_at)
    )
    took = duration(begun, ended)
    statement = (
        select(_month(begun, connection.dialect.name).label("month"))
        .add_columns(func.min(took), func.max(took), func.sum(took), func.count())
        .select_from(resource.source)
        .where(ended.is_not(None), resource.where(query, viewer))
        .group_by("month")
    )
    periods: dict[int, list[Any]] = {}
    for month, *numbers in connection.execute(statement):
        periods.setdefault(month if unit == "month" else (month + 2) // 3, []).append(numbers)
    found = []
    for period, months in sorted(periods.items()):
        shortest, longest, total, count = zip(*months, strict=True)
        found.append(Durations(period, min(shortest), max(longest), int(sum(total)) // sum(count)))
    return found


def _month(at: ColumnElement[Any], dialect: str) -> ColumnElement[int]:
    seconds = type_coerce(at, BigInteger) / 1000
    if dialect == "sqlite":
        return cast(func.strftime("%m", seconds, "unixepoch"), Integer)
    return cast(func.date_part("month", func.timezone("UTC", func.to_timestamp(seconds))), Integer)


def count_tasks(
    connection: Connection, query: Query, viewer: Viewer | None = None, *, by_name: bool = False
) -> list[TaskCount]:
    """How many tasks of each process have ended, or `by_name` of each name in each; tasks without a process are absent.

    Ordered by key, tenant and name. Raises InvalidQuery.
    """
    name: ColumnElement[Any] = _task.name if by_name else literal(None, _task.name.type)
    grouped = (
        select(_definition.key, _definition.tenant_id, name.label("name"), func.max(_definition.id), func.count())
        .select_from(TASK_REPORTS.source)
        .where(_task.ended_at.is_not(None), _task.definition_id.is_not(None), TASK_REPORTS.where(query, viewer))
        .group_by(_definition.key, _definition.tenant_id, *([_task.name] if by_name else []))
        .subquery()
    )
    key, tenant, called, newest, count = grouped.c
    columns: tuple[ColumnElement[Any], ...] = (
        count,
        newest,
        key,
        _definition.version,
        _definition.name,
        tenant,
        called,
    )
    named = select(*columns).select_from(grouped.join(tables.process_definition, _definition.id == newest))
    return [TaskCount(*row) for row in connection.execute(named.order_by(key, tenant, called))]
