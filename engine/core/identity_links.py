"""Identity links: the users and groups with a part in a task, beside its assignee and its owner."""

from __future__ import annotations

from engine.core.state import IdentityLink, UserTask
from engine.core.step import Step
from engine.errors import BadRequest


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
