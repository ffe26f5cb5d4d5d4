"""Processes for those who watch them: all of them, how far instances are, what they wait for, heat, incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field
from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, refuse
from api.identity import current_user
from api.routing import Body, Call, Routes, ThingId, query_of, read_date
from api.shapes import (
    Batch,
    HistoricProcessInstance,
    Value,
    show_batch,
    show_date,
    show_historic_instance,
    show_id,
    show_tenant,
    show_value,
)
from api.v1.versioned import LONGEST_PAGE, PAGE, page_of, rows_of
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import (
    HISTORIC_PROCESS_INSTANCES,
    INCIDENTS,
    Count,
    IncidentGroup,
    Percentiles,
    ProcessDefinitionView,
    ProcessInstanceView,
    Query,
    Sorting,
    Trend,
    definition_reference,
)

MONITORING = Routes("Monitoring")

InstanceId = Annotated[int, ThingId("process instance")]
VariableId = Annotated[int, ThingId("historic variable instance")]

MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


def _definition(call: Call) -> ProcessDefinitionView:
    return call.engine.queries.definition(call.path["id"])


# ---------------------------------------------------------------- all processes


class Process(TypedDict):
    """A process with all its versions, and what goes on in them; `id`, `name` and `version` are those of the newest.

    `started` and `ended`: how many instances did on each of the last 14 days, today last. `averageDuration`: of those
    that ended then, in milliseconds. They count what the list of historic instances shows.
    """

    id: str | None
    key: str
    name: str | None
    version: int
    versionTag: str | None
    versions: int
    tenantId: str | None
    suspended: bool
    instances: int
    incidents: int
    failedJobs: int
    deployed: str | None
    started: list[int]
    ended: list[int]
    averageDuration: int | None


class Processes(TypedDict):
    """A page of processes, how many there are that were searched for, and the sums over them."""

    processes: list[Process]
    total: int
    instances: int
    incidents: int


DAYS = 14
"""How long trends are."""

_NOTHING = Count("", 0, 0)
_STILL = Trend([0] * DAYS, [0] * DAYS, None)

_ORDERS: Mapping[str, Callable[[Process], Any]] = {
    "name": lambda process: (process["name"] or process["key"]).lower(),
    "key": lambda process: process["key"].lower(),
    "versions": lambda process: process["versions"],
    "instances": lambda process: process["instances"],
    "incidents": lambda process: process["incidents"],
    "failedJobs": lambda process: process["failedJobs"],
    "deployed": lambda process: process["deployed"] or "",
}


def _process(versions: Sequence[ProcessDefinitionView], counts: Mapping[int, Count]) -> Process:
    newest = max(versions, key=lambda view: view.version)
    found = [counts.get(view.id, _NOTHING) for view in versions]
    return {
        "id": definition_reference(newest),
        "key": newest.key,
        "name": newest.name,
        "version": newest.version,
        "versionTag": newest.version_tag,
        "versions": len(versions),
        "tenantId": show_tenant(newest.tenant_id),
        "suspended": newest.suspended,
        "instances": sum(count.instances for count in found),
        "incidents": sum(sum(count.root_incidents.values()) for count in found),
        "failedJobs": sum(count.failed_jobs for count in found),
        "deployed": show_date(newest.created_at),
        "started": [],
        "ended": [],
        "averageDuration": None,
    }


def with_trends(engine: Engine, processes: Sequence[Process], zone: str) -> list[Process]:
    """The processes with their trends; days begin at midnight in that zone. Raises Refused."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("zone must be the name of a time zone, as Europe/Berlin") from None
    trends = engine.queries.trends({each["key"] for each in processes}, DAYS, place)
    return [_with_trend(each, trends.get((each["key"], each["tenantId"] or ""), _STILL)) for each in processes]


def _with_trend(process: Process, trend: Trend) -> Process:
    return {
        **process,
        "started": list(trend.started),
        "ended": list(trend.ended),
        "averageDuration": trend.average,
    }


def list_processes(
    engine: Engine, search: str | None = None, sort_by: str = "name", sort_order: str = "asc"
) -> list[Process]:
    """All processes whose name or key has a text in it, in order and without trends. Raises Refused."""
    counts = engine.queries.count_by_definition()
    versions = engine.queries.process_definitions.list()
    return rows_of(versions, lambda each: _process(each, counts), _ORDERS, search, sort_by, sort_order)


@MONITORING.get("/process", "Get a page of the processes, each with all its versions and what goes on in them")
def get_processes(
    engine: Engine,
    search: str | None = None,
    sort_by: str = "name",
    sort_order: str = "asc",
    first_result: int = 0,
    max_results: int = PAGE,
    zone: str = "UTC",
) -> Processes:
    """Five statements, however many processes there are; what was searched for is part of the name or the key.

    Days begin at midnight in `zone`, a name as Europe/Berlin.
    """
    found = list_processes(engine, search, sort_by, sort_order)
    return {
        "processes": with_trends(engine, page_of(found, first_result, max_results), zone),
        "total": len(found),
        "instances": sum(each["instances"] for each in found),
        "incidents": sum(each["incidents"] for each in found),
    }


# ---------------------------------------------------------------- one definition


class Heat(TypedDict):
    """How often an element was visited, and how long the visits took that have ended, in milliseconds.

    `slowest`: 95 of 100 took no longer.
    """

    id: str
    visits: int
    ended: int
    average: int | None
    median: int | None
    slowest: int | None


@MONITORING.get(
    "/process-definition/{id}/heat",
    "Get how often and how long the elements of a process definition were visited",
    fails=MISSING,
    found={"definition": _definition},
)
def get_heat(engine: Engine, definition: ProcessDefinitionView, since: str | None = None) -> list[Heat]:
    return [
        {
            "id": heat.element_id,
            "visits": heat.visits,
            "ended": heat.ended,
            "average": heat.average,
            "median": heat.median,
            "slowest": heat.slowest,
        }
        for heat in engine.queries.heat(definition.id, read_date(since, "since"))
    ]


class Taken(TypedDict):
    """How long things took, in milliseconds: 50, 90 and 99 of 100 took no longer."""

    total: int
    average: int | None
    p50: int | None
    p90: int | None
    p99: int | None


class ElementStatistics(Taken, TypedDict):
    """The visits to an element that have ended. `outcomes`: how many instances an end event ended."""

    id: str
    type: str
    visits: int
    canceled: int
    outcomes: int


class Statistics(Taken, TypedDict):
    """How long instances took that ended in a time, and what became of them.

    `instances`, the last of all that `ended` then, are in all other numbers. The elements that took the longest in all
    come first.
    """

    ended: int
    instances: int
    completed: int
    canceled: int
    elements: list[ElementStatistics]


def _taken(durations: Percentiles) -> Taken:
    return {
        "total": durations.total,
        "average": durations.average,
        "p50": durations.p50,
        "p90": durations.p90,
        "p99": durations.p99,
    }


@MONITORING.get(
    "/process-definition/{id}/statistics",
    "Get how long the instances of a process definition and their elements took, and what became of them",
    fails=MISSING,
    found={"definition": _definition},
)
def get_statistics(
    engine: Engine, definition: ProcessDefinitionView, since: str | None = None, until: str | None = None
) -> Statistics:
    """Of those that ended since then and before then; at most of the last 10,000."""
    found = engine.queries.statistics(definition.id, read_date(since, "since"), read_date(until, "until"))
    return {
        "ended": found.ended,
        "instances": found.looked_at,
        "completed": found.completed,
        "canceled": found.looked_at - found.completed,
        **_taken(found.durations),
        "elements": [
            {
                "id": each.element_id,
                "type": each.kind,
                "visits": each.visits,
                "canceled": each.canceled,
                "outcomes": each.outcomes,
                **_taken(each.durations),
            }
            for each in found.elements
        ],
    }


# ---------------------------------------------------------------- instances


class InstanceRow(HistoricProcessInstance, TypedDict):
    """A process instance, with the elements at which its tokens are, and how many open incidents it has."""

    elements: dict[str, int]
    incidents: int


class InstancePage(TypedDict):
    """A page of a list; `more` tells whether there is another."""

    instances: list[InstanceRow]
    more: bool


class WantedInstances(Body):
    """A query of historic process instances as the engine's REST API takes it, and a page of it."""

    query: dict[str, Any] = Field(default_factory=dict)
    first: int = Field(0, ge=0)
    size: int = Field(PAGE, ge=1, le=LONGEST_PAGE)


@MONITORING.post(
    "/process-instance/page", "Get a page of process instances, running or ended, with where they are", changes=False
)
def get_instance_page(engine: Engine, body: WantedInstances) -> InstancePage:
    wanted = instances_query(body.query)
    found = engine.queries.historic_process_instances.query(replace(wanted, first=body.first, limit=body.size + 1))
    return {"instances": show_instance_rows(engine, found[: body.size]), "more": len(found) > body.size}


def instances_query(asked: Mapping[str, Any]) -> Query:
    """A query of historic process instances, the newest first where it says nothing else. Raises Refused."""
    query = query_of(HISTORIC_PROCESS_INSTANCES, asked)
    return replace(query, sorting=query.sorting or (Sorting("startTime", "desc"),))


def show_instance_rows(engine: Engine, views: Sequence[ProcessInstanceView]) -> list[InstanceRow]:
    """Process instances as rows, with where they are."""
    places = engine.queries.places([view.id for view in views]) if views else {}
    return [
        {
            **show_historic_instance(view),
            "elements": dict(places[view.id].tokens),
            "incidents": places[view.id].incidents,
        }
        for view in views
    ]


class ElementProgress(TypedDict):
    """How many tokens are at an element, how many visits have ended, and how many incidents are open there."""

    id: str
    tokens: int
    finished: int
    canceled: int
    incidents: int


class Progress(TypedDict):
    """How far an instance is: its elements, and the sequence flows that were taken."""

    elements: list[ElementProgress]
    flows: list[str]


@MONITORING.get("/process-instance/{id}/progress", "Get how far a process instance is, running or ended", fails=MISSING)
def get_progress(engine: Engine, id: InstanceId) -> Progress:
    progress = engine.queries.progress(engine.queries.historic_process_instances.get(id).id)
    return {
        "elements": [
            {
                "id": each.element_id,
                "tokens": each.tokens,
                "finished": each.finished,
                "canceled": each.canceled,
                "incidents": each.incidents,
            }
            for each in progress.elements
        ],
        "flows": list(progress.flows),
    }


class Wait(TypedDict):
    """One thing that an instance waits for; what a kind does not have is null.

    task: `id`, `name`, `assignee`, candidates, `due`. message, signal, conditional: `id`, `name`, `correlationKey`.
    timer, job: `id` of the job, `due`, `retries`, `error`; `name` is the kind of job. work: the same of a handler's or
    worker's, with the topic as `name`, `worker` and `lockedUntil`. call: `calledInstanceId`. token: nothing of these.
    """

    kind: Literal["task", "message", "signal", "conditional", "timer", "job", "work", "call", "token"]
    activityId: str
    activityInstanceId: str | None
    activityType: str | None
    executionId: str | None
    since: str | None
    id: str | None
    name: str | None
    correlationKey: str | None
    due: str | None
    retries: int | None
    suspended: bool
    worker: str | None
    lockedUntil: str | None
    error: str | None
    assignee: str | None
    candidateUsers: list[str]
    candidateGroups: list[str]
    calledInstanceId: str | None


@MONITORING.get("/process-instance/{id}/waiting", "Get what a process instance waits for", fails=MISSING)
def get_waits(engine: Engine, id: InstanceId, max_results: int = LONGEST_PAGE) -> list[Wait]:
    """The oldest 200, or `maxResults` if that is less."""
    instance = engine.queries.historic_process_instances.get(id)
    return [
        {
            "kind": wait.kind,  # type: ignore[typeddict-item]  # of the words that the reader has
            "activityId": wait.element_id,
            "activityInstanceId": show_id(wait.element_instance_id),
            "activityType": wait.element_kind,
            "executionId": show_id(wait.execution_id),
            "since": show_date(wait.since),
            "id": show_id(wait.id),
            "name": wait.name,
            "correlationKey": wait.correlation_key,
            "due": show_date(wait.due_at),
            "retries": wait.retries,
            "suspended": wait.suspended,
            "worker": wait.worker,
            "lockedUntil": show_date(wait.locked_until),
            "error": wait.error,
            "assignee": wait.assignee,
            "candidateUsers": list(wait.candidate_users),
            "candidateGroups": list(wait.candidate_groups),
            "calledInstanceId": show_id(wait.called_instance_id),
        }
        for wait in engine.queries.waits(instance.id, min(max(0, max_results), LONGEST_PAGE))
    ]


class VariableChange(Value):
    """A value that a variable had, since when, and who gave it."""

    time: str | None
    user: str | None
    revision: int


@MONITORING.get("/variable/{id}/changes", "Get the values that a variable had, the newest first", fails=MISSING)
def get_variable_changes(engine: Engine, id: VariableId, max_results: int = PAGE) -> list[VariableChange]:
    """`id` is that of the historic variable instance."""
    variable = engine.queries.historic_variables.get(id)
    updates = engine.queries.variable_updates.list(
        {"variableInstanceId": variable.id},
        sorting=[Sorting("time", "desc"), Sorting("variableRevision", "desc")],
        limit=min(max(0, max_results), LONGEST_PAGE),
    )
    return [
        {
            **show_value(update.value, deserialize=False),
            "time": show_date(update.at),
            "user": update.user,
            "revision": update.revision,
        }
        for update in updates
    ]


# ---------------------------------------------------------------- incidents


class Group(TypedDict):
    """Open incidents of a type at an element of a definition whose messages say the same, but for numbers and ids.

    `messageLike` is the pattern that all their messages meet, for `incidentMessageLike`.
    """

    processDefinitionId: str | None
    processDefinitionKey: str | None
    processDefinitionName: str | None
    processDefinitionVersion: int | None
    activityId: str | None
    incidentType: str
    message: str | None
    messageLike: str | None
    count: int
    first: str | None
    last: str | None
    annotation: str | None


class Groups(TypedDict):
    """A page of groups, and how many groups and incidents there are."""

    groups: list[Group]
    total: int
    incidents: int


def _show_group(group: IncidentGroup) -> Group:
    return {
        "processDefinitionId": definition_reference(group),
        "processDefinitionKey": group.definition_key,
        "processDefinitionName": group.definition_name,
        "processDefinitionVersion": group.definition_version,
        "activityId": group.element_id,
        "incidentType": group.type,
        "message": group.message,
        "messageLike": group.pattern,
        "count": group.count,
        "first": show_date(group.first_at),
        "last": show_date(group.last_at),
        "annotation": group.annotation,
    }


@MONITORING.get("/incident-group", "Get open incidents in groups that say the same, the largest first")
def get_incident_groups(
    engine: Engine,
    process_definition_key: str | None = None,
    process_definition_id: str | None = None,
    activity_id: str | None = None,
    search: str | None = None,
    first_result: int = 0,
    max_results: int = PAGE,
) -> Groups:
    """What was searched for is part of the message, of the element's id, or of the name of the process."""
    asked: dict[str, Any] = {}
    if process_definition_key:
        asked["processDefinitionKeyIn"] = [process_definition_key]
    if process_definition_id:
        asked["processDefinitionId"] = process_definition_id
    if activity_id:
        asked["activityId"] = activity_id
    found = engine.queries.incident_groups(query_of(INCIDENTS, asked))
    if search:
        wanted = search.lower()
        found = [group for group in found if any(wanted in text.lower() for text in _texts(group))]
    return {
        "groups": [_show_group(group) for group in page_of(found, first_result, max_results)],
        "total": len(found),
        "incidents": sum(group.count for group in found),
    }


class WantedIncidents(Body):
    """A query of open incidents as the engine's REST API takes it."""

    query: dict[str, Any] = Field(default_factory=dict)


class Retried(TypedDict):
    """The batches that try again what has failed: one for jobs, one for the work of external workers."""

    batches: list[Batch]


@MONITORING.post("/incident/retry", "Try again what has failed, of all open incidents that are found, as batches")
def retry_incidents(engine: Engine, body: WantedIncidents) -> Retried:
    """Each failed job gets one more attempt."""
    asked = query_of(INCIDENTS, body.query)
    jobs, work = engine.queries.failed_work(Query(asked.filters, asked.any_of))
    if not jobs and not work:
        raise refuse("Nothing is found that could be tried again")
    batches: list[int] = []
    if jobs:
        batches.append(engine.bulk.set_job_retries(jobs, 1, user=current_user()))
    if work:
        batches.append(engine.bulk.set_external_task_retries(work, 1, user=current_user()))
    return {"batches": [show_batch(engine.queries.batches.get(id)) for id in batches]}


def _texts(group: IncidentGroup) -> list[str]:
    texts = (group.message, group.element_id, group.definition_key, group.definition_name)
    return [text for text in texts if text]
