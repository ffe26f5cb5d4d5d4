"""Definitions that are suspended and activated at a time: on both databases, by whoever does jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import Engine
from engine.store.jobs import Selection
from tests.executor.clock import NOON, Clock
from tests.executor.models import model

HOUR = timedelta(hours=1)
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
