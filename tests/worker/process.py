"""A worker process that is to be killed: `python -m tests.worker.process '{"url": ..., "witness": ...}'`.

It prints a line when it has begun, and ends in good order on SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import Backoff, Engine, HandlerRegistry, Job
from engine.worker.embedded import EmbeddedRunner
from tests.worker.witness import Witness

ROOT = Path(__file__).parents[2]
LEASE = 60.0


def serve(url: str, witness: str, lease: float = LEASE, threads: int = 4, grace: float = 20.0) -> None:
    """Do jobs until SIGTERM."""
    engine, told = Engine.open(url), Witness(Path(witness))
    registry = HandlerRegistry()
    at_once = Backoff(first=timedelta(milliseconds=1))

    @registry.handler("note", backoff=at_once)
    def note(job: Job) -> dict[str, int]:
        told.note(job.id, job.attempt)
        return {"by": job.attempt}

    @registry.handler("slow", backoff=at_once)
    def slow(job: Job, seconds: float) -> dict[str, int]:
        told.note(job.id, job.attempt)
        time.sleep(seconds)
        return {"by": job.attempt}

    @registry.handler("slow at first", backoff=at_once)
    def slow_at_first(job: Job) -> dict[str, int]:
        told.note(job.id, job.attempt)
        if job.attempt == 1:
            time.sleep(3600)
        return {"by": job.attempt}

    @registry.handler("held up at first", backoff=at_once)
    def held_up_at_first(job: Job) -> dict[str, int]:
        told.note(job.id, job.attempt)
        while job.attempt == 1 and not told.lets_go():
            time.sleep(0.01)
        return {"by": job.attempt}

    @registry.handler("poison", retries=3, backoff=at_once)
    def poison(job: Job) -> None:
        told.note(job.id, job.attempt)
        os.kill(os.getpid(), signal.SIGKILL)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    runner = EmbeddedRunner(engine, registry, threads=threads, sweep=0.2, lease=timedelta(seconds=lease))
    print("begun", flush=True)  # before the first job, which may kill this process
    runner.start()
    while not stop.wait(0.1):
        pass  # a signal that another thread receives wakes nobody who waits without end
    runner.stop(grace)
    engine.close()


@contextmanager
def worker(url: str, witness: Witness, failpoints: str = "", **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A worker process that has begun; killed at the end of the block if it still lives."""
    begun = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.worker.process",
            json.dumps({"url": url, "witness": str(witness.file), **options}),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "BATON_FAILPOINTS": failpoints, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "begun\n"
        yield begun
    finally:
        begun.kill()
        begun.communicate()


if __name__ == "__main__":
    serve(**json.loads(sys.argv[1]))
