"""The handlers of the servers and workers that are killed: each run is noted with a witness outside of the engine.

What they need to know is in the environment: PROBE_FOLDER has the witness, and the file `go` that some wait for.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from engine.handlers import Job, handler
from tests.worker.witness import Witness

FOLDER = "PROBE_FOLDER"


def folder() -> Path:
    """Where the witness is."""
    return Path(os.environ[FOLDER])


class ProbeWitness(Witness):
    """Knows of each start which process it was in."""

    def processes(self) -> list[int]:
        """The process of each start, in their order."""
        with closing(self._open()) as database:
            return [pid for (pid,) in database.execute("SELECT pid FROM start ORDER BY rowid")]

    def attempts(self) -> dict[int, list[int]]:
        """The attempts that have begun, for each job."""
        found: dict[int, list[int]] = {}
        for job, attempt in self.starts():
            found.setdefault(job, []).append(attempt)
        return found


def witness(place: Path) -> ProbeWitness:
    """The witness of the probes that run with this folder."""
    return ProbeWitness(place / "witness.db")


def _note(job: Job) -> None:
    witness(folder()).note(int(job.id), job.attempt)


def _wait_for_go() -> None:
    while not (folder() / "go").exists():
        time.sleep(0.01)


@handler("quick", retries=5, backoff="PT0.1S")
def quick(job: Job) -> dict[str, object]:
    """Ends at once."""
    _note(job)
    return {"quick": job.attempt}


@handler("short", retries=5, backoff="PT0.1S")
def short(job: Job) -> None:
    """Takes a moment."""
    _note(job)
    time.sleep(0.1)


@handler("waiting", retries=5, backoff="PT0.1S", timeout=None)
def waiting(job: Job) -> dict[str, object]:
    """Runs until the file is there."""
    _note(job)
    _wait_for_go()
    return {"waiting": job.attempt}


@handler("hanging", retries=2, backoff="PT0.1S", timeout="PT0.5S")
def hanging(job: Job) -> None:
    """Never ends."""
    _note(job)
    time.sleep(3600)


@handler("beating", retries=2, timeout="PT5S")
def beating(job: Job) -> None:
    """Takes longer than its timeout, but gives signs of life."""
    _note(job)
    for _ in range(30):
        time.sleep(0.25)
        job.heartbeat()


def _nested(depth: int) -> object:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def _cyclic() -> object:
    value: list[object] = []
    value.append(value)
    return value


RESULTS: dict[str, Callable[[], object]] = {
    "large": lambda: "x" * 50_000_000,
    "deep": lambda: _nested(100_000),
    "cyclic": _cyclic,
    "set": lambda: {1, 2},
    "object": object,
    "not a number": lambda: {"inside": [math.nan]},
    "infinite": lambda: math.inf,
    "NUL": lambda: "a\0b",
    "a half character": lambda: ["\ud800"],
    "long integer": lambda: 10**5000,
}
"""What no variable can be."""


@handler("giving", retries=3, backoff="PT0.1S")
def giving(what: str, job: Job) -> dict[str, object]:
    """Gives one of RESULTS."""
    _note(job)
    return {"bad result": RESULTS[what]()}


def _raise(problem: BaseException) -> None:
    raise problem


DEATHS: dict[str, Callable[[], object]] = {
    "an exception": lambda: _raise(ValueError("\0 \ud800 of no use")),
    "a base exception": lambda: _raise(BaseException("base")),
    "an exit": sys.exit,
    "an interrupt": lambda: _raise(KeyboardInterrupt()),
    "no memory": lambda: bytearray(2**62),
    "a deep recursion": lambda: _recurse(0),
}
"""How a handler can fail without ending its process."""


def _recurse(depth: int) -> int:
    return _recurse(depth + 1) + 1


@handler("dying", retries=2, backoff="PT0.1S")
def dying(what: str, job: Job) -> None:
    """Fails in one of the ways of DEATHS."""
    _note(job)
    DEATHS[what]()


@handler("poison", retries=2, backoff="PT0.1S")
def poison(what: str, job: Job) -> None:
    """Takes its process with it."""
    _note(job)
    if what == "segmentation fault":
        ctypes.string_at(0)
    os.kill(os.getpid(), signal.SIGKILL)
