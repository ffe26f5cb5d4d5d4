"""User tasks: made, changed and ended, with their listeners (Camunda manual, "User Task", "Task Lifecycle")."""

from __future__ import annotations

from engine.core import listeners, variables
from engine.core.graph import BoundListener
from engine.core.lifecycle import TASK, TaskState, fire
from engine.core.state import ElementInstance, UserTask
from engine.core.step import Step

CREATE, ASSIGNMENT, UPDATE, COMPLETE, DELETE = "create", "assignment", "update", "complete", "delete"
COMPLETED, DELETED = "completed", "deleted"
"""Why a task ended, in Camunda's words (`deleteReason`)."""


def task_listeners(step: Step, task: UserTask) -> tuple[BoundListener, ...]:
    """The listeners that the model gives a task; none for a standalone one."""
    if task.element_instance_id is None:
        return ()
    element = step.uow.element(task.element_instance_id)
    return step.node(element).behavior.task_listeners


def notify(step: Step, task: UserTask, event: str) -> None:
    """Run the task's listeners of one event."""
    found = task_listeners(step, task)
    if found and task.element_instance_id is not None:
        element = step.uow.element(task.element_instance_id)
        if event == DELETE:
            # What is cancelled waits for nobody.
            listeners.notify(step, found, event, element, task=task)
        else:
            listeners.notify_task(step, step.node(element), element, found, event, task)


def created(step: Step, task: UserTask) -> None:
    """A task has been made, with its links."""
    notify(step, task, CREATE)
    if task.assignee is not None:
        notify(step, task, ASSIGNMENT)


def changed(step: Step, task: UserTask, assignee_before: str | None) -> None:
    """Attributes of a task have been changed by a command."""
    task.updated_at = step.now
    if task.assignee != assignee_before:
        task.given_at = None
    notify(step, task, UPDATE)
    if task.assignee != assignee_before:
        notify(step, task, ASSIGNMENT)


def end(step: Step, task: UserTask, state: TaskState, reason: str) -> None:
    """End a task and what is local to it."""
    step.uow.touch(task)
    fire(TASK, task, state)
    task.ended_at = step.now
    task.delete_reason = reason
    variables.close(step, task)
    if _may_have_links(step, task):
        for link in step.uow.links(task):
            step.uow.touch(link)
            link.ended_at = step.now


def _may_have_links(step: Step, task: UserTask) -> bool:
    """Most tasks have none, and need none loaded. Links that the model does not give mark the task as changed."""
    if task.element_instance_id is None or task.updated_at is not None:
        return True
    return step.node(step.uow.element(task.element_instance_id)).behavior.has_candidates


def of_element(step: Step, element: ElementInstance) -> UserTask | None:
    """The living task of an element instance; raises NotLoaded."""
    if element.user_task_id is None:
        return None
    return step.uow.task(element.user_task_id)
