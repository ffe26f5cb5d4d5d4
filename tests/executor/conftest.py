"""An engine over each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine import Engine
from tests.executor.clock import Clock


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine over a fresh database with its tables made."""
    opened = Engine.open(database_url)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """A clock for engines that are opened with it."""
    return Clock()


@pytest.fixture
def tasks_of(engine: Engine) -> Callable[[int], list[int]]:
    """The ids of an instance's open tasks, oldest first."""
    return lambda instance: [
        each.id for each in engine.queries.tasks.list({"processInstanceId": str(instance)}, limit=10_000)
    ]
