"""Restart of process instances that have ended (Camunda manual, "Restart Process Instances")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.commands.modification import Start
from engine.core.commands.restart import RestartInstance
from engine.core.graph import Definition
from engine.errors import BadRequest, Conflict, NotFound
from engine.executor import Executor
from engine.services import instructions
from engine.services.batches import Batches, BatchType, Configuration
from engine.services.definitions import BoundDefinitions
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


BATCH = "instance-restart"


class Restarts:
    """Starts instances anew that have ended."""

    def __init__(self, database: Database, definitions: BoundDefinitions, executor: Executor, batches: Batches) -> None:
        self._database, self._definitions = database, definitions
        self._executor, self._batches = executor, batches
        batches.register(BatchType(BATCH, self._commands_of_batch))

    def execute(self, plan: RestartPlan, instance_ids: Sequence[int], *, user: str | None = None) -> list[int]:
        """Restart ended instances, all of them or none; gives the ids of the new ones.

        Raises BadRequest without instances or instructions, NotFound for the definition or for an instance that never
        was there, Conflict for one that still runs or was of another definition, Suspended, InvalidInstruction,
        ExecutionFailed.
        """
        self._definition(plan)
        ids = list(dict.fromkeys(instance_ids))
        if not ids:
            raise BadRequest("Process instance ids cannot be empty: there is nothing to restart")
        commands = self._commands(plan, ids, user)
        return [outcome.get() for outcome in self._executor.execute(commands, together=True)]

    def start_batch(self, plan: RestartPlan, instance_ids: Sequence[int], *, user: str | None = None) -> int:
        """Restart ended instances one by one, as a batch; gives its id.

        Raises BadRequest without instances or instructions, NotFound for the definition, InvalidValue.
        """
        definition = self._definition(plan)
        configuration = {
            "definition": plan.definition_id,
            "instructions": instructions.dump(plan.instructions),
            "initialVariables": plan.initial_variables,
            "withoutBusinessKey": plan.without_business_key,
            "skipListeners": plan.skip_listeners,
            "skipIoMappings": plan.skip_io_mappings,
        }
        return self._batches.start(BATCH, instance_ids, configuration, tenant_id=definition.tenant_id, user=user)

    def _commands_of_batch(self, configuration: Configuration, ids: Sequence[int]) -> list[RestartInstance]:
        plan = RestartPlan(
            definition_id=configuration["definition"],
            instructions=instructions.load_starts(configuration["instructions"]),
            initial_variables=configuration["initialVariables"],
            without_business_key=configuration["withoutBusinessKey"],
            skip_listeners=configuration["skipListeners"],
            skip_io_mappings=configuration["skipIoMappings"],
        )
        return self._commands(plan, ids, None)

    def _definition(self, plan: RestartPlan) -> Definition:
        if not plan.instructions:
            raise BadRequest("Restart instructions cannot be empty: say where to start")
        return self._definitions.get(plan.definition_id)

    def _commands(self, plan: RestartPlan, ids: Sequence[int], user: str | None) -> list[RestartInstance]:
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
