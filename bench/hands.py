"""What does Baton's jobs while it is measured: threads of this process, or Celery's workers told by a Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import handlers
from engine import Engine
from engine.handlers import DEFAULT_REGISTRY
from engine.worker.celery_app import create_celery
from engine.worker.doorbell import CeleryBell
from engine.worker.embedded import EmbeddedRunner
from tests.brokers import private_broker

ROOT = Path(__file__).parent.parent
LOOK = 0.05
PATIENCE = 120.0

Hands = Callable[[Engine, str, int], AbstractContextManager[None]]
"""Lets so many work for the engine on the database at that URL."""


class NotDone(Exception):
    """Instances did not end in time."""


@contextmanager
def embedded(engine: Engine, _url: str, threads: int) -> Iterator[None]:
    """The runner of `baton serve`."""
    runner = EmbeddedRunner(engine, DEFAULT_REGISTRY, threads=threads)
    runner.start()
    try:
        yield
    finally:
        runner.stop()


@contextmanager
def by_celery(engine: Engine, url: str, processes: int) -> Iterator[None]:
    """`baton worker` with a Redis of its own, which this process tells of the jobs it makes."""
    with private_broker("redis") as broker, tempfile.TemporaryDirectory() as folder:
        ours = {key: value for key, value in os.environ.items() if not key.startswith("BATON_")}
        ours |= {"BATON_DATABASE_URL": url, "BATON_BROKER_URL": broker.url, "BATON_HANDLERS": handlers.__name__}
        program = [str(Path(sys.executable).parent / "baton"), "worker", "--concurrency", str(processes)]
        with Path(folder, "log").open("wb") as log, CeleryBell(create_celery(broker.url)) as bell:
            worker = subprocess.Popen(program, env=ours | {"PYTHONPATH": str(ROOT)}, cwd=folder, stdout=log, stderr=log)
            forget = engine.bell.add(lambda jobs: bell.hear(jobs, engine.dispatch.clock()))
            try:
                yield
            finally:
                forget()
                worker.terminate()
                worker.wait(PATIENCE)


def wait_until_ended(engine: Engine, pause: float = LOOK) -> None:
    """Until no instance lives any more. Raises NotDone."""
    deadline = time.monotonic() + PATIENCE
    while left := engine.queries.process_instances.count():
        if time.monotonic() > deadline:
            raise NotDone(f"{left} process instances have not ended within {PATIENCE:g} s")
        time.sleep(pause)
