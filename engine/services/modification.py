"""Modification of many process instances in the same way (Camunda manual, "Process Instance Modification", of multiple
instances)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.commands.modification import Instruction, ModifyInstance
from engine.core.graph import Definition
from engine.errors import BadRequest
from engine.executor import Executor
from engine.services import instructions
from engine.services.batches import Batches, BatchType, Configuration
from engine.services.definitions import BoundDefinitions


@dataclass(frozen=True, slots=True, kw_only=True)
class ModificationPlan:
    """What is done to instances of a definition; `reason` is what is kept of why tokens were taken away."""

    definition_id: int
    instructions: tuple[Instruction, ...]
    skip_listeners: bool = False
    skip_io_mappings: bool = False
    reason: str | None = None


BATCH = "instance-modification"


class Modifications:
    """Takes tokens of many instances away and puts others elsewhere."""

    def __init__(self, definitions: BoundDefinitions, executor: Executor, batches: Batches) -> None:
        self._definitions, self._executor, self._batches = definitions, executor, batches
        batches.register(BatchType(BATCH, _commands))

    def execute(self, plan: ModificationPlan, instance_ids: Sequence[int], *, user: str | None = None) -> None:
        """Modify instances, all of them or none.

        Raises BadRequest without instances or instructions, NotFound for a definition or an instance that is not there,
        Conflict for an instance of another definition, Suspended, InvalidInstruction, ExecutionFailed.
        """
        self._definition(plan)
        ids = list(dict.fromkeys(instance_ids))
        if not ids:
            raise BadRequest("Process instance ids cannot be empty: there is nothing to modify")
        self._executor.execute([_command(plan, each, user) for each in ids], together=True)

    def start_batch(self, plan: ModificationPlan, instance_ids: Sequence[int], *, user: str | None = None) -> int:
        """Modify instances one by one, as a batch; gives its id. Those that have ended by then are passed over.

        Raises BadRequest without instances or instructions, NotFound for the definition, InvalidValue.
        """
        definition = self._definition(plan)
        configuration = {
            "definition": plan.definition_id,
            "instructions": instructions.dump(plan.instructions),
            "skipListeners": plan.skip_listeners,
            "skipIoMappings": plan.skip_io_mappings,
            "reason": plan.reason,
        }
        ids = list(dict.fromkeys(instance_ids))
        return self._batches.start(BATCH, ids, configuration, tenant_id=definition.tenant_id, user=user)

    def _definition(self, plan: ModificationPlan) -> Definition:
        if not plan.instructions:
            raise BadRequest("Modification instructions cannot be empty: say what to do")
        return self._definitions.get(plan.definition_id)


def _commands(configuration: Configuration, ids: Sequence[int]) -> list[ModifyInstance]:
    """What modifies some instances of a batch."""
    plan = ModificationPlan(
        definition_id=configuration["definition"],
        instructions=instructions.load(configuration["instructions"]),
        skip_listeners=configuration["skipListeners"],
        skip_io_mappings=configuration["skipIoMappings"],
        reason=configuration["reason"],
    )
    return [_command(plan, each, None) for each in ids]


def _command(plan: ModificationPlan, id: int, user: str | None) -> ModifyInstance:
    return ModifyInstance(
        id=id,
        instructions=plan.instructions,
        definition_id=plan.definition_id,
        skip_listeners=plan.skip_listeners,
        skip_io_mappings=plan.skip_io_mappings,
        reason=plan.reason,
        user=user,
    )
