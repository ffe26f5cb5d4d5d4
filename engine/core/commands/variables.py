"""Commands on variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core import driver, user_tasks, variables
from engine.core.commands import SCOPES, Command, Target
from engine.core.state import UserTask
from engine.core.step import Step
from engine.core.variables import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariables(Command[None]):
    """Set and remove variables, seen from a process instance, an element instance or a user task.

    `local`: in exactly that scope; else where the name is found, going outwards.
    """

    scope_id: int
    changes: Mapping[str, object] = field(default_factory=dict)
    deletions: tuple[str, ...] = ()
    local: bool = False

    @property
    def target(self) -> Target:
        return Target(self.scope_id, SCOPES, "execution")

    def run(self, step: Step) -> None:
        place: Place = step.uow.tasks.get(self.scope_id) or step.uow.scope(self.scope_id)
        for name, value in self.changes.items():
            if self.local:
                variables.set_local(step, place, name, value)
            else:
                variables.set_value(step, place, name, value)
        variables.remove(step, place, self.deletions, local=self.local)
        if self.local and isinstance(place, UserTask):
            step.uow.touch(place)
            user_tasks.changed(step, place, place.assignee)
        driver.run(step)
