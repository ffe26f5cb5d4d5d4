"""User tasks: claimed, completed, delegated, and all else that people do with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.command_queue import CommandQueue
from engine.core.commands import tasks as commands


class Tasks:
    """What can be done with user tasks. `user` is who does it.

    All raise NotFound for a task that is not there (any more), and Suspended for one of a suspended instance.
    """

    def __init__(self, queue: CommandQueue) -> None:
        self._queue = queue

    def claim(self, id: int, assignee: str, *, user: str | None = None) -> None:
        """Take a task. Raises Conflict if somebody else has it."""
        self._queue.execute(commands.ClaimTask(id=id, assignee=assignee, user=user))

    def unclaim(self, id: int, *, user: str | None = None) -> None:
        """Give a task back."""
        self._queue.execute(commands.ClaimTask(id=id, assignee=None, user=user))

    def complete(
        self,
        id: int,
        variables: Mapping[str, object] | None = None,
        *,
        local_variables: Mapping[str, object] | None = None,
        return_variables: bool = False,
        user: str | None = None,
    ) -> Mapping[str, object]:
        """Complete a task and go on; gives the variables of its process instance, if asked. Raises ExecutionFailed."""
        return self._queue.execute(
            commands.CompleteTask(
                id=id,
                variables=variables or {},
                local_variables=local_variables or {},
                return_variables=return_variables,
                user=user,
            )
        )

    def set_assignee(self, id: int, assignee: str | None, *, user: str | None = None) -> None:
        """Give a task to somebody, whoever has it; None gives it to nobody."""
        self._queue.execute(commands.AssignTask(id=id, assignee=assignee, user=user))

    def delegate(self, id: int, assignee: str, *, user: str | None = None) -> None:
        """Let somebody else do the work and hand it back."""
        self._queue.execute(commands.DelegateTask(id=id, assignee=assignee, user=user))

    def resolve(self, id: int, variables: Mapping[str, object] | None = None, *, user: str | None = None) -> None:
        """Hand a delegated task back to its owner."""
        self._queue.execute(commands.ResolveTask(id=id, variables=variables or {}, user=user))

    def update(self, id: int, *, user: str | None = None, **fields: Any) -> None:
        """Set attributes of a task, named as those of `engine.core.state.UserTask`. Raises BadRequest."""
        self._queue.execute(commands.UpdateTask(id=id, fields=fields, user=user))

    def add_identity_link(
        self, id: int, type: str, *, user_id: str | None = None, group_id: str | None = None, user: str | None = None
    ) -> None:
        """Give a user or a group a part in a task. Raises BadRequest."""
        self._queue.execute(commands.LinkTask(id=id, type=type, link_user=user_id, link_group=group_id, user=user))

    def delete_identity_link(
        self, id: int, type: str, *, user_id: str | None = None, group_id: str | None = None, user: str | None = None
    ) -> None:
        """Take that part away again; nothing happens where there is none."""
        self._queue.execute(
            commands.LinkTask(id=id, type=type, link_user=user_id, link_group=group_id, remove=True, user=user)
        )

    def bpmn_error(
        self,
        id: int,
        code: str,
        message: str | None = None,
        variables: Mapping[str, object] | None = None,
        *,
        user: str | None = None,
    ) -> None:
        """Report a BPMN error at a task."""
        self._queue.execute(
            commands.ThrowTaskError(id=id, code=code, message=message, variables=variables or {}, user=user)
        )

    def bpmn_escalation(
        self, id: int, code: str, variables: Mapping[str, object] | None = None, *, user: str | None = None
    ) -> None:
        """Report an escalation at a task."""
        self._queue.execute(commands.EscalateTask(id=id, code=code, variables=variables or {}, user=user))

    def add_comment(self, id: int, message: str, *, mentions: Collection[str] = (), user: str | None = None) -> int:
        """Say something about a task; gives the comment's id. The people with the ids in `mentions` get a notice."""
        comment = commands.AddComment(id=id, message=message, mentions=tuple(mentions), user=user)
        return int(self._queue.execute(comment))

    def add_attachment(
        self,
        id: int,
        *,
        name: str | None = None,
        description: str | None = None,
        type: str | None = None,
        url: str | None = None,
        content: bytes | None = None,
        user: str | None = None,
    ) -> int:
        """Put a file to a task, or the address of something elsewhere; gives the attachment's id. Raises BadRequest."""
        return int(
            self._queue.execute(
                commands.AddAttachment(
                    id=id, name=name, description=description, type=type, url=url, content=content, user=user
                )
            )
        )

    def create(self, *, user: str | None = None, **fields: Any) -> int:
        """Make a standalone task; gives its id. Raises BadRequest."""
        return self._queue.execute(commands.CreateTask(fields=fields, user=user))

    def delete(self, id: int, *, reason: str | None = None, user: str | None = None) -> None:
        """Delete a standalone task. Raises Conflict for one that is part of a process."""
        self._queue.execute(commands.DeleteTask(id=id, reason=reason, user=user))
