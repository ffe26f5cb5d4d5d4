"""Time travel: what process instances were at any moment of their history, and forks that begin from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer, refuse
from api.identity import current_user
from api.named import definition_id
from api.routing import Body, Routes, ThingId, read_date
from api.shapes import GivenValues, Value, activity_instance_id, read_values, show_date, show_id, show_value
from engine import Engine, ForkPlan
from engine.errors import NotFound
from engine.services.queries import Known, PastVariable, definition_reference

MOMENTS = Routes("Time travel")

InstanceId = Annotated[int, ThingId("process instance")]

LONGEST_PAGE = 1000
"""So many moments are given at once."""
MOST = 500
"""Of what was active at a moment, of what ended, of incidents and of variables so many are told."""
MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


class Moment(TypedDict):
    """An instant at which an instance changed, with how much of what changed: elements that were entered, completed and
    canceled, tokens that came to wait for a job or had waited, values of variables, parts that people got or lost in
    tasks, incidents that came and went, and attempts that failed."""

    time: str | None
    entered: int
    completed: int
    canceled: int
    tokens: int
    variables: int
    tasks: int
    incidents: int
    resolved: int
    failures: int


class Moments(TypedDict):
    """A page of the moments of an instance, the first one first, and how many there are."""

    moments: list[Moment]
    total: int


@MOMENTS.get(
    "/process-instance/{id}/moments",
    "Get the moments at which a process instance changed, the first one first",
    fails=MISSING,
)
def get_moments(engine: Engine, id: InstanceId, first_result: int = 0, max_results: int = LONGEST_PAGE) -> Moments:
    """Two statements, however long the history is. At most 1,000 at once."""
    instance = engine.queries.historic_process_instances.get(id)
    first, size = max(0, first_result), min(max(0, max_results), LONGEST_PAGE)
    total, found = engine.queries.moments(instance.id, first, size)
    return {
        "moments": [
            {
                "time": show_date(each.at),
                "entered": each.entered,
                "completed": each.completed,
                "canceled": each.canceled,
                "tokens": each.tokens,
                "variables": each.variables,
                "tasks": each.tasks,
                "incidents": each.incidents,
                "resolved": each.resolved,
                "failures": each.failures,
            }
            for each in found
        ],
        "total": total,
    }


class PastElement(TypedDict):
    """How many tokens were at an element, how many visits had ended, and how many incidents were open there."""

    id: str
    tokens: int
    finished: int
    canceled: int
    incidents: int


class PastActivity(TypedDict):
    """An activity instance that was there, in the one with the id `parentId`; `new`: since this moment.

    `transition`: "before" or "after" the activity, where its token waited for a job.
    """

    id: str
    parentId: str
    activityId: str
    activityType: str
    activityName: str | None
    transition: str | None
    loopCounter: int | None
    calledProcessInstanceId: str | None
    taskId: str | None
    assignee: str | None
    since: str | None
    new: bool


class LeftActivity(TypedDict):
    """An activity instance that ended at this moment, or was canceled; `entered`: it began then, too."""

    id: str
    activityId: str
    activityType: str
    activityName: str | None
    canceled: bool
    entered: bool


class PastIncident(TypedDict):
    """An incident that was open; `new`: since this moment."""

    id: str
    activityId: str | None
    activityInstanceId: str | None
    incidentType: str
    message: str | None
    since: str | None
    new: bool


class PastValue(Value):
    """A value that a variable had, since when, and who gave it."""

    time: str | None
    user: str | None


class PastVariableValue(TypedDict):
    """A variable, with its value then (null where it was not there any more) and, if it is another one since this
    moment, the value before. `unknown`: it was there, and no history tells with which value.
    """

    id: str
    name: str
    activityId: str | None
    activityInstanceId: str | None
    taskId: str | None
    change: Literal["added", "changed", "removed"] | None
    value: PastValue | None
    before: PastValue | None
    unknown: bool


class Past(TypedDict):
    """What an instance was at a time, and what was new since the last moment until then.

    `position`: how many moments there were until then, of `total`. Of long lists there is the beginning, and `more`
    names them.
    """

    time: str | None
    moment: str | None
    previous: str | None
    position: int
    total: int
    elements: list[PastElement]
    flows: list[str]
    activities: list[PastActivity]
    left: list[LeftActivity]
    incidents: list[PastIncident]
    variables: list[PastVariableValue]
    more: list[str]


def _shown(known: Known | None) -> PastValue | None:
    if known is None:
        return None
    return {
        **show_value(known.value, deserialize=False),
        "type": known.type,
        "time": show_date(known.since),
        "user": known.user,
    }


def _variable(each: PastVariable, instance_id: int) -> PastVariableValue:
    place = (None, instance_id) if each.element_instance_id is None else (each.element_id, each.element_instance_id)
    return {
        "id": str(each.id),
        "name": each.name,
        "activityId": each.element_id,
        "activityInstanceId": activity_instance_id(*place),
        "taskId": show_id(each.user_task_id),
        "change": each.change,
        "value": _shown(each.now),
        "before": _shown(each.before),
        "unknown": each.is_unknown,
    }


@MOMENTS.get("/process-instance/{id}/past", "Get what a process instance was at a time", fails=MISSING)
def get_past(engine: Engine, id: InstanceId, time: str | None = None) -> Past:
    """When all that happened at `time` had happened. Ten statements, however long the history is; of each list at most
    500."""
    at = read_date(time, "time")
    if at is None:
        raise refuse("Say at which time, with the parameter 'time'")
    instance = engine.queries.historic_process_instances.get(id)
    past = engine.queries.past(instance.id, at, MOST)
    names = {each.id: each.element_id for each in past.activities}
    lists = {
        "activities": past.activities,
        "left": past.departures,
        "incidents": past.incidents,
        "variables": past.variables,
    }
    return {
        "time": show_date(past.at),
        "moment": show_date(past.moment),
        "previous": show_date(past.before),
        "position": past.position,
        "total": past.total,
        "elements": [
            {
                "id": each.element_id,
                "tokens": each.tokens,
                "finished": each.finished,
                "canceled": each.canceled,
                "incidents": each.incidents,
            }
            for each in past.progress.elements
        ],
        "flows": list(past.progress.flows),
        "activities": [
            {
                "id": activity_instance_id(each.element_id, each.id),
                "parentId": activity_instance_id(names.get(each.scope_id), each.scope_id),
                "activityId": each.element_id,
                "activityType": each.element_kind,
                "activityName": each.element_name,
                "transition": each.transition,
                "loopCounter": each.loop_counter,
                "calledProcessInstanceId": show_id(each.called_instance_id),
                "taskId": show_id(each.user_task_id),
                "assignee": each.assignee,
                "since": show_date(each.since),
                "new": each.is_new,
            }
            for each in past.activities[:MOST]
        ],
        "left": [
            {
                "id": activity_instance_id(each.element_id, each.id),
                "activityId": each.element_id,
                "activityType": each.element_kind,
                "activityName": each.element_name,
                "canceled": each.canceled,
                "entered": each.began_too,
            }
            for each in past.departures[:MOST]
        ],
        "incidents": [
            {
                "id": str(each.id),
                "activityId": each.element_id,
                "activityInstanceId": None
                if each.element_instance_id is None
                else activity_instance_id(each.element_id, each.element_instance_id),
                "incidentType": each.type,
                "message": each.message,
                "since": show_date(each.since),
                "new": each.is_new,
            }
            for each in past.incidents[:MOST]
        ],
        "variables": [_variable(each, instance.id) for each in past.variables[:MOST]],
        "more": [name for name, found in lists.items() if len(found) > MOST],
    }


# ---------------------------------------------------------------- forks


class Fork(Body):
    """From which time, in which version of the process (that of the instance, if none is said), and what is to be
    otherwise: `variables` are set in place of those of then."""

    time: str | None = None
    process_definition_id: str | None = None
    variables: GivenValues | None = None
    without_business_key: bool = False
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


class Forked(TypedDict):
    """The new instance."""

    id: str
    processDefinitionId: str | None
    businessKey: str | None
    ended: bool


class ForkPlace(TypedDict):
    """Where tokens would begin: before an activity, inside of `scopes` (outermost first), and how many; `behind`: over
    the sequence flow behind it."""

    activityId: str
    scopes: list[str]
    behind: bool
    number: int


class ForkRefusal(TypedDict):
    """What speaks against a fork; `activityId` is null for what is about the whole instance."""

    activityId: str | None
    message: str


class ForkElement(TypedDict):
    """How many visits to an element would be there in the end, and how many would have begun and ended."""

    id: str
    arriving: int
    passing: int


class ForkPreview(TypedDict):
    """What a fork would begin with, and what would be there in the end; or why there can be none.

    `moment`: the last one until the time that was asked for. `ends`: nothing would be left.
    """

    moment: str | None
    places: list[ForkPlace]
    refusals: list[ForkRefusal]
    elements: list[ForkElement]
    ends: bool


def _plan(engine: Engine, id: int, body: Fork) -> ForkPlan:
    at = read_date(body.time, "time")
    if at is None:
        raise refuse("Say from which time, as 'time'")
    instance = engine.queries.historic_process_instances.get(id)
    wanted = body.process_definition_id
    return ForkPlan(
        instance_id=instance.id,
        at=at,
        definition_id=instance.definition_id if wanted is None else definition_id(engine, wanted, "Process definition"),
        variables=read_values(body.variables),
        without_business_key=body.without_business_key,
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
    )


@MOMENTS.post(
    "/process-instance/{id}/fork", "Start an instance that begins as a process instance was at a time", fails=MISSING
)
def fork_process_instance(engine: Engine, id: InstanceId, body: Fork) -> Forked:
    """Before what was active then, in the scopes around it, with the variables of then."""
    made = engine.forks.execute(_plan(engine, id, body), user=current_user())
    view = engine.queries.historic_process_instances.get(made)
    return {
        "id": str(made),
        "processDefinitionId": definition_reference(view),
        "businessKey": view.business_key,
        "ended": view.ended_at is not None,
    }


@MOMENTS.post(
    "/process-instance/{id}/fork/preview",
    "Tell what a fork of a process instance would do",
    fails=MISSING,
    changes=False,
)
def preview_fork(engine: Engine, id: InstanceId, body: Fork) -> ForkPreview:
    """It is done, and undone."""
    found = engine.forks.preview(_plan(engine, id, body), user=current_user())
    return {
        "moment": show_date(found.moment),
        "places": [
            {
                "activityId": each.element_id,
                "scopes": list(each.scopes),
                "behind": each.behind,
                "number": each.number,
            }
            for each in found.places
        ],
        "refusals": [{"activityId": each.element_id, "message": each.reason} for each in found.refusals],
        "elements": [
            {"id": id, "arriving": found.waiting.get(id, 0), "passing": found.passed.get(id, 0)}
            for id in sorted({*found.waiting, *found.passed})
        ],
        "ends": found.ends,
    }


class Origin(TypedDict):
    """What an instance was forked from, and the moment from which it began."""

    id: str
    time: str | None


class RelatedFork(TypedDict):
    """A fork of an instance, and the moment from which it began."""

    id: str
    time: str | None
    businessKey: str | None
    processDefinitionVersion: int | None
    state: str
    startTime: str | None
    startUserId: str | None


class Lineage(TypedDict):
    """What an instance was forked from, if it was and one may see that, and the forks of it that one may see, the
    newest first."""

    origin: Origin | None
    forks: list[RelatedFork]


@MOMENTS.get(
    "/process-instance/{id}/lineage", "Get what a process instance was forked from, and its forks", fails=MISSING
)
def get_lineage(engine: Engine, id: InstanceId) -> Lineage:
    """The newest 200 forks."""
    instance = engine.queries.historic_process_instances.get(id)
    found = engine.queries.lineage(instance.id)
    ids = {"processInstanceIds": [str(fork) for fork, _ in found.forks]}
    views = {view.id: view for view in engine.queries.historic_process_instances.list(ids)} if found.forks else {}
    return {
        "origin": None if found.origin is None else {"id": str(found.origin[0]), "time": show_date(found.origin[1])},
        "forks": [
            {
                "id": str(fork),
                "time": show_date(at),
                "businessKey": views[fork].business_key,
                "processDefinitionVersion": views[fork].definition_version,
                "state": views[fork].state,
                "startTime": show_date(views[fork].started_at),
                "startUserId": views[fork].start_user,
            }
            for fork, at in found.forks
            if fork in views
        ],
    }
