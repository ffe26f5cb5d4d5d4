"""Databases and message brokers for the tests: every test that asks for a database gets its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers import BROKERS, Broker, BrokerMissing, private_broker
from tests.postgres import Cluster, PostgresMissing, SharedCluster

SHARED_FOLDER = "PYTEST_PRIVATE_POSTGRES"
TEMPLATE = "baton_template"

# A busy machine is no failure of an example. All else is as Hypothesis has it, under CI the same examples every time.
settings.register_profile("baton", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("baton")

# The servers and commands that tests start need not compile every module anew, which would be half of what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """Names the folder of the session's cluster; xdist workers inherit the name from the controlling process."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED_FOLDER] = str(SharedCluster.prepare().folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the session's cluster in the process that outlives the workers."""
    folder = os.environ.get(SHARED_FOLDER)
    if folder and not hasattr(config, "workerinput"):
        SharedCluster(Path(folder)).discard()


def _make_template(cluster: Cluster) -> None:
    cluster.create_database(TEMPLATE)


@pytest.fixture(scope="session")
def postgres_cluster() -> Cluster:
    """The session's PostgreSQL cluster, not durable; skips without a server, and fails without one under CI."""
    try:
        return SharedCluster(Path(os.environ[SHARED_FOLDER])).obtain(_make_template)
    except PostgresMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty SQLite database file."""
    return f"sqlite:///{tmp_path / 'baton.db'}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_cluster.create_database(name, TEMPLATE)
    postgres_cluster.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def brokers() -> Iterator[Callable[[str], Broker]]:
    """Brokers by kind, each started when it is asked for first, one per test process.

    Skips without the broker's programs, and fails without them under CI.
    """
    started: dict[str, Broker] = {}
    with ExitStack() as stack:

        def obtain(kind: str) -> Broker:
            if kind not in started:
                try:
                    started[kind] = stack.enter_context(private_broker(kind))
                except BrokerMissing as missing:
                    if os.environ.get("CI"):
                        pytest.fail(str(missing))
                    pytest.skip(str(missing))
            started[kind].ensure()
            return started[kind]

        yield obtain


@pytest.fixture(params=list(BROKERS))
def broker(request: pytest.FixtureRequest, brokers: Callable[[str], Broker]) -> Broker:
    """A running message broker, of which a test may do what it likes; the test runs once on each kind."""
    return brokers(request.param)
