"""Sums over history: how often elements were visited, and how often things happened in a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, select

from engine.store import tables
from engine.store.query.elements import COMPLETES_SCOPE
from engine.store.query.instances import IS_VISIT
from engine.store.query.jobs import WORK

_element = tables.element_instance.c
_instance = tables.process_instance.c
_decision = tables.decision_instance.c
_incident = tables.incident.c
_log = tables.job_log.c
_link = tables.identity_link_log.c

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


_STARTED: Final = Metric(select(func.count()).select_from(tables.element_instance).where(IS_VISIT), _element.started_at)
_ROOTS: Final = Metric(
    select(func.count()).select_from(tables.process_instance).where(_instance.id == _instance.root_id),
    _instance.started_at,
)
_WORKERS: Final = Metric(
    select(func.count(_link.user_id.distinct())).where(_link.type == "assignee", _link.operation == "add"), _link.at
)
_DECIDED: Final = Metric(select(func.count()).select_from(tables.decision_instance), _decision.evaluated_at)
METRICS: Final[Mapping[str, Metric]] = {
    "activity-instance-start": _STARTED,
    "flow-node-instances": _STARTED,
    "activity-instance-end": Metric(_STARTED.count, _element.ended_at),
    "root-process-instance-start": _ROOTS,
    "process-instances": _ROOTS,
    "unique-task-workers": _WORKERS,
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


def metric_sum(connection: Connection, name: str, since: datetime | None, until: datetime | None) -> int:
    """How often that happened since a time and before another. Raises KeyError for a name that is not in METRICS."""
    metric = METRICS[name]
    statement = metric.count.where(metric.at.is_not(None))
    if since is not None:
        statement = statement.where(metric.at >= since)
    if until is not None:
        statement = statement.where(metric.at < until)
    return int(connection.execute(statement).scalar_one())
