"""Modification of many process instances in the same way (Camunda manual, "Process Instance Modification", of multiple
instances)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.commands.modification import Instruction, ModifyInstance
from engine.errors import BadRequest
from engine.executor import Executor
from engine.services.definitions import BoundDefinitions


@dataclass(frozen=True, slots=True, kw_only=True)
class ModificationPlan:
    """What is done to instances of a definition; `reason` is what is kept of why tokens were taken away."""

    definition_id: int
    instructions: tuple[Instruction, ...]
    skip_listeners: bool = False
    skip_io_mappings: bool = False
    reason: str | None = None


class Modifications:
    """Takes tokens of many instances away and puts others elsewhere."""

    def __init__(self, definitions: BoundDefinitions, executor: Executor) -> None:
        self._definitions, self._executor = definitions, executor

    def execute(self, plan: ModificationPlan, instance_ids: Sequence[int], *, user: str | None = None) -> None:
        """Modify instances, all of them or none.

        Raises BadRequest without instances or instructions, NotFound for a definition or an instance that is not there,
        Conflict for an instance of another definition, Suspended, InvalidInstruction, ExecutionFailed.
        """
        self._ensure_sound(plan)
        ids = list(dict.fromkeys(instance_ids))
        if not ids:
            raise BadRequest("Process instance ids cannot be empty: there is nothing to modify")
        self._executor.execute([_command(plan, each, user) for each in ids], together=True)

    def _ensure_sound(self, plan: ModificationPlan) -> None:
        if not plan.instructions:
            raise BadRequest("Modification instructions cannot be empty: say what to do")
        self._definitions.get(plan.definition_id)


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
