"""Reports and measures, on both databases: they are about months and intervals, which databases reckon differently."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine import Engine
from engine.services.queries import Durations, Measure
from tests.api.models import ONE_TASK
from tests.api.signing_in import Moved


@pytest.fixture
def clock() -> Moved:
    moved = Moved()
    moved.now = datetime(2024, 12, 31, 23, 59, 30, tzinfo=UTC)
    return moved


@pytest.fixture
def engine(database_url: str, clock: Moved) -> Iterator[Engine]:
    """An engine with two ended instances, begun in the last minute of a year and in the first of the next."""
    made = Engine.open(database_url, clock=clock)
    made.upgrade()
    made.deployments.deploy({"one.bpmn": ONE_TASK.encode()})
    for seconds in (31, 1000):
        instance = made.process_instances.start(key="oneTask")
        (task,) = made.queries.tasks.list({"processInstanceId": str(instance.id)})
        clock.move(seconds=seconds)
        made.tasks.set_assignee(task.id, "ann")
        made.tasks.complete(task.id)
    yield made
    made.close()


def test_what_took_long_is_told_by_months_and_quarters(engine: Engine) -> None:
    quick, slow = (31_000,) * 3, (1_000_000,) * 3
    queries = engine.queries
    assert queries.durations_of_instances("month") == [Durations(1, *slow), Durations(12, *quick)]
    assert queries.durations_of_tasks("quarter") == [Durations(1, *slow), Durations(4, *quick)]
    assert queries.durations_of_tasks("quarter", {"completedBefore": "2025-01-01T00:00:01.000+0000"}) == [
        Durations(4, *quick)
    ]
    (count,) = queries.ended_tasks(by_name=True)
    assert (count.count, count.key, count.version) == (2, "oneTask", 1)


def test_what_happens_is_told_by_intervals(engine: Engine, clock: Moved) -> None:
    year = datetime(2025, 1, 1, tzinfo=UTC)
    started = [Measure(year, "process-instances", 1), Measure(year - timedelta(minutes=15), "process-instances", 1)]
    assert engine.queries.measures("process-instances") == started
    assert engine.queries.measures("process-instances", since=year) == started[:1]
    assert engine.queries.measures("process-instances", until=year, seconds=1) == [
        Measure(datetime(2024, 12, 31, 23, 59, 30, tzinfo=UTC), "process-instances", 1)
    ]
    assert [each.value for each in engine.queries.measures("task-users")] == [1, 1]
    engine.history.forget_task_workers(year + timedelta(seconds=2))
    assert [each.value for each in engine.queries.measures("task-users")] == [1]
    engine.history.forget_task_workers(year)
    assert engine.queries.metric_sum("task-users") == 1
    clock.move(seconds=1)
    engine.history.forget_task_workers()
    assert engine.queries.metric_sum("task-users") == 0


def test_upgrades_are_logged(engine: Engine) -> None:
    engine.upgrade()
    (entry,) = engine.monitor.schema_log()
    assert (entry.version, entry.at) == (engine.database.head(), datetime(2024, 12, 31, 23, 59, 30, tzinfo=UTC))
