"""What a Celery worker does with a ring, and without one: in each of its processes, hands at work and a look around.

The processes of a pool open their hands themselves, so no connection to a database is ever shared with the process
that watches over them. Each looks for what is due at intervals, so jobs go on when rings were lost, and timers and
continuations even while there is no broker.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from billiard.process import current_process
from celery import Celery, signals

from engine import Engine
from engine.handlers import HandlerRegistry
from engine.worker.celery_app import INTERNAL, WORK, queue_of
from engine.worker.celery_stop import LAST_WORDS, Stop, leave_on_sigterm, within
from engine.worker.contract import Hands
from engine.worker.doorbell import CeleryBell
from engine.worker.leases import Held
from engine.worker.observer import Observer
from engine.worker.runner import HANDLER_TIMEOUT, LEASE, Runner

OpenHands = Callable[[CeleryBell], AbstractContextManager[Hands]]
"""Opens hands that ring this bell for the jobs they make; leaving them gives back what they hold."""

INTERNAL_BATCH = 100
LARGEST_BATCH = 100
"""How many pieces of work one message may lead to, when they are quick."""
_QUICK = 0.2
_SLOW = 0.5
_SOONEST_LOOK = 0.01
_LONGEST_PAUSE = 30.0

log = logging.getLogger("baton.jobs")


def employ(
    app: Celery,
    open_hands: OpenHands,
    topics: Collection[str],
    *,
    sweep: timedelta = timedelta(seconds=5),
    grace: timedelta = timedelta(seconds=25),
    patience: timedelta = timedelta(seconds=20),
) -> None:
    """Let the workers of `app` do jobs, work of `topics` among them, in as far as they consume their queues.

    Each process looks around about every `sweep`. On SIGTERM no more is claimed, what runs may run on for `grace`, and
    what still runs then is given back; what has not ended `patience` later is killed. Celery's signals know no
    application, so one process can employ one.
    """
    process = _PoolProcess(app, open_hands, topics, sweep)
    stop = Stop(grace, patience, process.close)

    @app.task(name=INTERNAL)
    def internal() -> None:
        process.heed_signals()
        process.do_internal()

    @app.task(name=WORK)
    def work(topic: str) -> None:
        process.heed_signals()
        process.do_work(topic)

    def started(**_: Any) -> None:
        process.start()

    def ready(sender: Any, **_: Any) -> None:
        # Threads share the process of the worker itself, which no other signal tells of.
        if not sender.pool.signal_safe:
            process.start()
        stop.prepare()

    def ended(**_: Any) -> None:
        process.close()

    def shutting_down(sig: str, how: str, **_: Any) -> None:
        if how == "Warm":
            stop.begin(sig)

    signals.worker_process_init.connect(started, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_process_shutdown.connect(ended, weak=False)
    signals.worker_shutdown.connect(ended, weak=False)
    signals.worker_shutting_down.connect(shutting_down, weak=False)


@contextmanager
def runner_hands(
    engine: Engine,
    registry: HandlerRegistry,
    bell: CeleryBell,
    *,
    lease: timedelta = LEASE,
    handler_timeout: timedelta = HANDLER_TIMEOUT,
    observer: Observer | None = None,
) -> Iterator[Hands]:
    """A runner over the engine as the hands of this process; a handler that hangs costs the process its life.

    The engine is closed in the end.
    """

    def replace(held: Held) -> None:
        # Not in the thread that tells of it, which the runner waits for when it stops.
        threading.Thread(target=_replace_process, args=(runner, held), name="replacement", daemon=True).start()

    runner = Runner(engine, registry, lease=lease, handler_timeout=handler_timeout, on_hang=replace, observer=observer)
    forget = engine.bell.add(lambda jobs: bell.hear(jobs, engine.dispatch.clock()))
    runner.start()
    try:
        yield runner
    finally:
        forget()
        runner.stop()
        engine.close()


class Pace:
    """How much of each topic to take at once: more while the work is quick, one by one when it is slow."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def size(self, topic: str) -> int:
        """How many to take now."""
        return self._sizes.get(topic, 1)

    def tell(self, topic: str, done: int, seconds: float) -> None:
        """So many were done in so long."""
        size = self.size(topic)
        if seconds > _SLOW:
            self._sizes[topic] = max(1, int(size * _SLOW / seconds))
        elif seconds < _QUICK and done == size:
            self._sizes[topic] = min(size * 2, LARGEST_BATCH)


class _PoolProcess:
    """The hands of this process."""

    def __init__(self, app: Celery, open_hands: OpenHands, topics: Collection[str], sweep: timedelta) -> None:
        self._app, self._open_hands, self._all_topics, self._sweep = app, open_hands, topics, sweep
        self._lock = threading.Lock()
        self._opened: tuple[Hands, CeleryBell] | None = None
        self._to_leave = ExitStack()
        self._stop = threading.Event()
        self._pace = Pace()
        self._failures = 0
        self._heeds = False

    def start(self) -> None:
        """Begin to look around."""
        threading.Thread(target=self._look_around, name="sweeper", daemon=True).start()

    def close(self) -> None:
        """Claim nothing more, and give back what is held."""
        self._stop.set()
        with self._lock:
            self._opened = None
            self._to_leave.close()

    def heed_signals(self) -> None:
        """From the first ring on, give back what is held when Celery loses its patience."""
        if not self._heeds and _in_pool():
            # Only now, as the pool sets a reaction of its own after the process was announced.
            leave_on_sigterm(self.close)
            self._heeds = True

    def do_internal(self) -> None:
        hands, bell = self._hands()
        if hands.run_internal(INTERNAL_BATCH) == INTERNAL_BATCH:
            bell.ring(True, ())

    def do_work(self, topic: str) -> None:
        hands, bell = self._hands()
        began = time.monotonic()
        done = hands.run_work(topic, self._pace.size(topic), lambda: bell.ring(False, [topic]))
        self._pace.tell(topic, done, time.monotonic() - began)

    def _hands(self) -> tuple[Hands, CeleryBell]:
        with self._lock:
            if self._stop.is_set():
                raise SystemExit(0)
            if self._opened is None:
                bell = self._to_leave.enter_context(CeleryBell(self._app))
                self._opened = self._to_leave.enter_context(self._open_hands(bell)), bell
            return self._opened

    # ------------------------------------------------------------ on the sweeper's thread

    def _look_around(self) -> None:
        pause = random.uniform(0, 0.5)  # noqa: S311 - jitter, no secret
        while not self._stop.wait(pause):
            pause = self._look()

    def _look(self) -> float:
        """Seconds until the next look."""
        try:
            next_in = self._do_what_is_due()
        except SystemExit:
            return 0.0
        except Exception:
            self._failures += 1
            log.exception("Looking for jobs that are due failed")
            longest = min(self._sweep.total_seconds() * 2.0 ** min(self._failures, 8), _LONGEST_PAUSE)
            return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret
        self._failures = 0
        pause = self._sweep.total_seconds() * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
        if next_in is not None:
            pause = max(_SOONEST_LOOK, min(pause, next_in.total_seconds()))
        return pause

    def _do_what_is_due(self) -> timedelta | None:
        hands, bell = self._hands()
        queues = self._app.amqp.queues.consume_from
        due = hands.due([topic for topic in self._all_topics if queue_of(topic).name in queues])
        if due.topics:
            bell.ring(False, due.topics)
        while INTERNAL in queues and hands.run_internal(INTERNAL_BATCH) == INTERNAL_BATCH:
            if self._stop.is_set():
                break
        return due.next_in


def _in_pool() -> bool:
    return bool(current_process().name != "MainProcess")


def _replace_process(runner: Runner, held: Held) -> None:
    topic = held.assignment.job.topic
    if not _in_pool():
        log.error("The handler of '%s' hangs at work %d, and keeps one thread of this worker", topic, held.id)
        return
    log.error("The handler of '%s' hangs at work %d; its process is replaced", topic, held.id)
    runner.reports.flush(LAST_WORDS)
    within(LAST_WORDS, runner.stop)
    os.kill(os.getpid(), signal.SIGKILL)
