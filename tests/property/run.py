"""A model on a real engine beside its reference: start it, complete one task after the other, compare after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from engine import Engine
from engine.errors import EngineError
from engine.store.database import Database
from tests.property.model import Model, Task, Value, blocks
from tests.property.observe import Observation, disagreements, dump
from tests.property.reference import Path, Reference
from tests.property.render import files

STEPS = 60
"""A run is left unfinished after so many steps."""


class Disagreement(AssertionError):
    """The engine did not do what the reference did."""


@dataclass
class Run:
    """One run of a model, on the database at `url`."""

    url: str
    model: Model
    random: Random
    root_id: int = 0
    trace: list[str] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tasks = {
            block.id: block
            for process in self.model.processes
            for block in blocks(process.body)
            if isinstance(block, Task)
        }
        self.reference = Reference(self.model)
        self.database = Database.open(self.url)
        self.engine, self.other = Engine.open(self.url), Engine.open(self.url)

    def close(self) -> None:
        """Close the engines and the way past them to their database."""
        for each in (self.engine, self.other, self.database):
            each.close()

    def go(self) -> None:
        """To the end; raises Disagreement, or what the engine raises."""
        self.engine.deployments.deploy(files(self.model))
        self.trace.append(f"start {dict(self.model.variables)}")
        self.root_id = self.engine.process_instances.start(key="main", variables=self.model.variables).id
        seen = self.compare()
        while not seen.finished and len(self.done) < STEPS:
            self.disturb()
            path = self.random.choice(sorted(seen.ready(), key=repr))
            seen = self.step(seen.ready()[path], path, self.values(path))
        self.agree([str(violation) for violation in self.engine.check()])

    def disturb(self) -> None:
        """What must change nothing: another engine goes on, the engine restarts, somebody completes a task again."""
        before = dump(self.database, self.root_id)
        if self.random.random() < 0.5:
            self.trace.append("another engine")
            self.engine, self.other = self.other, self.engine
        if self.random.random() < 0.3:
            self.trace.append("restart")
            self.engine.close()
            self.engine = Engine.open(self.url)
        if self.done and self.random.random() < 0.1:
            stale = self.random.choice(self.done)
            self.trace.append(f"complete {stale} again")
            with pytest.raises(EngineError):
                self.engine.tasks.complete(stale, {"v1": -1})
        after = dump(self.database, self.root_id)
        self.agree([f"{table} has changed" for table in before if before[table] != after[table]])

    def step(self, task_id: int, path: Path, values: dict[str, Value]) -> Observation:
        """Complete a task, on both sides."""
        self.trace.append(f"complete {task_id} {path} with {values}")
        self.engine.tasks.complete(task_id, values)
        self.done.append(task_id)
        self.reference.step(path, values)
        return self.compare()

    def values(self, path: Path) -> dict[str, Value]:
        """What a person enters into a task."""
        kinds = self.tasks[path[-1][0]].sets
        return {
            name: self.random.randint(0, 6) if kind == "number" else self.random.random() < 0.4 for name, kind in kinds
        }

    def compare(self) -> Observation:
        """What the database says now; raises Disagreement."""
        seen = Observation(self.database, self.root_id)
        self.agree(disagreements(seen, self.reference))
        return seen

    def agree(self, differences: list[str]) -> None:
        """Raise Disagreement unless there are no differences."""
        if differences:
            raise Disagreement("\n".join(differences))

    def story(self) -> str:
        """The steps so far and the model."""
        drawn = [f"<!-- {name} -->\n{data.decode()}" for name, data in files(self.model).items()]
        return "\n".join([*self.trace, *drawn])
