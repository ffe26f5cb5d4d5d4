"""Servers that die while they do jobs (F1, F2, F3, F6, F12, F39): the work is done all the same, and counts once."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from engine import Engine
from engine.core.lifecycle import JobState
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness
from tests.faults.servers import SHORT, blocking, server
from tests.worker.freezing import freeze_between_transactions
from tests.worker.models import deploy, end_leases, ended, run, sequence, values, work

pytestmark = pytest.mark.slow

MANY = 240
"""So many short pieces of work that they are not done before a server is told to end."""
MOST_GRACE = 29
"""Seconds in which a server ends that has hardly anything to do; to requests that run it gives half a minute."""


def test_work_of_a_killed_server_is_done_by_another(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("w", "waiting"), work("q", "quick")))
    instances = [run(engine) for _ in range(3)]
    with server(database_url, tmp_path) as victim:
        eventually(lambda: len(witness.starts()) == 3, "all of it runs")
        victim.kill()
    end_leases(engine)
    (tmp_path / "go").touch()
    with server(database_url, tmp_path):
        eventually(lambda: all(ended(engine, each) for each in instances), "it is done")
    assert sorted(witness.attempts().values()) == [[1]] * 3 + [[1, 2]] * 3
    assert [values(engine, each) for each in instances] == [{"waiting": 2, "quick": 1}] * 3
    assert done(engine) == [1] * 6


@pytest.mark.parametrize(
    ("place", "starts"),
    [
        ("worker.after_claim", [2]),
        ("worker.after_handler", [1, 2]),
        ("executor.before_commit", [1, 2]),
        ("executor.after_commit", [1]),
    ],
)
def test_a_crash_around_a_handler(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path, place: str, starts: list[int]
) -> None:
    deploy(engine, sequence(work("q", "quick")))
    instance = run(engine)
    here = tmp_path / "here"
    with server(database_url, tmp_path, **blocking(place, here)) as victim:
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
    end_leases(engine)
    with server(database_url, tmp_path):
        eventually(lambda: ended(engine, instance), "it is done")
    assert list(witness.attempts().values()) == [starts]
    assert values(engine, instance) == {"quick": starts[-1]}
    assert done(engine) == [1]


def test_a_server_that_stood_still_is_not_listened_to(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    """As a machine that was paused does: its threads go on long after their leases have ended."""
    deploy(engine, sequence(work("w", "waiting"), work("q", "quick")))
    instance = run(engine)
    with server(database_url, tmp_path, **SHORT) as zombie:
        eventually(witness.starts, "it runs")
        # The other is there already, as gunicorn replaces a process that has stood still for half a minute.
        with server(database_url, tmp_path):
            freeze_between_transactions(zombie.signal, database_url)
            (tmp_path / "go").touch()
            eventually(lambda: ended(engine, instance), "another has done it")
            zombie.signal(signal.SIGCONT)
            eventually(lambda: "was dropped" in zombie.log.read_text(), "the late result was refused")
            assert zombie.health().status_code == 200
    assert sorted(witness.attempts().values()) == [[1], [1, 2]]
    assert values(engine, instance) == {"waiting": 2, "quick": 1}


def test_a_living_handler_keeps_its_lease(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("b", "beating")))
    instance = run(engine)
    short = {"BATON_LEASE_SECONDS": "5"}
    with server(database_url, tmp_path, **short), server(database_url, tmp_path, **short):
        eventually(lambda: ended(engine, instance), "it is done")
    assert list(witness.attempts().values()) == [[1]]


def test_sigterm_under_load_loses_nothing_and_leaves_no_lease(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("s", "short")))
    instances = [run(engine) for _ in range(MANY)]
    with server(database_url, tmp_path, BATON_JOB_THREADS="4") as first:
        eventually(lambda: len(witness.starts()) >= 8, "it works")
        assert first.stop() == 0, first.log.read_text()
    begun = len(witness.starts())
    assert begun < MANY
    assert set(waiting(engine)) == {JobState.WAITING}
    with server(database_url, tmp_path):
        eventually(lambda: all(ended(engine, each) for each in instances), "the rest is done")
    assert len(witness.starts()) == MANY


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sigterm_gives_back_what_does_not_end(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("w", "waiting")))
    instance = run(engine)
    with server(database_url, tmp_path) as first:
        eventually(witness.starts, "it runs")
        assert first.stop() == 0, first.log.read_text()
    assert waiting(engine) == {JobState.WAITING: 1}
    (tmp_path / "go").touch()
    with server(database_url, tmp_path):
        eventually(lambda: ended(engine, instance), "it is done")
    assert list(witness.attempts().values()) == [[1, 2]]


def test_a_process_that_is_replaced_by_its_server_goes_on(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    """Only the process with the threads is killed, as the kernel does when memory runs out."""
    deploy(engine, sequence(work("w", "waiting")))
    instance = run(engine)
    with server(database_url, tmp_path) as started:
        eventually(witness.starts, "it runs")
        [victim] = witness.processes()
        assert victim != started.process.pid
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        end_leases(engine)
        (tmp_path / "go").touch()
        eventually(lambda: ended(engine, instance), "its successor does the work")
        assert started.health().status_code == 200
    assert list(witness.attempts().values()) == [[1, 2]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sigterm_is_not_held_up_by_workers_that_wait_for_work(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("w", "waiting")))
    run(engine)
    topics = [{"topicName": "t", "lockDuration": 60_000}]
    poll = {"workerId": "ada", "maxTasks": 1, "asyncResponseTimeout": 600_000, "topics": topics}
    with server(database_url, tmp_path) as started:
        eventually(witness.starts, "it runs")
        asking = threading.Thread(target=_ask, args=(f"{started.url}/engine-rest/external-task/fetchAndLock", poll))
        asking.start()
        threading.Timer(1, (tmp_path / "go").touch).start()
        began = time.monotonic()
        assert started.stop() == 0, started.log.read_text()
        assert time.monotonic() - began < MOST_GRACE
        asking.join()
    assert waiting(engine) == {}


def _ask(url: str, body: object) -> None:
    with suppress(requests.ConnectionError):
        requests.post(url, json=body, timeout=180)
