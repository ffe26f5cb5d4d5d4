"""Whoever runs jobs is told at once of what can be done because somebody let it: on both databases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from engine import Engine
from engine.core.state import Job
from engine.services.messages import Content, Correlation
from engine.store.jobs import Selection, count_due, due_topics
from tests.executor.clock import NOON, Clock
from tests.executor.models import HEAD, model

HOUR = timedelta(hours=1)
LATER = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/>'
    '<userTask id="a" camunda:asyncBefore="true"/>'
)
WORK = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'
    '<serviceTask id="x" camunda:type="external" camunda:topic="pay"/>'
)
DAILY = (
    '<startEvent id="start"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>'
    '<sequenceFlow id="f1" sourceRef="start" targetRef="a"/><userTask id="a"/>'
)
PAID = (
    f'{HEAD}<message id="m" name="paid"/><process id="p" isExecutable="true"><startEvent id="start">'
    '<messageEventDefinition messageRef="m"/></startEvent></process></definitions>'
)

Heard = Callable[[Callable[[], object]], set[str]]


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=clock)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def heard(engine: Engine, clock: Clock) -> Heard:
    """For what an action rings: topics, or "" for what has none, of which something can be claimed by then."""
    rung: set[str] = set()

    def listen(jobs: Collection[Job]) -> None:
        with engine.database.read() as tx:
            due = due_topics(tx, clock(), {"pay"}) | ({""} if count_due(tx, clock()) else set())
        rung.update(due & {job.topic or "" for job in jobs})

    def hear(action: Callable[[], object]) -> set[str]:
        rung.clear()
        action()
        return set(rung)

    engine.bell.add(listen)
    return hear


def test_jobs_and_what_makes_them_are_activated(engine: Engine, heard: Heard) -> None:
    engine.deployments.deploy(model(LATER))
    (source,) = engine.queries.job_definitions.list()
    made, jobs = Selection(job_definition_id=source.id), engine.jobs
    assert heard(lambda: jobs.set_definitions_suspended(made, False)) == set(), "nothing is there to be done"
    instance = engine.process_instances.start(key="p").id
    of_instance = Selection(process_instance_id=instance)
    assert heard(lambda: jobs.set_all_suspended(of_instance, True)) == set()
    assert heard(lambda: jobs.set_all_suspended(of_instance, False)) == {""}
    jobs.set_definitions_suspended(made, True, include_jobs=True)
    assert heard(lambda: jobs.set_definitions_suspended(made, False, include_jobs=True)) == {""}
    jobs.set_definitions_suspended(made, True)
    engine.process_instances.start(key="p")
    jobs.set_all_suspended(of_instance, True)
    assert heard(lambda: jobs.set_definitions_suspended(made, False)) == {""}, "of the one made meanwhile"


def test_job_definitions_are_activated_at_a_time(engine: Engine, clock: Clock, heard: Heard) -> None:
    engine.deployments.deploy(model(LATER))
    (source,) = engine.queries.job_definitions.list()
    made = Selection(job_definition_id=source.id)
    engine.jobs.set_definitions_suspended(made, True)
    engine.process_instances.start(key="p")
    engine.suspensions.set_job_definitions_suspended(made, False, at=NOON + HOUR)
    clock.pass_time(HOUR)
    assert heard(lambda: engine.dispatch.run_internal("w", lease=HOUR, limit=10)) == {""}


def test_instances_are_activated(engine: Engine, heard: Heard) -> None:
    for body, key in ((LATER, "later"), (WORK, "work")):
        engine.deployments.deploy(model(body, key))
    ids = [engine.process_instances.start(key=key).id for key in ("later", "work", "work")]
    assert heard(lambda: engine.process_instances.set_all_suspended(ids, True)) == set()
    with engine.database.count_statements() as counter:
        engine.process_instances.set_suspended(ids[1], False)
    one = counter.count
    assert heard(lambda: engine.process_instances.set_all_suspended(ids, False)) == {"", "pay"}
    engine.process_instances.set_all_suspended(ids, True)
    with engine.database.count_statements() as counter:
        engine.process_instances.set_all_suspended(ids, False)
    assert counter.count == one, "however many they are"


def test_start_events_of_definitions_wait_and_are_activated(engine: Engine, clock: Clock, heard: Heard) -> None:
    engine.deployments.deploy(model(DAILY))
    engine.process_definitions.set_suspended(True, key="p")
    clock.pass_time(timedelta(days=2))
    assert heard(lambda: engine.process_definitions.set_suspended(False, key="p")) == {""}


def test_kept_messages_find_the_start_event_that_is_deployed(engine: Engine, clock: Clock, heard: Heard) -> None:
    engine.messages.publish(Correlation(name="paid"), Content(), time_to_live=HOUR)
    assert engine.jobs.claim("w", lease=HOUR, limit=10) == []
    assert heard(lambda: engine.deployments.deploy({"p.bpmn": PAID.encode()})) == {""}


def test_batches_are_activated(engine: Engine, heard: Heard) -> None:
    engine.deployments.deploy(model(WORK))
    id = engine.bulk.set_instances_suspended([engine.process_instances.start(key="p").id], True)
    engine.batches.set_suspended(id, True)
    assert heard(lambda: engine.batches.set_suspended(id, False)) == {""}


def test_timers_of_start_events_are_told_of(engine: Engine) -> None:
    told: list[Job] = []
    engine.bell.add(told.extend)
    engine.deployments.deploy(model(DAILY))
    assert [(job.kind, job.due_at) for job in told] == [("timer", NOON + timedelta(days=1))]


def test_what_is_undone_is_not_told_of(engine: Engine) -> None:
    engine.deployments.deploy(model(LATER))
    engine.process_instances.start(key="p")
    (job,) = engine.queries.jobs.list()
    told: list[Job] = []
    for problem in (ZeroDivisionError, None):
        with suppress(ZeroDivisionError), engine.database.write() as tx:
            tx.ring(told.extend, tx.select(Job, "id", [job.id]))
            if problem is not None:
                raise problem
        assert [each.id for each in told] == ([] if problem else [job.id])
