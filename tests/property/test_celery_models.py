"""Random models moved by several engines at the same moment, while real Celery workers do the jobs between.

Up to three of the things that wait for somebody are completed at once; what waits for a job is done by `baton worker`,
rung for through Redis, whenever it comes to it. When all has come to rest, it must be what the reference does in one
of the possible orders of all that was done.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from engine.errors import EngineError
from tests.brokers import Broker
from tests.faults.patience import eventually
from tests.faults.test_races import at_once
from tests.property.generate import generate
from tests.property.observe import Observation, disagreements
from tests.property.reference import Path as Place
from tests.property.reference import Reference
from tests.property.run import Run
from tests.property.test_concurrent_models import AT_ONCE, ConcurrentRun, Pick
from tests.worker.test_celery_engine import ringing, working

pytestmark = pytest.mark.slow

ROUNDS = 8
SEEDS = range(20_000, 20_012)
SWEEP = 1.0


class CeleryRun(ConcurrentRun):
    """A run whose jobs before and after activities are done by workers, by the clock on the wall."""

    def open(self) -> Engine:
        return Engine.open(self.url)

    def go_with(self, broker: Broker) -> None:
        """To the end, or for some rounds; raises Disagreement, or what the engine raises."""
        with ExitStack() as stack:
            self.engines = [self.open() for _ in range(AT_ONCE)]
            for each in (self.engine, *self.engines):
                stack.enter_context(ringing(each, broker))
            for each in self.engines:
                stack.callback(each.close)
            self.start()
            seen = self.settle([], set())
            for _ in range(ROUNDS):
                if seen.finished:
                    break
                seen = self.race(seen)
            self.agree([str(violation) for violation in self.engine.check()])
            if not seen.finished:
                self.engine.process_instances.delete(self.root_id)

    def race(self, seen: Observation) -> Observation:
        ready = seen.ready()
        places = sorted(ready, key=repr)
        picks: list[Pick] = [
            (each, self.values(each)) for each in self.random.sample(places, min(AT_ONCE, len(places)))
        ]
        self.trace.append(f"at once {picks}")
        self.leases = self.claim_all()
        actions = [
            self.action(engine, seen, ready[place], values)
            for engine, (place, values) in zip(self.engines, picks, strict=False)
        ]
        errors = at_once(actions)
        for error in errors:
            if error is not None and not isinstance(error, EngineError):
                raise error
        self.engine.jobs.release("worker")
        return self.settle(picks, {place for (place, _), error in zip(picks, errors, strict=True) if error is None})

    def settle(self, picks: list[Pick], applied: set[Place]) -> Observation:
        """Wait until the workers have nothing left to do, and find an order that gives what is there."""
        eventually(
            lambda: not any(map(_of_workers, Observation(self.database, self.root_id).ready())), "all is at rest"
        )
        seen = Observation(self.database, self.root_id)
        differences = []
        for done, outcome in _outcomes(self.reference, picks):
            found = disagreements(seen, outcome)
            if done != applied:
                found.append(f"done were {applied}, not {done}")
            if not found:
                self.reference = outcome
                return seen
            differences.append(str(found))
        self.agree(differences)
        return seen


def _of_workers(place: Place) -> bool:
    """Does a job wait here that is to be done at once?"""
    return "@async-" in place[-1][0]


def _outcomes(before: Reference, picks: list[Pick]) -> Iterator[tuple[set[Place], Reference]]:
    """All that may have come of it when all is at rest: which of the picks were done, and what the reference says.

    A pick that can never be done any more was refused.
    """
    waiting = before.ready()
    first = copy.deepcopy((before, [waiting[place] for place, _ in picks]))
    stack = [(first, frozenset(range(len(picks))), frozenset[int]())]
    known = set()
    while stack:
        (reference, tasks), left, done = stack.pop()
        ready = reference.ready()
        jobs = [place for place in ready if _of_workers(place)]
        moves: list[tuple[int | None, Place | None]] = [(None, place) for place in jobs]
        for index in left:
            place = picks[index][0]
            moves.append((index, place if ready.get(place) is tasks[index] else None))
        if not moves:
            yield {picks[index][0] for index in done}, reference
        for index, place in moves:
            after, its_tasks = copy.deepcopy((reference, tasks))
            if place is not None:
                after.step(place, {} if index is None else picks[index][1])
            rest = left if index is None else left - {index}
            has_done = done if index is None or place is None else done | {index}
            state = (
                rest,
                has_done,
                frozenset(after.visits.items()),
                frozenset(after.ready()),
                repr(after.variables.own),
            )
            if state not in known:
                known.add(state)
                stack.append(((after, its_tasks), rest, has_done))


@pytest.fixture
def redis(brokers: Callable[[str], Broker]) -> Broker:
    broker = brokers("redis")
    broker.wipe()
    return broker


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_happens_beside_workers_happens_in_some_order(database_url: str, redis: Broker, tmp_path: Path) -> None:
    engine = Engine.open(database_url)
    engine.upgrade()
    engine.close()
    with working(database_url, redis, tmp_path, sweep=SWEEP):
        for seed in SEEDS:
            run: Run = CeleryRun(database_url, generate(seed), Random(f"beside workers {seed}"))
            try:
                assert isinstance(run, CeleryRun)
                run.go_with(redis)
            except BaseException:
                print(f"seed {seed}\n{run.story()}")
                raise
            finally:
                run.close()
