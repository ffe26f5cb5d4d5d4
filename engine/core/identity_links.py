"""Identity links: the users and groups with a part in a task, beside its assignee and its owner."""

from __future__ import annotations

from datetime import datetime

from engine.core.state import IdentityLink, IdentityLinkLog, UserTask
from engine.core.step import Step
from engine.errors import BadRequest

ADD, DELETE = "add", "delete"
_OWN = ("assignee", "owner")
"""The parts in a task that are columns of its own."""


def given_at(step: Step, assignee: str | None) -> datetime | None:
    """What this field of a task holds that the process gives to somebody in this step, or to nobody."""
    return None if assignee is None or assignee == step.user else step.now


def link(step: Step, task: UserTask, type: str, user: str | None, group: str | None, *, modelled: bool = False) -> None:
    """Add a user or a group to a task, once; `modelled`: because the model says so.

    Raises BadRequest unless exactly one is given.
    """
    if (user is None) == (group is None):
        raise BadRequest("An identity link needs either a user or a group")
    for known in step.uow.links(task):
        if (known.type, known.user_id, known.group_id) == (type, user, group):
            return
    if not modelled:
        step.uow.touch(task)
        task.updated_at = step.now
    step.uow.add(
        IdentityLink(
            id=step.next_id(),
            user_task_id=task.id,
            root_id=task.root_id,
            process_instance_id=task.process_instance_id,
            user_id=user,
            group_id=group,
            type=type,
            created_at=step.now,
        )
    )


def unlink(step: Step, task: UserTask, type: str, user: str | None, group: str | None) -> None:
    """Take a user or a group from a task; nothing happens where there is no such link."""
    for known in step.uow.links(task):
        if (known.type, known.user_id, known.group_id) == (type, user, group):
            step.uow.touch(known)
            known.ended_at = step.now
            step.uow.touch(task)
            task.updated_at = step.now


def log(step: Step) -> None:
    """Write down who got a part in a task in this step and who lost one; the ends of tasks are no such loss.

    (Camunda manual, REST API, "Get Historic Identity Link Logs".)
    """
    made: list[IdentityLinkLog] = []

    def note(task: UserTask, operation: str, type: str, user: str | None, group: str | None = None) -> None:
        made.append(
            IdentityLinkLog(
                id=step.next_id(),
                operation=operation,
                type=type,
                user_task_id=task.id,
                root_id=task.root_id,
                process_instance_id=task.process_instance_id,
                tenant_id=task.tenant_id,
                user_id=user,
                group_id=group,
                assigner=step.user,
                at=step.now,
            )
        )

    for row in step.uow.born():
        if isinstance(row, UserTask):
            for type in _OWN:
                if (user := getattr(row, type)) is not None:
                    note(row, ADD, type, user)
        elif isinstance(row, IdentityLink) and row.ended_at is None:
            note(step.uow.task(row.user_task_id), ADD, row.type, row.user_id, row.group_id)
    for row in step.uow.touched():
        if isinstance(row, UserTask):
            for type in _OWN:
                before, after = step.uow.before(row, type), getattr(row, type)
                if before != after:
                    if before is not None:
                        note(row, DELETE, type, before)
                    if after is not None:
                        note(row, ADD, type, after)
        elif isinstance(row, IdentityLink) and row.ended_at is not None:
            task = step.uow.task(row.user_task_id)
            if task.ended_at is None:
                note(task, DELETE, row.type, row.user_id, row.group_id)
    for each in made:
        step.uow.add(each)
