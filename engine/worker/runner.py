"""Hands: claims jobs, runs handlers outside of any transaction, and reports what became of them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError
from datetime import timedelta

from engine import Engine
from engine.handlers import Handler, HandlerRegistry
from engine.services.dispatch import RUNNER, Assignment, Report
from engine.worker.attempt import Attempt, TimedOut, outcome_of
from engine.worker.contract import Due
from engine.worker.leases import Held, Leases
from engine.worker.observer import Nobody, Observer
from engine.worker.reports import Reports

log = logging.getLogger("baton.jobs")

LEASE = timedelta(seconds=30)
"""How long work stays with a process that has died. A living one extends its leases all the time."""
HANDLER_TIMEOUT = timedelta(hours=1)
"""How long a handler may take that says nothing about that."""
STOPPING = 1.0
"""Seconds that asynchronous handlers get to end when they are cancelled."""


class Runner:
    """Does jobs of one engine (`engine.worker.contract.Hands`).

    `on_hang` is told, after the failure was reported, of a handler that went on beyond its timeout, or beyond
    `handler_timeout` if it has none of its own: a thread cannot be ended, but a process can.
    """

    def __init__(
        self,
        engine: Engine,
        registry: HandlerRegistry,
        *,
        lease: timedelta = LEASE,
        handler_timeout: timedelta = HANDLER_TIMEOUT,
        on_hang: Callable[[Held], None] = lambda _: None,
        observer: Observer | None = None,
    ) -> None:
        self.name = f"{RUNNER}{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.registry = registry
        self._dispatch, self._jobs, self._retention = engine.dispatch, engine.jobs, engine.retention
        self._scheduled = False
        self._lease, self._handler_timeout, self._on_hang = lease, handler_timeout, on_hang
        self.leases = Leases(engine.external_tasks.heartbeat, lease, self._overdue)
        self.reports = Reports(self._dispatch.report)
        self._loop = _Loop()
        self._observer: Observer = observer or Nobody()

    def start(self) -> None:
        """Begin to keep leases and to report."""
        self.leases.start()
        self.reports.start()

    def stop(self) -> None:
        """Give back what is held: late results are dropped."""
        self.reports.stop()
        self.leases.stop()
        released = self._jobs.release(self.name)
        if released:
            log.warning("%d pieces of work that had not ended were given back", released)
        self._loop.stop()

    # ------------------------------------------------------------ hands

    def run_internal(self, limit: int) -> int:
        """Claim up to `limit` continuations and timers that are due, and do them; how many that were."""
        if not self._scheduled:
            self._retention.schedule()
            self._scheduled = True
        return self._dispatch.run_internal(self.name, lease=self._lease, limit=limit)

    def run_work(self, topic: str, limit: int, more: Callable[[], None] | None = None) -> int:
        """Claim up to `limit` pieces of work of a topic, and run its handler on each in turn; how many that were.

        `more` is called when `limit` were claimed, before the handlers run: there may be work for others.
        """
        claimed = self.claim([topic], limit)
        if more is not None and len(claimed) == limit:
            more()
        for held in claimed:
            self.perform(held)
        self.reports.flush()
        return len(claimed)

    def due(self, topics: Collection[str]) -> Due:
        """Look which of these topics have work that is due, and when something is due next."""
        next_due = self._dispatch.next_due(topics)
        next_in = None if next_due is None else next_due - self._dispatch.clock()
        return Due(self._dispatch.due_topics(topics), next_in)

    # ------------------------------------------------------------ in steps

    def claim(self, topics: Collection[str], limit: int) -> list[Held]:
        """Claim up to `limit` pieces of work of those of the topics that there are handlers for, and hold them."""
        handlers = {topic: found for topic in topics if (found := self.registry.get(topic)) is not None}
        if not handlers:
            return []
        assignments = self._dispatch.claim(self.name, handlers, lease=self._lease, limit=limit)
        claimed = [self._held(each, handlers[each.job.topic or ""]) for each in assignments]
        now = self._dispatch.clock()
        for held in claimed:
            self.leases.hold(held)
            job = held.assignment.job
            self._observer.claimed(job.topic, (now - (job.due_at or job.created_at)).total_seconds())
        return claimed

    def _held(self, assignment: Assignment, handler: Handler) -> Held:
        return Held(assignment, handler, handler.timeout or self._handler_timeout)

    def perform(self, held: Held) -> None:
        """Run the handler and send the report, unless it took too long."""
        if held.lost:
            self.leases.let_go(held)
            return
        self.leases.begin(held)
        attempt = Attempt(held.assignment, held.handler, held.beat)
        began = time.monotonic()
        report = self._loop.run(attempt, held) if held.handler.is_async else attempt.run()
        self._observer.ended(held.assignment.job.topic or "", outcome_of(report), time.monotonic() - began)
        if self.leases.finish(held):
            self._send(report, held)
        else:
            log.warning("Work %d ended after its timeout: its result was dropped", held.id)

    def _send(self, report: Report, held: Held) -> None:
        self.reports.send(report, lambda: self.leases.let_go(held))

    def _overdue(self, held: Held) -> None:
        seconds = held.timeout.total_seconds()
        problem = TimedOut(f"The handler of '{held.assignment.job.topic}' took longer than its {seconds:g} s")
        self._send(Attempt(held.assignment, held.handler, held.beat).failed(problem), held)
        self._loop.cancel(held)
        self._on_hang(held)


class _Loop:
    """The event loop of asynchronous handlers, on a thread of its own from the first one on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running: dict[Held, asyncio.Task[Report]] = {}

    def run(self, attempt: Attempt, held: Held) -> Report:
        """Wait for the attempt."""
        future = asyncio.run_coroutine_threadsafe(self._tracked(attempt, held), self._started())
        try:
            return future.result()
        except CancelledError as problem:
            return attempt.failed(problem)

    async def _tracked(self, attempt: Attempt, held: Held) -> Report:
        task = self._running[held] = asyncio.ensure_future(attempt.run_async())
        try:
            return await task
        finally:
            del self._running[held]

    def cancel(self, held: Held) -> None:
        """End what has taken too long."""
        task = self._running.get(held)
        if task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(task.cancel)

    def stop(self) -> None:
        """End the loop, and with it what still runs on it."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(STOPPING)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run_loop, args=(self._loop,), name="baton handlers (async)", daemon=True
                )
                self._thread.start()
            return self._loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=STOPPING / 2))
    loop.close()
