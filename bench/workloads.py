"""The workloads W1..W6: what is started and completed, by how many callers, and what of it is timed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench import models
from bench.contender import Contender, Row, interleave
from bench.loop import Run, closed_loop, percentile
from bench.models import Model


@dataclass(frozen=True)
class Effort:
    """How long and how much to measure."""

    seconds: float
    clicks: int
    sizes: tuple[int, ...]
    waiting: tuple[int, ...]
    timers: int = 10_000

    @classmethod
    def full(cls) -> Effort:
        """What the published numbers are made with."""
        return cls(seconds=3.0, clicks=200, sizes=(10, 100, 1_000, 10_000), waiting=(1_000, 100_000))

    @classmethod
    def quick(cls) -> Effort:
        """A look in a minute or two; W5 and W6 stop at a tenth of their size."""
        return cls(seconds=1.0, clicks=60, sizes=(10, 100, 1_000), waiting=(1_000, 10_000), timers=1_000)


@dataclass
class Bench:
    """One contender on one database, measured workload by workload."""

    contender: Contender
    database: str
    effort: Effort

    def throughput(self, workload: str, model: Model) -> Iterator[Row]:
        """W1, W2, W3: start instances for a while, then complete all their tasks; both are timed.

        Who starts several tasks starts for less long, as completing them takes several times that.
        """
        seconds = self.effort.seconds / max(1, model.waiting)
        self.contender.deploy(model)
        self._start_and_complete(model, callers=1, seconds=seconds / 10)
        for callers in self.contender.caller_counts:
            started, completed, statements = self._start_and_complete(model, callers, seconds)
            elapsed = started.elapsed + completed.elapsed
            instances = len(started.results) / elapsed
            yield self._row(
                workload, None, callers, started.latencies + completed.latencies, elapsed, statements, instances
            )

    def clicks_by_size(self) -> Iterator[Row]:
        """W5: complete single instances of a parallel multi-instance task.

        The click that completes the last of them is left out: at every size there is one, and it does more.
        """
        for size in self.effort.sizes:
            model = models.multi_instance(size)
            self.contender.deploy(model)
            for callers in self.contender.sharing_callers:
                yield from self._clicks("W5", size, callers, self._multi_instance_clicks(model, size))

    def clicks_by_waiting(self) -> Iterator[Row]:
        """W6: complete tasks while `n` instances wait."""
        model = models.waiting()
        self.contender.deploy(model)
        instances: list[Any] = []
        for waiting in self.effort.waiting:
            instances += self.contender.fill(model, waiting - len(instances))
            for callers in self.contender.caller_counts:
                clicked, instances = self._draw(instances, self.effort.clicks)
                yield from self._clicks("W6", waiting, callers, interleave(self.contender.tasks(model, clicked)))

    def _start_and_complete(self, model: Model, callers: int, seconds: float) -> tuple[Run[Any], Run[None], int | None]:
        before = self.contender.statements()
        started = closed_loop(itertools.repeat((model,)), self.contender.start, callers=callers, seconds=seconds)
        between = self.contender.statements()
        if not model.waiting:
            return started, Run(), _difference(between, before)
        tasks = self.contender.tasks(model, started.results)
        counted = sum(map(len, tasks))
        if counted != model.waiting * len(started.results):
            raise RuntimeError(
                f"{self.contender.name}: {len(started.results)} instances of {model.key}, {counted} tasks"
            )
        resumed = self.contender.statements()
        completed = closed_loop(tasks, self.contender.complete, callers=callers)
        statements = _difference(between, before), _difference(self.contender.statements(), resumed)
        return started, completed, None if None in statements else sum(filter(None, statements))

    def _multi_instance_clicks(self, model: Model, size: int) -> list[list[Any]]:
        instances = -(-self.effort.clicks // (size - 1))
        started = [self.contender.start(model) for _ in range(instances)]
        tasks = [task for group in self.contender.tasks(model, started) for task in group[: size - 1]]
        return interleave([tasks[: self.effort.clicks]])

    def _draw(self, instances: Sequence[Any], count: int) -> tuple[list[Any], list[Any]]:
        shuffled = list(instances)
        random.Random(1).shuffle(shuffled)
        return shuffled[:count], shuffled[count:]

    def _clicks(self, workload: str, size: int, callers: int, work: list[list[Any]]) -> Iterator[Row]:
        before = self.contender.statements()
        run = closed_loop(work, self.contender.complete, callers=callers, seconds=2 * self.effort.seconds)
        statements = _difference(self.contender.statements(), before)
        yield self._row(workload, size, callers, run.latencies, run.elapsed, statements, None)

    def _row(
        self,
        workload: str,
        size: int | None,
        callers: int,
        latencies: list[float],
        elapsed: float,
        statements: int | None,
        instances_per_second: float | None,
    ) -> Row:
        return Row(
            workload=workload,
            size=size,
            database=self.database,
            contender=self.contender.name,
            callers=callers,
            instances_per_second=instances_per_second,
            steps_per_second=len(latencies) / elapsed,
            p50=percentile(latencies, 0.5),
            p99=percentile(latencies, 0.99),
            statements_per_step=None if statements is None else statements / len(latencies),
        )


def _difference(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


WORKLOADS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "W1": lambda bench: bench.throughput("W1", models.one_task()),
    "W2": lambda bench: bench.throughput("W2", models.pass_through()),
    "W3": lambda bench: bench.throughput("W3", models.fork_join()),
    "W5": Bench.clicks_by_size,
    "W6": Bench.clicks_by_waiting,
}
