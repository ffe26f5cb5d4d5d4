"""Signals told to other trees of instances, and to definitions: in the same transaction, in bounded batches."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.executor import RECEIVERS
from tests.worker.models import process, sequence

SIGNAL = '<signal id="s1" name="alert"/>'
CATCH = '<intermediateCatchEvent id="c"><signalEventDefinition signalRef="s1"/></intermediateCatchEvent>'
TASK = '<userTask id="after"/>'
THROW = '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="s1" {}/></intermediateThrowEvent>'
START = (
    '<startEvent id="start"><signalEventDefinition signalRef="s1"/></startEvent><userTask id="after"/>'
    '<sequenceFlow id="f" sourceRef="start" targetRef="after"/>'
)


def deploy(engine: Engine, key: str, body: str) -> None:
    engine.deployments.deploy({f"{key}.bpmn": process(body, outside=SIGNAL, key=key)}, name=key)


def waiting(engine: Engine, key: str, element: str) -> int:
    found = engine.queries.tasks.list({"processDefinitionKey": key, "taskDefinitionKey": element}, limit=10_000)
    return len(found)


def jobs(engine: Engine) -> list[int]:
    return [each.id for each in engine.queries.jobs.list({})]


def catchers(engine: Engine, count: int, *elements: str) -> list[int]:
    deploy(engine, "catch", sequence(CATCH, *elements, TASK))
    return [engine.process_instances.start(key="catch").id for _ in range(count)]


def test_all_who_wait_go_on(engine: Engine) -> None:
    first, second, asleep = catchers(engine, 3)
    engine.process_instances.set_suspended(asleep, True)
    engine.signals.send("alert", {"x": 1})
    assert waiting(engine, "catch", "after") == 2
    assert engine.queries.variables_of(first) == engine.queries.variables_of(second) == {"x": 1}
    assert engine.queries.variables_of(asleep) == {}
    assert engine.check() == []


def test_thrown_signal_reaches_others_and_starts_instances(engine: Engine) -> None:
    catchers(engine, 2)
    deploy(engine, "begin", START)
    deploy(engine, "throw", sequence(THROW.format("")))
    engine.process_instances.start(key="throw")
    assert (waiting(engine, "catch", "after"), waiting(engine, "begin", "after")) == (2, 1)
    assert engine.check() == []


def test_nobody_is_told_before_the_step_holds(engine: Engine) -> None:
    catchers(engine, 1)
    deploy(engine, "throw", sequence(THROW.format(""), '<serviceTask id="bad" camunda:expression="${nothing}"/>'))
    with pytest.raises(Exception, match="nothing"):
        engine.process_instances.start(key="throw")
    assert waiting(engine, "catch", "after") == 0


def test_who_cannot_take_it_is_told_again_by_a_job(engine: Engine) -> None:
    (wrong, right) = catchers(engine, 2, '<serviceTask id="bad" camunda:expression="${may_fail}"/>')
    engine.variables.set(right, {"may_fail": 1})
    engine.signals.send("alert", {"x": 1})
    assert waiting(engine, "catch", "after") == 1
    (job,) = jobs(engine)
    assert engine.check() == []
    engine.variables.set(wrong, {"may_fail": 1})
    engine.jobs.execute(job)
    assert waiting(engine, "catch", "after") == 2
    assert engine.queries.variables_of(wrong) == {"may_fail": 1, "x": 1}
    assert jobs(engine) == []
    assert engine.check() == []


def test_asynchronous_signal_is_a_job_for_each_receiver(engine: Engine) -> None:
    catchers(engine, 2)
    deploy(engine, "begin", START)
    deploy(engine, "throw", sequence(THROW.format('camunda:async="true"')))
    engine.process_instances.start(key="throw")
    assert (waiting(engine, "catch", "after"), waiting(engine, "begin", "after")) == (0, 0)
    assert engine.check() == []
    for job in jobs(engine):
        engine.jobs.execute(job)
    assert (waiting(engine, "catch", "after"), waiting(engine, "begin", "after")) == (2, 1)
    assert engine.check() == []


def test_many_receivers_are_told_in_batches(engine: Engine) -> None:
    catchers(engine, 2 * RECEIVERS + 10)
    with engine.database.count_statements() as one:
        engine.signals.send("alert")
    assert waiting(engine, "catch", "after") == RECEIVERS
    assert engine.check() == []
    late = engine.process_instances.start(key="catch").id
    with engine.database.count_statements() as two:
        engine.jobs.execute(*jobs(engine))
    assert waiting(engine, "catch", "after") == 2 * RECEIVERS
    engine.jobs.execute(*jobs(engine))
    assert waiting(engine, "catch", "after") == 2 * RECEIVERS + 10
    assert (jobs(engine), engine.queries.process_instances.find(late) is None) == ([], False)
    assert max(one.count, two.count) < 40, (one.log, two.log)
    assert engine.check() == []
