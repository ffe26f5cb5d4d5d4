"""Baton as a contender through its Python facade: the callers are threads of one process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bench.contender import interleave, pages
from bench.loop import closed_loop
from bench.models import Model
from engine import Engine

FILLERS = 64


class Facade:
    """`Engine.open(url)` and its services."""

    name = "Baton"
    caller_counts = (1, 16)
    sharing_callers = (1, 16)

    def __init__(self, url: str) -> None:
        self._engine = Engine.open(url)
        self._engine.upgrade()
        self._counting = self._engine.database.count_statements()
        self._counter = self._counting.__enter__()

    def deploy(self, model: Model) -> None:
        """Deploys one file."""
        self._engine.deployments.deploy({f"{model.key}.bpmn": model.xml()}, name=model.key)

    def start(self, model: Model) -> int:
        """Starts by key; the handle is the instance's id."""
        return self._engine.process_instances.start(key=model.key).id

    def tasks(self, model: Model, instances: Sequence[int]) -> list[list[int]]:
        """Lists the open tasks of the instances."""
        found: dict[int | None, list[int]] = defaultdict(list)
        for page in pages(model, instances):
            for task in self._engine.queries.tasks.list({"processInstanceIdIn": page}):
                found[task.process_instance_id].append(task.id)
        return [found[instance] for instance in instances]

    def complete(self, task: int) -> None:
        """Completes by id."""
        self._engine.tasks.complete(task, {})

    def fill(self, model: Model, count: int) -> list[int]:
        """Starts `count` instances, with many callers so that it takes less long."""
        run = closed_loop(interleave([[model] * count]), self.start, callers=FILLERS)
        return run.results

    def statements(self) -> int:
        """Statements of all threads so far, commits included."""
        return self._counter.count

    def close(self) -> None:
        """Closes the engine."""
        self._counting.__exit__(None, None, None)
        self._engine.close()
