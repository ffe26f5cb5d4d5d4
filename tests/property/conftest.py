"""`--seed N` replays one random model; `--models N` are tried on SQLite, and every fifth on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from engine import Engine
from tests.postgres import Cluster

SHARE_OF_POSTGRESQL = 5
"""Every fifth model runs there too; an odd number, for odd and even seeds run differently."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options; they exist only where this folder is named on the command line."""
    group = parser.getgroup("random models")
    group.addoption("--seed", type=int, default=None, help="run only the random model of this seed")
    group.addoption("--models", type=int, default=200, help="how many random models to run (default: 200)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    if "seed" not in metafunc.fixturenames:
        return
    only, models = metafunc.config.getoption("--seed", None), metafunc.config.getoption("--models", 200)
    step = SHARE_OF_POSTGRESQL if "postgres_for_all" in metafunc.fixturenames else 1
    metafunc.parametrize("seed", range(0, models, step) if only is None else [only])


@pytest.fixture(scope="module")
def sqlite_for_all(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database for all models of a module."""
    return _upgraded(f"sqlite:///{tmp_path_factory.mktemp('models') / 'baton.db'}")


@pytest.fixture(scope="module")
def postgres_for_all(postgres_cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database for all models of a module; another one when a process comes back to the module later."""
    name = f"models_{uuid.uuid4().hex}"
    yield _upgraded(postgres_cluster.create_database(name))
    postgres_cluster.drop_database(name)


def _upgraded(url: str) -> str:
    engine = Engine.open(url)
    engine.upgrade()
    engine.close()
    return url
