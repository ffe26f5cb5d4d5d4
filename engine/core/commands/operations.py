"""What is written down of commands: what people did, and who got and lost a part in tasks (Camunda manual, "User
Operation Log").

`run` runs a command and writes both in the same step, so that nothing is done that is not written down, nor the other
way round. What a kind of command is called in the log, and which properties it changes, is said in one table, `TOLD`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from engine.core import identity_links
from engine.core.commands import Command, Origin, notices
from engine.core.commands.batches import DeleteBatch, DeleteBatchHistory, StartBatch
from engine.core.commands.decisions import EvaluateDecision
from engine.core.commands.events import DeliverEvent, SendSignal, StartByConditions, StartByEvent, StartByMessage
from engine.core.commands.fork import ForkInstance
from engine.core.commands.instances import (
    ActivateAdHoc,
    DeleteHistory,
    DeleteInstance,
    SetInstanceSuspended,
    SignalExecution,
    StartInstance,
)
from engine.core.commands.jobs import (
    AnnotateIncident,
    BeginJob,
    CreateIncident,
    DeleteJob,
    ExecuteJob,
    RecalculateDueDate,
    ResolveIncident,
    SetDueDate,
    SetPriority,
    SetRetries,
    SetSuspended,
)
from engine.core.commands.messages import KeepMessage
from engine.core.commands.migration import MigrateInstance
from engine.core.commands.modification import ModifyInstance
from engine.core.commands.restart import RestartInstance
from engine.core.commands.tasks import (
    AddAttachment,
    AddComment,
    AssignTask,
    ClaimTask,
    CompleteTask,
    CreateTask,
    DelegateTask,
    DeleteTask,
    EscalateTask,
    LinkTask,
    ResolveTask,
    ThrowTaskError,
    UpdateTask,
)
from engine.core.commands.variables import SetVariables
from engine.core.commands.work import UnlockWork
from engine.core.jobs import SUSPENSION_KINDS, WORK
from engine.core.state import (
    Batch,
    ElementInstance,
    Incident,
    Job,
    Operation,
    ProcessInstance,
    Row,
    Scope,
    UserTask,
    Variable,
)
from engine.core.step import Step

T = TypeVar("T")

TASK_WORKER, OPERATOR, ADMIN, SECURITY = "TaskWorker", "Operator", "Admin", "Security"
"""What kinds of people do such things (Camunda manual, "User Operation Log", categories); or what was refused."""


@dataclass(frozen=True, slots=True)
class Change:
    """A property that was changed, in Camunda's words, with its value before and after."""

    property: str
    old: object = None
    new: object = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation: what was done to what kind of thing, and its properties that were changed.

    `about` is the row that tells where it belongs; `references` are fields of `Operation` that no row tells.
    """

    type: str
    entity: str
    category: str
    changes: Sequence[Change] = ()
    about: Row | None = None
    references: Mapping[str, Any] = field(default_factory=dict)


def run(step: Step, command: Command[T]) -> T:
    """Run a command, and write down what is to be written of it."""
    value = command.run(step)
    if step.record_updates:
        identity_links.log(step)
    if step.user is not None:
        notices.give(step, command, value)
    tell = TOLD.get(type(command))
    if tell is not None and step.user is not None:
        for entry in tell(step, command, value):
            for row in operations(entry, step.user, command.origin, step.now, step.next_id):
                step.uow.add(row)
    return value


def operations(
    entry: Entry, user: str, origin: Origin | None, now: datetime, next_id: Callable[[], int]
) -> list[Operation]:
    """The rows of an entry: one for each property that was changed, or one for all that there is to say."""
    origin = origin or Origin()
    references = {**_references(entry.about), **entry.references}
    operation_id = next_id()
    return [
        Operation(
            id=operation_id if index == 0 else next_id(),
            operation_id=operation_id,
            type=entry.type,
            entity=entry.entity,
            category=entry.category,
            property=None if change is None else change.property,
            old_value=None if change is None else _text(change.old),
            new_value=None if change is None else _text(change.new),
            user_id=user,
            address=origin.address,
            request_id=origin.request_id,
            reason=origin.reason,
            at=now,
            **references,
        )
        for index, change in enumerate(entry.changes or [None])
    ]


def _text(value: object) -> str | None:
    """As Camunda writes values there: an instant in milliseconds since 1970."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return str(round(value.timestamp() * 1000))
    return str(value)


def _references(about: Row | None) -> dict[str, Any]:
    """Where a thing belongs: fields of `Operation`."""
    match about:
        case UserTask():
            found = {"user_task_id": about.id, "execution_id": about.execution_id}
        case ProcessInstance():
            return {
                "process_instance_id": about.id,
                "root_id": about.root_id,
                "definition_id": about.definition_id,
                "tenant_id": about.tenant_id,
            }
        case ElementInstance():
            found = {"execution_id": about.execution_id}
        case Job():
            key = "external_task_id" if about.kind == WORK else "job_id"
            found = {key: about.id, "job_definition_id": about.job_definition_id}
        case Variable():
            found = {"user_task_id": about.user_task_id}
        case Incident():
            found = {"execution_id": about.execution_id, "job_definition_id": about.job_definition_id}
        case Batch():
            return {"batch_id": about.id, "tenant_id": about.tenant_id}
        case _:
            return {}
    return found | {
        "process_instance_id": about.process_instance_id,
        "root_id": about.root_id,
        "definition_id": about.definition_id,
        "tenant_id": about.tenant_id,
    }


# ---------------------------------------------------------------- tasks

TASK_PROPERTIES: Final = {
    "assignee": "assignee",
    "owner": "owner",
    "name": "name",
    "description": "description",
    "priority": "priority",
    "due_at": "dueDate",
    "follow_up_at": "followUpDate",
    "delegation_state": "delegation",
    "parent_task_id": "parentTask",
    "case_instance_id": "caseInstanceId",
    "tenant_id": "tenantId",
}
"""The fields of a task that people change, and Camunda's words for them."""

Teller = Callable[[Step, Any, Any], Iterable[Entry]]


def _task(type: str) -> Teller:
    """A command that changes attributes of a task."""

    def tell(step: Step, command: ClaimTask, _: object) -> list[Entry]:
        task = step.uow.task(command.id)
        return [Entry(type, "Task", TASK_WORKER, _differences(step, task, TASK_PROPERTIES), task)]

    return tell


def _differences(step: Step, row: Row, properties: Mapping[str, str]) -> list[Change]:
    found = ((name, step.uow.before(row, field), getattr(row, field)) for field, name in properties.items())
    return [Change(name, old, new) for name, old, new in found if old != new]


def _claimed(step: Step, command: ClaimTask, value: object) -> Iterable[Entry]:
    return _task("Assign" if command.assignee is None else "Claim")(step, command, value)


def _task_ended(type: str) -> Teller:
    def tell(step: Step, command: CompleteTask | DeleteTask, _: object) -> list[Entry]:
        return [Entry(type, "Task", TASK_WORKER, [Change("delete", False, True)], step.uow.task(command.id))]

    return tell


def _task_created(step: Step, _: CreateTask, id: int) -> list[Entry]:
    task = step.uow.task(id)
    given = [
        Change(name, None, getattr(task, field))
        for field, name in TASK_PROPERTIES.items()
        if getattr(task, field) not in (None, "")
    ]
    return [Entry("Create", "Task", TASK_WORKER, given, task)]


def _linked(step: Step, command: LinkTask, value: object) -> Iterable[Entry]:
    if command.type in ("assignee", "owner"):
        return _task("Assign" if command.type == "assignee" else "SetOwner")(step, command, value)
    whose = "User" if command.link_user is not None else "Group"
    type = f"{'Delete' if command.remove else 'Add'}{whose}Link"
    change = Change(command.type, None, command.link_user or command.link_group)
    return [Entry(type, "IdentityLink", TASK_WORKER, [change], step.uow.task(command.id))]


def _thrown(type: str, property: str) -> Teller:
    def tell(step: Step, command: ThrowTaskError | EscalateTask, _: object) -> list[Entry]:
        change = Change(property, None, command.code)
        return [Entry(type, "Task", TASK_WORKER, [change], step.uow.task(command.id))]

    return tell


def _commented(step: Step, command: AddComment, _: int) -> list[Entry]:
    change = Change("comment", None, command.message)
    return [Entry("AddComment", "Task", TASK_WORKER, [change], step.uow.task(command.id))]


def _attached(step: Step, command: AddAttachment, _: int) -> list[Entry]:
    change = Change("name", None, command.name)
    return [Entry("AddAttachment", "Attachment", TASK_WORKER, [change], step.uow.task(command.id))]


# ---------------------------------------------------------------- variables


def _variables_set(step: Step, command: SetVariables, _: None) -> list[Entry]:
    """The names; the values and who set them are in the history of the variables."""
    place: Scope | UserTask = step.uow.tasks.get(command.scope_id) or step.uow.scope(command.scope_id)
    category = TASK_WORKER if isinstance(place, UserTask) else OPERATOR
    changed = [Change(name, None, name) for name in command.changes]
    removed = [Change(name, name, None) for name in command.deletions]
    if changed and removed:
        return [Entry("ModifyVariable", "Variable", category, changed + removed, place)]
    return [Entry("RemoveVariable" if removed else "SetVariable", "Variable", category, changed or removed, place)]


# ---------------------------------------------------------------- process instances


def _instance(type: str, *changes: Change) -> Teller:
    def tell(step: Step, command: ModifyInstance, _: object) -> list[Entry]:
        return [Entry(type, "ProcessInstance", OPERATOR, changes, step.uow.instance(command.id))]

    return tell


def _started(step: Step, _: StartInstance, value: Any) -> list[Entry]:
    return [Entry("Create", "ProcessInstance", OPERATOR, about=step.uow.instance(value.id))]


def _instance_deleted(step: Step, command: DeleteInstance, value: object) -> Iterable[Entry]:
    reason = [] if command.reason is None else [Change("deleteReason", None, command.reason)]
    return _instance("Delete", *reason)(step, command, value)


def _suspended_instance(step: Step, command: SetInstanceSuspended, value: object) -> Iterable[Entry]:
    return _instance("Suspend" if command.suspended else "Activate", suspension(suspended=command.suspended))(
        step, command, value
    )


def suspension(*, suspended: bool) -> Change:
    """That something rests from now on, or goes on."""
    return Change("suspensionState", None, "suspended" if suspended else "active")


def _history_deleted(step: Step, command: DeleteHistory, _: None) -> list[Entry]:
    doomed = step.uow.erased(ProcessInstance, command.id)
    return [] if doomed is None else [Entry("DeleteHistory", "ProcessInstance", OPERATOR, about=doomed)]


def _activated(step: Step, command: ActivateAdHoc, _: None) -> list[Entry]:
    changes = [Change("activityId", None, each.element_id) for each in command.activations]
    return [
        Entry(
            "CompleteAdHoc" if command.fulfilled else "ActivateAdHoc",
            "ProcessInstance",
            OPERATOR,
            changes,
            step.uow.element(command.id),
        )
    ]


def _signalled(step: Step, command: SignalExecution, _: None) -> list[Entry]:
    place = step.uow.scope(command.id)
    return [Entry("Signal", "ProcessInstance", OPERATOR, about=place, references={"execution_id": command.id})]


def _migrated(step: Step, command: MigrateInstance, value: object) -> Iterable[Entry]:
    found = step.uow.instance(command.id)
    change = Change("processDefinitionId", step.uow.before(found, "definition_id"), found.definition_id)
    return _instance("Migrate", change)(step, command, value)


FORKED: Final = "ForkProcessInstance"


def _restarted(step: Step, command: RestartInstance, id: int) -> list[Entry]:
    change = Change("processInstanceId", command.restarted_id, id)
    return [Entry("RestartProcessInstance", "ProcessInstance", OPERATOR, [change], step.uow.instance(id))]


def _forked(step: Step, command: ForkInstance, id: int) -> list[Entry]:
    """In the log of the fork, and in that of what it was forked from."""
    made = step.uow.instance(id)
    moment = Change("moment", None, command.forked_at)
    origin = {
        "process_instance_id": command.forked_id,
        "root_id": command.forked_root_id,
        "definition_id": command.forked_definition_id,
        "tenant_id": made.tenant_id,
    }
    return [
        Entry(FORKED, "ProcessInstance", OPERATOR, [Change("forkedFrom", None, command.forked_id), moment], made),
        Entry(FORKED, "ProcessInstance", OPERATOR, [Change("forkedAs", None, id), moment], references=origin),
    ]


# ---------------------------------------------------------------- events

CORRELATED: Final = "CorrelateMessage"


def _delivered(step: Step, command: DeliverEvent, value: Any) -> list[Entry]:
    subscription = step.uow.subscriptions[command.subscription_id]
    found = step.uow.instance(value.process_instance_id)
    change = Change(f"{subscription.kind}Name", None, subscription.name)
    type = CORRELATED if subscription.kind == "message" else "Signal"
    return [
        Entry(type, "ProcessInstance", OPERATOR, [change], found, {"execution_id": value.execution_id}),
    ]


def _started_by_event(step: Step, _: StartByEvent, value: Any) -> list[Entry]:
    found = step.uow.instance(value.id)
    change = Change("startEventId", None, found.start_element_id)
    return [Entry("Create", "ProcessInstance", OPERATOR, [change], found)]


def _started_by_conditions(step: Step, _: StartByConditions, value: Any) -> list[Entry]:
    return [Entry("Create", "ProcessInstance", OPERATOR, about=step.uow.instance(each.id)) for each in value]


def _kept(_: Step, command: KeepMessage, kept: bool) -> list[Entry]:
    wanted = command.wanted
    references = {"process_instance_id": wanted.process_instance_id, "tenant_id": wanted.tenant_id or ""}
    change = Change("messageName", None, wanted.name)
    return [Entry(CORRELATED, "ProcessInstance", OPERATOR, [change], references=references)] if kept else []


def _signal_sent(_: Step, command: SendSignal, __: None) -> list[Entry]:
    return [Entry("Signal", "ProcessInstance", OPERATOR, [Change("signalName", None, command.name)])]


# ---------------------------------------------------------------- jobs


def _job(type: str, properties: Mapping[str, str] | None = None, *, work: str | None = None) -> Teller:
    """A command on a job that changes these of its fields; `work`: what it is called for external work."""

    def tell(step: Step, command: SetPriority, _: object) -> list[Entry]:
        found = step.uow.jobs[command.id]
        changes = _differences(step, found, properties or {})
        if found.kind == WORK:
            return [Entry(work or type, "ExternalTask", OPERATOR, changes, found)]
        return [Entry(type, "Job", OPERATOR, changes, found)]

    return tell


def _planned(_: Step, command: BeginJob, id: int) -> list[Entry]:
    """Definitions are suspended or activated later, by a job."""
    if command.kind not in SUSPENSION_KINDS:
        return []
    payload = json.loads(command.payload)
    chosen = payload.get("chosen", payload)
    suspended = command.kind.startswith("suspend")
    entity = "ProcessDefinition" if chosen is payload else "JobDefinition"
    return [
        Entry(
            ("Suspend" if suspended else "Activate") + entity,
            entity,
            OPERATOR,
            [suspension(suspended=suspended), Change("executionDate", None, command.due_at)],
            references={
                "job_id": id,
                "definition_id": chosen["definition_id"],
                "definition_key": chosen.get("definition_key", chosen.get("key")),
                "job_definition_id": chosen.get("job_definition_id"),
                "tenant_id": chosen["tenant_id"] or "",
            },
        )
    ]


def _job_suspended(step: Step, command: SetSuspended, _: None) -> list[Entry]:
    change = suspension(suspended=command.suspended)
    type = "SuspendJob" if command.suspended else "ActivateJob"
    return [Entry(type, "Job", OPERATOR, [change], step.uow.jobs[command.id])]


def _incident_created(step: Step, command: CreateIncident, id: int) -> list[Entry]:
    changes = [Change("incidentType", None, command.kind), Change("configuration", None, command.configuration)]
    return [Entry("CreateIncident", "ProcessInstance", OPERATOR, changes, step.uow.incident(id))]


def _incident_resolved(step: Step, command: ResolveIncident, _: None) -> list[Entry]:
    change = Change("incidentId", None, command.id)
    return [Entry("Resolve", "ProcessInstance", OPERATOR, [change], step.uow.incident(command.id))]


def _incident_annotated(step: Step, command: AnnotateIncident, _: None) -> list[Entry]:
    type = "ClearAnnotation" if command.annotation is None else "SetAnnotation"
    change = Change("incidentId", None, command.id)
    return [Entry(type, "Incident", OPERATOR, [change], step.uow.incident(command.id))]


# ---------------------------------------------------------------- decisions


def _decided(step: Step, command: EvaluateDecision, _: object) -> list[Entry]:
    found = step.definitions.find_decision(command.wanted) if command.keep else None
    if found is None:
        return []
    changes = [
        Change("decisionDefinitionId", None, f"{found.key}:{found.version}:{found.id}"),
        Change("decisionDefinitionKey", None, found.key),
    ]
    return [Entry("Evaluate", "DecisionDefinition", OPERATOR, changes, references={"tenant_id": found.tenant_id})]


# ---------------------------------------------------------------- batches

BATCHES: Final[Mapping[str, tuple[str, str]]] = {
    "set-job-retries": ("SetJobRetries", "Job"),
    "set-external-task-retries": ("SetExternalTaskRetries", "ExternalTask"),
    "instance-deletion": ("Delete", "ProcessInstance"),
    "instance-update-suspension-state": ("SuspendOrActivate", "ProcessInstance"),
    "set-variables": ("SetVariables", "ProcessInstance"),
    "historic-instance-deletion": ("DeleteHistory", "ProcessInstance"),
    "correlate-message": (CORRELATED, "ProcessInstance"),
    "instance-migration": ("Migrate", "ProcessInstance"),
    "instance-modification": ("ModifyProcessInstance", "ProcessInstance"),
    "instance-restart": ("RestartProcessInstance", "ProcessInstance"),
    "process-set-removal-time": ("SetRemovalTime", "ProcessInstance"),
    "batch-set-removal-time": ("SetRemovalTime", "Batch"),
    "historic-decision-instance-deletion": ("DeleteHistory", "DecisionInstance"),
    "decision-set-removal-time": ("SetRemovalTime", "DecisionInstance"),
}
"""What a batch of each type does, in the words for doing it once."""


def _batch_started(step: Step, command: StartBatch, id: int) -> list[Entry]:
    type, entity = BATCHES.get(command.type, ("Create", "Batch"))
    changes = [Change("nrOfInstances", None, len(command.ids)), Change("async", None, True)]
    if type == "SetRemovalTime":
        changes = [*_dated(json.loads(command.configuration)), *changes]
    if entity == "DecisionInstance" and type == "DeleteHistory":
        changes.append(Change("deleteReason", None, json.loads(command.configuration)["reason"]))
    return [Entry(type, entity, OPERATOR, changes, step.uow.batches[id])]


def _dated(configuration: Mapping[str, Any]) -> list[Change]:
    at = configuration["removalTime"]
    mode = "CALCULATED" if configuration["calculated"] else "CLEARED" if at is None else "ABSOLUTE"
    return [
        Change("mode", None, f"{mode}_REMOVAL_TIME"),
        Change("removalTime", None, at),
        Change("hierarchical", None, configuration["hierarchical"]),
    ]


def _batch_deleted(step: Step, command: DeleteBatch, _: None) -> list[Entry]:
    change = Change("cascadeToHistory", None, command.cascade)
    return [Entry("Delete", "Batch", OPERATOR, [change], step.uow.batches[command.id])]


def _batch_history_deleted(step: Step, command: DeleteBatchHistory, _: None) -> list[Entry]:
    found = step.uow.batches.get(command.id) or step.uow.erased(Batch, command.id)
    return [Entry("DeleteHistory", "Batch", OPERATOR, about=found)]


# ---------------------------------------------------------------- the table

TOLD: Final[Mapping[type[Command[Any]], Teller]] = {
    ClaimTask: _claimed,
    AssignTask: _task("Assign"),
    DelegateTask: _task("Delegate"),
    ResolveTask: _task("Resolve"),
    UpdateTask: _task("Update"),
    CompleteTask: _task_ended("Complete"),
    CreateTask: _task_created,
    DeleteTask: _task_ended("Delete"),
    LinkTask: _linked,
    ThrowTaskError: _thrown("HandleBpmnError", "errorCode"),
    EscalateTask: _thrown("HandleBpmnEscalation", "escalationCode"),
    AddComment: _commented,
    AddAttachment: _attached,
    SetVariables: _variables_set,
    StartInstance: _started,
    DeleteInstance: _instance_deleted,
    SetInstanceSuspended: _suspended_instance,
    DeleteHistory: _history_deleted,
    ActivateAdHoc: _activated,
    SignalExecution: _signalled,
    ModifyInstance: _instance("ModifyProcessInstance"),
    MigrateInstance: _migrated,
    RestartInstance: _restarted,
    ForkInstance: _forked,
    DeliverEvent: _delivered,
    StartByEvent: _started_by_event,
    StartByMessage: _started_by_event,
    StartByConditions: _started_by_conditions,
    SendSignal: _signal_sent,
    KeepMessage: _kept,
    BeginJob: _planned,
    ExecuteJob: _job("Execute"),
    SetRetries: _job("SetJobRetries", {"retries": "retries"}, work="SetExternalTaskRetries"),
    SetPriority: _job("SetPriority", {"priority": "priority"}),
    SetDueDate: _job("SetDueDate", {"due_at": "duedate"}),
    RecalculateDueDate: _job("RecalculateDueDate", {"due_at": "duedate"}),
    SetSuspended: _job_suspended,
    DeleteJob: _job("Delete"),
    UnlockWork: _job("Unlock"),
    CreateIncident: _incident_created,
    ResolveIncident: _incident_resolved,
    AnnotateIncident: _incident_annotated,
    EvaluateDecision: _decided,
    StartBatch: _batch_started,
    DeleteBatch: _batch_deleted,
    DeleteBatchHistory: _batch_history_deleted,
}
"""What people do, and how it is told. What is not here is done by the engine or by workers, and is not logged."""
