"""Migration of process instances to another definition, mostly a newer version of theirs (Camunda manual, "Process
Instance Migration")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core import payload
from engine.core.commands.migration import MigrateInstance
from engine.core.graph import Definition
from engine.core.migration import rules
from engine.core.migration.plan import MigrationInstruction, MigrationPlan
from engine.core.migration.rules import InstructionReport
from engine.errors import BadRequest
from engine.executor import Executor
from engine.services.batches import Batches, BatchType, Configuration
from engine.services.definitions import BoundDefinitions

BATCH = "instance-migration"


class Migrations:
    """Makes plans, says what is wrong with them, and migrates instances by them."""

    def __init__(self, definitions: BoundDefinitions, executor: Executor, batches: Batches) -> None:
        self._definitions, self._executor, self._batches = definitions, executor, batches
        batches.register(BatchType(BATCH, _commands))

    def generate(
        self,
        source_id: int,
        target_id: int,
        *,
        update_event_triggers: bool = False,
        variables: Mapping[str, object] | None = None,
    ) -> MigrationPlan:
        """A plan that maps what is the same in two definitions. Raises NotFound.

        `update_event_triggers`: what is waited for is read anew everywhere.
        """
        source, target = self._ends(source_id, target_id)
        instructions = rules.generate(source, target, update_event_triggers=update_event_triggers)
        return MigrationPlan(source_id, target_id, instructions, variables or {})

    def validate(self, plan: MigrationPlan) -> Sequence[InstructionReport]:
        """What is wrong with a plan, by instruction; empty for one that can be executed. Raises NotFound."""
        return rules.validate(*self._ends(plan.source_id, plan.target_id), plan)

    def execute(
        self,
        plan: MigrationPlan,
        instance_ids: Sequence[int],
        *,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        user: str | None = None,
    ) -> None:
        """Migrate instances, all of them or none.

        Raises InvalidPlan, CannotMigrate with the report on the first instance that cannot be migrated, BadRequest
        without instances, NotFound for a definition or an instance that is not there, and Conflict for an instance that
        is of another definition.
        """
        rules.ensure_valid(*self._ends(plan.source_id, plan.target_id), plan)
        if not instance_ids:
            raise BadRequest("Process instance ids cannot be empty: there is nothing to migrate")
        commands = _migrating(plan, instance_ids, skip_listeners, skip_io_mappings, user)
        self._executor.execute(commands, together=True)

    def check(
        self,
        plan: MigrationPlan,
        instance_ids: Sequence[int],
        *,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        user: str | None = None,
    ) -> Mapping[int, Exception]:
        """Why which of the instances cannot be migrated now, by their ids; it is tried and undone.

        CannotMigrate holds the report on an instance; other errors are what its listeners and mappings raise, or that
        it is not there, or of another definition. Raises InvalidPlan, and NotFound for a definition.
        """
        rules.ensure_valid(*self._ends(plan.source_id, plan.target_id), plan)
        commands = _migrating(plan, instance_ids, skip_listeners, skip_io_mappings, user)
        outcomes, _ = self._executor.rehearse(commands)
        tried = zip(commands, outcomes, strict=True)
        return {command.id: outcome.error for command, outcome in tried if outcome.error is not None}

    def start_batch(
        self,
        plan: MigrationPlan,
        instance_ids: Sequence[int],
        *,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
        user: str | None = None,
    ) -> int:
        """Migrate instances one by one, as a batch; gives its id. Those that have ended by then are passed over.

        Raises InvalidPlan, BadRequest without instances, and NotFound for a definition.
        """
        source, target = self._ends(plan.source_id, plan.target_id)
        rules.ensure_valid(source, target, plan)
        configuration = {
            "source": plan.source_id,
            "target": plan.target_id,
            "instructions": [[each.source, each.target, each.update_event_trigger] for each in plan.instructions],
            "variables": payload.dump(plan.variables),
            "skipListeners": skip_listeners,
            "skipIoMappings": skip_io_mappings,
        }
        return self._batches.start(BATCH, instance_ids, configuration, tenant_id=source.tenant_id, user=user)

    def _ends(self, source_id: int, target_id: int) -> tuple[Definition, Definition]:
        return self._definitions.get(source_id), self._definitions.get(target_id)


def _commands(configuration: Configuration, ids: Sequence[int]) -> list[MigrateInstance]:
    """What migrates some instances of a batch."""
    plan = MigrationPlan(
        configuration["source"],
        configuration["target"],
        tuple(MigrationInstruction(*each) for each in configuration["instructions"]),
        payload.load(configuration["variables"]),
    )
    return _migrating(plan, ids, configuration["skipListeners"], configuration["skipIoMappings"], None)


def _migrating(
    plan: MigrationPlan, instance_ids: Sequence[int], skip_listeners: bool, skip_io_mappings: bool, user: str | None
) -> list[MigrateInstance]:
    """One command for each of the instances, however often it is named."""
    return [
        MigrateInstance(id=each, plan=plan, skip_listeners=skip_listeners, skip_io_mappings=skip_io_mappings, user=user)
        for each in dict.fromkeys(instance_ids)
    ]
