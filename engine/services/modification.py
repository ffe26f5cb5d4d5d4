"""Modification of many process instances in the same way (Camunda manual, "Process Instance Modification", of multiple
instances)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.commands.modification import Instruction, ModifyInstance
from engine.core.graph import Definition
from engine.core.state import ElementInstance, ProcessInstance, Row
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


@dataclass(frozen=True, slots=True)
class ElementPreview:
    """What a modification would do at an element: how many visits would begin and stay, begin and end, go on to their
    end, and be cancelled."""

    element_id: str
    arriving: int
    passing: int
    completing: int
    cancelling: int


@dataclass(frozen=True, slots=True)
class ModificationPreview:
    """What a modification would do; `ends`: afterwards nothing of the instance would be left."""

    elements: Sequence[ElementPreview]
    ends: bool


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

    def preview(
        self,
        id: int,
        instructions: Sequence[Instruction],
        *,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        user: str | None = None,
    ) -> ModificationPreview:
        """What `ProcessInstances.modify` would do now, which is done and undone; raises what it would raise."""
        command = ModifyInstance(
            id=id,
            instructions=tuple(instructions),
            skip_listeners=skip_listeners,
            skip_io_mappings=skip_io_mappings,
            user=user,
        )
        (outcome,), changes = self._executor.rehearse([command])
        outcome.get()
        counts: dict[str, Counter[str]] = {}
        for kind, rows in (("new", changes.inserted), ("old", changes.updated)):
            for row in rows.get(ElementInstance, ()):
                if isinstance(row, ElementInstance) and row.process_instance_id == id:
                    counts.setdefault(row.element_id, Counter())[_fate(kind, row)] += 1
        elements = [
            ElementPreview(element, found["arriving"], found["passing"], found["completing"], found["cancelling"])
            for element, found in counts.items()
            if set(found) != {"staying"}
        ]
        instances = changes.updated.get(ProcessInstance, ())
        return ModificationPreview(elements, any(row.id == id and _ended(row) for row in instances))

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
        return self._batches.start(BATCH, instance_ids, configuration, tenant_id=definition.tenant_id, user=user)

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


def _fate(kind: str, row: ElementInstance) -> str:
    if row.ended_at is None:
        return "arriving" if kind == "new" else "staying"
    if row.canceled:
        return "cancelling"
    return "passing" if kind == "new" else "completing"


def _ended(row: Row) -> bool:
    return isinstance(row, ProcessInstance) and row.ended_at is not None
