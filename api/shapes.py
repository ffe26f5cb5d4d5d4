"""What things look like in JSON: one TypedDict each, and the functions that make them of the engine's views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import TypedDict

from api.errors import refuse
from api.routing import Body
from engine.services.queries import (
    AttachmentView,
    BatchStatisticsView,
    BatchView,
    CommentView,
    DecisionDefinitionView,
    DecisionInputView,
    DecisionInstanceView,
    DecisionOutputView,
    DeploymentView,
    ElementInstanceView,
    ExecutionView,
    ExternalTaskLogView,
    ExternalTaskView,
    IdentityLinkLogView,
    IdentityLinkView,
    IncidentView,
    JobDefinitionView,
    JobLogView,
    JobView,
    OperationView,
    ProcessDefinitionView,
    ProcessInstanceView,
    RequirementsView,
    ResourceView,
    SubscriptionView,
    TaskView,
    VariableUpdateView,
    VariableView,
    definition_reference,
)
from engine.values import InvalidValue, format_date, from_rest, to_rest

# ---------------------------------------------------------------- scalars


def show_id(number: int | None) -> str | None:
    """An id in its decimal form."""
    return None if number is None else str(number)


def show_date(date: datetime | None) -> str | None:
    """A date in the API's form."""
    return None if date is None else format_date(date)


def show_tenant(tenant_id: str) -> str | None:
    """A tenant; none is null."""
    return tenant_id or None


def milliseconds(start: datetime, end: datetime | None) -> int | None:
    """From start to end; None while it lasts."""
    if end is None:
        return None
    took = end - start
    return took.days * 86_400_000 + took.seconds * 1000 + took.microseconds // 1000


# ---------------------------------------------------------------- variables


class Value(TypedDict):
    """A typed value."""

    value: Any
    type: str
    valueInfo: dict[str, Any]


Values = dict[str, Value]


class GivenValue(Body):
    """A value as clients give it; without a type, what the JSON means."""

    value: Any = None
    type: str | None = None
    value_info: dict[str, Any] | None = None
    local: bool = False


GivenValues = dict[str, GivenValue]


class Changes(Body):
    """Variables to set and to remove."""

    modifications: GivenValues | None = None
    deletions: list[str] | None = None


def read_value(name: str, given: GivenValue) -> object:
    """The value of `engine.values` that is given. Raises Refused, naming the variable."""
    try:
        return from_rest({"value": given.value, "type": given.type, "valueInfo": given.value_info})
    except InvalidValue as error:
        raise refuse(f"Cannot read variable '{name}': {error}") from None


def read_values(given: Mapping[str, GivenValue] | None) -> dict[str, object]:
    """The values that are given, by name. Raises Refused, naming the variable."""
    return {name: read_value(name, each) for name, each in (given or {}).items()}


def show_value(value: object, *, deserialize: bool = True) -> Value:
    """A value of `engine.values`."""
    shown = to_rest(value, deserialize)
    return {"value": shown["value"], "type": shown["type"], "valueInfo": shown["valueInfo"]}


def show_values(values: Mapping[str, object], *, deserialize: bool = True) -> Values:
    """Values of `engine.values` by name."""
    return {name: show_value(value, deserialize=deserialize) for name, value in values.items()}


# ---------------------------------------------------------------- repository


class Link(TypedDict):
    """A link to a thing of the API."""

    method: str
    href: str
    rel: str


class Deployment(TypedDict):
    links: list[Link]
    id: str
    name: str | None
    source: str | None
    deploymentTime: str | None
    tenantId: str | None


def show_deployment(view: DeploymentView) -> Deployment:
    return {
        "links": [],
        "id": str(view.id),
        "name": view.name,
        "source": view.source,
        "deploymentTime": show_date(view.deployed_at),
        "tenantId": show_tenant(view.tenant_id),
    }


class DeploymentResource(TypedDict):
    id: str
    name: str
    deploymentId: str


def show_resource(view: ResourceView) -> DeploymentResource:
    return {"id": str(view.id), "name": view.name, "deploymentId": str(view.deployment_id)}


class ProcessDefinition(TypedDict):
    id: str | None
    key: str
    category: str | None
    description: str | None
    name: str | None
    version: int
    resource: str
    deploymentId: str
    diagram: str | None
    suspended: bool
    tenantId: str | None
    versionTag: str | None
    historyTimeToLive: int | None
    startableInTasklist: bool


def show_definition(view: ProcessDefinitionView) -> ProcessDefinition:
    return {
        "id": definition_reference(view),
        "key": view.key,
        "category": view.category,
        "description": view.description,
        "name": view.name,
        "version": view.version,
        "resource": view.resource_name,
        "deploymentId": str(view.deployment_id),
        "diagram": view.diagram_name,
        "suspended": view.suspended,
        "tenantId": show_tenant(view.tenant_id),
        "versionTag": view.version_tag,
        "historyTimeToLive": view.history_time_to_live,
        "startableInTasklist": view.startable_in_tasklist,
    }


class RequirementsDefinition(TypedDict):
    id: str
    key: str
    category: str | None
    name: str | None
    version: int
    resource: str
    deploymentId: str
    tenantId: str | None


def show_requirements(view: RequirementsView | DecisionDefinitionView) -> RequirementsDefinition:
    return {
        "id": view.reference,
        "key": view.key,
        "category": view.category,
        "name": view.name,
        "version": view.version,
        "resource": view.resource_name,
        "deploymentId": str(view.deployment_id),
        "tenantId": show_tenant(view.tenant_id),
    }


class DecisionDefinition(RequirementsDefinition):
    decisionRequirementsDefinitionId: str | None
    decisionRequirementsDefinitionKey: str | None
    historyTimeToLive: int | None
    versionTag: str | None


def show_decision(view: DecisionDefinitionView) -> DecisionDefinition:
    return {
        **show_requirements(view),
        "decisionRequirementsDefinitionId": view.requirements_reference,
        "decisionRequirementsDefinitionKey": view.requirements_key,
        "historyTimeToLive": view.history_time_to_live,
        "versionTag": view.version_tag,
    }


# ---------------------------------------------------------------- runtime


class ProcessInstance(TypedDict):
    links: list[Link]
    id: str
    definitionId: str | None
    definitionKey: str
    businessKey: str | None
    caseInstanceId: str | None
    ended: bool
    suspended: bool
    tenantId: str | None
    variables: NotRequired[Values]


def show_instance(view: ProcessInstanceView) -> ProcessInstance:
    return {
        "links": [],
        "id": str(view.id),
        "definitionId": definition_reference(view),
        "definitionKey": view.definition_key,
        "businessKey": view.business_key,
        "caseInstanceId": None,
        "ended": view.ended_at is not None,
        "suspended": view.state == "SUSPENDED",
        "tenantId": show_tenant(view.tenant_id),
    }


class Execution(TypedDict):
    id: str
    processInstanceId: str
    ended: bool
    tenantId: str | None


def show_execution(view: ExecutionView) -> Execution:
    return {
        "id": str(view.id),
        "processInstanceId": str(view.process_instance_id),
        "ended": False,
        "tenantId": show_tenant(view.tenant_id),
    }


class EventSubscription(TypedDict):
    id: str
    eventType: str
    eventName: str | None
    executionId: str | None
    processInstanceId: str | None
    activityId: str
    createdDate: str | None
    tenantId: str | None


def show_subscription(view: SubscriptionView) -> EventSubscription:
    return {
        "id": str(view.id),
        "eventType": view.kind,
        "eventName": view.name,
        "executionId": show_id(view.execution_id),
        "processInstanceId": show_id(view.process_instance_id),
        "activityId": view.element_id,
        "createdDate": show_date(view.created_at),
        "tenantId": show_tenant(view.tenant_id),
    }


class FormReference(TypedDict):
    key: str
    binding: str | None
    version: int | None


class Task(TypedDict):
    id: str
    name: str | None
    assignee: str | None
    created: str | None
    due: str | None
    followUp: str | None
    lastUpdated: str | None
    delegationState: str | None
    description: str | None
    executionId: str | None
    owner: str | None
    parentTaskId: str | None
    priority: int
    processDefinitionId: str | None
    processInstanceId: str | None
    taskDefinitionKey: str | None
    caseExecutionId: str | None
    caseInstanceId: str | None
    caseDefinitionId: str | None
    suspended: bool
    formKey: str | None
    camundaFormRef: FormReference | None
    operatonFormRef: FormReference | None
    tenantId: str | None
    taskState: str
    attachment: NotRequired[bool]
    comment: NotRequired[bool]
    variables: NotRequired[Values]


def task_state(view: TaskView) -> str:
    """The word for where a task is in its life."""
    if view.ended_at is None:
        return "Created" if view.updated_at is None else "Updated"
    return view.state.capitalize()


def show_form_reference(key: str | None, binding: str | None, version: str | None) -> FormReference | None:
    """A reference to a deployed form."""
    if key is None:
        return None
    return {"key": key, "binding": binding, "version": int(version) if version and version.isdecimal() else None}


def show_task(view: TaskView) -> Task:
    form = show_form_reference(view.form_ref, view.form_ref_binding, view.form_ref_version)
    return {
        "id": str(view.id),
        "name": view.name,
        "assignee": view.assignee,
        "created": show_date(view.created_at),
        "due": show_date(view.due_at),
        "followUp": show_date(view.follow_up_at),
        "lastUpdated": show_date(view.updated_at),
        "delegationState": view.delegation_state,
        "description": view.description,
        "executionId": show_id(view.execution_id),
        "owner": view.owner,
        "parentTaskId": show_id(view.parent_task_id),
        "priority": view.priority,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "taskDefinitionKey": view.element_id,
        "caseExecutionId": None,
        "caseInstanceId": view.case_instance_id,
        "caseDefinitionId": None,
        "suspended": view.suspended,
        "formKey": view.form_key,
        "camundaFormRef": form,
        "operatonFormRef": form,
        "tenantId": show_tenant(view.tenant_id),
        "taskState": task_state(view),
    }


class IdentityLink(TypedDict):
    userId: str | None
    groupId: str | None
    type: str


def show_link(view: IdentityLinkView) -> IdentityLink:
    return {"userId": view.user_id, "groupId": view.group_id, "type": view.type}


class Attachment(TypedDict):
    """A file at a task, or (`url`) something elsewhere."""

    links: list[Link]
    id: str
    name: str | None
    description: str | None
    taskId: str
    type: str | None
    url: str | None
    createTime: str | None
    removalTime: str | None
    rootProcessInstanceId: str | None


def show_attachment(view: AttachmentView) -> Attachment:
    return {
        "links": [],
        "id": str(view.id),
        "name": view.name,
        "description": view.description,
        "taskId": str(view.user_task_id),
        "type": view.type,
        "url": view.url,
        "createTime": show_date(view.created_at),
        "removalTime": show_date(view.removal_at),
        "rootProcessInstanceId": show_id(view.root_id),
    }


class Comment(TypedDict):
    links: list[Link]
    id: str
    userId: str | None
    time: str | None
    taskId: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    message: str
    removalTime: str | None


def show_comment(view: CommentView) -> Comment:
    return {
        "links": [],
        "id": str(view.id),
        "userId": view.user_id,
        "time": show_date(view.created_at),
        "taskId": show_id(view.user_task_id),
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "message": view.message,
        "removalTime": show_date(view.removal_at),
    }


def element_name(kind: str, name: str | None) -> str | None:
    """The name of an activity instance; a scope that was made for an activity has none, its instances have."""
    return None if kind in _UNNAMED else name


_UNNAMED = frozenset({"multiInstanceBody", "standardLoopBody", "adHocSubProcessInnerInstance"})


def activity_instance_id(element_id: str | None, id: int) -> str:
    """Camunda's form of an activity instance's id; a process instance is its own."""
    return str(id) if element_id is None else f"{element_id}:{id}"


def _variable_place(view: VariableView | VariableUpdateView) -> str | None:
    if view.element_instance_id is None:
        return show_id(view.process_instance_id)
    return activity_instance_id(view.element_id, view.element_instance_id)


def _typed(view: VariableView | VariableUpdateView, *, deserialize: bool) -> Value:
    """The value of a variable. In lists the content of byte arrays is left out, and with it the value."""
    return {**show_value(view.value, deserialize=deserialize), "type": view.type}


class VariableInstance(Value):
    id: str
    name: str
    processDefinitionId: str | None
    processInstanceId: str | None
    executionId: str | None
    caseInstanceId: str | None
    caseExecutionId: str | None
    taskId: str | None
    batchId: str | None
    activityInstanceId: str | None
    errorMessage: str | None
    tenantId: str | None


def show_variable(view: VariableView, *, deserialize: bool = True) -> VariableInstance:
    return {
        **_typed(view, deserialize=deserialize),
        "id": str(view.id),
        "name": view.name,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "executionId": show_id(view.execution_id),
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": show_id(view.user_task_id),
        "batchId": None,
        "activityInstanceId": _variable_place(view),
        "errorMessage": None,
        "tenantId": show_tenant(view.tenant_id),
    }


class Job(TypedDict):
    id: str
    jobDefinitionId: str | None
    processInstanceId: str | None
    processDefinitionId: str | None
    processDefinitionKey: str | None
    executionId: str | None
    exceptionMessage: str | None
    failedActivityId: str | None
    retries: int
    dueDate: str | None
    suspended: bool
    priority: int
    tenantId: str | None
    createTime: str | None
    batchId: str | None


def show_job(view: JobView) -> Job:
    return {
        "id": str(view.id),
        "jobDefinitionId": show_id(view.job_definition_id),
        "processInstanceId": show_id(view.process_instance_id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "executionId": show_id(view.execution_id),
        "exceptionMessage": view.error_message,
        "failedActivityId": view.failed_element_id,
        "retries": view.retries,
        "dueDate": show_date(view.due_at),
        "suspended": view.suspended,
        "priority": view.priority,
        "tenantId": show_tenant(view.tenant_id),
        "createTime": show_date(view.created_at),
        "batchId": show_id(view.batch_id),
    }


class JobDefinition(TypedDict):
    id: str
    processDefinitionId: str | None
    processDefinitionKey: str | None
    jobType: str
    jobConfiguration: str | None
    activityId: str | None
    suspended: bool
    overridingJobPriority: int | None
    tenantId: str | None
    deploymentId: str | None


def show_job_definition(view: JobDefinitionView) -> JobDefinition:
    return {
        "id": str(view.id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "jobType": view.type,
        "jobConfiguration": view.configuration,
        "activityId": view.element_id,
        "suspended": view.suspended,
        "overridingJobPriority": view.priority,
        "tenantId": show_tenant(view.tenant_id),
        "deploymentId": show_id(view.deployment_id),
    }


class BatchOf(TypedDict):
    id: str
    type: str
    totalJobs: int
    batchJobsPerSeed: int
    invocationsPerBatchJob: int
    seedJobDefinitionId: str
    monitorJobDefinitionId: str
    batchJobDefinitionId: str
    tenantId: str | None
    createUserId: str | None
    startTime: str | None
    executionStartTime: str | None


class Batch(BatchOf):
    jobsCreated: int
    suspended: bool


class BatchStatistics(Batch):
    remainingJobs: int
    completedJobs: int
    failedJobs: int


class HistoricBatch(BatchOf):
    endTime: str | None
    removalTime: str | None


def _show_any_batch(view: BatchView) -> BatchOf:
    return {
        "id": str(view.id),
        "type": view.type,
        "totalJobs": view.total_jobs,
        "batchJobsPerSeed": view.jobs_per_seed,
        "invocationsPerBatchJob": view.invocations_per_job,
        "seedJobDefinitionId": str(view.seed_job_definition_id),
        "monitorJobDefinitionId": str(view.monitor_job_definition_id),
        "batchJobDefinitionId": str(view.batch_job_definition_id),
        "tenantId": show_tenant(view.tenant_id),
        "createUserId": view.create_user,
        "startTime": show_date(view.started_at),
        "executionStartTime": show_date(view.execution_started_at),
    }


def show_batch(view: BatchView) -> Batch:
    return {**_show_any_batch(view), "jobsCreated": view.jobs_created, "suspended": view.suspended}


def show_batch_statistics(view: BatchStatisticsView) -> BatchStatistics:
    return {
        **show_batch(view),
        "remainingJobs": view.remaining_jobs,
        "completedJobs": view.total_jobs - view.remaining_jobs,
        "failedJobs": view.failed_jobs,
    }


def show_historic_batch(view: BatchView) -> HistoricBatch:
    return {**_show_any_batch(view), "endTime": show_date(view.ended_at), "removalTime": show_date(view.removal_at)}


class ExternalTask(TypedDict):
    activityId: str
    activityInstanceId: str
    errorMessage: str | None
    executionId: str
    id: str
    lockExpirationTime: str | None
    createTime: str | None
    processDefinitionId: str | None
    processDefinitionKey: str
    processDefinitionVersionTag: str | None
    processInstanceId: str
    retries: int | None
    suspended: bool
    workerId: str | None
    topicName: str
    tenantId: str | None
    priority: int
    businessKey: str | None


def show_external_task(view: ExternalTaskView) -> ExternalTask:
    return {
        "activityId": view.element_id,
        "activityInstanceId": activity_instance_id(view.element_id, view.element_instance_id),
        "errorMessage": view.error_message,
        "executionId": str(view.execution_id),
        "id": str(view.id),
        "lockExpirationTime": show_date(view.lock_expires_at),
        "createTime": show_date(view.created_at),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "processDefinitionVersionTag": view.version_tag,
        "processInstanceId": str(view.process_instance_id),
        "retries": view.retries,
        "suspended": view.suspended,
        "workerId": view.lock_owner,
        "topicName": view.topic,
        "tenantId": show_tenant(view.tenant_id),
        "priority": view.priority,
        "businessKey": view.business_key,
    }


class LockedExternalTask(ExternalTask):
    errorDetails: str | None
    variables: Values
    extensionProperties: dict[str, str]


class Incident(TypedDict):
    id: str
    processDefinitionId: str | None
    processInstanceId: str | None
    executionId: str | None
    incidentTimestamp: str | None
    incidentType: str
    activityId: str | None
    failedActivityId: str | None
    causeIncidentId: str
    rootCauseIncidentId: str
    configuration: str | None
    tenantId: str | None
    incidentMessage: str | None
    jobDefinitionId: str | None
    annotation: str | None


def show_incident(view: IncidentView) -> Incident:
    return {
        "id": str(view.id),
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "executionId": show_id(view.execution_id),
        "incidentTimestamp": show_date(view.created_at),
        "incidentType": view.type,
        "activityId": view.element_id,
        "failedActivityId": view.failed_element_id,
        "causeIncidentId": str(view.cause_id),
        "rootCauseIncidentId": str(view.root_cause_id),
        "configuration": view.configuration,
        "tenantId": show_tenant(view.tenant_id),
        "incidentMessage": view.message,
        "jobDefinitionId": show_id(view.job_definition_id),
        "annotation": view.annotation,
    }


# ---------------------------------------------------------------- history


class HistoricProcessInstance(TypedDict):
    id: str
    businessKey: str | None
    processDefinitionId: str | None
    processDefinitionKey: str
    processDefinitionName: str | None
    processDefinitionVersion: int
    startTime: str | None
    endTime: str | None
    removalTime: str | None
    durationInMillis: int | None
    startUserId: str | None
    startActivityId: str | None
    deleteReason: str | None
    rootProcessInstanceId: str
    superProcessInstanceId: str | None
    superCaseInstanceId: str | None
    caseInstanceId: str | None
    tenantId: str | None
    state: str
    restartedProcessInstanceId: str | None


def show_historic_instance(view: ProcessInstanceView) -> HistoricProcessInstance:
    return {
        "id": str(view.id),
        "businessKey": view.business_key,
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "processDefinitionName": view.definition_name,
        "processDefinitionVersion": view.definition_version,
        "startTime": show_date(view.started_at),
        "endTime": show_date(view.ended_at),
        "removalTime": show_date(view.removal_at),
        "durationInMillis": milliseconds(view.started_at, view.ended_at),
        "startUserId": view.start_user,
        "startActivityId": view.start_element_id,
        "deleteReason": view.delete_reason,
        "rootProcessInstanceId": str(view.root_id),
        "superProcessInstanceId": show_id(view.parent_id),
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "tenantId": show_tenant(view.tenant_id),
        "state": view.state,
        "restartedProcessInstanceId": show_id(view.restarted_id),
    }


class HistoricActivityInstance(TypedDict):
    id: str
    parentActivityInstanceId: str
    activityId: str
    activityName: str | None
    activityType: str
    processDefinitionKey: str
    processDefinitionId: str | None
    processInstanceId: str
    executionId: str
    taskId: str | None
    calledProcessInstanceId: str | None
    calledCaseInstanceId: str | None
    assignee: str | None
    startTime: str | None
    endTime: str | None
    durationInMillis: int | None
    canceled: bool
    completeScope: bool
    tenantId: str | None
    removalTime: str | None
    rootProcessInstanceId: str


def show_historic_element(view: ElementInstanceView) -> HistoricActivityInstance:
    return {
        "id": activity_instance_id(view.element_id, view.id),
        "parentActivityInstanceId": activity_instance_id(view.scope_element_id, view.scope_id),
        "activityId": view.element_id,
        "activityName": element_name(view.element_kind, view.element_name),
        "activityType": view.element_kind,
        "processDefinitionKey": view.definition_key,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": str(view.process_instance_id),
        "executionId": str(view.execution_id),
        "taskId": show_id(view.user_task_id),
        "calledProcessInstanceId": show_id(view.called_instance_id),
        "calledCaseInstanceId": None,
        "assignee": view.assignee,
        "startTime": show_date(view.started_at),
        "endTime": show_date(view.ended_at),
        "durationInMillis": milliseconds(view.started_at, view.ended_at),
        "canceled": view.canceled,
        "completeScope": view.completes_scope,
        "tenantId": show_tenant(view.tenant_id),
        "removalTime": show_date(view.removal_at),
        "rootProcessInstanceId": str(view.root_id),
    }


class HistoricTask(TypedDict):
    id: str
    processDefinitionKey: str | None
    processDefinitionId: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    executionId: str | None
    activityInstanceId: str | None
    caseDefinitionKey: str | None
    caseDefinitionId: str | None
    caseInstanceId: str | None
    caseExecutionId: str | None
    name: str | None
    description: str | None
    deleteReason: str | None
    owner: str | None
    assignee: str | None
    startTime: str | None
    endTime: str | None
    duration: int | None
    taskDefinitionKey: str | None
    priority: int
    due: str | None
    parentTaskId: str | None
    followUp: str | None
    tenantId: str | None
    removalTime: str | None
    taskState: str


def show_historic_task(view: TaskView) -> HistoricTask:
    place = view.element_instance_id
    return {
        "id": str(view.id),
        "processDefinitionKey": view.definition_key,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "executionId": show_id(view.execution_id),
        "activityInstanceId": None if place is None else activity_instance_id(view.element_id, place),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": view.case_instance_id,
        "caseExecutionId": None,
        "name": view.name,
        "description": view.description,
        "deleteReason": view.delete_reason,
        "owner": view.owner,
        "assignee": view.assignee,
        "startTime": show_date(view.created_at),
        "endTime": show_date(view.ended_at),
        "duration": milliseconds(view.created_at, view.ended_at),
        "taskDefinitionKey": view.element_id,
        "priority": view.priority,
        "due": show_date(view.due_at),
        "parentTaskId": show_id(view.parent_task_id),
        "followUp": show_date(view.follow_up_at),
        "tenantId": show_tenant(view.tenant_id),
        "removalTime": show_date(view.removal_at),
        "taskState": task_state(view),
    }


class DecisionInput(Value):
    id: str
    decisionInstanceId: str
    clauseId: str | None
    clauseName: str | None
    errorMessage: str | None
    createTime: str | None
    removalTime: str | None
    rootProcessInstanceId: str | None


class DecisionOutput(DecisionInput):
    ruleId: str | None
    ruleOrder: int | None
    variableName: str | None


class HistoricDecisionInstance(TypedDict):
    id: str
    decisionDefinitionId: str | None
    decisionDefinitionKey: str
    decisionDefinitionName: str | None
    evaluationTime: str | None
    removalTime: str | None
    processDefinitionId: str | None
    processDefinitionKey: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    caseDefinitionId: str | None
    caseDefinitionKey: str | None
    caseInstanceId: str | None
    activityId: str | None
    activityInstanceId: str | None
    userId: str | None
    inputs: NotRequired[list[DecisionInput]]
    outputs: NotRequired[list[DecisionOutput]]
    collectResultValue: float | None
    rootDecisionInstanceId: str | None
    decisionRequirementsDefinitionId: str | None
    decisionRequirementsDefinitionKey: str | None
    tenantId: str | None


def show_historic_decision(view: DecisionInstanceView) -> HistoricDecisionInstance:
    place = None if view.element_instance_id is None else f"{view.element_id}:{view.element_instance_id}"
    return {
        "id": str(view.id),
        "decisionDefinitionId": view.decision_reference,
        "decisionDefinitionKey": view.decision_key,
        "decisionDefinitionName": view.decision_name,
        "evaluationTime": show_date(view.evaluated_at),
        "removalTime": show_date(view.removal_at),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "caseDefinitionId": None,
        "caseDefinitionKey": None,
        "caseInstanceId": None,
        "activityId": view.element_id,
        "activityInstanceId": place,
        "userId": view.user_id,
        "collectResultValue": view.collect_result,
        "rootDecisionInstanceId": show_id(view.root_decision_instance_id),
        "decisionRequirementsDefinitionId": view.requirements_reference,
        "decisionRequirementsDefinitionKey": view.requirements_key,
        "tenantId": show_tenant(view.tenant_id),
    }


def show_decision_input(
    made: DecisionInstanceView, view: DecisionInputView | DecisionOutputView, *, deserialize: bool = True
) -> DecisionInput:
    return {
        **show_value(view.value, deserialize=deserialize),
        "type": view.type,
        "id": str(view.id),
        "decisionInstanceId": str(view.decision_instance_id),
        "clauseId": view.clause_id,
        "clauseName": view.clause_name,
        "errorMessage": None,
        "createTime": show_date(made.evaluated_at),
        "removalTime": show_date(made.removal_at),
        "rootProcessInstanceId": show_id(made.root_id),
    }


def show_decision_output(
    made: DecisionInstanceView, view: DecisionOutputView, *, deserialize: bool = True
) -> DecisionOutput:
    return {
        **show_decision_input(made, view, deserialize=deserialize),
        "ruleId": view.rule_id,
        "ruleOrder": view.rule_order,
        "variableName": view.variable_name,
    }


class HistoricVariable(Value):
    id: str
    name: str
    processDefinitionKey: str | None
    processDefinitionId: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    executionId: str | None
    activityInstanceId: str | None
    caseDefinitionKey: str | None
    caseDefinitionId: str | None
    caseInstanceId: str | None
    caseExecutionId: str | None
    taskId: str | None
    errorMessage: str | None
    tenantId: str | None
    state: str
    createTime: str | None
    removalTime: str | None


def show_historic_variable(view: VariableView, *, deserialize: bool = True) -> HistoricVariable:
    return {
        **_typed(view, deserialize=deserialize),
        "id": str(view.id),
        "name": view.name,
        "processDefinitionKey": view.definition_key,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "executionId": show_id(view.execution_id),
        "activityInstanceId": _variable_place(view),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": show_id(view.user_task_id),
        "errorMessage": None,
        "tenantId": show_tenant(view.tenant_id),
        "state": "DELETED" if view.deleted else "CREATED",
        "createTime": show_date(view.created_at),
        "removalTime": show_date(view.removal_at),
    }


class HistoricDetail(TypedDict):
    type: str
    id: str
    processDefinitionKey: str | None
    processDefinitionId: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    activityInstanceId: str | None
    executionId: str | None
    caseDefinitionKey: str | None
    caseDefinitionId: str | None
    caseInstanceId: str | None
    caseExecutionId: str | None
    taskId: str | None
    tenantId: str | None
    userOperationId: str | None
    time: str | None
    removalTime: str | None
    variableName: str
    variableInstanceId: str
    variableType: str
    value: Any
    valueInfo: dict[str, Any]
    initial: bool
    revision: int
    errorMessage: str | None


def show_detail(view: VariableUpdateView, *, deserialize: bool = True) -> HistoricDetail:
    typed = _typed(view, deserialize=deserialize)
    return {
        "type": "variableUpdate",
        "id": str(view.id),
        "processDefinitionKey": view.definition_key,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "activityInstanceId": _variable_place(view),
        "executionId": show_id(view.execution_id),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": show_id(view.user_task_id),
        "tenantId": show_tenant(view.tenant_id),
        "userOperationId": None,
        "time": show_date(view.at),
        "removalTime": show_date(view.removal_at),
        "variableName": view.name,
        "variableInstanceId": str(view.variable_id),
        "variableType": view.type,
        "value": typed["value"],
        "valueInfo": typed["valueInfo"],
        "initial": view.initial,
        "revision": view.revision,
        "errorMessage": None,
    }


class UserOperation(TypedDict):
    """What somebody did, or one property that it changed; the entries of one operation have its `operationId`.

    `tenantId`, `address`, `requestId` and `reason` are Baton's own.
    """

    id: str
    operationId: str
    operationType: str
    entityType: str
    category: str
    property: str | None
    orgValue: str | None
    newValue: str | None
    userId: str
    timestamp: str | None
    removalTime: str | None
    deploymentId: str | None
    processDefinitionId: str | None
    processDefinitionKey: str | None
    processInstanceId: str | None
    rootProcessInstanceId: str | None
    executionId: str | None
    caseDefinitionId: str | None
    caseInstanceId: str | None
    caseExecutionId: str | None
    taskId: str | None
    externalTaskId: str | None
    jobId: str | None
    jobDefinitionId: str | None
    batchId: str | None
    annotation: str | None
    tenantId: str | None
    address: str | None
    requestId: str | None
    reason: str | None


def show_operation(view: OperationView) -> UserOperation:
    return {
        "id": str(view.id),
        "operationId": str(view.operation_id),
        "operationType": view.type,
        "entityType": view.entity,
        "category": view.category,
        "property": view.property,
        "orgValue": view.old_value,
        "newValue": view.new_value,
        "userId": view.user_id,
        "timestamp": show_date(view.at),
        "removalTime": show_date(view.removal_at),
        "deploymentId": show_id(view.deployment_id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "processInstanceId": show_id(view.process_instance_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "executionId": show_id(view.execution_id),
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": show_id(view.user_task_id),
        "externalTaskId": show_id(view.external_task_id),
        "jobId": show_id(view.job_id),
        "jobDefinitionId": show_id(view.job_definition_id),
        "batchId": show_id(view.batch_id),
        "annotation": view.annotation,
        "tenantId": show_tenant(view.tenant_id),
        "address": view.address,
        "requestId": view.request_id,
        "reason": view.reason,
    }


class HistoricIdentityLinkLog(TypedDict):
    """A user or a group was given a part in a task ("add"), or it was taken away ("delete")."""

    id: str
    time: str | None
    type: str
    userId: str | None
    groupId: str | None
    taskId: str
    processDefinitionId: str | None
    processDefinitionKey: str | None
    operationType: str
    assignerId: str | None
    tenantId: str | None
    removalTime: str | None
    rootProcessInstanceId: str | None


def show_identity_link_log(view: IdentityLinkLogView) -> HistoricIdentityLinkLog:
    return {
        "id": str(view.id),
        "time": show_date(view.at),
        "type": view.type,
        "userId": view.user_id,
        "groupId": view.group_id,
        "taskId": str(view.user_task_id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "operationType": view.operation,
        "assignerId": view.assigner,
        "tenantId": show_tenant(view.tenant_id),
        "removalTime": show_date(view.removal_at),
        "rootProcessInstanceId": show_id(view.root_id),
    }


class LogFlags(TypedDict):
    """Which kind of entry of a log it is: exactly one is true."""

    creationLog: bool
    failureLog: bool
    successLog: bool
    deletionLog: bool


def _flags(event: str) -> LogFlags:
    return {
        "creationLog": event == "created",
        "failureLog": event == "failed",
        "successLog": event == "succeeded",
        "deletionLog": event == "deleted",
    }


class HistoricJobLog(LogFlags):
    id: str
    timestamp: str | None
    removalTime: str | None
    jobId: str
    jobDueDate: str | None
    jobRetries: int | None
    jobPriority: int
    jobExceptionMessage: str | None
    jobDefinitionId: str | None
    jobDefinitionType: str
    jobDefinitionConfiguration: str | None
    activityId: str | None
    failedActivityId: str | None
    executionId: str | None
    processInstanceId: str | None
    processDefinitionId: str | None
    processDefinitionKey: str | None
    deploymentId: str | None
    tenantId: str | None
    hostname: str | None
    rootProcessInstanceId: str | None
    batchId: str | None


def show_job_log(view: JobLogView) -> HistoricJobLog:
    return {
        "id": str(view.id),
        "timestamp": show_date(view.at),
        "removalTime": show_date(view.removal_at),
        "jobId": str(view.job_id),
        "jobDueDate": show_date(view.due_at),
        "jobRetries": view.retries,
        "jobPriority": view.priority,
        "jobExceptionMessage": view.error_message,
        "jobDefinitionId": show_id(view.job_definition_id),
        "jobDefinitionType": view.type,
        "jobDefinitionConfiguration": view.configuration,
        "activityId": view.element_id,
        "failedActivityId": view.failed_element_id,
        "executionId": show_id(view.execution_id),
        "processInstanceId": show_id(view.process_instance_id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "deploymentId": show_id(view.deployment_id),
        "tenantId": show_tenant(view.tenant_id),
        "hostname": view.worker,
        "rootProcessInstanceId": show_id(view.root_id),
        "batchId": show_id(view.batch_id),
        **_flags(view.event),
    }


class HistoricExternalTaskLog(LogFlags):
    id: str
    timestamp: str | None
    removalTime: str | None
    externalTaskId: str
    topicName: str | None
    workerId: str | None
    priority: int
    retries: int | None
    errorMessage: str | None
    activityId: str | None
    activityInstanceId: str | None
    executionId: str | None
    processInstanceId: str | None
    processDefinitionId: str | None
    processDefinitionKey: str | None
    tenantId: str | None
    rootProcessInstanceId: str | None


def show_external_task_log(view: ExternalTaskLogView) -> HistoricExternalTaskLog:
    place = view.element_instance_id
    return {
        "id": str(view.id),
        "timestamp": show_date(view.at),
        "removalTime": show_date(view.removal_at),
        "externalTaskId": str(view.external_task_id),
        "topicName": view.topic,
        "workerId": view.worker,
        "priority": view.priority,
        "retries": view.retries,
        "errorMessage": view.error_message,
        "activityId": view.element_id,
        "activityInstanceId": None if place is None else activity_instance_id(view.element_id, place),
        "executionId": show_id(view.execution_id),
        "processInstanceId": show_id(view.process_instance_id),
        "processDefinitionId": definition_reference(view),
        "processDefinitionKey": view.definition_key,
        "tenantId": show_tenant(view.tenant_id),
        "rootProcessInstanceId": show_id(view.root_id),
        **_flags(view.event),
    }


class HistoricIncident(TypedDict):
    id: str
    processDefinitionKey: str | None
    processDefinitionId: str | None
    processInstanceId: str | None
    executionId: str | None
    rootProcessInstanceId: str | None
    createTime: str | None
    endTime: str | None
    removalTime: str | None
    incidentType: str
    activityId: str | None
    failedActivityId: str | None
    causeIncidentId: str
    rootCauseIncidentId: str
    configuration: str | None
    historyConfiguration: str | None
    incidentMessage: str | None
    tenantId: str | None
    jobDefinitionId: str | None
    open: bool
    deleted: bool
    resolved: bool
    annotation: str | None


def show_historic_incident(view: IncidentView) -> HistoricIncident:
    return {
        "id": str(view.id),
        "processDefinitionKey": view.definition_key,
        "processDefinitionId": definition_reference(view),
        "processInstanceId": show_id(view.process_instance_id),
        "executionId": show_id(view.execution_id),
        "rootProcessInstanceId": show_id(view.root_id),
        "createTime": show_date(view.created_at),
        "endTime": show_date(view.ended_at),
        "removalTime": show_date(view.removal_at),
        "incidentType": view.type,
        "activityId": view.element_id,
        "failedActivityId": view.failed_element_id,
        "causeIncidentId": str(view.cause_id),
        "rootCauseIncidentId": str(view.root_cause_id),
        "configuration": view.configuration,
        "historyConfiguration": None,
        "incidentMessage": view.message,
        "tenantId": show_tenant(view.tenant_id),
        "jobDefinitionId": show_id(view.job_definition_id),
        "open": view.state == "open",
        "deleted": view.state == "deleted",
        "resolved": view.state == "resolved",
        "annotation": view.annotation,
    }
