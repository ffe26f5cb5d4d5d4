"""Hands that note in a file what they do, as the application of real Celery workers; and the file, for tests to read.

The jobs are rows of that file. One whose owner has died is free again, as if its lease had ended.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps

from engine.worker.celery_app import create_celery
from engine.worker.celery_worker import employ
from engine.worker.contract import Due
from engine.worker.doorbell import CeleryBell

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
NEVER = 3600.0
FILE, BROKER, TOPICS, SWEEP, GRACE = "PROBE_FILE", "PROBE_BROKER", "PROBE_TOPICS", "PROBE_SWEEP", "PROBE_GRACE"
PATIENT, LAG = "PROBE_PATIENCE", "PROBE_LAG"


@dataclass(frozen=True)
class Notes:
    """The file with the jobs."""

    path: Path

    def create(self) -> Notes:
        self._run("PRAGMA journal_mode=WAL")
        self._run(
            "CREATE TABLE job (id INTEGER PRIMARY KEY, topic TEXT, owner INTEGER, starts INTEGER DEFAULT 0, done)"
        )
        self._run("CREATE TABLE opened (pid INTEGER, parent INTEGER)")
        self._run("CREATE TABLE look (pid INTEGER)")
        return self

    def add(self, topic: str | None, count: int = 1) -> None:
        """Jobs of a topic, or internal ones."""
        for _ in range(count):
            self._run("INSERT INTO job (topic) VALUES (?)", topic)

    def claim(self, topic: str | None, limit: int) -> list[int]:
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute(
                "SELECT id, owner FROM job WHERE topic IS ? AND done IS NULL", (topic,)
            ).fetchall()
            free = [id for id, owner in rows if owner is None or not lives(owner)][:limit]
            for id in free:
                connection.execute("UPDATE job SET owner = ?, starts = starts + 1 WHERE id = ?", (os.getpid(), id))
            connection.execute("COMMIT")
            return free

    def finish(self, id: int) -> None:
        self._run("UPDATE job SET done = 1 WHERE id = ?", id)

    def give_back(self) -> None:
        self._run("UPDATE job SET owner = NULL WHERE owner = ? AND done IS NULL", os.getpid())

    def due(self, topics: Collection[str]) -> list[str]:
        self._run("INSERT INTO look VALUES (?)", os.getpid())
        waiting = self._run("SELECT topic, owner FROM job WHERE topic IS NOT NULL AND done IS NULL")
        return sorted({topic for topic, owner in waiting if topic in topics and (owner is None or not lives(owner))})

    def open(self) -> None:
        self._run("INSERT INTO opened VALUES (?, ?)", os.getpid(), os.getppid())

    # ------------------------------------------------------------ for tests

    def jobs(self) -> list[tuple[str | None, int, bool]]:
        """Topic, how often it was started, and whether it was done, of each job."""
        return [(topic, starts, bool(done)) for topic, starts, done in self._run("SELECT topic, starts, done FROM job")]

    def owners(self) -> list[int]:
        """The processes that have begun and not done a job."""
        return [pid for (pid,) in self._run("SELECT owner FROM job WHERE owner IS NOT NULL AND done IS NULL")]

    def processes(self) -> list[tuple[int, int]]:
        """Each process that opened hands, with its parent."""
        return self._run("SELECT pid, parent FROM opened")

    def lookers(self) -> set[int]:
        """The processes that have looked around."""
        return {pid for (pid,) in self._run("SELECT pid FROM look")}

    def all_done(self) -> bool:
        return all(done for _, _, done in self.jobs())

    def _run(self, statement: str, *values: object) -> list[Any]:
        with self._connected() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


def lives(pid: int) -> bool:
    """Is there such a process, and has it not ended?"""
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] if Path("/proc").exists() else True
    except (ProcessLookupError, FileNotFoundError):
        return False


@dataclass(frozen=True)
class ProbeHands:
    """Work of a topic that begins with `slow` waits until the file `go` is there; `deaf` work heeds no SIGTERM."""

    notes: Notes

    def run_internal(self, limit: int) -> int:
        return self._run(self.notes.claim(None, limit), "")

    def run_work(self, topic: str, limit: int, more: Callable[[], None] | None = None) -> int:
        claimed = self.notes.claim(topic, limit)
        if more is not None and len(claimed) == limit:
            more()
        return self._run(claimed, topic)

    def due(self, topics: Collection[str]) -> Due:
        return Due(self.notes.due(topics), None)

    def _run(self, claimed: list[int], topic: str) -> int:
        if topic.startswith("deaf"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for id in claimed:
            while topic.startswith(("slow", "deaf")) and not self.notes.path.with_name("go").exists():
                time.sleep(0.01)
            self.notes.finish(id)
        return len(claimed)


def _make_app() -> Celery:
    notes = Notes(Path(os.environ[FILE]))
    topics = os.environ[TOPICS].split(",")
    app = create_celery(os.environ[BROKER], topics)

    @contextmanager
    def open_hands(_: CeleryBell) -> Iterator[ProbeHands]:
        notes.open()
        yield ProbeHands(notes)
        notes.give_back()

    sweep, grace, patience = (timedelta(seconds=float(os.environ[name])) for name in (SWEEP, GRACE, PATIENT))
    employ(app, open_hands, topics, sweep=sweep, grace=grace, patience=patience)
    if LAG in os.environ:
        app.steps["worker"].add(_Lag)
    return app


class _Lag(bootsteps.StartStopStep):  # type: ignore[misc]
    """Makes the process that watches over the others slow: it rests for so many seconds after everything it does."""

    def register_with_event_loop(self, _: object, hub: Any) -> None:
        hub.call_repeatedly(0.001, time.sleep, float(os.environ[LAG]))


if FILE in os.environ:
    app = _make_app()


@contextmanager
def worker(
    notes: Notes,
    broker_url: str,
    *topics: str,
    sweep: float = NEVER,
    grace: float = NEVER,
    patience: float = NEVER,
    lag: float | None = None,
    processes: int = 2,
    pool: str = "prefork",
) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker of the queues of these topics, killed in the end if it still runs; its words go to `log`."""
    probe = {FILE: str(notes.path), BROKER: broker_url, TOPICS: ",".join(topics)}
    probe |= {SWEEP: str(sweep), GRACE: str(grace), PATIENT: str(patience)}
    if lag is not None:
        probe[LAG] = str(lag)
    options = [
        "--pool",
        pool,
        "--concurrency",
        str(processes),
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    with notes.path.with_name("log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tests.worker.celery_probe", "worker", *options],
            cwd=ROOT,
            env={**os.environ, **probe},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def eventually(holds: Callable[[], object], what: str, notes: Notes | None = None) -> None:
    """Wait until that holds; fails when it does not for too long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            told = notes.path.with_name("log") if notes else None
            log = told.read_text(errors="replace")[-4000:] if told and told.exists() else ""
            raise AssertionError(f"still not: {what}\n{notes.jobs() if notes else ''}\n{log}")
        time.sleep(0.02)
