"""What can be done to many things at once, as batches (Camunda manual, "Batch Operations")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.core import payload
from engine.core.commands import Command
from engine.core.commands.instances import DeleteHistory, DeleteInstance, SetInstanceSuspended
from engine.core.commands.jobs import SetRetries
from engine.core.commands.variables import SetVariables
from engine.errors import BadRequest
from engine.services.batches import FAIL_IF_GONE, Batches, BatchType, Configuration
from engine.services.messages import Content, Correlation, Messages
from engine.values import format_date, parse_date

Commands = Sequence[Command[Any]]

NEGATIVE_RETRIES = "Retries count is not greater than or equal to 0"


class Bulk:
    """Each makes a batch, and gives its id. All raise BadRequest for no ids.

    A thing that is not there (any more) when its turn comes is passed over, unless something else is said.
    """

    def __init__(self, batches: Batches, messages: Messages) -> None:
        self._batches, self._messages = batches, messages
        for name, commands in (
            ("set-job-retries", _set_retries),
            ("set-external-task-retries", _set_retries),
            ("instance-deletion", _delete_instances),
            ("instance-update-suspension-state", _set_suspended),
            ("set-variables", _set_variables),
            ("historic-instance-deletion", _delete_history),
            ("correlate-message", self._correlate),
        ):
            batches.register(BatchType(name, commands))

    def set_job_retries(
        self, ids: Sequence[int], retries: int, *, due_at: datetime | None = None, user: str | None = None
    ) -> int:
        """Give jobs so many more attempts, the next one at `due_at` if it is given. Raises BadRequest."""
        configuration = {"retries": retries, "dueAt": None if due_at is None else format_date(due_at)}
        return self._start_retries("set-job-retries", ids, configuration, user)

    def set_external_task_retries(self, ids: Sequence[int], retries: int, *, user: str | None = None) -> int:
        """Give work so many more attempts. Raises BadRequest."""
        return self._start_retries("set-external-task-retries", ids, {"retries": retries}, user)

    def _start_retries(self, type: str, ids: Sequence[int], configuration: dict[str, Any], user: str | None) -> int:
        if configuration["retries"] < 0:
            raise BadRequest(NEGATIVE_RETRIES)
        return self._batches.start(type, ids, configuration, user=user)

    def delete_instances(
        self,
        ids: Sequence[int],
        *,
        reason: str | None = None,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        fail_if_gone: bool = False,
        user: str | None = None,
    ) -> int:
        """Cancel process instances with all that they called; their history stays."""
        configuration = {
            "reason": reason,
            "skipListeners": skip_listeners,
            "skipIoMappings": skip_io_mappings,
            FAIL_IF_GONE: fail_if_gone,
        }
        return self._batches.start("instance-deletion", ids, configuration, user=user)

    def set_instances_suspended(self, ids: Sequence[int], suspended: bool, *, user: str | None = None) -> int:
        """Suspend process instances, or activate them."""
        return self._batches.start("instance-update-suspension-state", ids, {"suspended": suspended}, user=user)

    def set_variables(self, ids: Sequence[int], variables: Mapping[str, object], *, user: str | None = None) -> int:
        """Set variables of process instances. Raises InvalidValue."""
        return self._batches.start("set-variables", ids, {"variables": payload.dump(variables)}, user=user)

    def delete_history(self, ids: Sequence[int], *, fail_if_gone: bool = False, user: str | None = None) -> int:
        """Delete process instances that have ended for good."""
        return self._batches.start("historic-instance-deletion", ids, {FAIL_IF_GONE: fail_if_gone}, user=user)

    def correlate_message(
        self, ids: Sequence[int], name: str, variables: Mapping[str, object], *, user: str | None = None
    ) -> int:
        """Bring a message to process instances, with variables. One that does not wait for it counts as a failure."""
        configuration = {"name": name, "variables": payload.dump(variables), FAIL_IF_GONE: True}
        return self._batches.start("correlate-message", ids, configuration, user=user)

    def _correlate(self, configuration: Configuration, ids: Sequence[int]) -> Commands:
        content = Content(variables=payload.load(configuration["variables"]))
        wanted = (Correlation(name=configuration["name"], process_instance_id=each) for each in ids)
        return [self._messages.delivery(each, content) for each in wanted]


# ---------------------------------------------------------------- what does it to some


def _set_retries(configuration: Configuration, ids: Sequence[int]) -> Commands:
    due = configuration.get("dueAt")
    due_at = None if due is None else parse_date(due)
    return [SetRetries(id=each, retries=configuration["retries"], due_at=due_at) for each in ids]


def _delete_instances(configuration: Configuration, ids: Sequence[int]) -> Commands:
    how = DeleteInstance(
        id=0,
        reason=configuration["reason"],
        skip_listeners=configuration.get("skipListeners", False),  # batches of before know nothing of it
        skip_io_mappings=configuration["skipIoMappings"],
    )
    return [replace(how, id=each) for each in ids]


def _set_suspended(configuration: Configuration, ids: Sequence[int]) -> Commands:
    return [SetInstanceSuspended(id=each, suspended=configuration["suspended"]) for each in ids]


def _set_variables(configuration: Configuration, ids: Sequence[int]) -> Commands:
    changes = payload.load(configuration["variables"])
    return [SetVariables(scope_id=each, changes=changes) for each in ids]


def _delete_history(configuration: Configuration, ids: Sequence[int]) -> Commands:
    return [DeleteHistory(id=each, lenient=not configuration[FAIL_IF_GONE]) for each in ids]
