"""History over REST: what happened, also in what has ended (Camunda manual, REST API, "History")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from api.chosen import GivenQuery, given_ids, matching
from api.errors import INVALID_REQUEST, Answer, refuse
from api.identity import current_user
from api.resources.variables import content_of
from api.routing import Body, Content, Routes, ThingId
from api.shapes import (
    Batch,
    HistoricActivityInstance,
    HistoricDetail,
    HistoricProcessInstance,
    HistoricTask,
    HistoricVariable,
    show_batch,
    show_detail,
    show_historic_element,
    show_historic_instance,
    show_historic_task,
    show_historic_variable,
)
from engine import Engine
from engine.distinct import distinct
from engine.errors import Conflict, NotFound
from engine.services.queries import (
    HISTORIC_ELEMENT_INSTANCES,
    HISTORIC_PROCESS_INSTANCES,
    HISTORIC_TASKS,
    HISTORIC_VARIABLES,
    VARIABLE_UPDATES,
    ElementInstanceView,
    ProcessInstanceView,
    TaskView,
    VariableUpdateView,
    VariableView,
    parse_id,
)

HISTORY = Routes("History")

InstanceId = Annotated[int, ThingId("historic process instance")]
VariableId = Annotated[int, ThingId("historic variable instance")]
DetailId = Annotated[int, ThingId("historic detail")]


# ---------------------------------------------------------------- process instances


def _show_instances(_: Engine, views: Sequence[ProcessInstanceView], *__: Any) -> list[HistoricProcessInstance]:
    return [show_historic_instance(view) for view in views]


HISTORY.collection(
    "/history/process-instance",
    lambda queries: queries.historic_process_instances,
    HISTORIC_PROCESS_INSTANCES,
    _show_instances,
    list[HistoricProcessInstance],
    plural="historic process instances",
)


@HISTORY.get("/history/process-instance/{id}", "Get a historic process instance")
def get_historic_process_instance(engine: Engine, id: InstanceId) -> HistoricProcessInstance:
    return show_historic_instance(engine.queries.historic_process_instances.get(id))


@HISTORY.delete(
    "/history/process-instance/{id}",
    "Delete an ended process instance for good",
    fails={Conflict: Answer(404, INVALID_REQUEST, 0), NotFound: Answer(404, INVALID_REQUEST, 0)},
)
def delete_historic_process_instance(engine: Engine, id: InstanceId, fail_if_not_exists: bool = True) -> None:
    try:
        engine.process_instances.delete_history(id)
    except NotFound:
        if fail_if_not_exists:
            raise


class Deletion(Body):
    """Process instances that have ended."""

    historic_process_instance_ids: list[str] | None = None
    historic_process_instance_query: GivenQuery | None = None
    delete_reason: str | None = None
    fail_if_not_exists: bool = False


@HISTORY.post("/history/process-instance/delete", "Delete ended process instances for good, as a batch")
def delete_historic_process_instances_by_and_by(engine: Engine, body: Deletion) -> Batch:
    found = given_ids(body.historic_process_instance_ids)
    found += matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)
    if not found:
        raise refuse("historicProcessInstanceIds is empty")
    id = engine.bulk.delete_history(distinct(found), fail_if_gone=body.fail_if_not_exists, user=current_user())
    return show_batch(engine.queries.batches.get(id))


@HISTORY.delete("/history/process-instance/{id}/variable-instances", "Delete the ended variables of a process instance")
def delete_historic_variables(engine: Engine, id: InstanceId) -> None:
    engine.queries.historic_process_instances.get(id)
    engine.history.delete_variables_of(id)


# ---------------------------------------------------------------- activity instances


def _show_elements(_: Engine, views: Sequence[ElementInstanceView], *__: Any) -> list[HistoricActivityInstance]:
    return [show_historic_element(view) for view in views]


HISTORY.collection(
    "/history/activity-instance",
    lambda queries: queries.historic_element_instances,
    HISTORIC_ELEMENT_INSTANCES,
    _show_elements,
    list[HistoricActivityInstance],
    plural="historic activity instances",
)


@HISTORY.get("/history/activity-instance/{id}", "Get a historic activity instance")
def get_historic_activity_instance(engine: Engine, id: str) -> HistoricActivityInstance:
    element_id, _, number = id.rpartition(":")
    parsed = parse_id(number)
    found = None if parsed is None else engine.queries.historic_element_instances.find(parsed)
    if found is None or found.element_id != element_id:
        raise NotFound("historic activity instance", id, f"Historic activity instance with id '{id}' does not exist")
    return show_historic_element(found)


# ---------------------------------------------------------------- tasks


def _show_tasks(_: Engine, views: Sequence[TaskView], *__: Any) -> list[HistoricTask]:
    return [show_historic_task(view) for view in views]


HISTORY.collection(
    "/history/task",
    lambda queries: queries.historic_tasks,
    HISTORIC_TASKS,
    _show_tasks,
    list[HistoricTask],
    plural="historic tasks",
)


# ---------------------------------------------------------------- variables


def _deserialize(query: Mapping[str, str]) -> bool:
    return query.get("deserializeValues", "true").lower() != "false"


def _show_variables(
    _: Engine, views: Sequence[VariableView], __: Mapping[str, Any], query: Mapping[str, str]
) -> list[HistoricVariable]:
    return [show_historic_variable(view, deserialize=_deserialize(query)) for view in views]


HISTORY.collection(
    "/history/variable-instance",
    lambda queries: queries.historic_variables,
    HISTORIC_VARIABLES,
    _show_variables,
    list[HistoricVariable],
    plural="historic variable instances",
    reads=("deserializeValues",),
)


@HISTORY.get("/history/variable-instance/{id}", "Get a historic variable instance")
def get_historic_variable_instance(engine: Engine, id: VariableId, deserialize_value: bool = True) -> HistoricVariable:
    return show_historic_variable(engine.queries.historic_variables.get(id), deserialize=deserialize_value)


@HISTORY.get("/history/variable-instance/{id}/data", "Download the content of a historic variable instance")
def get_historic_variable_instance_data(engine: Engine, id: VariableId) -> Content:
    view = engine.queries.historic_variables.get(id)
    return content_of(view.name, view.value)


@HISTORY.delete(
    "/history/variable-instance/{id}",
    "Delete an ended variable for good",
    fails={NotFound: Answer(404, INVALID_REQUEST, 0)},
)
def delete_historic_variable_instance(engine: Engine, id: VariableId) -> None:
    engine.history.delete_variable(id)


# ---------------------------------------------------------------- details


def _show_details(
    _: Engine, views: Sequence[VariableUpdateView], __: Mapping[str, Any], query: Mapping[str, str]
) -> list[HistoricDetail]:
    return [show_detail(view, deserialize=_deserialize(query)) for view in views]


HISTORY.collection(
    "/history/detail",
    lambda queries: queries.variable_updates,
    VARIABLE_UPDATES,
    _show_details,
    list[HistoricDetail],
    post_count=False,
    plural="historic details",
    reads=("deserializeValues",),
)


@HISTORY.get("/history/detail/{id}", "Get a historic detail")
def get_historic_detail(engine: Engine, id: DetailId, deserialize_value: bool = True) -> HistoricDetail:
    return show_detail(engine.queries.variable_updates.get(id), deserialize=deserialize_value)


@HISTORY.get("/history/detail/{id}/data", "Download the content of a historic detail")
def get_historic_detail_data(engine: Engine, id: DetailId) -> Content:
    view = engine.queries.variable_updates.get(id)
    return content_of(view.name, view.value)
