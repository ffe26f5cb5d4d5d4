"""Random processes on the engine: after every step, and after every restart, it agrees with the reference.

`pytest tests/property --seed N` replays the model of one seed, `--models N` tries so many. On failure the captured
output tells the steps and shows the model.
"""

from __future__ import annotations

from random import Random

import pytest

from engine import Engine, executor
from tests.postgres import Cluster
from tests.property.generate import generate
from tests.property.run import Run


@pytest.fixture(scope="module")
def sqlite_for_all(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database for all models of this module."""
    return upgraded(f"sqlite:///{tmp_path_factory.mktemp('random') / 'baton.db'}")


@pytest.fixture(scope="module")
def postgres_for_all(postgres_cluster: Cluster, worker_id: str) -> str:
    """A PostgreSQL database for all models of this module."""
    return upgraded(postgres_cluster.create_database(f"random_{worker_id}"))


def upgraded(url: str) -> str:
    engine = Engine.open(url)
    engine.upgrade()
    engine.close()
    return url


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
