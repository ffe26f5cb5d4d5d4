"""Commands on batches: how they are cut into jobs, what a job does as a whole, and how they end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from engine.core.commands.batches import (
    DeleteBatch,
    ExecuteBatchJob,
    MonitorBatch,
    SeedBatch,
    StartBatch,
)
from engine.core.commands.instances import DeleteInstance, SetInstanceSuspended
from engine.core.commands.jobs import FailJob, SetRetries, SetSuspended
from engine.core.commands.variables import SetVariables
from engine.core.jobs import BATCH_JOB, BATCH_MONITOR, BATCH_SEED
from engine.core.state import Batch, BatchPart, Job, JobDefinition, JobLog, VariableUpdate
from engine.errors import BadRequest, ExecutionFailed, LeaseLost, NotFound, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import process, user

LATER = timedelta(seconds=30)
ONE_TASK = process("start > a", {"a": user()})


class Batches:
    """A run with a batch of some ids."""

    def __init__(self, run, ids, *, jobs_per_seed=2, invocations_per_job=1):
        self.run = run
        self.id = run.do(
            StartBatch(
                type="instance-deletion",
                ids=ids,
                configuration="{}",
                jobs_per_seed=jobs_per_seed,
                invocations_per_job=invocations_per_job,
                tenant_id="acme",
                user="ada",
            )
        )

    @property
    def row(self):
        (found,) = self.run.rows(Batch)
        return found

    def jobs(self, kind):
        """The living jobs of that kind."""
        return [row for row in self.run.rows(Job) if row.kind == kind and row.ended_at is None]

    def seed(self):
        """Do the seed job that waits."""
        (job,) = self.jobs(BATCH_SEED)
        part = json.loads(job.payload)["part"]
        (ids,) = [json.loads(row.ids) for row in self.run.rows(BatchPart) if row.number == part]
        self.run.do(SeedBatch(id=job.id, batch_id=self.id, part=part, ids=ids))

    def monitor(self, *, all_done):
        (job,) = self.jobs(BATCH_MONITOR)
        self.run.do(MonitorBatch(id=job.id, batch_id=self.id, all_done=all_done, look_again_after=LATER))
        return job


# ---------------------------------------------------------------- from start to end


def test_a_batch_begins_with_a_seed_job():
    batch = Batches(Run(), [1, 2, 3, 4, 5])
    row = batch.row
    assert (row.type, row.total_jobs, row.jobs_created, row.state, row.create_user, row.tenant_id) == (
        "instance-deletion",
        5,
        0,
        "active",
        "ada",
        "acme",
    )
    assert [(each.id, each.kind, each.batch_id, each.configuration) for each in batch.run.rows(JobDefinition)] == [
        (row.seed_job_definition_id, "batch-seed-job", batch.id, str(batch.id)),
        (row.monitor_job_definition_id, "batch-monitor-job", batch.id, str(batch.id)),
        (row.batch_job_definition_id, "instance-deletion", batch.id, str(batch.id)),
    ]
    assert [(each.number, json.loads(each.ids)) for each in batch.run.rows(BatchPart)] == [
        (0, [1, 2]),
        (1, [3, 4]),
        (2, [5]),
    ]
    (job,) = batch.run.rows(Job)
    assert (job.kind, job.job_definition_id, job.retries, job.tenant_id, job.due_at) == (
        BATCH_SEED,
        row.seed_job_definition_id,
        3,
        "acme",
        None,
    )


@pytest.mark.parametrize(
    ("invocations", "jobs"),
    [(1, [[1], [2], [3], [4], [5]]), (2, [[1, 2], [3, 4], [5]]), (7, [[1, 2, 3, 4, 5]])],
)
def test_each_seed_job_makes_some_jobs_and_the_last_one_what_waits_for_them(invocations, jobs):
    batch = Batches(Run(), [1, 2, 3, 4, 5], invocations_per_job=invocations)
    assert batch.row.total_jobs == len(jobs)
    for made in range(0, len(jobs), 2):
        assert (batch.row.jobs_created, batch.jobs(BATCH_MONITOR)) == (made, [])
        batch.seed()
    assert batch.row.jobs_created == len(jobs)
    assert batch.jobs(BATCH_SEED) == []
    assert [json.loads(job.payload)["ids"] for job in batch.jobs(BATCH_JOB)] == jobs
    assert {job.job_definition_id for job in batch.jobs(BATCH_JOB)} == {batch.row.batch_job_definition_id}
    (monitor,) = batch.jobs(BATCH_MONITOR)
    assert (monitor.job_definition_id, monitor.due_at) == (batch.row.monitor_job_definition_id, None)


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(BadRequest, match="nothing to do"):
        Batches(Run(), [])


def test_a_batch_ends_when_all_its_jobs_are_done():
    batch = Batches(Run(), [1])
    batch.seed()
    job = batch.monitor(all_done=False)
    assert (job.due_at, job.state, batch.row.ended_at) == (NOON + LATER, "waiting", None)
    batch.run.pass_time(hours=1)
    batch.monitor(all_done=True)
    assert (job.state, batch.row.state, batch.row.ended_at) == ("done", "completed", batch.run.now)


# ---------------------------------------------------------------- a job


def three_instances():
    """A run with a batch on three instances, of which one has ended; and its one job."""
    run = Run(ONE_TASK)
    ids = [run.start() for _ in range(3)]
    run.do(DeleteInstance(id=ids[1]))
    batch = Batches(run, ids, invocations_per_job=3)
    batch.seed()
    (job,) = batch.jobs(BATCH_JOB)
    return run, batch, ids, job


def suspend(ids):
    return tuple(SetInstanceSuspended(id=each, suspended=True) for each in ids)


def states(run, ids):
    return [run.instance(each).state for each in ids]


def test_a_job_does_it_to_all_its_things_that_are_there():
    run, batch, ids, job = three_instances()
    run.pass_time(hours=1)
    run.do(ExecuteBatchJob(id=job.id, commands=suspend(ids), first_of=batch.id))
    assert states(run, ids) == ["SUSPENDED", "EXTERNALLY_TERMINATED", "SUSPENDED"]
    assert (job.state, batch.row.execution_started_at) == ("done", run.now)
    assert [row.event for row in run.rows(JobLog) if row.job_id == job.id] == ["created", "succeeded"]


def test_what_an_earlier_part_has_ended_is_passed_over():
    run, _, ids, job = three_instances()
    run.do(ExecuteBatchJob(id=job.id, commands=(DeleteInstance(id=ids[0]), *suspend(ids))))
    assert states(run, ids) == ["EXTERNALLY_TERMINATED", "EXTERNALLY_TERMINATED", "SUSPENDED"]


def test_the_start_of_the_first_job_is_noted_once():
    run = Run(ONE_TASK)
    ids = [run.start() for _ in range(2)]
    batch = Batches(run, ids)
    batch.seed()
    for job, each in zip(batch.jobs(BATCH_JOB), ids, strict=True):
        run.do(ExecuteBatchJob(id=job.id, commands=suspend([each]), first_of=batch.id))
        run.pass_time(hours=1)
    assert batch.row.execution_started_at == NOON


def test_a_part_that_fails_undoes_the_others():
    run, batch, ids, job = three_instances()
    bad = SetVariables(scope_id=ids[2], changes={"x": object()})
    with pytest.raises(ValueError, match="object"):
        run.do(ExecuteBatchJob(id=job.id, commands=(*suspend(ids[:1]), bad), first_of=batch.id))
    assert states(run, ids) == ["ACTIVE", "EXTERNALLY_TERMINATED", "ACTIVE"]
    assert (job.state, batch.row.execution_started_at) == ("waiting", None)


def test_what_a_part_does_not_find_is_no_lack_of_the_job():
    run, _, ids, job = three_instances()
    with pytest.raises(ExecutionFailed, match=f"Cannot find process instance with id {ids[1]}"):
        run.do(ExecuteBatchJob(id=job.id, commands=suspend(ids), fail_if_gone=True))
    assert states(run, ids) == ["ACTIVE", "EXTERNALLY_TERMINATED", "ACTIVE"]
    with pytest.raises(ExecutionFailed, match="retries must be"):
        run.do(ExecuteBatchJob(id=job.id, commands=(SetRetries(id=job.id, retries=-1),)))
    with pytest.raises(NotFound, match=f"job with id {ids[0]}"):
        run.do(ExecuteBatchJob(id=ids[0], commands=()))


def test_a_part_is_done_by_who_asked_for_it():
    run, _, ids, job = three_instances()
    run.do(ExecuteBatchJob(id=job.id, commands=(SetVariables(scope_id=ids[0], changes={"x": 1}, user="ada"),)))
    assert [(update.name, update.user) for update in run.rows(VariableUpdate)] == [("x", "ada")]


def test_a_job_is_done_by_who_holds_it_and_only_while_it_is_active():
    run, _, ids, job = three_instances()
    with pytest.raises(LeaseLost):
        run.do(ExecuteBatchJob(id=job.id, lease=7, commands=suspend(ids)))
    run.do(SetSuspended(id=job.id, suspended=True))
    with pytest.raises(Suspended):
        run.do(ExecuteBatchJob(id=job.id, commands=suspend(ids)))
    assert states(run, ids) == ["ACTIVE", "EXTERNALLY_TERMINATED", "ACTIVE"]


def test_a_job_that_fails_is_tried_again_and_ends_in_an_incident():
    run, batch, ids, job = three_instances()
    for left in (2, 1, 0):
        run.do(FailJob(id=job.id, message="no"))
        assert (job.retries, job.due_at, job.error_message) == (left, None, "no")
    (incident,) = run.incidents()
    assert (incident.kind, incident.configuration, incident.job_definition_id, incident.process_instance_id) == (
        "failedJob",
        str(job.id),
        batch.row.batch_job_definition_id,
        None,
    )
    run.do(SetRetries(id=job.id, retries=1))
    assert incident.state == "resolved"
    run.do(ExecuteBatchJob(id=job.id, commands=suspend(ids)))
    assert job.state == "done"


# ---------------------------------------------------------------- deletion


def test_deleting_a_batch_ends_its_jobs_and_leaves_what_they_have_done():
    run = Run(ONE_TASK)
    ids = [run.start() for _ in range(4)]
    batch = Batches(run, ids)
    batch.seed()
    done, failed = batch.jobs(BATCH_JOB)
    run.do(ExecuteBatchJob(id=done.id, commands=suspend(ids[:1])))
    run.do(SetRetries(id=failed.id, retries=0))
    (incident,) = run.incidents()
    run.do(DeleteBatch(id=batch.id))
    assert states(run, ids) == ["SUSPENDED", "ACTIVE", "ACTIVE", "ACTIVE"]
    assert (batch.row.state, batch.row.ended_at, incident.state) == ("deleted", NOON, "deleted")
    assert {job.state for job in run.rows(Job)} == {"done", "cancelled"}
    assert [job for kind in (BATCH_SEED, BATCH_JOB, BATCH_MONITOR) for job in batch.jobs(kind)] == []
    with pytest.raises(NotFound):
        run.do(DeleteBatch(id=batch.id))
