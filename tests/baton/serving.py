"""A real `baton serve` in a process of its own, for the tests that speak to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 180


@dataclass
class Running:
    """A server that has said that it serves, and all that it had printed until then."""

    process: subprocess.Popen[str]
    url: str
    said: str

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal to the server and returns its exit code."""
        self.process.send_signal(how)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The environment for a `baton` on this database, free of the settings of whoever runs the tests.

    Nobody has to sign in unless `more` says so.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("BATON_")}
    ours = {"BATON_DATABASE_URL": database_url, "BATON_AUTH": "off", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return {**inherited, **ours, **more}


def baton(*arguments: str | Path, database_url: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "baton", *arguments],
        capture_output=True,
        text=True,
        env=environment(database_url, **more),
        cwd=folder,
        check=False,
        timeout=PATIENCE,
    )


WORKER = ("-m", "baton", "worker")
"""The arguments of Python that begin a worker."""
NEVER = 3600.0
"""So many seconds between two sweeps that only bells are heard."""


@contextmanager
def working(
    database_url: str,
    broker_url: str,
    folder: Path,
    *,
    command: tuple[str, ...] = WORKER,
    processes: int = 2,
    sweep: float = NEVER,
    **more: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process group of its own that has told in `folder/log` that it is ready; killed in the end."""
    more |= {"BATON_BROKER_URL": broker_url, "BATON_SWEEP_SECONDS": str(sweep)}
    log = folder / "log"
    log.touch()
    begin = log.stat().st_size
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, *command, "-c", str(processes)],
            env=environment(database_url, **more),
            cwd=folder,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while b"ready." not in log.read_bytes()[begin:]:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def running(*arguments: str | Path, database_url: str, folder: Path, last_words: str, **more: str) -> Iterator[Running]:
    """Runs `baton ARGUMENTS` on a free port until it has printed a line that starts with `last_words`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "baton", *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(database_url, **more),
        cwd=folder,
        start_new_session=True,
    )
    try:
        said = ""
        assert process.stdout
        for line in process.stdout:
            said += line
            if line.startswith(last_words):
                break
        found = re.search(r"Baton serves (http://\S+?)(/engine-rest)? ", said)
        assert found, f"the server did not start: {said}"
        yield Running(process, f"{found[1]}/engine-rest", said)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
