"""Definitions that are suspended and activated at a time: on both databases, by whoever does jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import Engine, NotCorrelated
from engine.core.commands.work import CompleteWork
from engine.handlers import Handler
from engine.services.messages import Correlation
from engine.store.jobs import Selection
from tests.executor.clock import NOON, Clock
from tests.executor.models import model
from tests.worker.models import process, sequence

HOUR = timedelta(hours=1)
PAY = Handler(names=("pay",), function=lambda: None)
CONTINUATION = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/>'
    '<userTask id="a" camunda:asyncBefore="true"/>'
)


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=clock)
    opened.upgrade()
    opened.deployments.deploy(model(CONTINUATION))
    yield opened
    assert opened.check() == []
    opened.close()


def work(engine: Engine) -> None:
    """Do all jobs that can be done now."""
    while engine.dispatch.run_internal("baton:w", lease=HOUR, limit=100):
        pass


def kept_suspensions(engine: Engine) -> int:
    """How many jobs of suspensions have a row, living or ended."""
    with engine.database.read() as tx:
        found = tx.connection.exec_driver_sql(
            "SELECT count(*) FROM job WHERE kind IN ('suspend-processdefinition', 'activate-processdefinition')"
        )
        return int(found.scalar_one())


def test_process_definitions_rest_from_then_until_then(engine: Engine, clock: Clock) -> None:
    instance = engine.process_instances.start(key="p").id
    at_once = {"key": "p", "include_instances": True}
    engine.suspensions.set_process_definitions_suspended(True, at=NOON + HOUR, **at_once)
    engine.suspensions.set_process_definitions_suspended(False, at=NOON + 2 * HOUR, **at_once)
    seen = []
    for _ in range(3):
        work(engine)
        (definition,) = engine.queries.process_definitions.list()
        seen.append((definition.suspended, engine.queries.process_instances.get(instance).state))
        clock.now += HOUR
    assert seen == [(False, "ACTIVE"), (True, "SUSPENDED"), (False, "ACTIVE")]
    assert engine.queries.jobs.list() == []
    assert kept_suspensions(engine) == 0
    events = [each.event for each in engine.queries.job_logs.list() if each.job_definition_id is None]
    assert sorted(events) == ["created", "created", "succeeded", "succeeded"]


def test_suspension_that_is_deleted_leaves_no_job(engine: Engine) -> None:
    engine.suspensions.set_process_definitions_suspended(True, at=NOON + HOUR, key="p")
    (job,) = engine.queries.jobs.list()
    assert kept_suspensions(engine) == 1
    engine.jobs.delete(job.id)
    assert kept_suspensions(engine) == 0


def test_job_definitions_rest_from_then_on(engine: Engine, clock: Clock) -> None:
    (definition,) = engine.queries.process_definitions.list()
    engine.suspensions.set_job_definitions_suspended(
        Selection(definition_id=definition.id), True, at=NOON + HOUR, include_jobs=True
    )
    clock.now += HOUR
    engine.process_instances.start(key="p")
    assert engine.dispatch.run_internal("baton:w", lease=HOUR, limit=1) == 1
    (source,) = engine.queries.job_definitions.list()
    assert source.suspended
    work(engine)
    assert engine.queries.tasks.list() == []


# ---------------------------------------------------------------- jobs whose process would go on in what is suspended

CALL = '<callActivity id="c" calledElement="called"{}/>'


def calling(engine: Engine, call: str, before: str = "", inside: str = '<userTask id="inside"/>') -> None:
    """A process that calls another one."""
    engine.deployments.deploy({"caller.bpmn": process(sequence(*([before] if before else []), call), key="caller")})
    engine.deployments.deploy({"called.bpmn": process(sequence(inside), key="called")})


def turns(engine: Engine) -> int:
    """How often jobs could be done before none was left."""
    return sum(bool(engine.dispatch.run_internal("baton:w", lease=HOUR, limit=100)) for _ in range(10))


def incidents(engine: Engine) -> list[str]:
    """The messages of all open incidents of jobs where they happened."""
    return [each.message or "" for each in engine.queries.incidents.list({}) if each.id == each.root_cause_id]


def test_continuation_that_calls_what_is_suspended_fails_and_is_not_tried_for_ever(engine: Engine) -> None:
    calling(engine, CALL.format(' camunda:asyncBefore="true"'))
    instance = engine.process_instances.start(key="caller").id
    engine.process_definitions.set_suspended(True, key="called")
    assert turns(engine) == 3
    assert len(incidents(engine)) == 1
    assert "is suspended" in incidents(engine)[0]
    engine.process_definitions.set_suspended(False, key="called")
    (job,) = engine.queries.jobs.list({"processInstanceId": str(instance)})
    engine.jobs.set_retries([job.id], 1)
    work(engine)
    assert [each.element_id for each in engine.queries.tasks.list()] == ["inside"]


def test_work_whose_process_calls_what_is_suspended_is_not_done_for_ever(engine: Engine) -> None:
    calling(engine, CALL.format(""), '<serviceTask id="x" camunda:type="external" camunda:topic="pay"/>')
    engine.process_instances.start(key="caller")
    engine.process_definitions.set_suspended(True, key="called")
    done = 0
    while done < 10 and (claimed := engine.dispatch.claim("baton:w", {"pay": PAY}, lease=HOUR, limit=10)):
        done += len(claimed)
        engine.dispatch.report([CompleteWork(id=each.job.id, lease=each.lease) for each in claimed])
    assert done == 3
    assert len(incidents(engine)) == 1


def test_job_whose_caller_is_suspended_fails_and_is_not_tried_for_ever(engine: Engine) -> None:
    calling(engine, CALL.format(""), inside='<task id="inside" camunda:asyncBefore="true"/>')
    caller = engine.process_instances.start(key="caller").id
    engine.process_instances.set_suspended(caller, True)
    assert turns(engine) == 3
    assert incidents(engine) == [f"Process instance {caller} is suspended; activate it first"]


def test_start_timer_that_calls_what_is_suspended_fails(engine: Engine, clock: Clock) -> None:
    timer = '<startEvent id="start"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    body = sequence(CALL.format("")).replace('<startEvent id="start"/>', f"{timer}</startEvent>")
    engine.deployments.deploy({"caller.bpmn": process(body, key="caller")})
    engine.deployments.deploy({"called.bpmn": process(sequence('<userTask id="inside"/>'), key="called")})
    engine.process_definitions.set_suspended(True, key="called")
    clock.now += HOUR
    assert turns(engine) == 3
    assert len(incidents(engine)) == 1


def test_signal_is_not_lost_for_who_would_call_what_is_suspended(engine: Engine) -> None:
    catch = '<intermediateCatchEvent id="s"><signalEventDefinition signalRef="s1"/></intermediateCatchEvent>'
    outside = '<signal id="s1" name="alert"/>'
    caller = process(sequence(catch, CALL.format("")), key="caller", outside=outside)
    engine.deployments.deploy({"caller.bpmn": caller})
    engine.deployments.deploy({"called.bpmn": process(sequence('<userTask id="inside"/>'), key="called")})
    engine.process_instances.start(key="caller")
    engine.process_definitions.set_suspended(True, key="called")
    engine.signals.send("alert")
    engine.process_definitions.set_suspended(False, key="called")
    work(engine)
    assert [each.element_id for each in engine.queries.tasks.list()] == ["inside"]


# ---------------------------------------------------------------- what was suspended already


def test_job_definition_that_is_suspended_again_keeps_what_it_held_back(engine: Engine, clock: Clock) -> None:
    (source,) = engine.queries.job_definitions.list()
    chosen = Selection(job_definition_id=source.id)
    engine.jobs.set_definitions_suspended(chosen, True)
    clock.now += HOUR
    engine.process_instances.start(key="p")
    assert turns(engine) == 0
    clock.now += HOUR
    engine.jobs.set_definitions_suspended(chosen, True)
    assert turns(engine) == 0
    engine.jobs.set_definitions_suspended(chosen, False)
    assert turns(engine) == 1


def test_start_events_of_a_version_that_was_suspended_when_the_newer_one_was_deleted(
    engine: Engine, clock: Clock
) -> None:
    timer = "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>"
    outside = '<message id="m1" name="go"/>'
    body = (
        f'<startEvent id="by_timer">{timer}</startEvent><startEvent id="by_message"><messageEventDefinition '
        'messageRef="m1"/></startEvent><userTask id="a"/><sequenceFlow id="f1" sourceRef="by_timer" targetRef="a"/>'
        '<sequenceFlow id="f2" sourceRef="by_message" targetRef="a"/>'
    )
    engine.deployments.deploy({"s.bpmn": process(body, key="s", outside=outside)})
    newer = engine.deployments.deploy({"s.bpmn": process(sequence('<userTask id="b"/>'), key="s")})
    first, _ = sorted(each.id for each in engine.queries.process_definitions.list({"key": "s"}))
    engine.process_definitions.set_suspended(True, definition_id=first)
    engine.deployments.delete(newer.deployment.id)
    clock.now += HOUR
    assert turns(engine) == 0
    with pytest.raises(NotCorrelated):
        engine.messages.correlate(Correlation(name="go"))
    engine.process_definitions.set_suspended(False, definition_id=first)
    assert turns(engine) == 1
    engine.messages.correlate(Correlation(name="go"))
    assert [each.element_id for each in engine.queries.tasks.list()] == ["a", "a"]
