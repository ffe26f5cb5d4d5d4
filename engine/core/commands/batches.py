"""Commands on batches: one thing done to many others, job by job (Camunda manual, "Batch").

What is written of a batch while its jobs are done is these jobs alone: how far it is, is what is left of them. So any
number of workers may do them at once, and no count can be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.core import jobs
from engine.core.commands import Command, Target, batch, is_there
from engine.core.commands.jobs import JobCommand
from engine.core.lifecycle import BATCH, BatchState, JobState, fire
from engine.core.state import Batch, BatchPart, Job, JobDefinition
from engine.core.step import Step
from engine.core.unit_of_work import History, Need, NotLoaded
from engine.errors import BadRequest, EngineError, ExecutionFailed, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBatch(Command[int]):
    """Begin to do something to the things with these ids; gives the id of the batch."""

    type: str
    ids: Sequence[int]
    configuration: str
    """How, as JSON: for whoever makes the commands of a job."""
    jobs_per_seed: int
    invocations_per_job: int
    tenant_id: str = ""

    def run(self, step: Step) -> int:
        if not self.ids:
            raise BadRequest(f"There is nothing to do for a batch of type {self.type}: no ids are given")
        id = step.next_id()
        seed, monitor, work = (
            _job_definition(step, id, kind) for kind in (jobs.BATCH_SEED, jobs.BATCH_MONITOR, self.type)
        )
        made = Batch(
            id=id,
            type=self.type,
            total_jobs=-(-len(self.ids) // self.invocations_per_job),
            jobs_per_seed=self.jobs_per_seed,
            invocations_per_job=self.invocations_per_job,
            seed_job_definition_id=seed,
            monitor_job_definition_id=monitor,
            batch_job_definition_id=work,
            configuration=self.configuration,
            tenant_id=self.tenant_id,
            create_user=step.user,
            started_at=step.now,
        )
        fire(BATCH, made, BatchState.ACTIVE, born=True)
        step.uow.add(made)
        size = self.jobs_per_seed * self.invocations_per_job
        for number, part in enumerate(_slices(self.ids, size)):
            step.uow.add(BatchPart(id=step.next_id(), batch_id=id, number=number, ids=_dump(list(part))))
        _seed(step, made, 0)
        return id


def _job_definition(step: Step, batch_id: int, kind: str) -> int:
    id = step.next_id()
    step.uow.add(JobDefinition(id=id, batch_id=batch_id, kind=kind, configuration=str(batch_id), created_at=step.now))
    return id


def _seed(step: Step, row: Batch, part: int) -> None:
    _begin_job(step, row, jobs.BATCH_SEED, row.seed_job_definition_id, {"part": part})


def _begin_job(step: Step, row: Batch, kind: str, job_definition_id: int, payload: dict[str, Any]) -> None:
    made = Job(
        id=step.next_id(),
        kind=kind,
        job_definition_id=job_definition_id,
        tenant_id=row.tenant_id,
        exclusive=False,
        retries=jobs.DEFAULT_RETRIES,
        payload=_dump({"batch": row.id, **payload}),
        created_at=step.now,
    )
    jobs.begin(step, made)


def _dump(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))


def _slices(ids: Sequence[int], size: int) -> list[Sequence[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJobCommand(JobCommand):
    """Does a job of a batch. As long as one of its jobs lives a batch has not ended."""

    batch_id: int

    @property
    def others(self) -> tuple[Target, ...]:
        return (batch(self.batch_id),)

    def the_batch(self, step: Step) -> Batch:
        """The batch, about to be changed."""
        found = step.uow.batches[self.batch_id]
        step.uow.touch(found)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedBatch(BatchJobCommand):
    """Make the jobs for one part of what a batch is about; then what makes the next ones, or waits for the end."""

    part: int
    ids: Sequence[int]

    def run(self, step: Step) -> None:
        found, row = self.the_active_job(step), self.the_batch(step)
        slices = _slices(self.ids, row.invocations_per_job)
        for each in slices:
            _begin_job(step, row, jobs.BATCH_JOB, row.batch_job_definition_id, {"ids": list(each)})
        row.jobs_created += len(slices)
        if row.jobs_created < row.total_jobs:
            _seed(step, row, self.part + 1)
        else:
            _begin_job(step, row, jobs.BATCH_MONITOR, row.monitor_job_definition_id, {})
        jobs.end(step, found, JobState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorBatch(BatchJobCommand):
    """End a batch when all its jobs are done (`all_done`: none can come any more), else look again later."""

    all_done: bool
    look_again_after: timedelta

    def run(self, step: Step) -> None:
        found = self.the_active_job(step)
        if not self.all_done:
            jobs.wait_until(step, found, step.now + self.look_again_after)
            return
        jobs.end(step, found, JobState.DONE)
        _end(step, step.uow.batches[self.batch_id], BatchState.COMPLETED)


def _end(step: Step, row: Batch, state: BatchState) -> None:
    step.uow.touch(row)
    fire(BATCH, row, state)
    row.ended_at = step.now
    if row.forgotten:
        step.uow.erase(Batch, row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBatch(Command[None]):
    """End a batch, whatever is still to be done: what has been done stays done. With `cascade` its history goes too."""

    id: int
    cascade: bool = False

    @property
    def target(self) -> Target:
        return batch(self.id)

    def run(self, step: Step) -> None:
        row = step.uow.batches[self.id]
        if self.cascade:
            step.uow.erase(Batch, self.id)
            return
        sources = (row.seed_job_definition_id, row.monitor_job_definition_id, row.batch_job_definition_id)
        missing: list[Need] = []
        for source in sources:
            try:
                for each in step.uow.jobs_made_by(source):
                    jobs.end(step, each, JobState.CANCELLED)
            except NotLoaded as problem:
                missing += problem.needs
        if missing:
            raise NotLoaded(*missing)
        _end(step, row, BatchState.DELETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBatchHistory(Command[None]):
    """Delete what is known of a batch that has ended; what is known of one that goes on, when it ends."""

    id: int

    @property
    def others(self) -> tuple[Target, ...]:
        return (batch(self.id),)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (History(Batch, self.id),)

    def run(self, step: Step) -> None:
        found = step.uow.history(Batch, self.id)
        if found is None or found.forgotten:
            raise NotFound("historic batch", self.id, f"Historic batch with id '{self.id}' does not exist")
        if is_there(step.uow, batch(self.id)):
            row = step.uow.batches[self.id]
            step.uow.touch(row)
            row.forgotten = True
        else:
            step.uow.erase(Batch, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteBatchJob(JobCommand):
    """Do what a batch is for to the things of one job: all of it together with the end of the job, or nothing.

    A command whose target is gone is passed over, unless `fail_if_gone`. Raises ExecutionFailed for whatever a command
    raises: that the job itself is not there, or cannot be done now, are other errors.
    """

    commands: tuple[Command[Any], ...]
    fail_if_gone: bool = False
    first_of: int | None = None
    """The batch, as long as none of its jobs has been done: only then is it locked, to note when the first one was."""

    @property
    def others(self) -> tuple[Target, ...]:
        found = [] if self.first_of is None else [batch(self.first_of)]
        for each in self.commands:
            found += [*(() if each.target is None else (each.target,)), *each.others]
        return tuple(found)

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(need for each in self.commands for need in each.needs)

    def run(self, step: Step) -> None:
        found = self.the_active_job(step)
        missing: list[Need] = []
        for each in self.commands:
            try:
                self._run_one(step, each)
            except NotLoaded as problem:
                # What the others need is asked for in the same go; the step is undone, and run again.
                missing += problem.needs
            except Exception:
                if not missing:
                    raise
                break
        if missing:
            raise NotLoaded(*missing)
        if self.first_of is not None:
            self._note_start(step, self.first_of)
        jobs.end(step, found, JobState.DONE)

    def _run_one(self, step: Step, command: Command[Any]) -> None:
        target = command.target
        try:
            if target is None or is_there(step.uow, target):
                command.run(step.part(command.user))
            elif self.fail_if_gone:
                raise NotFound(target.kind_name, target.id)
        except ExecutionFailed:
            raise
        except EngineError as problem:
            raise ExecutionFailed(str(problem)) from problem

    @staticmethod
    def _note_start(step: Step, batch_id: int) -> None:
        row = step.uow.batches[batch_id]
        if row.execution_started_at is None:
            step.uow.touch(row)
            row.execution_started_at = step.now
