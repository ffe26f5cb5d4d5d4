"""Commands that say when things that have ended may be deleted, and what the job does that deletes them (Camunda
manual, "History Cleanup")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.core import jobs
from engine.core.commands import Command
from engine.core.commands.jobs import JobCommand
from engine.core.state import Batch, ProcessInstance, Removal
from engine.core.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRemovalTime(Command[None]):
    """Say when a process instance may be deleted, running or ended; one that is not there is passed over."""

    id: int
    removal: Removal

    def run(self, step: Step) -> None:
        step.uow.date_removal(ProcessInstance, self.id, self.removal)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBatchRemovalTime(Command[None]):
    """Say when a batch may be deleted, running or ended; one that is not there is passed over."""

    id: int
    removal: Removal

    def run(self, step: Step) -> None:
        step.uow.date_removal(Batch, self.id, self.removal)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangeCleanup(JobCommand):
    """Let the job that deletes what is old be done next at a time; None: not until somebody says so.

    It has all its attempts again: whoever arranges it has just done it, or wants it to be tried anew.
    """

    due_at: datetime | None
    payload: str

    def run(self, step: Step) -> None:
        found = self.the_job(step)
        jobs.wait_until(step, found, self.due_at)
        jobs.set_retries(step, found, jobs.DEFAULT_RETRIES)
        found.error_message = found.error_details = None
        found.suspended = self.due_at is None
        found.payload = self.payload
