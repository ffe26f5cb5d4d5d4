"""How soon begins what is due: on an idle system, and when 10,000 timers are due at the same moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import models
from bench.baton_durable import opened
from bench.contender import Row, interleave
from bench.hands import Hands, embedded, wait_until_ended
from bench.loop import closed_loop, percentile
from bench.workloads import Effort
from engine import Engine

GAP = 0.03
LEAD = timedelta(seconds=1)
FILLERS = 64


@dataclass(frozen=True)
class Delay:
    """Milliseconds from when something was due until its handler had begun."""

    what: str
    database: str
    hands: str
    p50: float
    p99: float


def delays(name: str, hands: Hands, at_once: int, url: str, database: str, effort: Effort) -> Iterator[Delay]:
    """A handler is due when its instance is started, that start included; after a timer, when the timer is due."""
    with closing(opened(url, models.told(), models.told_by_timer())) as engine, hands(engine, url, at_once):
        _start_now(engine, 5)
        for what, start in (("work", _start_now), ("timer", _start_later)):
            began = start(engine, effort.clicks)
            yield Delay(what, database, name, percentile(began, 0.5), percentile(began, 0.99))


def _start_now(engine: Engine, count: int) -> list[float]:
    """Start one after the other, each when the last has ended; how many seconds later each handler began."""
    due = {}
    for _ in range(count):
        called = time.time()
        due[engine.process_instances.start(key=models.told().key).id] = called
        wait_until_ended(engine, GAP)
    return _waited(engine, due)


def _start_later(engine: Engine, count: int) -> list[float]:
    """Start all at once with times that lie apart; how many seconds after its time each handler began."""
    due = {}
    first = datetime.now(UTC) + LEAD
    for number in range(count):
        at = first + number * timedelta(seconds=GAP)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        started = engine.process_instances.start(key=models.told_by_timer().key, variables={"due": at.isoformat()})
        due[started.id] = at.timestamp()
    wait_until_ended(engine)
    return _waited(engine, due)


def _waited(engine: Engine, due: dict[int, float]) -> list[float]:
    waited = []
    for instance, at in due.items():
        (began,) = engine.queries.historic_variables.list({"processInstanceId": str(instance), "variableName": "began"})
        waited.append(float(str(began.value)) - at)
    return waited


def timers(url: str, database: str, effort: Effort) -> Row:
    """All due at once: a step is one timer whose instance went on to its end, in batches of at most 100."""
    clock = _Standing()
    with closing(opened(url, models.timer(), clock=clock)) as engine:
        key = models.timer().key
        closed_loop(
            interleave([[key] * effort.timers]), lambda key: engine.process_instances.start(key=key), callers=FILLERS
        )
        clock.now += timedelta(hours=1)
        begun = time.perf_counter()
        with engine.database.count_statements() as sent, embedded(engine, url, 1):
            wait_until_ended(engine)
            elapsed = time.perf_counter() - begun
    return Row(
        workload="timers",
        size=effort.timers,
        database=database,
        contender="Baton",
        callers=1,
        instances_per_second=None,
        steps_per_second=effort.timers / elapsed,
        p50=None,
        p99=None,
        statements_per_step=sent.count / effort.timers,
    )


class _Standing:
    """A clock that stands still until it is moved, so that all timers are due at the same moment."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now
