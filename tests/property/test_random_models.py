"""Random processes on the engine: after every step, and after every restart, it agrees with the reference.

`pytest tests/property --seed N` replays the model of one seed, `--models N` tries so many. On failure the captured
output tells the steps and shows the model.
"""

from __future__ import annotations

from random import Random

import pytest

from engine import executor
from tests.property.generate import generate
from tests.property.run import Run


def agrees(url: str, seed: int) -> None:
    run = Run(url, generate(seed), Random(f"schedule {seed}"))
    try:
        run.go()
    except BaseException:
        print(f"seed {seed}; replay with: pytest tests/property --seed {seed}\n{run.story()}")
        raise
    finally:
        run.close()


@pytest.fixture(autouse=True)
def in_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every odd seed even the smallest tree is loaded in parts, as only a big one is otherwise."""
    if request.node.callspec.params["seed"] % 2:
        monkeypatch.setattr(executor, "SMALL_TREE", 0)


def test_sqlite_agrees_with_the_reference(sqlite_for_all: str, seed: int) -> None:
    agrees(sqlite_for_all, seed)


def test_postgresql_agrees_with_the_reference(postgres_for_all: str, seed: int) -> None:
    agrees(postgres_for_all, seed)
