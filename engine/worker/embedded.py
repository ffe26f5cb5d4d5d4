"""The embedded runner: does jobs on threads of the process that it is started in, without any broker."""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from engine import Engine, EngineError, StoreError
from engine.core.state import Job
from engine.handlers import DEFAULT_REGISTRY, HandlerRegistry
from engine.worker.alarm import Alarm
from engine.worker.leases import Held
from engine.worker.neighbours import Neighbours
from engine.worker.observer import Observer
from engine.worker.runner import HANDLER_TIMEOUT, LEASE, Runner

log = logging.getLogger("baton.jobs")

BATCH = 100
"""How many continuations and timers are done in one transaction, and how much work is claimed in one at most."""
AHEAD = 0.1
"""How many seconds' worth of work is claimed ahead, so that short handlers do not wait for claims."""
MOST_UNREPORTED = 400
"""No more work is claimed while so many results wait to be reported: after a crash they would be made once more."""
HELD_BACK = timedelta(milliseconds=250)
"""After how long work that the limits of its handler hold back is asked for again."""
LONGEST_PAUSE = 10.0
"""Seconds between two tries while the database cannot be reached."""


class EmbeddedRunner:
    """Does jobs on `threads` threads for handlers and one for continuations and timers.

    It wakes at once when this process made a job, when something becomes due, when another process on PostgreSQL made
    one, and every `sweep` seconds for what nobody told of. Any number of processes may run one on the same database.
    """

    def __init__(
        self,
        engine: Engine,
        registry: HandlerRegistry = DEFAULT_REGISTRY,
        *,
        threads: int = 10,
        sweep: float = 5.0,
        lease: timedelta = LEASE,
        handler_timeout: timedelta = HANDLER_TIMEOUT,
        observer: Observer | None = None,
    ) -> None:
        self._engine, self._sweep, self._threads = engine, sweep, threads
        self.runner = Runner(
            engine,
            registry,
            lease=lease,
            handler_timeout=handler_timeout,
            on_hang=self._replace_thread,
            observer=observer,
        )
        self._clock = engine.dispatch.clock
        self._internal, self._work = Alarm(self._clock), Alarm(self._clock)
        self._queue: queue.SimpleQueue[Held | None] = queue.SimpleQueue()
        self._average = _Average()
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._pending = 0
        self._hung = 0
        self._stopping = False
        self._loops: list[threading.Thread] = []
        # The threads for handlers that are not given up, and those of them that run one.
        self._hands: set[threading.Thread] = set()
        self._performing: dict[Held, threading.Thread] = {}
        self._ignore_bell: Callable[[], None] = lambda: None
        self._neighbours = Neighbours(engine, self._wake)

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to do jobs."""
        self.runner.start()
        self._ignore_bell = self._engine.bell.add(self.ring)
        self._loops = [
            threading.Thread(target=self._serve, args=(alarm, turn), name=name, daemon=True)
            for alarm, turn, name in (
                (self._internal, self._do_internal, "baton jobs"),
                (self._work, self._claim_work, "baton claims"),
            )
        ]
        for thread in self._loops:
            thread.start()
        for _ in range(self._threads):
            self._add_thread()
        self._neighbours.start()

    def retire(self) -> None:
        """Claim nothing more, while what runs goes on until `stop`. Takes no lock, so signal handlers may call it."""
        self._stopping = True

    def stop(self, grace: float = 10.0) -> None:
        """Claim nothing more, let what runs end within `grace` seconds, and give back the rest."""
        self._ignore_bell()
        self._stopping = True
        self._wake()
        end = time.monotonic() + grace
        for thread in self._loops:
            thread.join(max(end - time.monotonic(), 0))
        self._give_back_queued()
        with self._left:
            for _ in self._hands:
                self._queue.put(None)
            self._left.wait_for(lambda: not self._hands, max(end - time.monotonic(), 0))
        self.runner.reports.flush(max(end - time.monotonic(), 0.1))
        self.runner.stop()
        self._neighbours.stop()

    @property
    def alive(self) -> bool:
        """Does it look for jobs?"""
        return not self._stopping and bool(self._loops) and all(thread.is_alive() for thread in self._loops)

    @property
    def hung(self) -> int:
        """How many handlers went on beyond their timeout and still hold a thread."""
        return self._hung

    def ring(self, jobs: Collection[Job]) -> None:
        """There are new jobs, to be done now or later."""
        now = self._clock()
        for job in jobs:
            if job.topic is None:
                _wake(self._internal, job, now)
            elif self.runner.registry.get(job.topic) is not None:
                _wake(self._work, job, now)

    def _wake(self) -> None:
        self._internal.ring()
        self._work.ring()

    # ------------------------------------------------------------ loops

    def _serve(self, alarm: Alarm, turn: Callable[[], datetime | None]) -> None:
        """Take turns for ever; after each, sleep until the time that it gives."""
        pause = 0.0
        while not self._stopping:
            try:
                alarm.sleep(self._sweep, turn())
                pause = 0.0
                continue
            except (EngineError, StoreError) as problem:
                pause = min(max(pause * 2, 0.25), LONGEST_PAUSE)
                log.warning("Jobs cannot be claimed, which is tried again: %s", problem)
            except Exception:
                pause = LONGEST_PAUSE
                log.exception("Jobs cannot be claimed, which is tried again")
            # No bell helps while the database is away.
            self._sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def _do_internal(self) -> datetime | None:
        while not self._stopping and self.runner.run_internal(BATCH) == BATCH:
            pass
        return self._engine.dispatch.next_due()

    def _claim_work(self) -> datetime | None:
        topics = tuple(self.runner.registry.topics)
        if not topics:
            return None
        while not self._stopping:
            wanted = self._room()
            if wanted <= 0:
                return None  # a thread rings when there is room
            if not self.runner.reports.wait(MOST_UNREPORTED, 0.1):
                continue
            claimed = self.runner.claim(topics, wanted)
            with self._lock:
                self._pending += len(claimed)
            for held in claimed:
                self._queue.put(held)
            if len(claimed) < wanted:
                return self._next_work(topics)
        return None

    def _next_work(self, topics: Sequence[str]) -> datetime | None:
        """When to look for work again: soon, where the limits of a handler hold back what is due."""
        dispatch, registry = self._engine.dispatch, self.runner.registry
        limited = [topic for topic in topics if (found := registry.get(topic)) is not None and found.limits]
        if limited and dispatch.due_topics(limited):
            return self._clock() + HELD_BACK
        return dispatch.next_due(topics)

    def _room(self) -> int:
        """How much work may be claimed now: what the threads can begin, and what they will have done soon."""
        ahead = min(BATCH, self._threads + int(self._threads * AHEAD / self._average.seconds))
        with self._lock:
            return ahead - self._pending

    # ------------------------------------------------------------ threads for handlers

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._run_handlers, name="baton handlers", daemon=True)
        with self._lock:
            self._hands.add(thread)
        thread.start()

    def _run_handlers(self) -> None:
        thread = threading.current_thread()
        try:
            while (held := self._queue.get()) is not None:
                began = time.monotonic()
                self._performing[held] = thread
                self.runner.perform(held)
                self._performing.pop(held, None)
                if held.abandoned:
                    with self._lock:
                        self._hung -= 1
                    return
                self._average.add(time.monotonic() - began)
                self._done()
        finally:
            self._give_up(thread)

    def _give_up(self, thread: threading.Thread) -> None:
        """Wait for this thread no more."""
        with self._left:
            self._hands.discard(thread)
            self._left.notify_all()

    def _done(self) -> None:
        with self._lock:
            self._pending -= 1
            low = self._pending < self._threads
        if low:
            self._work.ring()

    def _replace_thread(self, held: Held) -> None:
        """A handler hangs: its thread cannot be ended, but another one takes its place."""
        log.error("The handler of '%s' hangs at work %d; its thread is given up", held.assignment.job.topic, held.id)
        with self._lock:
            self._hung += 1
        if (thread := self._performing.pop(held, None)) is not None:
            self._give_up(thread)
        if not self._stopping:
            self._add_thread()
        self._done()

    def _give_back_queued(self) -> None:
        """Empty the queue; the store is told when the runner stops."""
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return


class _Average:
    """The usual time that handlers take, in seconds; recent ones count more."""

    def __init__(self) -> None:
        self.seconds = 1.0

    def add(self, seconds: float) -> None:
        self.seconds = max(0.9 * self.seconds + 0.1 * seconds, 0.0001)


def _wake(alarm: Alarm, job: Job, now: datetime) -> None:
    times = [time for time in (job.due_at, job.lock_expires_at) if time is not None and time > now]
    if times:
        alarm.set(max(times))
    else:
        alarm.ring()
