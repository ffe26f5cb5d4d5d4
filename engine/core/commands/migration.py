"""Migration of one process instance (Camunda manual, "Process Instance Migration")."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core import driver, instances, variables
from engine.core.commands import Command, Target, instance
from engine.core.graph import Definition
from engine.core.migration.compensation import foresee, take_along
from engine.core.migration.instance import CannotMigrate, validate
from engine.core.migration.moving import migrate
from engine.core.migration.plan import MigrationPlan, Pairing
from engine.core.migration.rules import ensure_valid
from engine.core.state import ProcessInstance
from engine.core.step import Step
from engine.core.unit_of_work import DefinitionBy, Need
from engine.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateInstance(Command[None]):
    """Let a process instance go on in another definition, as a plan says.

    Raises InvalidPlan, CannotMigrate, and Conflict for an instance that the plan is not for.
    """

    id: int
    plan: MigrationPlan
    skip_listeners: bool = False
    skip_io_mappings: bool = False

    @property
    def target(self) -> Target:
        return instance(self.id)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (self._target_definition,)

    @property
    def _target_definition(self) -> DefinitionBy:
        return DefinitionBy(definition_id=self.plan.target_id)

    def run(self, step: Step) -> None:
        where = step.uow.instance(self.id)
        source = step.definition(where)
        target = self._target(step, where, source)
        ensure_valid(source, target, self.plan)
        step.uow.require_whole(where.root_id)
        pairing = Pairing.of(source, target, self.plan.instructions)
        found = instances.elements(step, where)
        compensation = foresee(step, where, pairing, found)
        report = validate(step, where, pairing, found, compensation)
        if report.elements:
            raise CannotMigrate(report)
        step.skip_listeners, step.skip_io_mappings = self.skip_listeners, self.skip_io_mappings
        take_along(step, where, pairing, compensation)
        migrate(step, where, pairing, found)
        for name, value in self.plan.variables.items():
            variables.set_local(step, where, name, value)
        driver.run(step)

    def _target(self, step: Step, where: ProcessInstance, source: Definition) -> Definition:
        if where.definition_id != self.plan.source_id:
            raise Conflict(
                f"Process instance {where.id} cannot be migrated: its process definition {source.reference} is not the "
                "source of the migration plan"
            )
        found = step.definitions.find(self._target_definition)
        if found is None:
            raise NotFound("process definition", self.plan.target_id)
        target, _ = found
        if target.tenant_id not in ("", where.tenant_id):
            raise Conflict(
                f"Process instance {where.id} of tenant '{where.tenant_id}' cannot be migrated to a process definition "
                f"of tenant '{target.tenant_id}'"
            )
        return target
