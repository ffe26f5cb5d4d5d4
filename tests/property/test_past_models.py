"""Random processes, and what is told of their past: every moment is told as it was, and can be forked.

The models and schedules are those of `test_random_models`; after every step all that lives is written down, and in the
end history is asked for each of these times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from engine import ForkPlan
from engine.core.state import ElementInstance, Variable
from engine.services.queries import Past
from engine.store.tables import process_instance
from tests.property.generate import generate
from tests.property.model import Model
from tests.property.observe import Observation
from tests.property.reference import Path
from tests.property.run import Run

SEEDS = range(1000, 1030)
OF_POSTGRESQL = range(1000, 1006)


@dataclass
class RememberingRun(Run):
    """A run in which a second goes by before each step, and what lives after it is remembered."""

    lived: dict[datetime, dict[int, Any]] = field(default_factory=dict)

    def step(self, seen: Observation, path: Path) -> Observation:
        self.lived[self.now] = self.living()
        self.now += timedelta(seconds=1)
        return super().step(seen, path)

    def living(self) -> dict[int, Any]:
        """All that lives, by process instance: element instances, variables, and how far it is."""
        with self.database.read() as tx:
            statement = select(process_instance.c.id).where(process_instance.c.root_id == self.root_id)
            ids = list(tx.connection.execute(statement).scalars())
            elements = tx.select(ElementInstance, "process_instance_id", ids)
            variables = tx.select(Variable, "process_instance_id", ids)
            left_behind = [
                each
                for each in tx.select(Variable, "process_instance_id", ids, alive=False)
                if each.ended_at is not None and each.scope_id in ids and not each.deleted
            ]
        found = {}
        for id in ids:
            inside = {(each.id, each.element_id) for each in elements if each.process_instance_id == id}
            values = {
                (each.id, each.name): repr(each.value)
                for each in (*variables, *left_behind)
                if each.process_instance_id == id
            }
            found[id] = inside, values, told(self.engine.queries.progress(id))
        return found

    def look_back(self) -> None:
        """Ask for each of the times that were remembered, and fork one of them."""
        for at, lived in self.lived.items():
            for id, known in lived.items():
                self.agree(
                    [f"{at}: {id} is told otherwise"] if known != remembered(self.engine.queries.past(id, at)) else []
                )
        self.fork(self.random.choice(sorted(self.lived)))

    def fork(self, at: datetime) -> None:
        """A fork is what the origin was then, but for what had been called: that begins anew."""
        plan = ForkPlan(instance_id=self.root_id, at=at, definition_id=self.engine.queries.latest_definition("main").id)
        if self.engine.forks.preview(plan).refusals:
            return
        made = self.engine.forks.execute(plan)
        self.agree([str(violation) for violation in self.engine.check()])
        origin, fork = (self.engine.queries.past(id, self.now if id == made else at) for id in (self.root_id, made))
        self.agree(
            [] if shape(origin) == shape(fork) else [f"{at}: the fork is {shape(fork)}, and was {shape(origin)}"]
        )
        self.engine.process_instances.delete(made)


def told(progress: Any) -> Any:
    return {
        each.element_id: (each.tokens, each.finished, each.canceled, each.incidents) for each in progress.elements
    }, list(progress.flows)


def remembered(past: Past) -> Any:
    return (
        {(each.id, each.element_id) for each in past.activities},
        {(each.id, each.name): repr(each.now.value) for each in past.variables if each.now is not None},
        told(past.progress),
    )


def shape(past: Past) -> list[tuple[str, int]]:
    """Where tokens are; one that had begun may wait for the job before its element once more."""
    return sorted((each.element_id, each.loop_counter or 0) for each in past.activities)


def is_told(url: str, seed: int) -> None:
    model: Model = generate(seed)
    run = RememberingRun(url, model, Random(f"schedule {seed}"))
    try:
        run.go()
        if run.lived:
            run.look_back()
    except BaseException:
        print(f"seed {seed}\n{run.story()}")
        raise
    finally:
        run.close()


@pytest.mark.parametrize("number", SEEDS)
def test_sqlite_tells_the_past_as_it_was(sqlite_for_all: str, number: int) -> None:
    is_told(sqlite_for_all, number)


@pytest.mark.parametrize("number", OF_POSTGRESQL)
def test_postgresql_tells_the_past_as_it_was(postgres_for_all: str, number: int) -> None:
    is_told(postgres_for_all, number)
