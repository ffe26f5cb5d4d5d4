"""The rows of running (and ended) process instances, as plain records: what the store keeps and the core changes.

Every thing is one row for life: it is alive while `ended_at` is None and history afterwards. Ids are 64-bit integers
from one sequence for all tables, so an id names one thing whatever its kind; `scope_id` may name a process instance, an
element instance or (for variables) a user task. Times are aware UTC datetimes in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from engine.core.lifecycle import (
    BatchState,
    ElementState,
    IncidentState,
    InstanceState,
    JobState,
    SubscriptionState,
    TaskState,
)


@dataclass(slots=True, eq=False)
class Row:
    """A row with an id."""

    TABLE: ClassVar[str]
    id: int


@dataclass(slots=True, eq=False, kw_only=True)
class ProcessInstance(Row):
    """One run of a process. A root (`id == root_id`) is the lock of its whole tree of called instances."""

    TABLE: ClassVar[str] = "process_instance"
    root_id: int
    parent_id: int | None = None
    """The process instance whose call activity made this one."""
    caller_id: int | None = None
    """The element instance of that call activity."""
    definition_id: int
    tenant_id: str = ""
    business_key: str | None = None
    state: InstanceState = InstanceState.ACTIVE
    start_element_id: str | None = None
    start_user: str | None = None
    restarted_id: int | None = None
    """The ended process instance that was restarted as this one."""
    forked_id: int | None = None
    """The process instance that this one was forked from: it began as that one was at `forked_at`."""
    forked_at: datetime | None = None
    started_at: datetime
    ended_at: datetime | None = None
    delete_reason: str | None = None
    tokens: int = 0
    """Live element instances (and planned ones) directly in the process."""
    live: int = 0
    """On a root: live element instances in its whole tree; tells a small tree from a big one before it is loaded."""
    removal_at: datetime | None = None
    """When it may be deleted with all that belongs to it, once its root has ended; None: never. The store sets it."""


@dataclass(slots=True, eq=False, kw_only=True)
class ElementInstance(Row):
    """One visit to one element (BPMN: activity instance), from arrival to departure.

    Rows with `started_at` None are tokens that wait for a job before or after an element (`transition`), which
    Camunda calls transition instances: they are no activity instances and no history.
    """

    TABLE: ClassVar[str] = "element_instance"
    process_instance_id: int
    root_id: int
    definition_id: int
    scope_id: int
    """The element instance or process instance directly around it, where it counts as a token."""
    flow_scope_id: int | None = None
    """Of what compensation called: the scope it is in by the model; its token may be in the event that threw it."""
    compensates_id: int | None = None
    """Of a scope in which another one is compensated: that one, which has completed. It is no history of its own."""
    execution_id: int
    """The scope where its local variables live: itself, or the scope around it where it was alone and needed no own."""
    element_id: str
    element_kind: str
    """Camunda's activity type: "userTask", "noneEndEvent", "multiInstanceBody", ..."""
    element_name: str | None = None
    state: ElementState = ElementState.ACTIVATING
    transition: str | None = None
    """"before" or "after" the element, while the token waits for a job there."""
    flow_id: str | None = None
    """The sequence flow it came over; what joins count by."""
    loop_counter: int | None = None
    """Index of an instance in its loop body."""
    loop_total: int | None = None
    """On the body of a multi-instance activity: nrOfInstances."""
    loop_completed: int = 0
    """On a body: nrOfCompletedInstances, or how often a standard loop has been through."""
    tokens: int = 0
    """Live (and planned) element instances directly in it."""
    memory: str | None = None
    """What its behavior has to remember: at a complex gateway that waits for its reset, the flows it has started with
    (JSON); at an ad-hoc sub-process, what is to follow (JSON), and at a scope in it, the element that was activated; at
    a business rule task, the result of its decision until it ends (JSON)."""
    called_instance_id: int | None = None
    user_task_id: int | None = None
    tenant_id: str = ""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    canceled: bool = False
    reported: bool | None = None
    """True: somebody has reported an incident here or in what it called; such incidents are over when it ends."""


Scope = ProcessInstance | ElementInstance


@dataclass(slots=True, eq=False, kw_only=True)
class Variable(Row):
    """A variable in one scope. `value` is a value of `engine.values`."""

    TABLE: ClassVar[str] = "variable"
    name: str
    scope_id: int
    process_instance_id: int | None
    root_id: int | None
    """None, like the process instance, for a variable of a standalone task."""
    element_instance_id: int | None = None
    """The element instance whose scope it is in, if any."""
    user_task_id: int | None = None
    """Set for a variable local to a user task."""
    definition_id: int | None = None
    tenant_id: str = ""
    value: object = None
    revision: int = 0
    """Counts the changes."""
    created_at: datetime
    ended_at: datetime | None = None
    deleted: bool = False
    """Removed by somebody, and not ended with its scope."""


@dataclass(slots=True, eq=False, kw_only=True)
class VariableUpdate(Row):
    """Append only: one value that a variable had (Camunda: historic detail of type variableUpdate)."""

    TABLE: ClassVar[str] = "variable_update"
    variable_id: int
    name: str
    process_instance_id: int | None
    root_id: int | None
    element_instance_id: int | None = None
    user_task_id: int | None = None
    value: object = None
    revision: int
    at: datetime
    user: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Output(Row):
    """Append only: what one instance of a multi-instance activity gave, at its place in the list that collects them.

    The variable itself is not written again for each of them: who reads it puts them in. Those of an earlier revision
    do not count any more: somebody has written another list since.
    """

    TABLE: ClassVar[str] = "loop_output"
    variable_id: int
    revision: int
    """That of the variable when it was given."""
    process_instance_id: int
    root_id: int
    number: int
    """The place in the list, from 0."""
    content: str
    """As JSON."""
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class UserTask(Row):
    """A task for a person; standalone when it has no process instance."""

    TABLE: ClassVar[str] = "user_task"
    process_instance_id: int | None = None
    root_id: int | None = None
    element_instance_id: int | None = None
    execution_id: int | None = None
    definition_id: int | None = None
    element_id: str | None = None
    tenant_id: str = ""
    parent_task_id: int | None = None
    name: str | None = None
    description: str | None = None
    assignee: str | None = None
    owner: str | None = None
    priority: int = 50
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    delegation_state: str | None = None
    """None, PENDING or RESOLVED."""
    form_key: str | None = None
    form_ref: str | None = None
    form_ref_binding: str | None = None
    form_ref_version: str | None = None
    case_instance_id: str | None = None
    """Free text of standalone tasks, kept for Camunda's clients."""
    state: TaskState = TaskState.CREATED
    created_at: datetime
    updated_at: datetime | None = None
    ended_at: datetime | None = None
    delete_reason: str | None = None
    given_at: datetime | None = None
    """When the process gave it to its assignee; None: a person did, or it came of what the assignee was doing."""


@dataclass(slots=True, eq=False, kw_only=True)
class IdentityLink(Row):
    """A user or a group with a part in a task: "candidate", or any word a client chose.

    The assignee and the owner are columns of the task.
    """

    TABLE: ClassVar[str] = "identity_link"
    user_task_id: int
    root_id: int | None = None
    process_instance_id: int | None = None
    user_id: str | None = None
    group_id: str | None = None
    type: str = "candidate"
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class IdentityLinkLog(Row):
    """Append only: a user or a group was given a part in a task, or it was taken away again.

    Here the assignee and the owner are types of link like others.
    """

    TABLE: ClassVar[str] = "identity_link_log"
    operation: str
    """"add" or "delete"."""
    type: str
    user_task_id: int
    root_id: int | None = None
    process_instance_id: int | None = None
    tenant_id: str = ""
    user_id: str | None = None
    group_id: str | None = None
    assigner: str | None = None
    """Who did it, as far as that is known."""
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Operation(Row):
    """Append only: something that a person changed, or one property of it (Camunda: user operation log entry).

    It outlives what it is about, and so names all of that itself.
    """

    TABLE: ClassVar[str] = "operation"
    operation_id: int
    """What the rows of one operation have in common."""
    type: str
    """What was done, in Camunda's words: "Claim", "Suspend", ..."""
    entity: str
    """To what kind of thing, in Camunda's words: "Task", "ProcessInstance", ..."""
    category: str
    """"TaskWorker", "Operator" or "Admin"; "Security" for what was refused."""
    property: str | None = None
    old_value: str | None = None
    new_value: str | None = None
    user_id: str
    tenant_id: str = ""
    deployment_id: int | None = None
    definition_id: int | None = None
    definition_key: str | None = None
    """Kept with it, for definitions are deleted; whoever writes the row fills it in."""
    process_instance_id: int | None = None
    root_id: int | None = None
    execution_id: int | None = None
    user_task_id: int | None = None
    job_id: int | None = None
    external_task_id: int | None = None
    job_definition_id: int | None = None
    batch_id: int | None = None
    address: str | None = None
    """The network address that the request came from."""
    request_id: str | None = None
    reason: str | None = None
    """Why, in the person's words."""
    annotation: str | None = None
    """What somebody noted about it later: the one thing that may change."""
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Job(Row):
    """Work for later, committed with the state that waits for it; the database is its queue.

    `kind` is "async-before" or "async-after" (a token before or after an element), "timer" (an event at `due_at`),
    "work" (a handler or an external worker does what an element stands for; `topic` names it), "event" (what a
    subscription or a definition waits for is brought), "signal" (a signal has more receivers to be told), or one of
    those of a batch: "batch-seed-job", "batch-job", "batch-monitor-job".
    """

    TABLE: ClassVar[str] = "job"
    kind: str
    process_instance_id: int | None = None
    root_id: int | None = None
    """None, like the process instance, for the timer of a start event."""
    element_instance_id: int | None = None
    """Whose job it is: the waiting token, the element instance that does the work, or what a boundary event is at."""
    definition_id: int | None = None
    element_id: str | None = None
    """Of a timer: the event's element."""
    job_definition_id: int | None = None
    tenant_id: str = ""
    state: JobState = JobState.WAITING
    suspended: bool = False
    exclusive: bool = True
    due_at: datetime | None = None
    """Not before this; None: at once."""
    repeat: str | None = None
    """Of a timer that repeats: what `engine.timers` needs to find the next time."""
    topic: str | None = None
    payload: str | None = None
    """Of work: what the model gives it beside the variables, as JSON (headers, fields, a connector's inputs). Of a
    job of a batch: which part of that it does."""
    retries: int | None = None
    """How many more failures it may have; None: none has been counted yet."""
    priority: int = 0
    attempts: int = 0
    """How often it was claimed."""
    lock_owner: str | None = None
    """The worker that holds or last held it."""
    lock_expires_at: datetime | None = None
    lease_token: int | None = None
    """Of the present lease: what comes with another one comes too late."""
    error_message: str | None = None
    error_details: str | None = None
    failed_element_id: str | None = None
    """The element at which the last attempt failed, if one could be named."""
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class JobLog(Row):
    """Append only: what happened to a job ("created", "failed", "succeeded", "deleted"), and how it was then."""

    TABLE: ClassVar[str] = "job_log"
    job_id: int
    kind: str
    event: str
    process_instance_id: int | None = None
    root_id: int | None = None
    element_instance_id: int | None = None
    definition_id: int | None = None
    element_id: str | None = None
    job_definition_id: int | None = None
    tenant_id: str = ""
    topic: str | None = None
    due_at: datetime | None = None
    retries: int | None = None
    priority: int = 0
    worker: str | None = None
    error_message: str | None = None
    error_details: str | None = None
    failed_element_id: str | None = None
    at: datetime


FAILED_JOB, FAILED_EXTERNAL_TASK = "failedJob", "failedExternalTask"
JOB_INCIDENTS = (FAILED_JOB, FAILED_EXTERNAL_TASK)
"""The kinds of incident that are about a job or a piece of work, and over when that is done or gets retries.

Somebody may report them too; what is said of a job then is over with it as well."""


@dataclass(slots=True, eq=False, kw_only=True)
class Incident(Row):
    """Something that keeps an instance from going on until a person does something about it.

    In the instances that called the one where it happened there is one each, with `cause_id` the one below and
    `root_cause_id` the first one.
    """

    TABLE: ClassVar[str] = "incident"
    kind: str
    """Camunda's incident types: "failedJob", "failedExternalTask", or what a client called it."""
    state: IncidentState = IncidentState.OPEN
    process_instance_id: int | None = None
    root_id: int | None = None
    element_instance_id: int | None = None
    execution_id: int | None = None
    definition_id: int | None = None
    element_id: str | None = None
    failed_element_id: str | None = None
    job_definition_id: int | None = None
    tenant_id: str = ""
    configuration: str | None = None
    """Of a failed job: its id. Of one that was reported: whatever was said."""
    message: str | None = None
    cause_id: int
    root_cause_id: int
    annotation: str | None = None
    reported: bool | None = None
    """True: somebody has reported it, and no job has failed; it is over when the activity is."""
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Subscription(Row):
    """Somebody waits for an event other than a time: for a message, a signal, a condition, or to be compensated.

    What waits is a scope of an instance, or a definition, which starts an instance when the event comes.
    """

    TABLE: ClassVar[str] = "subscription"
    kind: str
    """"message", "signal", "conditional" or "compensate" (Camunda's event types)."""
    name: str | None = None
    """Of the message or signal."""
    scope_id: int | None = None
    """The process instance or element instance that waits: a waiting event or task, the activity a boundary event is
    attached to, or the scope around an event sub-process. None: a definition."""
    process_instance_id: int | None = None
    root_id: int | None = None
    element_instance_id: int | None = None
    """The scope, if it is an element instance."""
    execution_id: int | None = None
    definition_id: int
    element_id: str
    """The event's (or receive task's) element."""
    tenant_id: str = ""
    state: SubscriptionState = SubscriptionState.OPEN
    configuration: str | None = None
    job_id: int | None = None
    """The last job that was to bring what has come."""
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Message(Row):
    """A message that is kept until somebody waits for it (then `ended_at` is None), or remembered by its `message_id`.

    Its job holds what it says, and whom it is for. The row is deleted when it is neither kept nor remembered.
    """

    TABLE: ClassVar[str] = "message"
    name: str
    tenant_id: str | None
    """None: for anybody."""
    route: str
    """What tells most about whom it is for (`engine.core.correlation`)."""
    job_id: int
    message_id: str | None
    """Its sender's name for it: a second one with the same is not taken."""
    expires_at: datetime
    """It is kept until then."""
    remember_until: datetime | None
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Comment(Row):
    """What somebody said about a task or a process instance. Append only; edited by its author only."""

    TABLE: ClassVar[str] = "comment"
    user_task_id: int | None = None
    process_instance_id: int | None = None
    root_id: int | None = None
    tenant_id: str = ""
    user_id: str | None = None
    message: str
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Notice(Row):
    """What is new for somebody because of what another person (`actor_id`) did with a task; `read_at` once it was seen.

    `kind` is one of those in `engine.core.commands.notices`.
    """

    TABLE: ClassVar[str] = "notice"
    user_id: str
    kind: str
    user_task_id: int
    process_instance_id: int | None = None
    root_id: int | None = None
    tenant_id: str = ""
    actor_id: str | None = None
    comment_id: int | None = None
    created_at: datetime
    read_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Attachment(Row):
    """A file that somebody put to a task, or the address of something elsewhere. Never changed."""

    TABLE: ClassVar[str] = "attachment"
    user_task_id: int
    process_instance_id: int | None = None
    root_id: int | None = None
    tenant_id: str = ""
    user_id: str | None = None
    name: str | None = None
    description: str | None = None
    type: str | None = None
    """What it is, in the words of whoever put it there: mostly a media type."""
    url: str | None = None
    content: bytes | None = None
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Batch(Row):
    """One thing to be done to many others, job by job (Camunda manual, "Batch").

    A seed job after the other makes `jobs_per_seed` jobs, each for `invocations_per_job` of the things (`BatchPart`
    holds them); when all jobs are made, a monitor job waits until all are done.
    """

    TABLE: ClassVar[str] = "batch"
    type: str
    """What is done, in Camunda's words: "set-job-retries", ..."""
    state: BatchState = BatchState.ACTIVE
    total_jobs: int
    jobs_created: int = 0
    jobs_per_seed: int
    invocations_per_job: int
    seed_job_definition_id: int
    monitor_job_definition_id: int
    batch_job_definition_id: int
    configuration: str
    """How it is done, as JSON: whoever knows the type reads it."""
    tenant_id: str = ""
    create_user: str | None = None
    started_at: datetime
    execution_started_at: datetime | None = None
    """When the first of its jobs was done."""
    ended_at: datetime | None = None
    forgotten: bool = False
    """Its history has been deleted while it ran: once it has ended it is not there any more."""
    removal_at: datetime | None = None
    """When it may be deleted with all that belongs to it, once it has ended; None: never. The store sets it."""


@dataclass(slots=True, eq=False, kw_only=True)
class BatchPart(Row):
    """Never changed: the things that the jobs of one seed job are about."""

    TABLE: ClassVar[str] = "batch_part"
    batch_id: int
    number: int
    """From 0, in the order in which they are seeded."""
    ids: str
    """As a JSON array."""


@dataclass(slots=True, eq=False, kw_only=True)
class JobDefinition(Row):
    """What makes jobs of one kind, at one element of a process definition or for a batch."""

    TABLE: ClassVar[str] = "job_definition"
    definition_id: int | None = None
    element_id: str | None = None
    batch_id: int | None = None
    kind: str
    """Of an element: what its jobs show as their type. Of a batch: Camunda's word for the type."""
    configuration: str | None = None
    """Of a timer: what the model says of its time."""
    suspended: bool = False
    suspended_at: datetime | None = None
    """While suspended: jobs made since then wait."""
    priority: int | None = None
    """Of jobs to come, whatever the model says; None: as the model says."""
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class DecisionInstance(Row):
    """Append only: one decision that was made (Camunda: historic decision instance).

    Where it needed other decisions, those have rows of their own, with this one as their root.
    """

    TABLE: ClassVar[str] = "decision_instance"
    decision_id: int
    """Its decision definition, which may have been deleted since: so its key and its name are kept here."""
    decision_key: str
    decision_name: str | None = None
    requirements_id: int | None = None
    """The decision requirements definition, where several decisions are in one file; and its key."""
    requirements_key: str | None = None
    root_decision_instance_id: int | None = None
    """The decision that needed this one and that was asked for; None: this is the one."""
    definition_id: int | None = None
    """The process definition, where a process instance asked."""
    process_instance_id: int | None = None
    root_id: int | None = None
    element_instance_id: int | None = None
    element_id: str | None = None
    user_id: str | None = None
    """Who asked, where no process instance did."""
    tenant_id: str = ""
    collect_result: float | None = None
    """What the entries of the rules that fit came to, where they are added up, counted or compared."""
    elements: int = 0
    """How many parts of decisions were executed (Camunda's metric executed-decision-elements)."""
    evaluated_at: datetime
    removal_at: datetime | None = None
    """When it may be deleted; None: never, or when the process instance that asked is. The store sets it."""


@dataclass(slots=True, eq=False, kw_only=True)
class DecisionInput(Row):
    """Append only: what an input of a decision table was, when the decision was made."""

    TABLE: ClassVar[str] = "decision_input"
    decision_instance_id: int
    process_instance_id: int | None = None
    root_id: int | None = None
    clause_id: str | None = None
    clause_name: str | None = None
    value: object = None


@dataclass(slots=True, eq=False, kw_only=True)
class DecisionOutput(Row):
    """Append only: an entry of a rule that fitted, or what an expression came to, when the decision was made."""

    TABLE: ClassVar[str] = "decision_output"
    decision_instance_id: int
    process_instance_id: int | None = None
    root_id: int | None = None
    clause_id: str | None = None
    clause_name: str | None = None
    rule_id: str | None = None
    rule_order: int | None = None
    """Which of the rules that fitted it was, from 1."""
    variable_name: str | None = None
    value: object = None


ROW_TYPES: tuple[type[Row], ...] = (
    ProcessInstance,
    ElementInstance,
    Variable,
    VariableUpdate,
    Output,
    UserTask,
    IdentityLink,
    IdentityLinkLog,
    Operation,
    Job,
    JobLog,
    Incident,
    Subscription,
    Comment,
    Notice,
    Attachment,
    Batch,
    BatchPart,
    JobDefinition,
    Message,
    DecisionInstance,
    DecisionInput,
    DecisionOutput,
)
"""All kinds of row the core may write, in the order in which they are inserted."""


@dataclass(frozen=True, slots=True)
class Removal:
    """When something may be deleted: at a time, never (`at` None), or, if `calculated`, as its time to live says.

    `hierarchical`: of a process instance all in its tree, as its root says.
    """

    at: datetime | None = None
    calculated: bool = False
    hierarchical: bool = False


@dataclass(frozen=True, slots=True)
class MovedTask:
    """A task that a process gave to somebody, and that is now one of another user task, by definition and element."""

    user_id: str
    source: tuple[int, str]
    target: tuple[int, str]


@dataclass(slots=True)
class Changes:
    """What one transaction writes."""

    inserted: dict[type[Row], list[Row]] = field(default_factory=dict)
    updated: dict[type[Row], list[Row]] = field(default_factory=dict)
    fields: dict[type[Row], frozenset[str]] = field(default_factory=dict)
    """Of the updated rows of a kind: the fields that differ in any of them from what they were. Absent: all may."""
    closed_scopes: dict[int, datetime] = field(default_factory=dict)
    """Scopes that ended, with the time: the store ends all their live variables in one statement."""
    erased: dict[type[Row], set[int]] = field(default_factory=dict)
    """Process instances and batches that are deleted for good, with all that belongs to them; messages, decisions."""
    removals: dict[Removal, dict[type[Row], set[int]]] = field(default_factory=dict)
    """When process instances, batches and decisions may be deleted, as somebody has chosen."""
    activated: set[int] = field(default_factory=set)
    """Process instances that were suspended: their jobs may be done again."""
    moved_tasks: set[MovedTask] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Is there anything to write?"""
        return bool(self.inserted or self.updated or self.closed_scopes or self.erased or self.removals)
