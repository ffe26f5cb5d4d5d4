"""Restart of process instances that have ended (Camunda manual, "Restart Process Instances")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.commands.modification import Start
from engine.core.commands.restart import RestartInstance
from engine.errors import BadRequest, Conflict, NotFound
from engine.executor import Executor
from engine.store import restarts
from engine.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPlan:
    """How ended instances of a definition are restarted: where, and with what.

    They get the business key of those that ended, and the variables that these had in the end; `initial_variables`:
    those that they had before their first element (history level "full"). What was local to elements or tasks is not
    restored.
    """

    definition_id: int
    instructions: tuple[Start, ...]
    initial_variables: bool = False
    without_business_key: bool = False
    skip_listeners: bool = False
    skip_io_mappings: bool = False


class Restarts:
    """Starts instances anew that have ended."""

    def __init__(self, database: Database, executor: Executor) -> None:
        self._database, self._executor = database, executor

    def execute(self, plan: RestartPlan, instance_ids: Sequence[int], *, user: str | None = None) -> list[int]:
        """Restart ended instances, all of them or none; gives the ids of the new ones.

        Raises BadRequest without instances or instructions, NotFound for the definition or for an instance that never
        was there, Conflict for one that still runs or was of another definition, Suspended, InvalidInstruction,
        ExecutionFailed.
        """
        commands = self._commands(plan, list(dict.fromkeys(instance_ids)), user)
        return [outcome.get() for outcome in self._executor.execute(commands, together=True)]

    def _commands(self, plan: RestartPlan, ids: Sequence[int], user: str | None) -> list[RestartInstance]:
        if not plan.instructions:
            raise BadRequest("Restart instructions cannot be empty: say where to start")
        if not ids:
            raise BadRequest("Process instance ids cannot be empty: there is nothing to restart")
        with self._database.read() as tx:
            found = restarts.past_instances(tx, ids)
            values = (restarts.first_values if plan.initial_variables else restarts.last_values)(tx, ids)
        for id in ids:
            if id not in found:
                raise NotFound("historic process instance", id)
            if found[id].ended_at is None:
                raise Conflict(f"Historic process instance {id} cannot be restarted: it has not ended")
            if found[id].definition_id != plan.definition_id:
                raise Conflict(
                    f"Historic process instance {id} cannot be restarted: it was of process definition "
                    f"{found[id].definition_id}, and not of {plan.definition_id}"
                )
        return [
            RestartInstance(
                restarted_id=id,
                definition_id=plan.definition_id,
                instructions=plan.instructions,
                variables=values.get(id, {}),
                business_key=None if plan.without_business_key else found[id].business_key,
                skip_listeners=plan.skip_listeners,
                skip_io_mappings=plan.skip_io_mappings,
                user=user,
            )
            for id in ids
        ]
