"""Requests that are cut off, disks that are full, locks that are held (F5, F24, F25, F40): all or nothing, and told."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import sqlalchemy

from engine import Engine
from engine.core.commands.instances import StartInstance
from engine.core.lifecycle import JobState
from engine.store.database import Database
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.servers import SHORT, blocking, server
from tests.worker.models import deploy, ended, process, run, sequence

pytestmark = pytest.mark.slow

TASK = sequence('<userTask id="task"/>')
START = "/process-definition/key/p/start"
TIMERS = 10_000


def instances(engine: Engine) -> int:
    """How many run."""
    return engine.queries.process_instances.count()


@pytest.mark.parametrize(("place", "stored"), [("executor.before_commit", 0), ("executor.after_commit", 1)])
def test_a_request_that_is_cut_off_is_done_or_not(
    engine: Engine, database_url: str, tmp_path: Path, place: str, stored: int
) -> None:
    deploy(engine, TASK)
    here = tmp_path / "here"
    with server(database_url, tmp_path, **blocking(place, here)) as started:
        asking = threading.Thread(target=_ask_and_lose, args=(f"{started.url}/engine-rest{START}",))
        asking.start()
        eventually(here.exists, "it comes to that place")
        started.kill()
        asking.join()
    assert instances(engine) == stored
    assert engine.check() == []
    with server(database_url, tmp_path) as again:
        assert again.post(START).status_code == 200
        assert again.ask("GET", "/task/count").json() == {"count": stored + 1}


def _ask_and_lose(url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json={}, timeout=180)


def test_ten_thousand_timers_due_at_once_fire_once_each(engine: Engine, database_url: str, tmp_path: Path) -> None:
    timer = (
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeDate>2020-01-01T00:00:00Z</timeDate>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    deploy(engine, sequence(timer))
    for _ in range(0, TIMERS, 500):
        for outcome in engine.executor.execute([StartInstance(key="p") for _ in range(500)]):
            outcome.get()
    assert waiting(engine) == {JobState.WAITING: TIMERS}
    engine.deployments.deploy({"user.bpmn": process(TASK, key="user")})
    with server(database_url, tmp_path, **SHORT) as first, server(database_url, tmp_path, **SHORT):
        answered = 0
        while answered == 0 or waiting(engine):
            answer = first.post("/process-definition/key/user/start")
            assert answer.status_code == 200, answer.text
            assert answer.elapsed < timedelta(seconds=30)
            answered += 1
    assert done(engine) == [1] * TIMERS
    assert instances(engine) == answered


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_and_nothing_is_half(engine: Engine, database_url: str, tmp_path: Path) -> None:
    deploy(engine, TASK)
    with server(database_url, tmp_path, BATON_JOB_RUNNER="off") as started:
        assert started.post(START).status_code == 200
        with _no_room(started.worker_pid()):
            keep = {"variables": {"long": {"value": "x" * 100_000}}}
            answers = [started.post(START, keep) for _ in range(8)]
            refused = [each for each in answers if each.status_code != 200]
            assert {each.status_code for each in refused} == {503}, [each.text[:200] for each in answers]
            assert all("Retry-After" in each.headers for each in refused)
            count = instances(engine)
            assert count == 1 + len(answers) - len(refused)
            assert started.ask("GET", "/task/count").json() == {"count": count}
        assert started.post(START, keep).status_code == 200
        assert instances(engine) == count + 1
    with engine.database.read() as tx:
        assert tx.connection.scalar(sqlalchemy.text("PRAGMA integrity_check")) == "ok"


@contextmanager
def _no_room(pid: int) -> Iterator[None]:
    """No file of that process can grow much, as if the disk were full."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (500_000, hard))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_takes_no_writes_is_told(engine: Engine, database_url: str, tmp_path: Path) -> None:
    deploy(engine, TASK)
    name = database_url.rpartition("/")[2]
    with server(database_url, tmp_path) as started:
        for read_only, status in (("on", 503), ("off", 200)):
            # Those who are connected do not notice, so their connections are cut.
            with _administrator(database_url) as administrator:
                administrator.execute(
                    sqlalchemy.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {read_only}')
                )
                administrator.execute(
                    sqlalchemy.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            answers: list[requests.Response] = []

            def asked(answers: list[requests.Response] = answers, status: int = status) -> bool:
                answers.append(started.post(START))
                return answers[-1].status_code == status

            eventually(asked, f"it answers with {status}")
            assert {each.status_code for each in answers} <= {200, 503}, [each.text for each in answers]
            assert started.ask("GET", "/engine").status_code == 200
        eventually(lambda: started.health().status_code == 200, "its health is good")
    assert instances(engine) == 1


@contextmanager
def _administrator(database_url: str) -> Iterator[sqlalchemy.Connection]:
    opened = sqlalchemy.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with opened.connect() as connection:
        connection.execute(sqlalchemy.text("SET default_transaction_read_only = off"))
        yield connection
    opened.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lock_that_somebody_holds_is_waited_for_and_then_told(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    deploy(engine, TASK)
    instance, other = run(engine), run(engine)
    with server(database_url, tmp_path, BATON_JOB_RUNNER="off") as started:
        suspend = {"suspended": True}
        with _administrator(database_url) as holder:
            holder.execute(sqlalchemy.text("BEGIN"))
            holder.execute(
                sqlalchemy.text("SELECT 1 FROM process_instance WHERE id = :id FOR UPDATE"), {"id": instance}
            )
            refused = started.ask("PUT", f"/process-instance/{instance}/suspended", json=suspend)
            assert refused.status_code == 503, refused.text
            assert "Retry-After" in refused.headers
            assert started.ask("PUT", f"/process-instance/{other}/suspended", json=suspend).status_code == 204
            holder.execute(sqlalchemy.text("ROLLBACK"))
        assert started.ask("PUT", f"/process-instance/{instance}/suspended", json=suspend).status_code == 204


CALLER = sequence('<callActivity id="call" calledElement="child"/>')


def test_few_connections_and_many_callers(engine: Engine, database_url: str) -> None:
    """Callers and what they call are changed from both ends at once, by two engines with two connections each."""
    engine.deployments.deploy({"p.bpmn": process(CALLER), "child.bpmn": process(TASK, key="child")})
    few = [Engine(Database.open(database_url, pool_size=2)) for _ in range(2)]
    roots = [run(engine) for _ in range(10)]
    found = engine.queries.tasks.list({})
    problems: list[Exception] = []

    def change(end: Engine, first: int) -> None:
        try:
            for task in found[first::2]:
                end.variables.set(task.process_instance_id or 0, {"seen": first})
                end.tasks.complete(task.id)
            for root in roots[first::2]:
                end.queries.process_instances.find(root)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=change, args=(few[turn % 2], turn // 2 % 2)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for end in few:
        end.close()
    assert all(ended(engine, root) for root in roots)
    assert {type(problem).__name__ for problem in problems} <= {"NotFound"}
