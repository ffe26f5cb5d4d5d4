"""Sums over instances that have ended: how many a day, how long they and their elements took, and what came of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from engine.core.lifecycle import InstanceState
from engine.store import tables
from engine.store.query.instances import HISTORIC_PROCESS_INSTANCES, IS_VISIT, duration
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query

_instance = tables.process_instance.c
_element = tables.element_instance.c
_definition = tables.process_definition.c

MOST_INSTANCES = 10_000
"""How many instances of a definition are looked at; the ones that ended last."""


# ---------------------------------------------------------------- day by day


@dataclass(frozen=True, slots=True)
class Trend:
    """How many instances of a process began and ended on each of some days, the oldest day first."""

    started: Sequence[int]
    ended: Sequence[int]
    average: int | None
    """How long those that ended on these days took, in milliseconds; None if there are none."""


def read_trends(
    connection: Connection, keys: Collection[str], days: Sequence[datetime], viewer: Viewer | None = None
) -> Mapping[tuple[str, str], Trend]:
    """The trends of the processes with these keys, by key and tenant, in one statement.

    `days` are when the days begin, the oldest first; the last one goes on. Counted is what the viewer's list of
    historic instances shows. A process without any is absent.
    """
    visible = (HISTORIC_PROCESS_INSTANCES.where(Query(), viewer), _definition.key.in_(keys))

    def daily(which: int, at: ColumnElement[Any], taken: ColumnElement[Any]) -> Select[Any]:
        day = case(*((at >= begin, place) for place, begin in reversed([*enumerate(days)]))).label("day")
        return (
            select(_definition.key, _definition.tenant_id, literal(which), day, func.count(), taken)
            .select_from(HISTORIC_PROCESS_INSTANCES.source)
            .where(*visible, at >= days[0])
            .group_by(_definition.key, _definition.tenant_id, day)
        )

    began = daily(0, _instance.started_at, null().cast(BigInteger))
    ended = daily(1, _instance.ended_at, func.sum(duration(_instance.started_at, _instance.ended_at)))
    counts: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    times: dict[tuple[str, str], int] = {}
    for key, tenant, which, day, count, taken in connection.execute(union_all(began, ended)):
        counts.setdefault((key, tenant), ([0] * len(days), [0] * len(days)))[which][day] = count
        times[key, tenant] = times.get((key, tenant), 0) + int(taken or 0)
    return {
        process: Trend(started, ended, round(times[process] / sum(ended)) if any(ended) else None)
        for process, (started, ended) in counts.items()
    }


# ---------------------------------------------------------------- how long, and what came of it


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How long things took, in milliseconds: 50, 90 and 99 of 100 took no longer. None where there are none."""

    total: int
    average: int | None
    p50: int | None
    p90: int | None
    p99: int | None


@dataclass(frozen=True, slots=True)
class ElementStatistics:
    """The visits to an element that have ended."""

    element_id: str
    kind: str
    visits: int
    canceled: int
    outcomes: int
    """How many instances it ended: visits of an end event that is in no sub-process."""
    durations: Percentiles


@dataclass(frozen=True, slots=True)
class Statistics:
    """Instances of a definition that ended in some time; `looked_at`, the last of `ended`, are in all other numbers."""

    ended: int
    looked_at: int
    completed: int
    durations: Percentiles
    elements: Sequence[ElementStatistics]


def read_statistics(
    connection: Connection, definition_id: int, since: datetime | None, until: datetime | None
) -> Statistics:
    """What became of the instances of a definition that ended since then and before then; in two statements."""
    wanted = [_instance.definition_id == definition_id, _instance.ended_at.is_not(None)]
    if since is not None:
        wanted.append(_instance.ended_at >= since)
    if until is not None:
        wanted.append(_instance.ended_at < until)
    last = (
        select(_instance.id, _instance.state, duration(_instance.started_at, _instance.ended_at).label("taken"))
        .where(*wanted)
        .order_by(_instance.ended_at.desc(), _instance.id)
        .limit(MOST_INSTANCES)
        .subquery()
    )
    placed = _placed(last.c.taken, true(), last.c.state).select_from(last).subquery()
    row = connection.execute(
        select(
            select(func.count()).select_from(tables.process_instance).where(*wanted).scalar_subquery(),
            func.count(),
            func.coalesce(func.sum(case((placed.c.state == InstanceState.COMPLETED, 1), else_=0)), 0),
            *_durations(placed),
        )
    ).one()
    ended, looked_at, completed, *taken = row
    return Statistics(ended, looked_at, completed, _make(taken), _read_elements(connection, last))


def _read_elements(connection: Connection, instances: Any) -> list[ElementStatistics]:
    outcome = and_(
        _element.element_kind.endswith("EndEvent", autoescape=True),
        _element.scope_id == _element.process_instance_id,
        ~_element.canceled,
    )
    placed = (
        _placed(
            duration(_element.started_at, _element.ended_at),
            _element.element_id,
            _element.element_id,
            _element.element_kind,
            case((_element.canceled, 1), else_=0).label("gone"),
            case((outcome, 1), else_=0).label("outcome"),
        )
        .select_from(tables.element_instance.join(instances, instances.c.id == _element.process_instance_id))
        .where(IS_VISIT, _element.ended_at.is_not(None))
        .subquery()
    )
    statement = (
        select(
            placed.c.element_id,
            func.max(placed.c.element_kind),
            func.count(),
            func.sum(placed.c.gone),
            func.sum(placed.c.outcome),
            *_durations(placed),
        )
        .group_by(placed.c.element_id)
        .order_by(func.sum(placed.c.taken).desc(), placed.c.element_id)
    )
    return [
        ElementStatistics(id, kind, visits, int(canceled), int(outcomes), _make(taken))
        for id, kind, visits, canceled, outcomes, *taken in connection.execute(statement)
    ]


def _placed(taken: ColumnElement[Any], group: ColumnElement[Any], *columns: ColumnElement[Any]) -> Select[Any]:
    """The rows of all groups with how long they took, and which place they have by that among the rows of theirs."""
    return select(
        *columns,
        taken.label("taken"),
        func.row_number().over(partition_by=group, order_by=taken).label("place"),
        func.count().over(partition_by=group).label("rows"),
    )


def _durations(placed: Any) -> tuple[ColumnElement[Any], ...]:
    taken, place, rows = placed.c.taken, placed.c.place, placed.c.rows

    def of_100(share: int) -> ColumnElement[Any]:
        return func.max(case((place * 100 <= rows * share + 99, taken)))

    return func.coalesce(func.sum(taken), 0), func.avg(taken), of_100(50), of_100(90), of_100(99)


def _make(row: Sequence[Any]) -> Percentiles:
    total, average, *percentiles = row
    return Percentiles(int(total), None if average is None else round(average), *percentiles)
