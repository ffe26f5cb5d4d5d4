"""Work for handlers and external workers: what the model asks for, and what workers report."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from engine.core.commands.jobs import SetRetries
from engine.core.commands.work import (
    CompleteWork,
    ExtendLease,
    FailWork,
    LockWork,
    ThrowWorkError,
    UnlockWork,
)
from engine.core.state import Incident, Job, JobLog, VariableUpdate
from engine.errors import BadRequest, ExecutionFailed, LeaseLost, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import boundary, call, error, io, listener, part, process, service, user

EXTERNAL = part("serviceTask", type="external", topic="pay")
MINUTE = timedelta(minutes=1)
RETRIES = '<zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" type="pay" retries="{}"/>'


def working(task=EXTERNAL, more="", **variables):
    """A run that waits for work at `x`, and the job."""
    run = Run(process(f"start > x > a; {more}", {"x": task, "caught": boundary("x", error("E1"))}))
    run.start(**variables)
    return run, run.jobs("x")[0]


def lock(run, job, worker="w"):
    run.do(LockWork(id=job.id, worker=worker, until=run.now + 5 * MINUTE))
    return job


# ---------------------------------------------------------------- what the model asks for


def test_token_waits_for_its_work():
    run, job = working()
    assert run.trace("x") == [("x", "active")]
    assert (job.kind, job.topic, job.state, job.retries, job.payload) == ("work", "pay", "waiting", None, None)
    assert job.element_instance_id == run.elements("x")[0].id


@pytest.mark.parametrize(
    ("task", "topic"),
    [
        (part("serviceTask", type="external", topic="${which}"), "refund"),
        (part("serviceTask", **{"class": "com.example.Pay"}), "com.example.Pay"),
        (part("serviceTask", delegateExpression="${payBean}"), "payBean"),
        (part("sendTask", delegateExpression="#{ sender }"), "sender"),
        (part("businessRuleTask", type="external", topic="rules"), "rules"),
        (
            part("scriptTask", '<z:taskDefinition xmlns:z="http://camunda.org/schema/zeebe/1.0" type="script"/>'),
            "script",
        ),
    ],
)
def test_topics(task, topic):
    assert working(task, which="refund")[1].topic == topic


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_thrown_message_is_work(tag):
    thrown = part(tag, inner='<messageEventDefinition camunda:type="external" camunda:topic="mail"/>')
    run = Run(process("start > x > a" if tag != "endEvent" else "start > x", {"x": thrown}))
    p = run.start()
    job = lock(run, run.jobs("x")[0])
    run.do(CompleteWork(id=job.id, worker="w"))
    assert run.count("x") == 1
    assert run.state(p) == ("COMPLETED" if tag == "endEvent" else "ACTIVE")


def test_topic_that_is_null():
    with pytest.raises(ExecutionFailed, match=r"topic of the work is null or empty \(element 'x'\)"):
        working(part("serviceTask", type="external", topic="${which}"), which=None)


def test_priority():
    assert working(EXTERNAL.having(taskPriority="${n}"), n=7)[1].priority == 7


def test_injected_fields_go_with_the_job():
    field = '<camunda:field name="to" expression="${who}"/><camunda:field name="cc" stringValue="all"/>'
    _, job = working(part("serviceTask", field, **{"class": "Mail"}), who="ann")
    assert json.loads(job.payload) == {"fields": {"to": "ann", "cc": "all"}}


def connector(inner):
    text = f"<camunda:connector>{inner}<camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>"
    return part("serviceTask", text)


def test_inputs_and_outputs_of_a_connector():
    run, job = working(connector(io({"url": "http://${host}/"}, {"answer": "${response + 1}"})), host="example.com")
    assert job.topic == "http-connector"
    assert json.loads(job.payload) == {"inputs": {"url": "http://example.com/"}}
    lock(run, job)
    run.do(CompleteWork(id=job.id, worker="w", local_variables={"response": 41}))
    assert run.variables(job.process_instance_id) == {"host": "example.com", "answer": 42}


def test_work_without_retries_is_an_incident_from_the_start():
    run, job = working(part("serviceTask", type="external", topic="pay").having(RETRIES.format("0")))
    assert (job.state, job.retries) == ("failed", 0)
    (incident,) = run.incidents()
    assert (incident.kind, incident.message) == ("failedExternalTask", "The model gives the work no retries")
    run.do(SetRetries(id=job.id, retries=1))
    assert (job.state, run.incidents()) == ("waiting", [])


# ---------------------------------------------------------------- completing


def test_completed_work_moves_its_token():
    run, job = working(EXTERNAL.having(io({"near": "1"}, {"out": "${near}"})), far=1)
    lock(run, job)
    run.do(CompleteWork(id=job.id, worker="w", variables={"near": 2, "far": 3, "new": 4}, local_variables={"mine": 5}))
    x = run.elements("x")[0]
    assert run.waits() == ["a"]
    assert run.variables(x.process_instance_id) == {"far": 3, "new": 4, "out": 2}
    assert run.variables(x.id, ended=True) == {"near": 2, "mine": 5}
    assert (job.state, job.ended_at, job.lease_token) == ("done", NOON, None)


def test_result_of_a_handler_goes_to_the_result_variable():
    run, job = working(part("serviceTask", resultVariable="r", **{"class": "Pay"}))
    lock(run, job)
    run.do(CompleteWork(id=job.id, worker="w", result=7))
    assert run.variables(job.process_instance_id) == {"r": 7}


def test_cancelled_task_takes_its_work_away():
    run, job = working(more="start > b")
    run.delete(job.process_instance_id)
    assert job.state == "cancelled"


# ---------------------------------------------------------------- leases


def test_only_the_holder_reports():
    run, job = working()
    lock(run, job, "w")
    for command in (
        CompleteWork(id=job.id, worker="other"),
        FailWork(id=job.id, worker="other"),
        ThrowWorkError(id=job.id, worker="other", code="E1"),
        ExtendLease(id=job.id, worker="other", until=NOON),
        LockWork(id=job.id, worker="other", until=NOON + MINUTE),
    ):
        with pytest.raises(LeaseLost):
            run.do(command)
    run.do(CompleteWork(id=job.id, worker="w"))
    assert run.waits() == ["a"]


def test_lease_of_another_claim_comes_too_late():
    run, job = working()
    first = lock(run, job).lease_token
    run.do(UnlockWork(id=job.id))
    lock(run, job)
    run.do(UnlockWork(id=job.id, lease=first))
    with pytest.raises(LeaseLost, match="comes too late"):
        run.do(CompleteWork(id=job.id, lease=first))
    run.do(CompleteWork(id=job.id, lease=job.lease_token))
    assert run.waits() == ["a"]


def test_lease_runs_out_and_can_be_extended():
    run, job = working()
    lock(run, job, "w")
    run.do(ExtendLease(id=job.id, worker="w", until=NOON + 60 * MINUTE))
    run.pass_time(minutes=30)
    with pytest.raises(LeaseLost, match="is locked by worker 'w'"):
        lock(run, job, "other")
    run.pass_time(minutes=30)
    lock(run, job, "other")
    assert job.lock_owner == "other"


def test_work_of_a_suspended_instance_is_not_taken_back():
    run, job = working()
    lock(run, job)
    run.suspend(job.process_instance_id)
    with pytest.raises(Suspended):
        run.do(CompleteWork(id=job.id, worker="w"))


# ---------------------------------------------------------------- failing


def test_failures_count_down_to_an_incident():
    run, job = working()
    for left in (2, 1, 0):
        lock(run, job)
        run.do(FailWork(id=job.id, worker="w", message="no", details="trace"))
        assert (job.retries, job.error_message, job.error_details, job.lease_token) == (left, "no", "trace", None)
        assert len(run.incidents()) == (left == 0)
    (incident,) = run.incidents()
    assert (job.state, incident.kind, incident.message) == ("failed", "failedExternalTask", "no")
    assert (incident.configuration, incident.element_id) == (str(job.id), "x")
    assert run.trace("x") == [("x", "active")]
    assert [row.event for row in run.rows(JobLog)] == ["created", "failed", "failed", "failed"]


def test_worker_says_how_often_and_when_to_try_again():
    run, job = working()
    lock(run, job)
    run.do(FailWork(id=job.id, worker="w", retries=5, retry_after=10 * MINUTE, variables={"x": 1}))
    assert (job.retries, job.lock_expires_at) == (5, NOON + 10 * MINUTE)
    assert run.variables(job.process_instance_id) == {"x": 1}
    with pytest.raises(BadRequest, match="cannot be negative"):
        run.do(FailWork(id=job.id, worker="w", retries=-1))


def test_retry_cycle_of_the_model():
    cycle = "<camunda:failedJobRetryTimeCycle>PT1M,PT5M</camunda:failedJobRetryTimeCycle>"
    run, job = working(part("serviceTask", cycle, type="external", topic="pay"))
    seen = []
    for _ in range(3):
        lock(run, job)
        run.do(FailWork(id=job.id, worker="w"))
        seen.append((job.retries, job.lock_expires_at and job.lock_expires_at - run.now))
        run.pass_time(minutes=10)
    assert seen == [(2, MINUTE), (1, 5 * MINUTE), (0, None)]


@pytest.mark.parametrize("cycle", ["soon", "${nowhere}", "${5}"])
def test_retry_cycle_that_cannot_be_read_is_none(cycle):
    retry = f"<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle>"
    run, job = working(EXTERNAL.having(retry))
    for left in (2, 1, 0):
        lock(run, job)
        run.do(FailWork(id=job.id, worker="w"))
        assert job.retries == left


def test_new_retries_leave_the_work_to_its_holder():
    run, job = working()
    lock(run, job)
    lease = job.lease_token
    run.do(SetRetries(id=job.id, retries=7))
    assert (job.state, job.retries, job.lease_token) == ("locked", 7, lease)
    run.do(SetRetries(id=job.id, retries=0))
    assert (job.state, len(run.incidents())) == ("failed", 1)
    run.do(SetRetries(id=job.id, retries=1))
    assert (job.state, job.lease_token, run.incidents()) == ("locked", lease, [])
    run.do(CompleteWork(id=job.id, lease=lease))
    assert run.waits() == ["a"]


def test_failed_work_may_be_locked_and_completed():
    run, job = working()
    run.do(SetRetries(id=job.id, retries=0))
    lock(run, job)
    assert job.state == "failed"
    run.do(CompleteWork(id=job.id, worker="w"))
    assert (job.state, [row.state for row in run.rows(Incident)]) == ("done", ["resolved"])


def test_failed_step_after_the_work_keeps_work_and_variables_as_they_were():
    run = Run(process("start > x > y > end", {"x": EXTERNAL, "y": service("${nowhere}")}))
    p = run.start()
    job = lock(run, run.jobs("x")[0])
    with pytest.raises(ExecutionFailed, match="nowhere"):
        run.do(CompleteWork(id=job.id, worker="w", variables={"n": 1}))
    assert (job.state, run.variables(p)) == ("locked", {})


# ---------------------------------------------------------------- BPMN errors


def test_bpmn_error_is_caught():
    run, job = working(more="caught > b")
    lock(run, job)
    run.do(ThrowWorkError(id=job.id, worker="w", code="E1", variables={"why": "late"}))
    assert run.waits() == ["b"]
    assert run.variables(job.process_instance_id) == {"why": "late"}
    assert job.state == "cancelled"


def test_bpmn_error_nobody_catches_ends_the_path():
    run, job = working(more="start > b")
    lock(run, job)
    run.do(ThrowWorkError(id=job.id, worker="w", code="E2"))
    assert run.waits() == ["b"]


@pytest.mark.parametrize(
    ("condition", "report", "after"),
    [
        ("broke", CompleteWork, "b"),
        ("!broke", CompleteWork, "a"),
        ("externalTask.errorMessage == 'no money'", FailWork, "b"),
    ],
)
def test_error_that_the_model_makes_of_a_report(condition, report, after):
    mapped = f'<camunda:errorEventDefinition id="ed" errorRef="error_E1" expression="${{{condition}}}"/>'
    run, job = working(part("serviceTask", mapped, type="external", topic="pay"), more="caught > b")
    lock(run, job)
    given = {"message": "no money"} if report is FailWork else {}
    run.do(report(id=job.id, worker="w", variables={"broke": True}, **given))
    assert run.waits() == [after]


def test_failure_may_give_variables_that_the_mapping_reads():
    mapped = '<camunda:errorEventDefinition id="ed" errorRef="error_E1" expression="${near == 1 and far == 2}"/>'
    run, job = working(part("serviceTask", mapped, type="external", topic="pay"), more="caught > b")
    lock(run, job)
    run.do(FailWork(id=job.id, worker="w", variables={"far": 2}, local_variables={"near": 1}))
    assert run.waits() == ["b"]
    assert run.variables(job.process_instance_id) == {"far": 2}


def test_failure_counts_although_the_mapping_cannot_be_asked():
    mapped = '<camunda:errorEventDefinition id="ed" errorRef="error_E1" expression="${unknown == 1}"/>'
    run, job = working(part("serviceTask", mapped, type="external", topic="pay"))
    lock(run, job)
    with pytest.raises(ExecutionFailed, match="unknown"):
        run.do(CompleteWork(id=job.id, worker="w"))
    assert (job.state, job.lock_owner) == ("locked", "w")
    run.do(FailWork(id=job.id, worker="w", message="no"))
    assert (job.retries, job.error_message) == (2, "no")


def test_error_with_variables():
    run, job = working(more="caught > b")
    lock(run, job)
    run.do(ThrowWorkError(id=job.id, worker="w", code="E1", variables={"why": "dry"}))
    assert run.variables(job.process_instance_id) == {"why": "dry"}
    assert run.waits() == ["b"]


def test_error_is_caught_around_the_calling_activity():
    run = Run(
        process("start > c; caught > b", {"c": call("q"), "caught": boundary("c", error("E1"))}),
        process("start > x", {"x": EXTERNAL}, id="q"),
    )
    run.start()
    job = lock(run, run.jobs("x")[0])
    run.do(ThrowWorkError(id=job.id, worker="w", code="E1"))
    assert (run.waits(), job.state) == (["b"], "cancelled")


def test_local_variables_hide_none_that_was_there_before():
    run, job = working()
    lock(run, job)
    run.do(CompleteWork(id=job.id, worker="w", variables={"x": 1}, local_variables={"x": 2}))
    assert run.variables(job.process_instance_id) == {"x": 1}
    assert run.variables(job.element_instance_id, ended=True) == {"x": 2}
    assert [row.value for row in run.rows(VariableUpdate)] == [1, 2]


def test_end_listeners_see_what_the_work_gave():
    run, job = working(EXTERNAL.having(listener("end", "${execution.setVariable('copy', given)}")))
    lock(run, job)
    run.do(CompleteWork(id=job.id, worker="w", variables={"given": 1}))
    assert run.variables(job.process_instance_id) == {"given": 1, "copy": 1}


def test_instances_of_a_loop_have_work_each():
    run = Run(process("start > x > a", {"x": EXTERNAL.times(2), "a": user()}))
    run.start()
    for job in run.rows(Job):
        lock(run, job)
        run.do(CompleteWork(id=job.id, worker="w"))
    assert run.waits() == ["a"]
