"""What queries give: one immutable view per kind of thing, with what is asked for most from the rows around it.

`definition_*` describe the process definition of the thing and are None for a standalone task and its variables; times
are aware UTC datetimes; an empty `tenant_id` is no tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class OfDefinition(Protocol):
    """A view of something that belongs to a process definition."""

    @property
    def definition_id(self) -> int | None: ...
    @property
    def definition_key(self) -> str | None: ...
    @property
    def definition_version(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment."""

    id: int
    name: str | None
    source: str | None
    tenant_id: str
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A file of a deployment, without its content."""

    id: int
    deployment_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ProcessDefinitionView:
    """A version of a process."""

    id: int
    key: str
    version: int
    name: str | None
    description: str | None
    version_tag: str | None
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None
    tenant_id: str
    suspended: bool
    history_time_to_live: int | None
    startable_in_tasklist: bool
    start_form_key: str | None
    created_at: datetime
    category: str | None
    """The namespace of its model."""

    @property
    def definition_id(self) -> int:
        """Itself."""
        return self.id

    @property
    def definition_key(self) -> str:
        """Its key."""
        return self.key

    @property
    def definition_version(self) -> int:
        """Its version."""
        return self.version


@dataclass(frozen=True, slots=True)
class ProcessInstanceView:
    """A process instance, running or ended."""

    id: int
    root_id: int
    parent_id: int | None
    definition_id: int
    definition_key: str
    definition_version: int
    definition_name: str | None
    tenant_id: str
    business_key: str | None
    state: str
    start_element_id: str | None
    start_user: str | None
    started_at: datetime
    ended_at: datetime | None
    delete_reason: str | None
    restarted_id: int | None
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class ElementInstanceView:
    """A visit to an element: Camunda's activity instance."""

    id: int
    process_instance_id: int
    root_id: int
    definition_id: int
    definition_key: str
    definition_version: int
    tenant_id: str
    scope_id: int
    scope_element_id: str | None
    """None when the scope is the process instance itself."""
    execution_id: int
    element_id: str
    element_kind: str
    element_name: str | None
    called_instance_id: int | None
    user_task_id: int | None
    assignee: str | None
    started_at: datetime
    ended_at: datetime | None
    canceled: bool
    completes_scope: bool
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """A scope in which variables live: a process instance, or an element instance with variables of its own."""

    id: int
    process_instance_id: int
    tenant_id: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A user task, open or ended."""

    id: int
    process_instance_id: int | None
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    execution_id: int | None
    element_instance_id: int | None
    element_id: str | None
    tenant_id: str
    parent_task_id: int | None
    name: str | None
    description: str | None
    assignee: str | None
    owner: str | None
    priority: int
    due_at: datetime | None
    follow_up_at: datetime | None
    delegation_state: str | None
    form_key: str | None
    form_ref: str | None
    form_ref_binding: str | None
    form_ref_version: str | None
    case_instance_id: str | None
    suspended: bool
    state: str
    created_at: datetime
    updated_at: datetime | None
    ended_at: datetime | None
    delete_reason: str | None
    definition_name: str | None
    business_key: str | None
    """Of its process instance."""
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskSurroundings:
    """What belongs to a task, but has rows of its own."""

    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    comments: int = 0


@dataclass(frozen=True, slots=True)
class VariableView:
    """A variable in one scope, alive or not. `value` is a value of `engine.values`.

    In lists the value of type Bytes is None: content is fetched one by one.
    """

    id: int
    name: str
    type: str
    value: object
    process_instance_id: int | None
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    tenant_id: str
    execution_id: int | None
    user_task_id: int | None
    element_instance_id: int | None
    """None for a variable of the process instance itself."""
    element_id: str | None
    created_at: datetime
    ended_at: datetime | None
    deleted: bool
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class VariableUpdateView:
    """One value that a variable had, `revision` 0 being its first."""

    id: int
    variable_id: int
    name: str
    type: str
    value: object
    process_instance_id: int | None
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    tenant_id: str
    execution_id: int | None
    user_task_id: int | None
    element_instance_id: int | None
    element_id: str | None
    revision: int
    initial: bool
    """Given when the process instance was started."""
    at: datetime
    user: str | None
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobView:
    """A continuation or a timer that waits to be done."""

    id: int
    kind: str
    job_definition_id: int | None
    process_instance_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    execution_id: int | None
    element_id: str | None
    tenant_id: str
    suspended: bool
    due_at: datetime | None
    retries: int
    priority: int
    error_message: str | None
    error_details: str | None
    failed_element_id: str | None
    created_at: datetime
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class JobDefinitionView:
    """What makes jobs of one type at one element of a process definition, or for a batch."""

    id: int
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    element_id: str | None
    type: str
    """Camunda's: "async-continuation", "timer-transition", "batch-seed-job", ..."""
    configuration: str | None
    suspended: bool
    priority: int | None
    deployment_id: int | None
    tenant_id: str


@dataclass(frozen=True, slots=True)
class BatchView:
    """One thing that is done, or was done, to many others."""

    id: int
    type: str
    total_jobs: int
    jobs_created: int
    jobs_per_seed: int
    invocations_per_job: int
    seed_job_definition_id: int
    monitor_job_definition_id: int
    batch_job_definition_id: int
    suspended: bool
    tenant_id: str
    create_user: str | None
    started_at: datetime
    execution_started_at: datetime | None
    ended_at: datetime | None
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchStatisticsView(BatchView):
    """A batch, and how far it is: what is not there yet counts as remaining, what failed for good too."""

    remaining_jobs: int
    failed_jobs: int


@dataclass(frozen=True, slots=True)
class JobLogView:
    """What happened to a job: `event` is created, failed, succeeded or deleted."""

    id: int
    at: datetime
    event: str
    job_id: int
    due_at: datetime | None
    retries: int | None
    priority: int
    error_message: str | None
    error_details: str | None
    job_definition_id: int | None
    type: str
    configuration: str | None
    element_id: str | None
    failed_element_id: str | None
    execution_id: int | None
    process_instance_id: int | None
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    deployment_id: int | None
    tenant_id: str
    worker: str | None
    batch_id: int | None
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExternalTaskView:
    """Work that a handler or a remote worker does; `lock_owner` holds it, or held it last."""

    id: int
    topic: str
    lock_owner: str | None
    lock_expires_at: datetime | None
    process_instance_id: int
    business_key: str | None
    definition_id: int
    definition_key: str
    definition_version: int
    version_tag: str | None
    execution_id: int
    element_instance_id: int
    element_id: str
    tenant_id: str
    suspended: bool
    retries: int | None
    """None: it has not failed yet."""
    priority: int
    error_message: str | None
    error_details: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExternalTaskLogView:
    """What happened to an external task: `event` is created, failed, succeeded or deleted."""

    id: int
    at: datetime
    event: str
    external_task_id: int
    topic: str | None
    worker: str | None
    retries: int | None
    priority: int
    error_message: str | None
    error_details: str | None
    element_id: str | None
    element_instance_id: int | None
    execution_id: int | None
    process_instance_id: int | None
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    tenant_id: str
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident, open or not. `configuration` is the id of the job that failed.

    The incidents that calling instances get from one have neither configuration nor message: these are those of
    `root_cause_id`.
    """

    id: int
    type: str
    state: str
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    process_instance_id: int | None
    root_id: int | None
    execution_id: int | None
    element_instance_id: int | None
    element_id: str | None
    failed_element_id: str | None
    cause_id: int
    root_cause_id: int
    configuration: str | None
    message: str | None
    job_definition_id: int | None
    tenant_id: str
    annotation: str | None
    created_at: datetime
    ended_at: datetime | None
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """An event subscription: of an execution, or of a start event of a definition."""

    id: int
    kind: str
    name: str | None
    execution_id: int | None
    process_instance_id: int | None
    element_id: str
    tenant_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class IdentityLinkView:
    """A user or a group with a part in a task."""

    user_id: str | None
    group_id: str | None
    type: str


@dataclass(frozen=True, slots=True)
class CommentView:
    """What somebody said about a task or a process instance."""

    id: int
    user_task_id: int | None
    process_instance_id: int | None
    root_id: int | None
    user_id: str | None
    message: str
    created_at: datetime
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file that somebody put to a task, without its content; or the address of something elsewhere."""

    id: int
    user_task_id: int
    process_instance_id: int | None
    root_id: int | None
    user_id: str | None
    name: str | None
    description: str | None
    type: str | None
    url: str | None
    created_at: datetime
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserView:
    """A person."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of people."""

    id: str
    name: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class TenantView:
    """A tenant."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class SchemaLogView:
    """One time that the tables were made or upgraded, and the revision that they had then."""

    id: int
    at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser in which a user is signed in."""

    id: str
    user_id: str
    address: str | None
    user_agent: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token of a user, without what it is made of."""

    id: str
    user_id: str
    name: str
    read_only: bool
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OperationView:
    """Something that a person changed, or one property of it: what the rows of one `operation_id` have in common."""

    id: int
    operation_id: int
    type: str
    entity: str
    category: str
    property: str | None
    old_value: str | None
    new_value: str | None
    user_id: str
    tenant_id: str
    deployment_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    process_instance_id: int | None
    root_id: int | None
    execution_id: int | None
    user_task_id: int | None
    job_id: int | None
    external_task_id: int | None
    job_definition_id: int | None
    batch_id: int | None
    address: str | None
    request_id: str | None
    reason: str | None
    annotation: str | None
    at: datetime
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class IdentityLinkLogView:
    """A user or a group was given a part in a task (`operation` "add"), or lost it ("delete")."""

    id: int
    at: datetime
    operation: str
    type: str
    user_id: str | None
    group_id: str | None
    assigner: str | None
    user_task_id: int
    root_id: int | None
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    tenant_id: str
    removal_at: datetime | None


@dataclass(frozen=True, slots=True)
class CleanableHistoryView:
    """How many ended process instances a process definition has, or how often a decision was made, as far as it is
    known still, and how much of that may be deleted now."""

    definition_id: int
    definition_key: str
    definition_version: int
    definition_name: str | None
    history_time_to_live: int | None
    """In days; None: for ever."""
    finished: int
    cleanable: int
    tenant_id: str

    @property
    def id(self) -> int:
        """That of the definition."""
        return self.definition_id

    @property
    def reference(self) -> str:
        """How REST names the definition."""
        return f"{self.definition_key}:{self.definition_version}:{self.definition_id}"


@dataclass(frozen=True, slots=True)
class CleanableBatchesView:
    """How many ended batches of a type there are, and how many of them may be deleted now."""

    id: int
    """Of the oldest."""
    type: str
    finished: int
    cleanable: int


@dataclass(frozen=True, slots=True)
class DecisionDefinitionView:
    """A version of a decision."""

    id: int
    key: str
    version: int
    name: str | None
    version_tag: str | None
    category: str | None
    """The namespace of its model."""
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None
    requirements_id: int | None
    requirements_key: str | None
    requirements_version: int | None
    tenant_id: str
    history_time_to_live: int | None
    created_at: datetime

    @property
    def reference(self) -> str:
        """How REST names it."""
        return f"{self.key}:{self.version}:{self.id}"

    @property
    def requirements_reference(self) -> str | None:
        """How REST names the decision requirements definition that it is in with others."""
        if self.requirements_id is None:
            return None
        return f"{self.requirements_key}:{self.requirements_version}:{self.requirements_id}"


@dataclass(frozen=True, slots=True)
class RequirementsView:
    """A version of a file with several decisions."""

    id: int
    key: str
    version: int
    name: str | None
    category: str | None
    """The namespace of its model."""
    deployment_id: int
    resource_id: int
    resource_name: str
    diagram_name: str | None
    tenant_id: str
    created_at: datetime

    @property
    def reference(self) -> str:
        """How REST names it."""
        return f"{self.key}:{self.version}:{self.id}"


@dataclass(frozen=True, slots=True)
class DecisionInstanceView:
    """A decision that was made. Its definition may be gone: then its version is None, and nothing names it."""

    id: int
    decision_id: int
    decision_key: str
    decision_version: int | None
    decision_name: str | None
    requirements_id: int | None
    requirements_key: str | None
    requirements_version: int | None
    root_decision_instance_id: int | None
    """The decision that needed it; None: it was asked for itself."""
    definition_id: int | None
    definition_key: str | None
    definition_version: int | None
    process_instance_id: int | None
    root_id: int | None
    element_instance_id: int | None
    element_id: str | None
    user_id: str | None
    tenant_id: str
    collect_result: float | None
    evaluated_at: datetime
    removal_at: datetime | None

    @property
    def decision_reference(self) -> str | None:
        """How REST names its definition."""
        if self.decision_version is None:
            return None
        return f"{self.decision_key}:{self.decision_version}:{self.decision_id}"

    @property
    def requirements_reference(self) -> str | None:
        """How REST names the decision requirements definition."""
        if self.requirements_version is None:
            return None
        return f"{self.requirements_key}:{self.requirements_version}:{self.requirements_id}"


@dataclass(frozen=True, slots=True)
class DecisionInputView:
    """What an input was. `value` is of `engine.values`; the content of byte arrays may be left out."""

    id: int
    decision_instance_id: int
    clause_id: str | None
    clause_name: str | None
    type: str
    value: object


@dataclass(frozen=True, slots=True)
class DecisionOutputView:
    """An entry of a rule that fitted, or what an expression came to."""

    id: int
    decision_instance_id: int
    clause_id: str | None
    clause_name: str | None
    rule_id: str | None
    rule_order: int | None
    variable_name: str | None
    type: str
    value: object


@dataclass(frozen=True, slots=True)
class Evaluations:
    """How often a decision of a decision requirements definition was made."""

    decision_key: str
    count: int
