"""Random models moved by several engines at the same moment: what comes of it is what some order of it gives.

Up to three of the things that wait are completed at once, each by an engine of its own. Whatever happened must be what
the reference does in one of the possible orders, in which what an earlier one has cancelled is refused.

On failure the captured output tells the seed, the steps and the model; which order wins may differ from time to time.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random

import pytest

from engine import Engine
from engine.core.commands.events import DeliverEvent
from engine.errors import EngineError
from tests.faults.test_races import at_once
from tests.property.generate import generate
from tests.property.model import Value
from tests.property.observe import Observation, disagreements
from tests.property.reference import Path, Reference, Waiting
from tests.property.run import Run

AT_ONCE = 3

Pick = tuple[Path, dict[str, Value]]


class ConcurrentRun(Run):
    """A run in which up to three steps are done at the same moment."""

    def go(self) -> None:
        """To the end, or for some rounds; raises Disagreement, or what the engine raises."""
        self.engines = [self.open() for _ in range(AT_ONCE)]
        try:
            self.start()
            seen = self.compare()
            for _ in range(20):
                if seen.finished:
                    break
                seen = self.race(seen)
            self.agree([str(violation) for violation in self.engine.check()])
        finally:
            for each in self.engines:
                each.close()

    def race(self, seen: Observation) -> Observation:
        """Do some of what waits at once, and find the order in which it happened."""
        ready = seen.ready()
        paths = sorted(ready, key=repr)
        picks: list[Pick] = [(path, self.values(path)) for path in self.random.sample(paths, min(AT_ONCE, len(paths)))]
        self.trace.append(f"at once {picks}")
        self.leases = self.claim_all()
        actions = [
            self.action(engine, seen, ready[path], values)
            for engine, (path, values) in zip(self.engines, picks, strict=False)
        ]
        errors = at_once(actions)
        for error in errors:
            if error is not None and not isinstance(error, EngineError):
                raise error
        self.engine.jobs.release("worker")
        applied = {path for (path, _), error in zip(picks, errors, strict=True) if error is None}
        after = Observation(self.database, self.root_id)
        differences = []
        for order, outcome, expected in _orders(self.reference, picks):
            found = disagreements(after, outcome)
            if expected != applied:
                found.append(f"done were {applied}")
            if not found:
                self.reference = outcome
                return after
            differences.append(f"not in the order {order}: {found}")
        self.agree(differences)
        return after

    def action(self, engine: Engine, seen: Observation, id: int, values: dict[str, Value]) -> Callable[[], object]:
        """What completes one of the things that wait."""
        if id in seen.subscriptions:
            return partial(engine.queue.execute, DeliverEvent(subscription_id=id))
        job = seen.jobs.get(id)
        if job is None:
            return partial(engine.tasks.complete, id, values)
        if job.kind == "work":
            return partial(engine.external_tasks.complete, id, lease=self.leases[id], variables=values)
        if job.due_at is not None:
            self.now = max(self.now, job.due_at)
        return partial(engine.jobs.execute, id)


def _orders(before: Reference, picks: Sequence[Pick]) -> Iterator[tuple[list[Path], Reference, set[Path]]]:
    """What the reference comes to in every order, and what of it could be done then."""
    waiting = before.ready()
    for order in itertools.permutations(picks):
        known: dict[int, object] = {}
        outcome: Reference = copy.deepcopy(before, known)
        done = set()
        for path, values in order:
            task = known[id(waiting[path])]
            assert isinstance(task, Waiting)
            if outcome.ready().get(path) is task:
                outcome.step(path, values)
                done.add(path)
        yield [path for path, _ in order], outcome, done


def agrees(url: str, seed: int) -> None:
    run = ConcurrentRun(url, generate(seed), Random(f"at once {seed}"))
    try:
        run.go()
    except BaseException:
        print(f"seed {seed}\n{run.story()}")
        raise
    finally:
        run.close()


@pytest.mark.parametrize("part", range(4))
def test_what_happens_at_once_happens_in_some_order(database_url: str, part: int) -> None:
    engine = Engine.open(database_url)
    engine.upgrade()
    engine.close()
    for seed in range(10_000 + part * 10, 10_010 + part * 10):
        agrees(database_url, seed)
