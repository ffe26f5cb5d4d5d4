"""Commands on jobs."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core import driver
from engine.core.commands import Command, Target, ensure_active, job
from engine.core.step import Step
from engine.errors import Suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteJob(Command[None]):
    """Do a job now, whenever it is due: take on the token that waits for it."""

    id: int

    @property
    def target(self) -> Target:
        return job(self.id)

    def run(self, step: Step) -> None:
        found = step.uow.jobs[self.id]
        ensure_active(step, found.process_instance_id)
        if found.suspended:
            raise Suspended("job", self.id)
        driver.resume(step, found)
        driver.run(step)
