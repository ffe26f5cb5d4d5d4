"""An engine over each database, a witness outside of it, and a way to wait for what others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Engine, HandlerRegistry
from engine.worker.embedded import EmbeddedRunner
from tests.worker.witness import Witness

StartRunner = Callable[..., EmbeddedRunner]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine over a fresh database with its tables made."""
    opened = Engine.open(database_url)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """What handlers tell of their runs, in a database of its own."""
    return Witness(tmp_path / "witness.db")


@pytest.fixture
def registry() -> HandlerRegistry:
    """Handlers of this test alone."""
    return HandlerRegistry()


@pytest.fixture
def start(engine: Engine, registry: HandlerRegistry) -> Iterator[StartRunner]:
    """Starts runners, and stops them when the test is over."""
    started: list[EmbeddedRunner] = []

    def begin(**options: object) -> EmbeddedRunner:
        runner = EmbeddedRunner(engine, registry, **{"threads": 4, "sweep": 0.2, **options})  # type: ignore[arg-type]
        started.append(runner)
        runner.start()
        return runner

    yield begin
    for runner in started:
        runner.stop(grace=0.2)
