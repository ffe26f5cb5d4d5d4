"""A PostgreSQL database with a Celery worker of its own, which the tests of one process use one after the other."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from engine import Engine
from engine.store.tables import metadata
from tests.baton.serving import PATIENCE, working

_KEPT = "id_block"
"""What is in it goes on: no two things, be they of different tests, have one id, as in any database."""
_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'
"""


@dataclass
class WorkedDatabase:
    """A database, the broker that its worker listens to, and the worker, which never looks for jobs but when told."""

    url: str
    broker_url: str
    worker: subprocess.Popen[bytes]
    log: Path

    def empty(self) -> None:
        """Forget everything that was there."""
        tables = ", ".join(sorted({*metadata.tables} - {_KEPT}))
        with self._connect() as connection:
            while True:
                try:
                    connection.execute(f"TRUNCATE {tables}".encode())
                    return
                except psycopg.errors.DeadlockDetected:
                    pass  # with the worker, which was still at what the test before had left

    def rest(self) -> None:
        """Stop the worker, though not within a transaction, whose locks would hold up others."""
        deadline = time.monotonic() + PATIENCE
        with self._connect() as connection:
            while True:
                os.killpg(self.worker.pid, signal.SIGSTOP)
                if connection.execute(_AT_WORK).fetchone() == (0,):
                    return
                self.go_on()
                assert time.monotonic() < deadline, "the worker does not come to rest"
                time.sleep(0.05)

    def go_on(self) -> None:
        """Let the worker go on."""
        os.killpg(self.worker.pid, signal.SIGCONT)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def assert_alive(self) -> None:
        """Fails with what the worker said last when it has ended."""
        assert self.worker.poll() is None, self.log.read_text()[-4000:]


@contextmanager
def worked_database(url: str, broker_url: str, folder: Path) -> Iterator[WorkedDatabase]:
    """Makes the tables and begins a worker, which ends with the block."""
    engine = Engine.open(url)
    engine.upgrade()
    engine.close()
    with working(url, broker_url, folder, processes=1) as worker:
        yield WorkedDatabase(url, broker_url, worker, folder / "log")
