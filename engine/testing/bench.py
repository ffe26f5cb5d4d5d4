"""A model with its handlers on the bench: deployed in memory, moved by hand, with a clock that can be turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from engine import Engine, HandlerRegistry
from engine.handlers import DEFAULT_REGISTRY
from engine.worker.runner import Runner

BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)
MOST_ROUNDS = 1000


class Stuck(Exception):
    """Jobs make new jobs without end."""


class Bench:
    """Deploys models (files, those of decisions and forms too) and does the jobs of their instances with `handlers`, in
    memory.

    `handlers`: functions that are decorated with `engine.handler`; without any, all that are. Time stands still (at
    `now`) until it is passed. Use it in a `with` block.
    """

    def __init__(
        self,
        *models: str | Path,
        handlers: Iterable[Callable[..., object]] | None = None,
        now: datetime = BEGINNING,
    ) -> None:
        self.now = now
        self.engine = Engine.open("sqlite://", clock=lambda: self.now)
        self.engine.upgrade()
        files = {Path(model).name: Path(model).read_bytes() for model in models}
        self.engine.deployments.deploy(files, name="bench")
        wanted = None if handlers is None else set(handlers)
        self._runner = Runner(
            self.engine,
            HandlerRegistry(each for each in DEFAULT_REGISTRY if wanted is None or each.function in wanted),
        )
        self._runner.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.stop()
        self.engine.close()

    def start(self, key: str, *, business_key: str | None = None, **variables: object) -> int:
        """Start an instance of the process `key`; its id."""
        return self.engine.process_instances.start(key=key, business_key=business_key, variables=variables).id

    def decide(self, key: str, **variables: object) -> list[dict[str, object]]:
        """Try the decision `key`: the rows of its result, by the names of the outputs. Nothing is kept of it.

        Raises NotFound, DecisionFailed.
        """
        return [dict(row) for row in self.engine.decisions.evaluate(key=key, variables=variables, keep=False).result]

    def run(self) -> None:
        """Do all jobs that are due now, and those that these make. Raises Stuck after a thousand rounds."""
        for _ in range(MOST_ROUNDS):
            done = self._runner.run_internal(100)
            for topic in self._runner.registry.topics:
                done += self._runner.run_work(topic, 100)
            if not done:
                return
        raise Stuck(f"After {MOST_ROUNDS} rounds there are still jobs to do: is there a loop that never waits?")

    def pass_time(self, span: timedelta) -> None:
        """Let so much time pass, and do the jobs that are due then."""
        self.now += span
        self.run()

    def ended(self, instance: int) -> bool:
        """Has the instance ended?"""
        return self.engine.queries.process_instances.find(instance) is None

    def variables(self, instance: int) -> dict[str, object]:
        """The variables of the instance as they are, or were last."""
        found = self.engine.queries.historic_variables.list({"processInstanceId": str(instance)})
        return {each.name: each.value for each in found}

    def incidents(self) -> list[str | None]:
        """The messages of the open incidents."""
        return [each.message for each in self.engine.queries.incidents.list({})]
