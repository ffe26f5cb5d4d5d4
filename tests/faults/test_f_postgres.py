"""PostgreSQL that is killed under load and away for a while (F7, F8): what was answered is there, and all goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from engine import Engine
from engine.store.tables import process_instance
from tests.baton.serving import baton
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness, witness
from tests.faults.servers import SHORT, Server, server
from tests.postgres import Cluster, PostgresMissing, private_cluster
from tests.worker.models import deploy, sequence, work

pytestmark = pytest.mark.slow

KILLS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster that keeps what it has committed when it is killed."""
    try:
        with private_cluster(durable=True) as made:
            yield made
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def database_url(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    return cluster.create_database(f"t{abs(hash(request.node.name))}")


class Client(threading.Thread):
    """Starts instances one after the other, and remembers what it was answered."""

    def __init__(self, asked: Server, name: str) -> None:
        super().__init__(daemon=True)
        self.asked, self.prefix = asked, name
        self.accepted: set[str] = set()
        self.refused: set[str] = set()
        self.unknown: set[str] = set()
        self.wrong: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            number += 1
            key = f"{self.prefix}-{number}"
            try:
                answer = self.asked.post("/process-definition/key/p/start", {"businessKey": key})
            except requests.ConnectionError:
                self.unknown.add(key)
                continue
            if answer.status_code == 200:
                self.accepted.add(key)
            elif answer.status_code == 503 and "Retry-After" in answer.headers:
                # Either nothing was done, or nobody can know.
                (self.unknown if "broke during the commit" in answer.text else self.refused).add(key)
                self.enough.wait(0.05)
            else:
                self.wrong.append(f"{answer.status_code} {answer.text}")
                self.enough.wait(0.05)


def started_keys(engine: Engine) -> list[str]:
    """The business keys of all instances there are and were."""
    with engine.database.read() as tx:
        return list(tx.connection.scalars(select(process_instance.c.business_key)))


def available(ask: Callable[[], requests.Response]) -> Callable[[], bool]:
    """Is the answer a good one?"""
    return lambda: ask().status_code == 200


def test_what_was_answered_outlives_a_server_that_is_killed(
    cluster: Cluster, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    noted: ProbeWitness = witness(tmp_path)
    deploy(engine, sequence(work("q", "quick")))
    with server(database_url, tmp_path, **SHORT) as started:
        clients = [Client(started, f"client{number}") for number in range(4)]
        for client in clients:
            client.start()
        for kill in range(KILLS):
            enough = sum(len(client.accepted) for client in clients) + 30
            eventually(lambda enough=enough: sum(len(each.accepted) for each in clients) > enough, f"load {kill}")  # type: ignore[misc]
            cluster.kill()
            eventually(lambda: started.health().status_code == 503, "its health tells")
            cluster.restart()
        enough = sum(len(client.accepted) for client in clients) + 30
        eventually(lambda: sum(len(each.accepted) for each in clients) > enough, "load after the last kill")
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join()
        eventually(available(started.health), "its health is good again")
        eventually(lambda: not waiting(engine), f"all work is done: {waiting(engine)}")
    found = started_keys(engine)
    assert len(found) == len(set(found))
    accepted, unknown, refused = (
        set[str]().union(*(getattr(each, kind) for each in clients)) for kind in ("accepted", "unknown", "refused")
    )
    assert [problem for client in clients for problem in client.wrong] == []
    assert accepted - set(found) == set()
    assert refused & set(found) == set()
    assert set(found) - accepted <= unknown
    assert set(done(engine)) == {1}
    assert len(done(engine)) == len(found) == len(noted.attempts())


def test_a_server_waits_for_a_database_that_is_not_there_yet(
    cluster: Cluster, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("q", "quick")))
    cluster.kill()
    with server(database_url, tmp_path, ready=False) as waiting_server:
        eventually(lambda: waiting_server.log.read_text().count("Waiting for the database") >= 2, "it waits")
        assert "cannot be reached" in waiting_server.log.read_text()
        cluster.restart()
        waiting_server.wait_until_ready()
        assert "can be reached" in waiting_server.log.read_text()
        assert waiting_server.post("/process-definition/key/p/start").status_code == 200
        eventually(lambda: len(done(engine)) == 1, "work is done")


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_it_does_not_wait_for_ever(tmp_path: Path, command: str) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    ended = baton(command, database_url=nowhere, folder=tmp_path, BATON_DATABASE_WAIT_SECONDS="0.2", BATON_PORT="0")
    assert ended.returncode == 1
    assert "Waiting for the database" in ended.stderr
    assert "Error: The PostgreSQL server cannot be reached" in ended.stderr


def test_a_database_that_is_away_for_a_while(
    cluster: Cluster, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("q", "quick")))
    with server(database_url, tmp_path, BATON_SWEEP_SECONDS="0.1", **SHORT) as started:
        assert started.health().status_code == 200
        cluster.kill()
        refused = started.post("/process-definition/key/p/start")
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) >= 1
        health = started.health()
        assert (health.status_code, health.json()["checks"]["database"]["status"]) == (503, "down")
        assert requests.get(f"{started.url}/health/live", timeout=180).status_code == 200
        eventually(lambda: started.log.read_text().count("Jobs cannot be claimed") >= 4, "the runner has tried again")
        pauses = started.log.read_text().count("Jobs cannot be claimed")
        assert pauses < 40, "it backs off"
        cluster.restart()
        eventually(lambda: started.post("/process-definition/key/p/start").status_code == 200, "it serves again")
        eventually(lambda: len(done(engine)) >= 1 and not waiting(engine), "work is done again")
        eventually(available(started.health), "its health is good again")
        assert started.process.poll() is None
