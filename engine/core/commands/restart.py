"""Restart of process instances that have ended (Camunda manual, "Restart Process Instances")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core import driver, instances
from engine.core.commands import Command, modification
from engine.core.commands.modification import Start
from engine.core.step import Step
from engine.core.unit_of_work import DefinitionBy, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartInstance(Command[int]):
    """Start an instance of a definition where instructions say, in place of one that has ended; gives its id.

    Raises NotFound and Suspended for the definition, InvalidInstruction, ExecutionFailed.
    """

    restarted_id: int
    definition_id: int
    instructions: tuple[Start, ...]
    variables: Mapping[str, object] = field(default_factory=dict)
    business_key: str | None = None
    skip_listeners: bool = False
    skip_io_mappings: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        return (DefinitionBy(definition_id=self.definition_id),)

    def run(self, step: Step) -> int:
        definition = instances.startable(step, self.definition_id)
        made = instances.make(step, definition, start=None, business_key=self.business_key, user=step.user)
        made.start_element_id = modification.first_element(definition, self.instructions)
        made.restarted_id = self.restarted_id
        step.skip_listeners, step.skip_io_mappings = self.skip_listeners, self.skip_io_mappings
        instances.begin(step, definition, made, None, self.variables)
        modification.apply(step, made, self.instructions)
        driver.run(step)
        return made.id
