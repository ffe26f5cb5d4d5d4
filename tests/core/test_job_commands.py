"""Commands on jobs and incidents: failures, retries, due dates, and what somebody puts right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.core.commands.jobs import (
    AnnotateIncident,
    BeginJob,
    CompleteJob,
    DeleteJob,
    ExecuteJob,
    FailJob,
    RecalculateDueDate,
    ResolveIncident,
    SetDueDate,
    SetPriority,
    SetRetries,
    SetSuspended,
)
from engine.core.retries import parse_retry_cycle
from engine.core.state import Incident, Job, JobLog
from engine.errors import BadRequest, Conflict, LeaseLost, NotFound, Suspended
from engine.iso8601 import InvalidISO8601
from tests.core.kit import NOON, Run
from tests.core.models import call, part, process, user

HOUR = timedelta(hours=1)
TIMER = part(
    "intermediateCatchEvent", inner="<timerEventDefinition><timeDuration>${wait}</timeDuration></timerEventDefinition>"
)


def waiting(task=None, **variables):
    """A run with a token before `a`, and its job."""
    run = Run(process("start > a > b", {"a": task or user(asyncBefore=True)}))
    run.start(**variables)
    return run, run.jobs("a")[0]


# ---------------------------------------------------------------- failing


def test_failures_count_down_to_an_incident():
    run, job = waiting()
    for left in (2, 1, 0):
        run.do(FailJob(id=job.id, message="no", details="trace"))
        assert (job.retries, job.error_message, job.error_details) == (left, "no", "trace")
    (incident,) = run.incidents()
    assert (job.state, incident.kind, incident.message, incident.element_id) == ("failed", "failedJob", "no", "a")
    assert (incident.cause_id, incident.root_cause_id, incident.configuration) == (
        incident.id,
        incident.id,
        str(job.id),
    )
    assert run.trace("a") == [("a", "ready")]
    assert [row.event for row in run.rows(JobLog)] == ["created", "failed", "failed", "failed"]


@pytest.mark.parametrize(
    ("cycle", "expected"),
    [
        ("R3/PT10M", [(2, 10), (1, 10), (0, None)]),
        ("PT1M,PT5M", [(2, 1), (1, 5), (0, None)]),
        ("${cycle}", [(1, 60), (0, None)]),
    ],
)
def test_retry_cycle_of_the_model(cycle, expected):
    retry = f"<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle>"
    run, job = waiting(user(retry, asyncBefore=True), cycle="R2/PT1H")
    assert job.retries == expected[0][0] + 1
    for left, minutes in expected:
        before = job.due_at
        run.do(FailJob(id=job.id, message="no"))
        assert job.retries == left
        assert job.due_at == (before if minutes is None else run.now + timedelta(minutes=minutes))
        run.pass_time(hours=2)
    assert len(run.incidents()) == 1


@pytest.mark.parametrize("cycle", ["soon", "${nowhere}"])
def test_retry_cycle_that_cannot_be_read_is_none(cycle):
    retry = f"<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle>"
    run, job = waiting(user(retry, asyncBefore=True))
    run.do(FailJob(id=job.id, message="no"))
    assert (job.retries, job.due_at) == (2, None)


def test_retries_that_somebody_sets_go_before_the_cycle():
    retry = "<camunda:failedJobRetryTimeCycle>R5/PT1M</camunda:failedJobRetryTimeCycle>"
    run, job = waiting(user(retry, asyncBefore=True))
    run.do(FailJob(id=job.id, message="no"))
    assert job.retries == 4
    run.do(SetRetries(id=job.id, retries=2))
    run.do(FailJob(id=job.id, message="no"))
    assert job.retries == 1


@pytest.mark.parametrize("text", ["", "soon", "R/PT1M", "R3", "PT1M,", "R3/PT1M,PT2M"])
def test_retry_cycles_that_cannot_be_read(text):
    with pytest.raises(InvalidISO8601):
        parse_retry_cycle(text)


def test_incident_in_a_called_instance_is_seen_in_its_callers():
    run = Run(
        process("start > c", {"c": call("q")}),
        process("start > d", {"d": call("r")}, id="q"),
        process("start > a", {"a": user(asyncBefore=True)}, id="r"),
    )
    p = run.start()
    job = run.jobs("a")[0]
    run.do(SetRetries(id=job.id, retries=0))
    lowest, middle, highest = run.incidents()
    assert [row.element_id for row in (lowest, middle, highest)] == ["a", "d", "c"]
    assert [row.cause_id for row in (lowest, middle, highest)] == [lowest.id, lowest.id, middle.id]
    assert {row.root_cause_id for row in run.incidents()} == {lowest.id}
    assert highest.process_instance_id == p
    run.do(SetRetries(id=job.id, retries=1))
    assert run.incidents() == []


def test_doing_a_failed_job_resolves_its_incident():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    run.resume("a")
    assert [row.state for row in run.rows(Incident)] == ["resolved"]
    assert run.waits() == ["a"]


def test_incident_ends_with_its_instance():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    run.delete(job.process_instance_id)
    assert [row.state for row in run.rows(Incident)] == ["deleted"]


def test_incidents_of_a_tree_end_with_it():
    run = Run(
        process("start > c", {"c": call("q").times(2)}),
        process("start > a; start > b", {"a": user(asyncBefore=True), "b": user(asyncBefore=True)}, id="q"),
    )
    p = run.start()
    for element in ("a", "a", "b", "b"):
        run.do(SetRetries(id=next(job for job in run.jobs(element) if job.retries).id, retries=0))
    assert len(run.incidents()) == 8
    run.delete(p)
    assert {row.state for row in run.rows(Incident)} == {"deleted"}


# ---------------------------------------------------------------- retries


def test_new_retries_resolve_the_incident():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    run.pass_time(hours=1)
    run.do(SetRetries(id=job.id, retries=5, due_at=NOON + 3 * HOUR))
    assert (job.state, job.retries, job.due_at) == ("waiting", 5, NOON + 3 * HOUR)
    (incident,) = run.rows(Incident)
    assert (incident.state, incident.ended_at) == ("resolved", run.now)


def test_no_retries_twice_is_one_incident():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    run.do(SetRetries(id=job.id, retries=0))
    assert len(run.rows(Incident)) == 1


def test_negative_retries():
    run, job = waiting()
    with pytest.raises(BadRequest, match="must be a non-negative"):
        run.do(SetRetries(id=job.id, retries=-1))


# ---------------------------------------------------------------- attributes


def test_priority_and_due_date():
    run, job = waiting()
    run.do(SetPriority(id=job.id, priority=-5))
    run.do(SetDueDate(id=job.id, due_at=NOON + HOUR))
    assert (job.priority, job.due_at) == (-5, NOON + HOUR)


@pytest.mark.parametrize(("cascade", "then"), [(False, NOON + 3 * HOUR), (True, NOON + HOUR * 2.5 + HOUR)])
def test_what_follows_of_a_timer_stays_or_moves_along(cascade, then):
    cycle = "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"
    late = part("boundaryEvent", inner=cycle, attachedToRef="a", cancelActivity="false")
    run = Run(process("start > a; late > b", {"a": user(), "late": late}))
    run.start()
    (job,) = run.jobs("late")
    run.do(SetDueDate(id=job.id, due_at=NOON + HOUR * 2.5, cascade=cascade))
    run.pass_time(hours=2.5)
    run.do(ExecuteJob(id=job.id))
    (following,) = run.jobs("late")
    assert following.due_at == then


def test_a_job_without_an_instance_waits_and_is_done():
    run = Run()
    id = run.do(BeginJob(kind="suspend-processdefinition", due_at=NOON + HOUR, payload="{}"))
    (job,) = run.rows(Job)
    assert (job.id, job.state, job.due_at, job.retries, job.process_instance_id) == (
        id,
        "waiting",
        NOON + HOUR,
        3,
        None,
    )
    run.do(FailJob(id=id, message="no"))
    assert job.retries == 2
    run.do(SetSuspended(id=id, suspended=True))
    with pytest.raises(Suspended):
        run.do(CompleteJob(id=id))
    run.do(SetSuspended(id=id, suspended=False))
    run.do(CompleteJob(id=id))
    assert job.state == "done"


def test_suspended_job_is_not_done():
    run, job = waiting()
    run.do(SetSuspended(id=job.id, suspended=True))
    with pytest.raises(Suspended, match=f"Job {job.id} is suspended"):
        run.resume("a")
    run.do(SetSuspended(id=job.id, suspended=False))
    run.resume("a")
    assert run.tasks("a")


@pytest.mark.parametrize(("from_creation", "due"), [(True, NOON + 2 * HOUR), (False, NOON + 3 * HOUR)])
def test_timer_is_read_again(from_creation, due):
    run, job = waiting(TIMER, wait="PT10H")
    run.pass_time(hours=1)
    run.set(job.process_instance_id, wait="PT2H")
    run.do(RecalculateDueDate(id=job.id, from_creation=from_creation))
    assert job.due_at == due


def test_timeout_of_a_task_is_read_again():
    timeout = (
        '<camunda:taskListener event="timeout" id="late" expression="${true}"><timerEventDefinition>'
        "<timeDuration>${wait}</timeDuration></timerEventDefinition></camunda:taskListener>"
    )
    run, job = waiting(user(timeout), wait="PT10H")
    run.set(job.process_instance_id, wait="PT2H")
    run.do(RecalculateDueDate(id=job.id))
    assert job.due_at == NOON + 2 * HOUR


def test_what_is_no_timer_has_no_time():
    run, job = waiting()
    with pytest.raises(BadRequest, match="is no timer"):
        run.do(RecalculateDueDate(id=job.id))


def test_deleted_job_leaves_its_token():
    run, job = waiting()
    run.do(DeleteJob(id=job.id))
    assert (job.state, run.trace("a")) == ("cancelled", [("a", "ready")])
    with pytest.raises(NotFound):
        run.do(ExecuteJob(id=job.id))
    run.delete(job.process_instance_id)
    assert run.waits() == []


# ---------------------------------------------------------------- who may


def test_result_of_another_lease_comes_too_late():
    run, job = waiting()
    for command in (ExecuteJob(id=job.id, lease=5), FailJob(id=job.id, lease=5)):
        with pytest.raises(LeaseLost, match="comes too late"):
            run.do(command)
    assert (job.state, job.retries) == ("waiting", 3)


def test_work_is_not_done_like_a_job():
    run, job = waiting(part("serviceTask", type="external", topic="pay"))
    with pytest.raises(Conflict, match="is work for 'pay'"):
        run.do(ExecuteJob(id=job.id))


# ---------------------------------------------------------------- incidents


def test_incident_is_annotated():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    (incident,) = run.incidents()
    run.do(AnnotateIncident(id=incident.id, annotation="see ticket 5"))
    assert incident.annotation == "see ticket 5"
    run.do(AnnotateIncident(id=incident.id, annotation=None))
    assert incident.annotation is None


def test_incident_of_a_job_is_resolved_by_its_retries():
    run, job = waiting()
    run.do(SetRetries(id=job.id, retries=0))
    with pytest.raises(BadRequest, match="set the retries of its job instead"):
        run.do(ResolveIncident(id=run.incidents()[0].id))
    with pytest.raises(NotFound, match="Cannot find incident with id 9"):
        run.do(ResolveIncident(id=9))
