"""The processes on one PostgreSQL database tell each other of jobs, so that nobody waits for a sweep.

It is NOTIFY after the commit, on a thread of its own and a few times a second at most: a process that is very busy
costs the others a look now and then. What gets lost is found by the sweep.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from engine import Engine, StoreError
from engine.core.state import Job

HORIZON = timedelta(seconds=10)
"""Jobs that are due later than that are not told of: everybody will have looked by then."""
PAUSE = 0.1
"""Seconds between two calls."""
LONGEST_PAUSE = 10.0
"""Seconds between two tries to listen while the database cannot be reached."""
_LOOK_UP = 0.5

log = logging.getLogger("baton.jobs")


class Neighbours:
    """Tells other processes of the jobs that this one made; and calls `wake`, if given, when they tell of theirs."""

    def __init__(self, engine: Engine, wake: Callable[[], None] | None = None) -> None:
        self._engine, self._wake = engine, wake
        self._clock = engine.dispatch.clock
        self._name = secrets.token_hex(8)
        self._made_jobs, self._stopped = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._ignore_bell: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin, unless the database is one that has no such calls."""
        if self._engine.database.dialect != "postgresql":
            return
        self._ignore_bell = self._engine.bell.add(self._hear)
        self._begin("baton tells", self._tell)
        if self._wake is not None:
            self._begin("baton listens", partial(self._listen, self._wake))

    def stop(self) -> None:
        """Tell and hear nothing any more."""
        self._ignore_bell()
        self._stopped.set()
        self._made_jobs.set()
        for thread in self._threads:
            thread.join(2 * _LOOK_UP)

    def _begin(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _hear(self, jobs: Collection[Job]) -> None:
        soon = self._clock() + HORIZON
        if any(job.due_at is None or job.due_at <= soon for job in jobs):
            self._made_jobs.set()

    def _tell(self) -> None:
        while True:
            self._made_jobs.wait()
            if self._stopped.is_set():
                return
            self._made_jobs.clear()
            try:
                self._engine.database.notify(self._name)
            except StoreError as problem:
                log.info("Other processes could not be told of jobs, which they will find by themselves: %s", problem)
            self._stopped.wait(PAUSE)

    def _listen(self, wake: Callable[[], None]) -> None:
        pause = PAUSE
        while not self._stopped.is_set():
            try:
                with self._engine.database.listen() as heard:
                    pause = PAUSE
                    wake()  # for what was told while nobody listened
                    while not self._stopped.is_set():
                        if any(name != self._name for name in heard(_LOOK_UP)):
                            wake()
            except StoreError as problem:
                log.info("Other processes cannot be listened to, which is tried again: %s", problem)
                self._stopped.wait(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret
                pause = min(pause * 2, LONGEST_PAUSE)
