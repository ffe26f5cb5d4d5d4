"""Sums over history over REST (Camunda manual, REST API, "Get Historic Activity Statistics", "Metrics")."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from api.routing import Call, Routes, read_date
from engine import Engine
from engine.services.queries import DefinitionId, During, parse_id

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
)
def get_metric_sum(engine: Engine, name: str, since: Any, until: Any) -> MetricSum:
    return {"result": engine.queries.metric_sum(name, since, until)}
