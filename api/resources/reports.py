"""Sums over history over REST (Camunda manual, REST API, "Get Historic Activity Statistics", "Metrics", and the reports
of historic process instances and tasks)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from typing_extensions import TypedDict

from api.errors import Answer, refuse
from api.routing import Call, Routes, read_date
from api.shapes import show_date, show_tenant
from engine import Engine
from engine.errors import BadRequest
from engine.services.queries import DefinitionId, Durations, During, PeriodUnit, parse_id

REPORTS = Routes("History")


class HistoricActivityStatistics(TypedDict):
    """How often an activity was visited: of what was not asked for, 0. `finished` holds the canceled ones too."""

    id: str
    instances: int
    canceled: int
    finished: int
    completeScope: int
    openIncidents: int
    resolvedIncidents: int
    deletedIncidents: int


class MetricSum(TypedDict):
    """How often something happened."""

    result: int


class MetricInterval(TypedDict):
    """How often something happened in the interval that begins at a time, in all processes together."""

    timestamp: str | None
    name: str
    reporter: None
    value: int


class DurationPeriod(TypedDict):
    """How long things took that began in a month (1 to 12) or quarter (1 to 4), in milliseconds."""

    period: int
    periodUnit: Literal["MONTH", "QUARTER"]
    minimum: int
    maximum: int
    average: int


class EndedTasks(TypedDict):
    """How many tasks have ended, of all versions of a process; `taskName` where they are told apart by it."""

    count: int
    processDefinitionKey: str
    processDefinitionId: str
    processDefinitionName: str | None
    taskName: str | None
    tenantId: str | None


def _date(call: Call, name: str) -> Any:
    return read_date(call.query.get(name) or None, name)


def _during(call: Call) -> During:
    ids = call.query.get("processInstanceIdIn")
    return During(
        instance_ids=None if not ids else [parse_id(each) or 0 for each in ids.split(",")],
        started_after=_date(call, "startedAfter"),
        started_before=_date(call, "startedBefore"),
        finished_after=_date(call, "finishedAfter"),
        finished_before=_date(call, "finishedBefore"),
    )


def _definition(call: Call) -> int | None:
    named = DefinitionId.parse(call.path["id"])
    return None if named is None else named.id


@REPORTS.get(
    "/history/process-definition/{id}/statistics",
    "Count the visits to each activity of a process definition",
    found={"definition_id": _definition, "during": _during},
    reads=("processInstanceIdIn", "startedAfter", "startedBefore", "finishedAfter", "finishedBefore", "sortBy"),
)
def get_historic_activity_statistics(
    engine: Engine,
    definition_id: int | None,
    during: During,
    canceled: bool = False,
    finished: bool = False,
    complete_scope: bool = False,
    incidents: bool = False,
    sort_order: str | None = None,
) -> list[HistoricActivityStatistics]:
    shown: list[HistoricActivityStatistics] = []
    visits = (
        [] if definition_id is None else engine.queries.count_visits(definition_id, during, with_scopes=complete_scope)
    )
    for each in visits:
        failed = each.incidents if incidents else {}
        line: HistoricActivityStatistics = {
            "id": each.element_id,
            "instances": each.running,
            "canceled": each.canceled if canceled else 0,
            "finished": each.finished if finished else 0,
            "completeScope": each.completed_scope,
            "openIncidents": failed.get("open", 0),
            "resolvedIncidents": failed.get("resolved", 0),
            "deletedIncidents": failed.get("deleted", 0),
        }
        if any(count for name, count in line.items() if name != "id"):
            shown.append(line)
    return shown[::-1] if sort_order == "desc" else shown


@REPORTS.get(
    "/metrics/{name}/sum",
    "Count how often something happened",
    found={"since": lambda call: _date(call, "startDate"), "until": lambda call: _date(call, "endDate")},
    reads=("startDate", "endDate"),
)
def get_metric_sum(engine: Engine, name: str, since: Any, until: Any) -> MetricSum:
    return {"result": engine.queries.metric_sum(name, since, until)}


@REPORTS.get(
    "/metrics",
    "Count how often things happened, interval by interval",
    found={"since": lambda call: _date(call, "startDate"), "until": lambda call: _date(call, "endDate")},
    reads=("startDate", "endDate"),
    fails={BadRequest: Answer(500, "ProcessEngineException", 0)},
)
def get_metrics(
    engine: Engine,
    since: Any,
    until: Any,
    name: str | None = None,
    reporter: str | None = None,
    interval: int = 900,
    first_result: int = 0,
    max_results: int = 200,
    aggregate_by_reporter: bool = False,  # noqa: ARG001 - it is never told which process has counted
) -> list[MetricInterval]:
    found = engine.queries.measures(
        name, seconds=interval, since=since, until=until, first=first_result, limit=max_results
    )
    return [
        {"timestamp": show_date(each.at), "name": each.name, "reporter": None, "value": each.value}
        for each in found
        if reporter is None
    ]


@REPORTS.delete(
    "/metrics/task-worker",
    "Forget who worked on tasks before a time",
    found={"before": lambda call: _date(call, "date")},
    reads=("date",),
)
def delete_task_metrics(engine: Engine, before: Any) -> None:
    engine.history.forget_task_workers(before)


# ---------------------------------------------------------------- how long things took


def _unit(text: str | None) -> PeriodUnit:
    units: Mapping[str, PeriodUnit] = {"month": "month", "quarter": "quarter"}
    if text is None:
        raise refuse("periodUnit is null", code=0)
    try:
        return units[text.lower()]
    except KeyError:
        raise refuse(f"Cannot set query parameter 'periodUnit' to value '{text[:100]}': use month or quarter") from None


def _show_durations(found: list[Durations], unit: PeriodUnit) -> list[DurationPeriod]:
    shown: Literal["MONTH", "QUARTER"] = "MONTH" if unit == "month" else "QUARTER"
    return [
        {
            "period": each.period,
            "periodUnit": shown,
            "minimum": each.shortest,
            "maximum": each.longest,
            "average": each.average,
        }
        for each in found
    ]


OF_INSTANCES = ("processDefinitionIdIn", "processDefinitionKeyIn", "startedBefore", "startedAfter")
OF_TASKS = ("completedBefore", "completedAfter")


def _given(call: Call, *names: str) -> Mapping[str, str]:
    return {name: call.query[name] for name in names if call.query.get(name)}


@REPORTS.get(
    "/history/process-instance/report",
    "How long process instances took",
    found={"filters": lambda call: _given(call, *OF_INSTANCES)},
    reads=OF_INSTANCES,
    csv="process-instance-report.csv",
)
def get_historic_process_instance_report(
    engine: Engine, filters: Mapping[str, str], report_type: str | None = None, period_unit: str | None = None
) -> list[DurationPeriod]:
    if report_type != "duration":
        raise refuse(f"Unknown report type {(report_type or 'null')[:100]}")
    unit = _unit(period_unit)
    return _show_durations(engine.queries.durations_of_instances(unit, filters), unit)


@REPORTS.get(
    "/history/task/report",
    "How long tasks took, or how many have ended",
    found={"filters": lambda call: _given(call, *OF_TASKS)},
    reads=OF_TASKS,
)
def get_historic_task_report(
    engine: Engine,
    filters: Mapping[str, str],
    report_type: str | None = None,
    period_unit: str | None = None,
    group_by: str | None = None,
) -> list[DurationPeriod] | list[EndedTasks]:
    if report_type is None:
        raise refuse("Parameter reportType is not set.")
    if report_type == "duration":
        unit = _unit(period_unit)
        return _show_durations(engine.queries.durations_of_tasks(unit, filters), unit)
    if report_type != "count":
        raise refuse(f"Cannot set query parameter 'reportType' to value '{report_type[:100]}'")
    if group_by not in ("taskName", "processDefinition"):
        raise refuse(f"groupBy parameter has invalid value: {(group_by or 'null')[:100]}")
    counts: list[EndedTasks] = [
        {
            "count": each.count,
            "processDefinitionKey": each.key,
            "processDefinitionId": str(DefinitionId(each.key, each.version, each.definition_id)),
            "processDefinitionName": each.definition_name,
            "taskName": each.task_name,
            "tenantId": show_tenant(each.tenant_id),
        }
        for each in engine.queries.ended_tasks(filters, by_name=group_by == "taskName")
    ]
    return counts
