"""External tasks over REST: fetched, reported on and changed (Camunda manual, REST API, "External Task")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from api.chosen import ChosenInstances, GivenQuery, chosen_instances, given_ids, matching
from api.connection import client_is_there
from api.errors import INVALID_REQUEST, Answer, Refused, refuse
from api.identity import current_user
from api.instructions import ActivityToActivate, activations
from api.routing import Body, Content, Routes, ThingId
from api.shapes import (
    Batch,
    ExternalTask,
    GivenValues,
    LockedExternalTask,
    read_values,
    show_batch,
    show_external_task,
    show_values,
)
from engine import AdHocResult, Engine
from engine.distinct import distinct
from engine.errors import BadRequest, LeaseLost, NotFound
from engine.services.long_polling import CreateTimeOrder, TopicRequest
from engine.services.queries import EXTERNAL_TASKS as TABLE
from engine.services.queries import (
    MAX_VALUES,
    DefinitionId,
    ExternalTaskView,
    parse_id,
)
from engine.values import InvalidValue, from_json

EXTERNAL_TASKS = Routes("External task")

ExternalTaskId = Annotated[int, ThingId("external task")]

MAX_TASKS = MAX_VALUES
"""How many tasks one fetch gives at most."""
LONGEST_WAIT = 1_800_000
"""Milliseconds that a fetch may wait at most, as in Camunda."""

REPORT: Mapping[type[Exception], Answer] = {
    NotFound: Answer(404, "RestException", 0),
    LeaseLost: Answer(400, "RestException", 0),
    BadRequest: Answer(400, "RestException", 0),
}
"""How Camunda answers reports that come from the wrong worker, or too late."""


def _show(_: Engine, views: Sequence[ExternalTaskView], *__: Mapping[str, Any]) -> list[ExternalTask]:
    return [show_external_task(view) for view in views]


EXTERNAL_TASKS.collection(
    "/external-task",
    lambda queries: queries.external_tasks,
    TABLE,
    _show,
    list[ExternalTask],
    plural="external tasks",
)


@EXTERNAL_TASKS.get("/external-task/topic-names", "List the topics of external tasks")
def get_topic_names(
    engine: Engine,
    with_locked_tasks: bool = False,
    with_unlocked_tasks: bool = False,
    with_retries_left: bool = False,
) -> list[str]:
    chosen = {
        "withLockedTasks": with_locked_tasks,
        "withUnlockedTasks": with_unlocked_tasks,
        "withRetriesLeft": with_retries_left,
    }
    return engine.queries.topic_names(*(name for name, wanted in chosen.items() if wanted))


@EXTERNAL_TASKS.get("/external-task/{id}", "Get an external task", fails={NotFound: Answer(404, "RestException")})
def get_external_task(engine: Engine, id: ExternalTaskId) -> ExternalTask:
    return show_external_task(engine.queries.external_tasks.get(id))


@EXTERNAL_TASKS.get(
    "/external-task/{id}/errorDetails",
    "Get what the last failure was about",
    fails={NotFound: Answer(500, "NullValueException", 0)},
)
def get_external_task_error_details(engine: Engine, id: ExternalTaskId) -> Content | None:
    details = engine.queries.external_tasks.get(id).error_details
    return None if details is None else Content(details.encode(), "text/plain")


# ---------------------------------------------------------------- fetching


class Topic(Body):
    """A topic to fetch tasks of, which of them, and what is to be told of each. Durations are in milliseconds."""

    topic_name: str | None = None
    lock_duration: int = 0
    variables: list[str] | None = None
    """Names of the variables that are wanted; None: all."""
    local_variables: bool = False
    deserialize_values: bool = False
    include_extension_properties: bool = False
    business_key: str | None = None
    process_definition_id: str | None = None
    process_definition_id_in: list[str] | None = None
    process_definition_key: str | None = None
    process_definition_key_in: list[str] | None = None
    process_definition_version_tag: str | None = None
    process_variables: dict[str, Any] | None = None
    tenant_id_in: list[str] | None = None
    without_tenant_id: bool = False


class FetchSorting(Body):
    """By what to sort: the creation time is all there is."""

    sort_by: str | None = None
    sort_order: str | None = None


class Fetch(Body):
    """How many tasks of which topics a worker wants, and how long it waits for them, in milliseconds."""

    worker_id: str | None = None
    max_tasks: int = 0
    use_priority: bool = True
    async_response_timeout: int | None = None
    topics: list[Topic] | None = None
    sorting: list[FetchSorting] | None = None


@EXTERNAL_TASKS.post("/external-task/fetchAndLock", "Fetch external tasks and lock them for a worker")
def fetch_and_lock(engine: Engine, body: Fetch) -> list[LockedExternalTask]:
    wait = body.async_response_timeout or 0
    if wait > LONGEST_WAIT:
        raise refuse(
            f"The asynchronous response timeout cannot be set to a value greater than {LONGEST_WAIT} milliseconds"
        )
    worker = _worker(body.worker_id)
    if body.max_tasks < 0:
        raise _refuse_value("maxResults is not greater than or equal to 0")
    topics = {_topic_name(topic): topic for topic in body.topics or ()}
    claimed = engine.long_polling.fetch_and_lock(
        worker,
        [_request(name, topic) for name, topic in topics.items()],
        limit=min(body.max_tasks, MAX_TASKS),
        use_priority=body.use_priority,
        create_time_order=_order(body.sorting or ()),
        wait=timedelta(milliseconds=wait),
        is_wanted=client_is_there,
    )
    return _show_locked(engine, worker, [job.id for job in claimed], topics)


def _worker(worker_id: str | None) -> str:
    if worker_id is None:
        raise _refuse_value("workerId is null", "NullValueException")
    return worker_id


def _refuse_value(message: str, type: str = "ProcessEngineException") -> Refused:
    return refuse(message, status=500, type=type, code=0)


def _topic_name(topic: Topic) -> str:
    if topic.topic_name is None:
        raise _refuse_value("topicName is null", "NullValueException")
    return topic.topic_name


def _request(name: str, topic: Topic) -> TopicRequest:
    if topic.lock_duration <= 0:
        raise _refuse_value("lockTime is not greater than 0")
    wanted = topic.process_definition_id_in
    return TopicRequest(
        topic=name,
        lease=_milliseconds(topic.lock_duration, "lockDuration"),
        business_key=topic.business_key,
        process_definition_id=None if topic.process_definition_id is None else _definition(topic.process_definition_id),
        process_definition_ids=None if wanted is None else [_definition(each) for each in wanted],
        process_definition_key=topic.process_definition_key,
        process_definition_keys=topic.process_definition_key_in,
        process_definition_version_tag=topic.process_definition_version_tag,
        tenant_ids=topic.tenant_id_in,
        without_tenant=topic.without_tenant_id,
        process_variables={name: _plain(name, value) for name, value in (topic.process_variables or {}).items()},
    )


def _definition(reference: str) -> int:
    found = DefinitionId.parse(reference)
    return -1 if found is None else found.id


def _plain(name: str, value: object) -> object:
    try:
        return from_json(value)
    except InvalidValue as error:
        raise refuse(f"Cannot read process variable '{name}': {error}") from None


def _milliseconds(duration: int, name: str) -> timedelta:
    try:
        return timedelta(milliseconds=duration)
    except OverflowError:
        raise refuse(f"{name}: {duration} milliseconds are too many") from None


def _order(sorting: Sequence[FetchSorting]) -> CreateTimeOrder | None:
    for each in sorting:
        if each.sort_by != "createTime":
            raise refuse(f"Cannot set query sortBy parameter to value {each.sort_by}")
        if each.sort_order == "asc":
            return "asc"
        if each.sort_order == "desc":
            return "desc"
        raise refuse(f"Cannot set query sortOrder parameter to value {each.sort_order}")
    return None


def _show_locked(
    engine: Engine, worker: str, ids: Sequence[int], topics: Mapping[str, Topic]
) -> list[LockedExternalTask]:
    """The tasks that have just been locked; what has been taken back meanwhile is left out."""
    if not ids:
        return []
    found = {view.id: view for view in engine.queries.external_tasks.list({"externalTaskIdIn": ids})}
    views = [found[id] for id in ids if id in found and found[id].lock_owner == worker]
    variables: dict[int, dict[str, object]] = {}
    for only_local in (False, True):
        places = [view.element_instance_id for view in views if topics[view.topic].local_variables is only_local]
        variables |= engine.queries.variables_of_elements(places, only_local=only_local)
    return [_show_one(engine, view, topics[view.topic], variables.get(view.element_instance_id, {})) for view in views]


def _show_one(
    engine: Engine, view: ExternalTaskView, topic: Topic, variables: Mapping[str, object]
) -> LockedExternalTask:
    wanted = topic.variables
    chosen = variables if wanted is None else {name: variables[name] for name in wanted if name in variables}
    properties: Mapping[str, str] = {}
    if topic.include_extension_properties:
        properties = engine.definitions.get(view.definition_id).process.elements[view.element_id].properties
    return {
        **show_external_task(view),
        "errorDetails": view.error_details,
        "variables": show_values(chosen, deserialize=topic.deserialize_values),
        "extensionProperties": dict(properties),
    }


# ---------------------------------------------------------------- what workers report


class Completion(Body):
    """What the work has given."""

    worker_id: str | None = None
    variables: GivenValues | None = None
    local_variables: GivenValues | None = None


class Lead(Body):
    """What is to come of the ad-hoc sub-process that the work leads (Baton's own, after Camunda 8's job result)."""

    activities: list[ActivityToActivate] | None = None
    completion_condition_fulfilled: bool = False
    cancel_remaining_instances: bool = False


class Completed(Completion):
    """What the work has given; `adHocSubProcess` of work that leads one."""

    ad_hoc_sub_process: Lead | None = None


@EXTERNAL_TASKS.post("/external-task/{id}/complete", "Complete an external task", fails=REPORT)
def complete_external_task(engine: Engine, id: ExternalTaskId, body: Completed) -> None:
    variables, local = read_values(body.variables), read_values(body.local_variables)
    lead, result = body.ad_hoc_sub_process, None
    if lead is not None:
        result = AdHocResult(
            activations(lead.activities), lead.completion_condition_fulfilled, lead.cancel_remaining_instances
        ).told()
    engine.external_tasks.complete(
        id, worker=_worker(body.worker_id), variables=variables, local_variables=local, result=result
    )


class Failure(Completion):
    """How the work has failed, and when it may be fetched again (milliseconds from now)."""

    error_message: str | None = None
    error_details: str | None = None
    retries: int = 0
    retry_timeout: int = 0


@EXTERNAL_TASKS.post("/external-task/{id}/failure", "Report that an external task failed", fails=REPORT)
def fail_external_task(engine: Engine, id: ExternalTaskId, body: Failure) -> None:
    if body.retries < 0:
        raise _refuse_value("retries is not greater than or equal to 0")
    if body.retry_timeout < 0:
        raise _refuse_value("retryDuration is not greater than or equal to 0")
    engine.external_tasks.fail(
        id,
        worker=_worker(body.worker_id),
        message=body.error_message,
        details=body.error_details,
        retries=body.retries,
        retry_after=_milliseconds(body.retry_timeout, "retryTimeout"),
        variables=read_values(body.variables),
        local_variables=read_values(body.local_variables),
    )


class ThrownError(Body):
    """A BPMN error."""

    worker_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    variables: GivenValues | None = None


@EXTERNAL_TASKS.post("/external-task/{id}/bpmnError", "End an external task with a BPMN error", fails=REPORT)
def throw_external_task_error(engine: Engine, id: ExternalTaskId, body: ThrownError) -> None:
    if not body.error_code:
        raise _refuse_value("errorCode is null", "NullValueException")
    engine.external_tasks.bpmn_error(
        id,
        body.error_code,
        body.error_message,
        worker=_worker(body.worker_id),
        variables=read_values(body.variables),
    )


class LockExtension(Body):
    """For how long, from now, in milliseconds."""

    worker_id: str | None = None
    new_duration: int = 0


@EXTERNAL_TASKS.post("/external-task/{id}/extendLock", "Hold an external task for longer", fails=REPORT)
def extend_external_task_lock(engine: Engine, id: ExternalTaskId, body: LockExtension) -> None:
    duration = _milliseconds(body.new_duration, "newDuration")
    engine.external_tasks.extend_lock(id, _worker(body.worker_id), duration)


class Lock(Body):
    """Who takes the task, and for how many milliseconds."""

    worker_id: str | None = None
    lock_duration: int = 0


@EXTERNAL_TASKS.post("/external-task/{id}/lock", "Lock one external task for a worker", fails=REPORT)
def lock_external_task(engine: Engine, id: ExternalTaskId, body: Lock) -> None:
    worker, duration = _worker(body.worker_id), _milliseconds(body.lock_duration, "lockDuration")
    engine.queries.external_tasks.get(id)
    engine.external_tasks.lock(id, worker, duration)


@EXTERNAL_TASKS.post("/external-task/{id}/unlock", "Let any worker fetch an external task", fails=REPORT)
def unlock_external_task(engine: Engine, id: ExternalTaskId) -> None:
    engine.queries.external_tasks.get(id)
    engine.external_tasks.unlock(id)


# ---------------------------------------------------------------- what operators change


class Retries(Body):
    """How many attempts are left."""

    retries: int | None = None


@EXTERNAL_TASKS.put(
    "/external-task/{id}/retries",
    "Set the retries of an external task",
    fails={NotFound: Answer(404, "RestException", 0)},
)
def set_external_task_retries(engine: Engine, id: ExternalTaskId, body: Retries) -> None:
    retries = _retries(body.retries)
    engine.queries.external_tasks.get(id)
    engine.external_tasks.set_retries([id], retries)


def _retries(retries: int | None) -> int:
    if retries is None:
        raise refuse("The number of retries cannot be null.")
    return retries


class ManyRetries(Retries, ChosenInstances):
    """How many attempts are left to all the tasks that are named in any of these ways."""

    external_task_ids: list[str] | None = None
    external_task_query: GivenQuery | None = None


@EXTERNAL_TASKS.put(
    "/external-task/retries",
    "Set the retries of several external tasks",
    fails={BadRequest: Answer(400, INVALID_REQUEST)},
)
def set_retries_of_external_tasks(engine: Engine, body: ManyRetries) -> None:
    ids = _meant(engine, body)
    known = set(engine.queries.ids_among(TABLE, "externalTaskIdIn", ids))
    for text in body.external_task_ids or ():
        if parse_id(text) not in known:
            raise NotFound("external task", text)
    engine.external_tasks.set_retries(ids, _retries(body.retries))


@EXTERNAL_TASKS.post("/external-task/retries-async", "Set the retries of several external tasks, as a batch")
def set_retries_of_external_tasks_by_and_by(engine: Engine, body: ManyRetries) -> Batch:
    retries, ids = _retries(body.retries), _meant(engine, body)
    id = engine.bulk.set_external_task_retries(ids, retries, user=current_user())
    return show_batch(engine.queries.batches.get(id))


def _meant(engine: Engine, body: ManyRetries) -> Sequence[int]:
    found = given_ids(body.external_task_ids) + matching(engine, TABLE, body.external_task_query)
    instances = chosen_instances(engine, body)
    found.extend(engine.queries.ids_among(TABLE, "processInstanceIdIn", instances))
    if not found:
        raise refuse("externalTaskIds is empty")
    return distinct(found)


class Priority(Body):
    """What goes first."""

    priority: int | None = None


@EXTERNAL_TASKS.put(
    "/external-task/{id}/priority",
    "Set the priority of an external task",
    fails={NotFound: Answer(404, "RestException", 0)},
)
def set_external_task_priority(engine: Engine, id: ExternalTaskId, body: Priority) -> None:
    if body.priority is None:
        raise refuse("The priority cannot be null.")
    engine.queries.external_tasks.get(id)
    engine.external_tasks.set_priority(id, body.priority)
