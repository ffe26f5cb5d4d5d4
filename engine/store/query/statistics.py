"""Sums over the instances that have ended: how many a day, and how long they took."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, case, func, literal, null, select, union_all

from engine.store import tables
from engine.store.query.instances import HISTORIC_PROCESS_INSTANCES, duration
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query

_instance = tables.process_instance.c
_definition = tables.process_definition.c


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
