"""Notices: what is new for people because of what others did. A task was given to them, somebody mentions them in a
comment, or comments on a task that they have or own.

Of tasks that the process itself gives to people there are no notices: `given_at` of the task says enough, and costs
steps nothing. `engine.store.notices` reads both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from engine.core.commands import Command
from engine.core.commands.tasks import (
    AddComment,
    AssignTask,
    ClaimTask,
    CreateTask,
    DelegateTask,
    LinkTask,
    ResolveTask,
    UpdateTask,
)
from engine.core.state import Notice, UserTask
from engine.core.step import Step

ASSIGNED, MENTIONED, COMMENTED = "assigned", "mentioned", "commented"
_GIVING: Final = (AssignTask, ClaimTask, DelegateTask, LinkTask, ResolveTask, UpdateTask)


def give(step: Step, command: Command[Any], value: object) -> None:
    """Give notice of what a person has done by a command, which gave `value`; never to whoever did it."""
    match command:
        case AddComment(id=id, mentions=mentions) if isinstance(value, int):
            task = step.uow.task(id)
            interested = [each for each in (task.assignee, task.owner) if each is not None and each not in mentions]
            _add(step, task, MENTIONED, mentions, comment_id=value)
            _add(step, task, COMMENTED, interested, comment_id=value)
        case CreateTask() if isinstance(value, int):
            _assigned(step, step.uow.task(value), None)
        case _ if isinstance(command, _GIVING):
            task = step.uow.task(command.id)
            _assigned(step, task, step.uow.before(task, "assignee"))


def _assigned(step: Step, task: UserTask, before: str | None) -> None:
    if task.assignee is not None and task.assignee != before and task.given_at is None and task.ended_at is None:
        _add(step, task, ASSIGNED, [task.assignee])


def _add(step: Step, task: UserTask, kind: str, users: Iterable[str], comment_id: int | None = None) -> None:
    for user in dict.fromkeys(users):
        if user == step.user:
            continue
        step.uow.add(
            Notice(
                id=step.next_id(),
                user_id=user,
                kind=kind,
                user_task_id=task.id,
                process_instance_id=task.process_instance_id,
                root_id=task.root_id,
                tenant_id=task.tenant_id,
                actor_id=step.user,
                comment_id=comment_id,
                created_at=step.now,
            )
        )
