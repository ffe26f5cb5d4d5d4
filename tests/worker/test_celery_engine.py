"""Processes whose jobs are done by real `baton worker` processes, on each database, rung for through real brokers."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
import requests

from engine import Engine
from engine.worker.celery_app import create_celery
from engine.worker.doorbell import CeleryBell
from tests.baton import serving
from tests.baton.serving import NEVER, WORKER, baton
from tests.brokers import Broker
from tests.ports import free_port
from tests.worker.celery_probe import eventually
from tests.worker.models import deploy, end_leases, ended, incidents, run, sequence, values, work
from tests.worker.witness import Witness

pytestmark = pytest.mark.slow

HANDLERS = """
import os, signal, time
from pathlib import Path
from engine import Job, handler
from tests.worker.witness import Witness

witness = Witness(Path("witness.db"))

@handler("count")
def count(n: int, job: Job) -> dict[str, int]:
    witness.note(job.id, job.attempt)
    return {"n": n + 1}

@handler("wait", backoff="PT0.1S")
def wait(job: Job) -> None:
    witness.note(job.id, job.attempt)
    while not Path("go").exists():
        time.sleep(0.01)

@handler("hang", retries=1, timeout="PT0.5S")
def hang(job: Job) -> None:
    witness.note(job.id, job.attempt)
    time.sleep(3600)

@handler("crash")
def crash(job: Job) -> None:
    witness.note(job.id, job.attempt)
    os.kill(os.getpid(), signal.SIGKILL)
"""
TIMER = (
    '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT0.3S</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
CELERY = ("-m", "celery", "-A", "baton.celery", "worker")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where workers run: with handlers, and a witness of what they do."""
    (tmp_path / "processes" / "p").mkdir(parents=True)
    (tmp_path / "processes" / "p" / "handlers.py").write_text(HANDLERS)
    return tmp_path


@pytest.fixture
def redis(brokers: Callable[[str], Broker]) -> Broker:
    broker = brokers("redis")
    broker.wipe()
    return broker


@contextmanager
def ringing(engine: Engine, broker: Broker) -> Iterator[None]:
    """Tell workers of the jobs that this process makes, as a server does."""
    with CeleryBell(create_celery(broker.url)) as bell:
        forget = engine.bell.add(lambda jobs: bell.hear(jobs, engine.dispatch.clock()))
        yield
        forget()


def working(
    database_url: str,
    broker: Broker,
    folder: Path,
    command: tuple[str, ...] = WORKER,
    *,
    sweep: float = NEVER,
    **more: str,
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker with two processes. Its leases are long: nothing is taken from one that is only slow."""
    more = {"BATON_LEASE_SECONDS": "60"} | more
    return serving.working(database_url, broker.url, folder, command=command, sweep=sweep, **more)


def _processes(witness: Witness) -> list[int]:
    """In which process each handler ran."""
    with closing(sqlite3.connect(witness.file)) as database:
        return [pid for (pid,) in database.execute("SELECT pid FROM start")]


def _eventually(holds: Callable[[], object], what: str, folder: Path) -> None:
    try:
        eventually(holds, what)
    except AssertionError as problem:
        raise AssertionError(f"{problem}\n{(folder / 'log').read_text()[-4000:]}") from None


@pytest.mark.parametrize("command", [WORKER, CELERY], ids=["baton", "celery"])
def test_work_timers_and_continuations_go_through(
    engine: Engine, database_url: str, redis: Broker, folder: Path, command: tuple[str, ...]
) -> None:
    later = '<task id="later" camunda:asyncBefore="true"/>'
    with working(database_url, redis, folder, command), ringing(engine, redis):
        deploy(engine, sequence(work("a", "count"), TIMER, later, work("b", "count")))
        instances = [run(engine, n=10) for _ in range(20)]
        _eventually(lambda: all(ended(engine, each) for each in instances), "all have ended", folder)
    assert [values(engine, each) for each in instances] == [{"n": 12}] * 20
    assert len(Witness(folder / "witness.db").starts()) == 40
    assert engine.check() == []


def test_jobs_go_on_whatever_happens_to_the_broker(
    engine: Engine, database_url: str, broker: Broker, folder: Path
) -> None:
    deploy(engine, sequence(work("a", "count"), TIMER, work("b", "count")))
    instances = []
    with working(database_url, broker, folder, sweep=0.5), ringing(engine, broker):
        instances += [run(engine, n=1) for _ in range(5)]
        broker.kill()
        instances += [run(engine, n=1) for _ in range(5)]
        broker.wipe()
        instances += [run(engine, n=1) for _ in range(5)]
        _eventually(lambda: all(ended(engine, each) for each in instances), "all have ended", folder)
    assert [values(engine, each) for each in instances] == [{"n": 3}] * 15
    assert engine.check() == []


def test_a_handler_whose_process_is_killed_runs_again(
    engine: Engine, database_url: str, redis: Broker, folder: Path
) -> None:
    witness = Witness(folder / "witness.db")
    with working(database_url, redis, folder, sweep=0.5), ringing(engine, redis):
        deploy(engine, sequence(work("a", "wait")))
        instance = run(engine)
        _eventually(witness.starts, "the handler runs", folder)
        (victim,) = _processes(witness)
        os.kill(victim, signal.SIGKILL)
        end_leases(engine)
        _eventually(lambda: len(witness.starts()) == 2, "it runs again", folder)
        (folder / "go").touch()
        _eventually(lambda: ended(engine, instance), "the instance has ended", folder)
    assert [attempt for _, attempt in witness.starts()] == [1, 2]
    assert engine.check() == []


def test_a_handler_that_hangs_or_crashes_ends_in_an_incident_and_others_go_on(
    engine: Engine, database_url: str, redis: Broker, folder: Path
) -> None:
    witness = Witness(folder / "witness.db")
    with working(database_url, redis, folder, sweep=0.5, BATON_LEASE_SECONDS="3"), ringing(engine, redis):
        for topic in ("hang", "hang", "hang", "crash"):
            deploy(engine, sequence(work("a", topic)))
            run(engine)
        _eventually(lambda: len(incidents(engine)) == 4, "there are incidents", folder)
        deploy(engine, sequence(work("a", "count")))
        instance = run(engine, n=1)
        _eventually(lambda: ended(engine, instance), "other work is done", folder)
    messages = sorted(str(each) for each in incidents(engine))
    assert sum("longer than its 0.5 s" in each for each in messages) == 3
    assert sum("died or hung" in each for each in messages) == 1
    attempts = sorted(attempt for _, attempt in witness.starts())
    # A death in company is not held against a job, so there may be one attempt more.
    assert attempts in ([1, 1, 1, 1, 1, 2, 3], [1, 1, 1, 1, 1, 2, 3, 4])
    assert engine.check() == []


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has(
    engine: Engine, database_url: str, redis: Broker, folder: Path
) -> None:
    witness = Witness(folder / "witness.db")
    with working(database_url, redis, folder) as worker, ringing(engine, redis):
        deploy(engine, sequence(work("a", "wait")))
        instance = run(engine)
        _eventually(witness.starts, "the handler runs", folder)
        worker.send_signal(signal.SIGQUIT)
        worker.wait(180)
    (job,) = engine.queries.external_tasks.list({})
    assert job.lock_expires_at is None
    (folder / "go").touch()
    with working(database_url, redis, folder, sweep=0.5):
        _eventually(lambda: ended(engine, instance), "another worker has done it", folder)


@pytest.mark.parametrize("command", [WORKER, CELERY], ids=["baton", "celery"])
def test_a_worker_tells_prometheus_of_all_its_processes(
    engine: Engine, database_url: str, redis: Broker, folder: Path, command: tuple[str, ...]
) -> None:
    port = free_port()
    told = {"BATON_WORKER_METRICS_PORT": str(port)}
    (folder / "go").touch()
    with working(database_url, redis, folder, command, sweep=0.5, **told), ringing(engine, redis):
        deploy(engine, sequence(work("a", "count"), work("b", "wait"), work("c", "crash")))
        for _ in range(5):
            run(engine, n=1)
        _eventually(lambda: len(_processes(Witness(folder / "witness.db"))) > 10, "some have crashed", folder)

        def measured() -> str:
            return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=180).text

        for topic in ("count", "wait"):
            counts = f'baton_handler_seconds_count{{outcome="completed",topic="{topic}"}} 5.0'
            _eventually(lambda counts=counts: counts in measured(), "five were counted", folder)  # type: ignore[misc]
        assert "baton_job_wait_seconds_bucket" in measured()


def test_a_worker_needs_a_broker_tables_and_handlers(sqlite_url: str, folder: Path) -> None:
    bare = baton("worker", database_url=sqlite_url, folder=folder)
    assert (bare.returncode, "baton db upgrade" in bare.stderr) == (1, True)
    baton("db", "upgrade", database_url=sqlite_url, folder=folder)
    bare = baton("worker", database_url=sqlite_url, folder=folder)
    assert (bare.returncode, "BATON_BROKER_URL" in bare.stderr) == (1, True)
    url = "redis://127.0.0.1:1/0"
    bare = baton("worker", "-Q", "count,cuont", database_url=sqlite_url, folder=folder, BATON_BROKER_URL=url)
    assert (bare.returncode, "no handler for cuont" in bare.stderr) == (1, True)
