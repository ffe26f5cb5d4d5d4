"""Running process instances over REST (Camunda manual, REST API, "Process Instance")."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from typing_extensions import TypedDict

from api.chosen import ChosenInstances, GivenQuery, chosen_instances, given_ids, matching
from api.errors import Answer, refuse
from api.identity import current_user
from api.instructions import GivenInstruction, read_instructions
from api.resources.jobs import Retries, refuse_job, start_job_retries
from api.resources.tasks import ChangedMessage, change_comment
from api.resources.variables import variable_routes
from api.routing import Body, Routes, ThingId
from api.shapes import (
    Batch,
    Comment,
    GivenValues,
    ProcessInstance,
    activity_instance_id,
    element_name,
    read_values,
    show_batch,
    show_comment,
    show_instance,
)
from engine import Engine, ModificationPlan
from engine.errors import BadRequest, NotFound
from engine.services.queries import (
    HISTORIC_PROCESS_INSTANCES,
    JOBS,
    ActivityTree,
    DefinitionId,
    ProcessInstanceView,
    Resource,
    TreeNode,
    definition_reference,
    parse_id,
)
from engine.services.queries import PROCESS_INSTANCES as PROCESS_INSTANCE_TABLE

PROCESS_INSTANCES = Routes("Process instance")

InstanceId = Annotated[int, ThingId("process instance")]

SUBPROCESSES_END = "skipSubprocesses is not supported: called instances end with their caller"


def _show(_: Engine, views: Sequence[ProcessInstanceView], *__: Mapping[str, Any]) -> list[ProcessInstance]:
    return [show_instance(view) for view in views]


PROCESS_INSTANCES.collection(
    "/process-instance",
    lambda queries: queries.process_instances,
    PROCESS_INSTANCE_TABLE,
    _show,
    list[ProcessInstance],
    plural="process instances",
)


@PROCESS_INSTANCES.get("/process-instance/{id}", "Get a process instance")
def get_process_instance(engine: Engine, id: InstanceId) -> ProcessInstance:
    return show_instance(engine.queries.process_instances.get(id))


@PROCESS_INSTANCES.delete(
    "/process-instance/{id}", "Cancel a process instance", fails={NotFound: Answer(404, "InvalidRequestException", 0)}
)
def delete_process_instance(
    engine: Engine,
    id: InstanceId,
    skip_custom_listeners: bool = False,
    skip_io_mappings: bool = False,
    skip_subprocesses: bool = False,
    fail_if_not_exists: bool = True,
) -> None:
    if skip_subprocesses:
        raise refuse(SUBPROCESSES_END)
    try:
        engine.process_instances.delete(
            id, skip_listeners=skip_custom_listeners, skip_io_mappings=skip_io_mappings, user=current_user()
        )
    except NotFound:
        if fail_if_not_exists:
            raise


class Modification(Body):
    """Instructions, which are done one after the other."""

    instructions: list[GivenInstruction] | None = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False
    annotation: str | None = None


NOTHING_TO_MODIFY = {NotFound: Answer(500, "ProcessEngineException", 0)}


@PROCESS_INSTANCES.post(
    "/process-instance/{id}/modification",
    "Start and cancel activities of a process instance",
    fails=NOTHING_TO_MODIFY,
)
def modify_process_instance(engine: Engine, id: InstanceId, body: Modification) -> None:
    engine.process_instances.modify(
        id,
        read_instructions(body.instructions or []),
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
        reason=body.annotation,
        user=current_user(),
    )


@PROCESS_INSTANCES.post(
    "/process-instance/{id}/modification-async",
    "Start and cancel activities of a process instance, as a batch",
    fails=NOTHING_TO_MODIFY,
)
def modify_process_instance_by_and_by(engine: Engine, id: InstanceId, body: Modification) -> Batch:
    if not body.instructions:
        raise refuse("The provided instructions are invalid: there are none")
    plan = ModificationPlan(
        definition_id=engine.queries.process_instances.get(id).definition_id,
        instructions=tuple(read_instructions(body.instructions or [])),
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
        reason=body.annotation,
    )
    return _batch(engine, engine.modifications.start_batch(plan, [id], user=current_user()))


# ---------------------------------------------------------------- suspension


class Suspension(Body):
    """Suspend or activate."""

    suspended: bool = False


class GroupSuspension(Suspension):
    """Suspend or activate the instances of a definition, of all versions of a key, or those listed and found."""

    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_tenant_id: str | None = None
    process_definition_without_tenant_id: bool = False
    process_instance_ids: list[str] | None = None
    process_instance_query: GivenQuery | None = None
    historic_process_instance_query: GivenQuery | None = None


@PROCESS_INSTANCES.put("/process-instance/{id}/suspended", "Suspend or activate a process instance")
def suspend_process_instance(engine: Engine, id: InstanceId, body: Suspension) -> None:
    engine.process_instances.set_suspended(id, body.suspended, user=current_user())


@PROCESS_INSTANCES.put("/process-instance/suspended", "Suspend or activate several process instances")
def suspend_process_instances(engine: Engine, body: GroupSuspension) -> None:
    engine.process_instances.set_all_suspended(_meant(engine, body), body.suspended, user=current_user())


def _meant(engine: Engine, body: GroupSuspension) -> Collection[int]:
    queries = (body.process_instance_query, body.historic_process_instance_query)
    listed = (body.process_instance_ids, *queries) if any(each is not None for each in queries) else None
    named = (listed or body.process_instance_ids, body.process_definition_id, body.process_definition_key)
    if sum(each is not None for each in named) != 1:
        raise refuse(
            "Either processInstanceIds, processDefinitionId or processDefinitionKey must be set "
            "to update the suspension state."
        )
    if named[0] is not None:
        ids = [_instance_id(text) for text in body.process_instance_ids or ()]
        ids += matching(engine, PROCESS_INSTANCE_TABLE, body.process_instance_query)
        ids += matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)
        if not ids:
            raise refuse("No process instance ids given", type="BadUserRequestException", code=0)
        return list(dict.fromkeys(ids))
    filters: dict[str, Any] = {}
    if body.process_definition_id is not None:
        filters["processDefinitionId"] = DefinitionId.parse(body.process_definition_id) or body.process_definition_id
    else:
        filters["processDefinitionKey"] = body.process_definition_key
    if body.process_definition_tenant_id is not None:
        filters["tenantIdIn"] = [body.process_definition_tenant_id]
    if body.process_definition_without_tenant_id:
        filters["withoutTenantId"] = True
    return engine.queries.ids_of_instances(filters)


def _instance_id(text: str) -> int:
    number = parse_id(text)
    if number is None:
        raise NotFound("process instance", text)
    return number


# ---------------------------------------------------------------- many, as batches


def _batch(engine: Engine, id: int) -> Batch:
    return show_batch(engine.queries.batches.get(id))


class ManySuspended(ChosenInstances):
    """Suspend or activate process instances."""

    suspended: bool = False


@PROCESS_INSTANCES.post("/process-instance/suspended-async", "Suspend or activate process instances, as a batch")
def suspend_process_instances_by_and_by(engine: Engine, body: ManySuspended) -> Batch:
    if (
        body.process_instance_ids is None
        and body.process_instance_query is None
        and body.historic_process_instance_query is None
    ):
        raise refuse(
            "Either processInstanceIds, processInstanceQuery or historicProcessInstanceQuery should be set "
            "to update the suspension state."
        )
    ids = chosen_instances(engine, body)
    if not ids:
        raise refuse("No process instance ids given: process Instance Ids is empty")
    return _batch(engine, engine.bulk.set_instances_suspended(ids, body.suspended, user=current_user()))


class Deletion(ChosenInstances):
    """Process instances, and how they are cancelled."""

    delete_reason: str | None = None
    skip_custom_listeners: bool = False
    skip_subprocesses: bool = False
    skip_io_mappings: bool = False
    fail_if_not_exists: bool = False


@PROCESS_INSTANCES.post("/process-instance/delete", "Cancel process instances, as a batch")
def delete_process_instances_by_and_by(engine: Engine, body: Deletion) -> Batch:
    return _delete_all(engine, chosen_instances(engine, body, historic=False), body)


@PROCESS_INSTANCES.post(
    "/process-instance/delete-historic-query-based", "Cancel process instances that a historic query finds, as a batch"
)
def delete_process_instances_found_in_history(engine: Engine, body: Deletion) -> Batch:
    return _delete_all(engine, chosen_instances(engine, body), body)


def _delete_all(engine: Engine, ids: Sequence[int], body: Deletion) -> Batch:
    if body.skip_subprocesses:
        raise refuse(SUBPROCESSES_END)
    if not ids:
        raise refuse("processInstanceIds is empty")
    id = engine.bulk.delete_instances(
        ids,
        reason=body.delete_reason,
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
        fail_if_gone=body.fail_if_not_exists,
        user=current_user(),
    )
    return _batch(engine, id)


class JobRetries(Retries):
    """How many attempts are left to the jobs of these process instances."""

    process_instances: list[str] | None = None
    process_instance_query: GivenQuery | None = None
    historic_process_instance_query: GivenQuery | None = None


@PROCESS_INSTANCES.post("/process-instance/job-retries", "Set the retries of jobs of process instances, as a batch")
def set_job_retries_of_process_instances(engine: Engine, body: JobRetries) -> Batch:
    return _set_job_retries(engine, body, body.process_instance_query, PROCESS_INSTANCE_TABLE)


@PROCESS_INSTANCES.post(
    "/process-instance/job-retries-historic-query-based",
    "Set the retries of jobs of process instances that a historic query finds, as a batch",
)
def set_job_retries_of_instances_found_in_history(engine: Engine, body: JobRetries) -> Batch:
    return _set_job_retries(engine, body, body.historic_process_instance_query, HISTORIC_PROCESS_INSTANCES)


def _set_job_retries(
    engine: Engine, body: JobRetries, query: GivenQuery | None, resource: Resource[ProcessInstanceView]
) -> Batch:
    if body.retries is None:
        raise refuse("retries is null")
    if not body.process_instances and query is None:
        raise refuse_job(
            "You must specify at least one of or one of processInstanceIds, processInstanceQuery, "
            "or historicProcessInstanceQuery."
        )
    instances = given_ids(body.process_instances) + matching(engine, resource, query)
    ids = engine.queries.ids_among(JOBS, "processInstanceIds", instances)
    return start_job_retries(engine, ids, body)


class Variables(ChosenInstances):
    """Variables to be set in process instances."""

    variables: GivenValues | None = None


@PROCESS_INSTANCES.post("/process-instance/variables-async", "Set variables of process instances, as a batch")
def set_variables_of_process_instances(engine: Engine, body: Variables) -> Batch:
    if body.variables is None:
        raise refuse("variables is null")
    if not body.variables:
        raise BadRequest("variables is empty")
    values = read_values(body.variables)
    ids = engine.queries.ids_among(PROCESS_INSTANCE_TABLE, "processInstanceIds", chosen_instances(engine, body))
    if not ids:
        raise BadRequest("processInstanceIds is empty")
    return _batch(engine, engine.bulk.set_variables(ids, values, user=current_user()))


class Message(ChosenInstances):
    """A message that the process instances wait for, and variables that come with it."""

    message_name: str | None = None
    variables: GivenValues | None = None


@PROCESS_INSTANCES.post("/process-instance/message-async", "Bring a message to process instances, as a batch")
def correlate_message_by_and_by(engine: Engine, body: Message) -> Batch:
    if body.message_name is None:
        raise refuse("No message name supplied")
    if (
        body.process_instance_ids is None
        and body.process_instance_query is None
        and body.historic_process_instance_query is None
    ):
        raise refuse("No process instances found.")
    values = read_values(body.variables)
    ids = chosen_instances(engine, body)
    if not ids:
        raise BadRequest("Process instance ids cannot be empty: process instance ids is empty")
    return _batch(engine, engine.bulk.correlate_message(ids, body.message_name, values, user=current_user()))


# ---------------------------------------------------------------- the tree


class PlacedIncident(TypedDict):
    """An incident, and where it is."""

    id: str
    activityId: str


class TransitionInstance(TypedDict):
    """A token that waits for a job before or after an activity."""

    id: str
    parentActivityInstanceId: str
    processInstanceId: str
    processDefinitionId: str | None
    activityId: str
    targetActivityId: str
    activityName: str | None
    activityType: str
    executionId: str
    incidentIds: list[str]
    incidents: list[PlacedIncident]


class ActivityInstance(TypedDict):
    """An activity instance with all that is active in it."""

    id: str
    parentActivityInstanceId: str | None
    activityId: str | None
    activityType: str
    processInstanceId: str
    processDefinitionId: str | None
    childActivityInstances: list[ActivityInstance]
    childTransitionInstances: list[TransitionInstance]
    executionIds: list[str]
    activityName: str | None
    name: str | None
    incidentIds: list[str]
    incidents: list[PlacedIncident]


def _incidents(node: TreeNode) -> list[PlacedIncident]:
    return [{"id": str(each), "activityId": node.element_id} for each in node.incident_ids]


@PROCESS_INSTANCES.get("/process-instance/{id}/activity-instances", "Get the tree of activity instances")
def get_activity_instances(engine: Engine, id: InstanceId) -> ActivityInstance:
    tree = engine.queries.activity_tree(id)
    reference = definition_reference(tree.instance)
    root = _show_scope(
        tree, str(id), None, reference, "processDefinition", tree.instance.definition_name, id, tree.children
    )
    pending = [(root, tree.children)]
    while pending:
        shown, children = pending.pop()
        for child in children:
            if child.transition is not None:
                shown["childTransitionInstances"].append(_show_transition(tree, shown["id"], child))
                continue
            own_id = activity_instance_id(child.element_id, child.id)
            entry = _show_scope(
                tree,
                own_id,
                shown["id"],
                child.element_id,
                child.element_kind,
                element_name(child.element_kind, child.element_name),
                child.execution_id,
                child.children,
            )
            entry["incidents"] = _incidents(child)
            entry["incidentIds"] = [each["id"] for each in entry["incidents"]]
            shown["childActivityInstances"].append(entry)
            pending.append((entry, child.children))
    return root


def _show_scope(
    tree: ActivityTree,
    own_id: str,
    parent: str | None,
    element_id: str | None,
    kind: str,
    name: str | None,
    execution_id: int,
    children: Sequence[TreeNode],
) -> ActivityInstance:
    """One activity instance, still without what is in it; its executions are its own and those of waiting children."""
    executions = [execution_id, *(child.id for child in children if child.transition and len(children) > 1)]
    return {
        "id": own_id,
        "parentActivityInstanceId": parent,
        "activityId": element_id,
        "activityType": kind,
        "processInstanceId": str(tree.instance.id),
        "processDefinitionId": definition_reference(tree.instance),
        "childActivityInstances": [],
        "childTransitionInstances": [],
        "executionIds": [str(each) for each in executions],
        "activityName": name,
        "name": name,
        "incidentIds": [],
        "incidents": [],
    }


def _show_transition(tree: ActivityTree, parent: str, node: TreeNode) -> TransitionInstance:
    return {
        "id": str(node.id),
        "parentActivityInstanceId": parent,
        "processInstanceId": str(tree.instance.id),
        "processDefinitionId": definition_reference(tree.instance),
        "activityId": node.element_id,
        "targetActivityId": node.element_id,
        "activityName": node.element_name,
        "activityType": node.element_kind,
        "executionId": str(node.execution_id),
        "incidentIds": [str(each) for each in node.incident_ids],
        "incidents": _incidents(node),
    }


@PROCESS_INSTANCES.get("/process-instance/{id}/comment", "List the comments of a process instance and its tasks")
def get_process_instance_comments(engine: Engine, id: InstanceId) -> list[Comment]:
    engine.queries.historic_process_instances.get(id)
    return [show_comment(view) for view in engine.queries.process_instance_comments(id)]


@PROCESS_INSTANCES.put("/process-instance/{id}/comment", "Change a comment of a process instance or its tasks")
def update_process_instance_comment(engine: Engine, id: InstanceId, body: ChangedMessage) -> None:
    change_comment(engine, id, body, instance=True)


@PROCESS_INSTANCES.delete("/process-instance/{id}/comment/{comment_id}", "Delete such a comment")
def delete_process_instance_comment(
    engine: Engine, id: InstanceId, comment_id: Annotated[int, ThingId("comment")]
) -> None:
    engine.comments.remove(id, comment_id, instance=True)


@PROCESS_INSTANCES.delete("/process-instance/{id}/comment", "Delete all comments of a process instance and its tasks")
def delete_process_instance_comments(engine: Engine, id: InstanceId) -> None:
    engine.queries.historic_process_instances.get(id)
    engine.comments.remove_all(id, instance=True)


# ---------------------------------------------------------------- variables


def _read(engine: Engine, id: int) -> Mapping[str, object]:
    return engine.queries.local_variables_of(id)


def _write(engine: Engine, id: int, changes: Mapping[str, object], deletions: Collection[str]) -> None:
    engine.variables.set(id, changes, deletions, user=current_user())


variable_routes(
    PROCESS_INSTANCES, "/process-instance/{id}/variables", "process instance", _read, _write, "process_instance"
)
