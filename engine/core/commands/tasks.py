"""Commands on user tasks (Camunda manual, "Task Service" and REST API "Task")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.core import driver, identity_links, user_tasks, variables
from engine.core.commands import Command, Target, ensure_active, task
from engine.core.events import error, escalation
from engine.core.lifecycle import TASK, TaskState, fire
from engine.core.state import Attachment, Comment, ElementInstance, UserTask
from engine.core.step import Complete, Step, TaskCompleted
from engine.errors import BadRequest, Conflict

PENDING, RESOLVED = "PENDING", "RESOLVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCommand(Command[Any]):
    """A command on one user task of an active instance."""

    id: int

    @property
    def target(self) -> Target:
        return task(self.id)

    def the_task(self, step: Step) -> UserTask:
        """The task, about to be changed. Raises Suspended."""
        found = step.uow.task(self.id)
        ensure_active(step, found.process_instance_id)
        step.uow.touch(found)
        return found

    def the_element(self, step: Step, found: UserTask) -> ElementInstance:
        """Where the task is in its process. Raises Conflict for a standalone task."""
        if found.element_instance_id is None:
            raise Conflict(f"Task {self.id} belongs to no process")
        return step.uow.element(found.element_instance_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask(TaskCommand):
    """Complete a task with variables for its process, and go on.

    Gives the variables of the process instance (or of a standalone task) with `return_variables`, else none.
    """

    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)
    return_variables: bool = False

    def run(self, step: Step) -> Mapping[str, object]:
        found = self.the_task(step)
        for name, value in self.local_variables.items():
            variables.set_local(step, found, name, value)
        if found.element_instance_id is None:
            variables.set_values(step, found, self.variables)
            seen = variables.values(step, found) if self.return_variables else {}
            user_tasks.end(step, found, TaskState.COMPLETED, user_tasks.COMPLETED)
            return seen
        element = self.the_element(step, found)
        variables.set_results(step, element, self.variables)
        instance = step.process_instance(element)
        seen = variables.values(step, instance) if self.return_variables else {}
        step.node(element).behavior.trigger(step, element, TaskCompleted(found))
        driver.run(step)
        return variables.values(step, instance) if self.return_variables and instance.ended_at is None else seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTask(TaskCommand):
    """Take a task for a person. Raises Conflict if somebody else has it; `assignee` None gives it back."""

    assignee: str | None

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        if self.assignee is not None and found.assignee not in (None, self.assignee):
            raise Conflict(f"Task {self.id} is already claimed by '{found.assignee}'")
        _assign(step, found, self.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTask(TaskCommand):
    """Give a task to somebody, whoever has it; None gives it to nobody."""

    assignee: str | None

    def run(self, step: Step) -> None:
        _assign(step, self.the_task(step), self.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateTask(TaskCommand):
    """Let somebody else do the work and hand it back: the assignee becomes the owner."""

    assignee: str

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        found.delegation_state = PENDING
        if found.owner is None:
            found.owner = found.assignee
        _assign(step, found, self.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveTask(TaskCommand):
    """Hand a delegated task back to its owner, with variables."""

    variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        variables.set_values(step, found, self.variables)
        found.delegation_state = RESOLVED
        _assign(step, found, found.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTask(TaskCommand):
    """Set attributes of a task: any of `name description assignee owner priority due_at follow_up_at delegation_state
    parent_task_id tenant_id case_instance_id`."""

    fields: Mapping[str, Any]

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        before = found.assignee
        _write(found, self.fields)
        user_tasks.changed(step, found, before)
        driver.run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTask(TaskCommand):
    """Add or remove a user's or a group's part in a task; "assignee" and "owner" are its own columns."""

    type: str
    link_user: str | None = None
    link_group: str | None = None
    remove: bool = False

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        if self.type in ("assignee", "owner"):
            if self.link_user is None or self.link_group is not None:
                raise BadRequest(f"The {self.type} of a task is a user, not a group")
            before = found.assignee
            if not self.remove:
                setattr(found, self.type, self.link_user)
            elif getattr(found, self.type) == self.link_user:
                setattr(found, self.type, None)
            user_tasks.changed(step, found, before)
            driver.run(step)
        elif self.remove:
            identity_links.unlink(step, found, self.type, self.link_user, self.link_group)
        else:
            identity_links.link(step, found, self.type, self.link_user, self.link_group)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowTaskError(TaskCommand):
    """Report a BPMN error at a task: the nearest event that catches it goes on; uncaught, the path ends."""

    code: str
    message: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        element = self.the_element(step, self.the_task(step))
        variables.set_values(step, element, self.variables)
        if not error.throw(step, element, self.code, self.message):
            step.node(element).behavior.cancel(step, element)
            step.plan(Complete(element, ends=True))
        driver.run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateTask(TaskCommand):
    """Report an escalation at a task. Raises Conflict if nothing catches it."""

    code: str
    variables: Mapping[str, object] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        element = self.the_element(step, self.the_task(step))
        variables.set_values(step, element, self.variables)
        if escalation.throw(step, element, self.code) is None:
            raise Conflict(f"Task {self.id} cannot escalate '{self.code}': nothing catches it")
        driver.run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(TaskCommand):
    """Say something about a task. Gives the comment's id. `mentions` are the ids of people who are told of it."""

    message: str
    mentions: tuple[str, ...] = ()

    def run(self, step: Step) -> int:
        found = self.the_task(step)
        comment = Comment(
            id=step.next_id(),
            user_task_id=found.id,
            process_instance_id=found.process_instance_id,
            root_id=found.root_id,
            tenant_id=found.tenant_id,
            user_id=step.user,
            message=self.message,
            created_at=step.now,
        )
        step.uow.add(comment)
        user_tasks.changed(step, found, found.assignee)
        driver.run(step)
        return comment.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttachment(TaskCommand):
    """Put a file to a task, or the address of something elsewhere. Gives the attachment's id. Raises BadRequest."""

    name: str | None = None
    description: str | None = None
    type: str | None = None
    url: str | None = None
    content: bytes | None = None

    def run(self, step: Step) -> int:
        if self.content is None and not self.url:
            raise BadRequest("No content or url to remote content exists to create the task attachment.")
        found = self.the_task(step)
        attachment = Attachment(
            id=step.next_id(),
            user_task_id=found.id,
            process_instance_id=found.process_instance_id,
            root_id=found.root_id,
            tenant_id=found.tenant_id,
            user_id=step.user,
            name=self.name,
            description=self.description,
            type=self.type,
            url=self.url,
            content=self.content,
            created_at=step.now,
        )
        step.uow.add(attachment)
        user_tasks.changed(step, found, found.assignee)
        driver.run(step)
        return attachment.id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask(Command[int]):
    """Make a standalone task, of no process. Gives its id. `fields` as in UpdateTask."""

    fields: Mapping[str, Any]

    def run(self, step: Step) -> int:
        made = UserTask(id=step.next_id(), created_at=step.now)
        fire(TASK, made, TaskState.CREATED, born=True)
        _write(made, self.fields)
        step.uow.add(made)
        return made.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTask(TaskCommand):
    """Delete a standalone task. Raises Conflict for one that is part of a running process."""

    reason: str | None = None

    def run(self, step: Step) -> None:
        found = self.the_task(step)
        if found.process_instance_id is not None:
            raise Conflict(f"Task {self.id} cannot be deleted: it is part of a running process")
        user_tasks.end(step, found, TaskState.DELETED, self.reason or user_tasks.DELETED)


_WRITABLE: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "description": (str,),
    "assignee": (str,),
    "owner": (str,),
    "priority": (int,),
    "due_at": (datetime,),
    "follow_up_at": (datetime,),
    "delegation_state": (str,),
    "parent_task_id": (int,),
    "tenant_id": (str,),
    "case_instance_id": (str,),
}
_REQUIRED = frozenset({"priority", "tenant_id"})


def _write(found: UserTask, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        types = _WRITABLE.get(name)
        if types is None:
            raise BadRequest(f"A task has no attribute '{name}' that may be set; there are {', '.join(_WRITABLE)}")
        if value is None and name in _REQUIRED:
            raise BadRequest(f"A task's {name} cannot be null")
        if value is not None and not isinstance(value, types):
            raise BadRequest(f"A task's {name} must be a {types[0].__name__}, not {value!r}")
        if name == "delegation_state" and value not in (None, PENDING, RESOLVED):
            raise BadRequest(f"A delegation state is {PENDING} or {RESOLVED}, not '{value}'")
        setattr(found, name, value)


def _assign(step: Step, found: UserTask, assignee: str | None) -> None:
    before, found.assignee = found.assignee, assignee
    user_tasks.changed(step, found, before)
    driver.run(step)
