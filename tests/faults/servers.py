"""Real `baton` processes to be killed: servers that do jobs, what they answer, and what is left in their database."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.baton.serving import environment
from tests.faults.patience import eventually
from tests.faults.probes import FOLDER

LEASE = 60.0
"""Long, so that nothing is taken from a server that is only slow; from one that was killed, a test takes it."""
SHORT = {"BATON_LEASE_SECONDS": "3"}
"""For servers of which a test has to see that their leases end by themselves."""
SWEEP = 0.2
TIMEOUT = 180
"""Seconds that an answer may take."""


@dataclass
class Server:
    """A `baton serve` in a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def kill(self) -> None:
        """Ends all of its processes as `kill -9` does."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)

    def worker_pid(self) -> int:
        """The process that answers requests, which the other one watches over."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to all of its processes."""
        os.killpg(self.process.pid, number)

    def stop(self) -> int:
        """Asks it to end, as an orchestrator does; its exit code."""
        self.process.terminate()
        return self.process.wait(TIMEOUT)

    def wait_until_ready(self) -> None:
        """Returns when it serves."""

        def serves() -> bool:
            found = re.search(r"Baton serves (http://\S+)/engine-rest ", self.log.read_text())
            self.url = found[1] if found else ""
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.log.read_text()}"
            return bool(found)

        eventually(serves, "the server is up")

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask its REST API."""
        return requests.request(method, f"{self.url}/engine-rest{path}", timeout=TIMEOUT, **options)

    def post(self, path: str, json: object | None = None) -> requests.Response:
        """Post to its REST API."""
        return self.ask("POST", path, json={} if json is None else json)

    def health(self) -> requests.Response:
        """Is it ready?"""
        return requests.get(f"{self.url}/health/ready", timeout=TIMEOUT)


def settings(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """The environment of a process that runs the probes, with short sweeps."""
    return environment(
        database_url,
        **{
            "BATON_HANDLERS": "tests.faults.probes",
            "BATON_LEASE_SECONDS": str(LEASE),
            "BATON_SWEEP_SECONDS": str(SWEEP),
            FOLDER: str(folder),
            **more,
        },
    )


@contextmanager
def server(database_url: str, folder: Path, *, ready: bool = True, **more: str) -> Iterator[Server]:
    """A server on a database whose tables are there; killed in the end unless it has ended."""
    number = len(list(folder.glob("server*.log")))
    log = folder / f"server{number}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "baton", "serve", "--port", more.pop("port", "0")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=settings(database_url, folder, **more),
            cwd=folder,
            start_new_session=True,
        )
    started = Server(process, log)
    try:
        if ready:
            started.wait_until_ready()
        yield started
    finally:
        started.kill()


def blocking(place: str, file: Path) -> dict[str, str]:
    """Lets a process wait at the failpoint `place` when it comes there first; then the file is there."""
    return {"BATON_FAILPOINTS": f"{place}@1=block:{file}"}


@contextmanager
def worker(
    database_url: str, folder: Path, broker_url: str, *, ready: bool = True, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A `baton worker` with two processes, in a process group of its own; killed in the end unless it has ended."""
    log = folder / f"worker{len(list(folder.glob('worker*.log')))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "baton", "worker", "--concurrency", "2"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=settings(database_url, folder, BATON_BROKER_URL=broker_url, **more),
            cwd=folder,
            start_new_session=True,
        )
    try:
        if ready:
            eventually(lambda: "ready." in log.read_text() or process.poll() is not None, "the worker is ready")
            assert process.poll() is None, log.read_text()
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
