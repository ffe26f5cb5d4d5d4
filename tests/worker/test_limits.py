"""Limits of handlers: how many run at once and begin in a while, counted over all runners."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from engine import Engine, HandlerRegistry, Job
from engine.clock import system_clock
from tests.worker.conftest import StartRunner
from tests.worker.models import deploy, incidents, run, sequence, work
from tests.worker.witness import eventually


class Gauge:
    """How many are inside at once, by key, and the most that ever were."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside: Counter[str] = Counter()
        self.most: dict[str, int] = defaultdict(int)

    def enter(self, key: str) -> None:
        with self.lock:
            self.inside[key] += 1
            self.most[key] = max(self.most[key], self.inside[key])

    def leave(self, key: str) -> None:
        with self.lock:
            self.inside[key] -= 1


def finished(engine: Engine) -> bool:
    return engine.queries.process_instances.count() == 0


def test_no_more_run_at_once_than_allowed(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    gauge = Gauge()

    @registry.handler("t", "u", max_concurrency=2)
    def careful() -> None:
        gauge.enter("")
        eventually(lambda: gauge.most[""] > 1)
        time.sleep(0.1)
        gauge.leave("")

    for _ in range(2):
        start(threads=5)
    deploy(engine, sequence(work("one", "t"), work("two", "u")))
    for _ in range(8):
        run(engine)
    eventually(lambda: finished(engine))
    assert gauge.most[""] == 2
    assert incidents(engine) == []


def test_with_a_key_each_of_its_values_has_its_own_limit(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    gauge = Gauge()

    @registry.handler("t", max_concurrency=1, key="${customer}")
    def careful(customer: str, job: Job) -> None:
        assert job.attempt == 1  # what was held back was not an attempt
        gauge.enter(customer)
        gauge.enter("all")
        eventually(lambda: gauge.most["all"] > 1)
        time.sleep(0.1)
        gauge.leave("all")
        gauge.leave(customer)

    start(threads=8)
    deploy(engine, sequence(work("one", "t")))
    for number in range(9):
        run(engine, customer="abc"[number % 3])
    eventually(lambda: finished(engine))
    assert [gauge.most[key] for key in "abc"] == [1, 1, 1]
    assert gauge.most["all"] > 1
    assert incidents(engine) == []


def test_no_more_begin_in_a_while_than_allowed(database_url: str, registry: HandlerRegistry) -> None:
    moment = [datetime(2030, 1, 1, tzinfo=system_clock().tzinfo)]
    engine = Engine.open(database_url, clock=lambda: moment[0])
    engine.upgrade()
    registry.handler("t", rate="3/min")(lambda: None)
    handler = registry.get("t")
    assert handler is not None
    deploy(engine, sequence(work("one", "t")))
    for _ in range(7):
        run(engine)

    def claimed() -> int:
        return len(engine.dispatch.claim("baton:test", {"t": handler}, lease=timedelta(hours=1), limit=10))

    assert [claimed(), claimed()] == [3, 0]
    moment[0] += timedelta(seconds=59)
    assert claimed() == 0
    moment[0] += timedelta(seconds=1)
    assert [claimed(), claimed()] == [3, 0]
    moment[0] += timedelta(minutes=1)
    assert [claimed(), claimed()] == [1, 0]
    engine.close()


def test_a_place_is_free_again_when_the_lease_of_a_dead_worker_is_over(
    database_url: str, registry: HandlerRegistry
) -> None:
    moment = [datetime(2030, 1, 1, tzinfo=system_clock().tzinfo)]
    engine = Engine.open(database_url, clock=lambda: moment[0])
    engine.upgrade()
    registry.handler("t", max_concurrency=1)(lambda: None)
    handler = registry.get("t")
    assert handler is not None
    deploy(engine, sequence(work("one", "t")))
    for _ in range(2):
        run(engine)

    def claimed() -> int:
        return len(engine.dispatch.claim("baton:dead", {"t": handler}, lease=timedelta(seconds=30), limit=10))

    assert [claimed(), claimed()] == [1, 0]
    moment[0] += timedelta(seconds=30)
    assert claimed() == 1
    engine.close()
