"""Conditions from outside: whether they start instances (Camunda manual, REST API, "Evaluate Condition")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.command_queue import CommandQueue
from engine.core.commands.events import StartByConditions
from engine.core.instances import StartedInstance
from engine.errors import Conflict
from engine.store import subscriptions as store
from engine.store.database import Database
from engine.store.subscriptions import Starter


class Conditions:
    """Asks conditional start events."""

    def __init__(self, database: Database, queue: CommandQueue) -> None:
        self._database, self._queue = database, queue

    def evaluate(
        self,
        variables: Mapping[str, object] | None = None,
        *,
        business_key: str | None = None,
        tenant_id: str | None = None,
        definition_id: int | None = None,
        among: Callable[[Sequence[Starter]], Sequence[Starter]] | None = None,
        user: str | None = None,
    ) -> Sequence[StartedInstance]:
        """Start an instance with the variables at every start event whose condition holds for them, in one step.

        Asked are the latest versions, of whichever tenant (`tenant_id` "": of none); or one definition. Suspended ones
        start nothing. `among` says which of those that were found are asked. Raises Conflict if there is nothing to
        ask, NotFound for an unknown definition, ExecutionFailed.
        """
        starts: tuple[tuple[int, str | None], ...]
        if definition_id is not None:
            starts = ((definition_id, None),)
        else:
            with self._database.read() as tx:
                found = store.conditional_starters(tx, tenant_id)
            found = found if among is None else list(among(found))
            starts = tuple((each.definition_id, each.element_id) for each in found)
            if not starts:
                raise Conflict("No subscriptions were found during evaluation of the conditional start events")
        command = StartByConditions(starts=starts, business_key=business_key, variables=variables or {}, user=user)
        return self._queue.execute(command)
