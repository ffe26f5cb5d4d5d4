"""Long polling: workers elsewhere that ask for work before there is any are kept waiting until there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from engine.authorization import SYSTEM, Actor
from engine.bell import Bells
from engine.clock import Clock
from engine.core.state import Job
from engine.services.external_tasks import ExternalTasks
from engine.services.seats import Seats
from engine.store import jobs as store
from engine.store.database import Database
from engine.store.jobs import CreateTimeOrder, TopicRequest

__all__ = ["CreateTimeOrder", "LongPolling", "TopicRequest"]

PAUSE = 1.0
"""Seconds after which those who wait look for work that came without a ring: from another process, say."""
SEATS = 32
"""How many may wait at the same time: each of them keeps a thread, and one person has half of them at most.
Who comes then is answered at once."""


class LongPolling:
    """Fetches external tasks, and waits for them while there are none (Camunda manual, "Long Polling to Fetch Tasks").

    Work that this process makes or gives back is fetched at once; what becomes due at its time; and work that others
    make within a second.
    """

    def __init__(
        self, database: Database, external_tasks: ExternalTasks, bell: Bells, clock: Clock, *, seats: int = SEATS
    ) -> None:
        self._database, self._external_tasks = database, external_tasks
        self._bell, self._clock = bell, clock
        self._seats = Seats(seats)
        self._closed = False

    def close(self) -> None:
        """Let nobody wait any more: those who do are answered within a second. Signal handlers may call it."""
        self._closed = True

    def fetch_and_lock(
        self,
        worker: str,
        requests: Sequence[TopicRequest],
        *,
        limit: int,
        use_priority: bool = True,
        create_time_order: CreateTimeOrder | None = None,
        wait: timedelta = timedelta(0),
        is_wanted: Callable[[], bool] = lambda: True,
        hearer: Actor = SYSTEM,
    ) -> Sequence[Job]:
        """As `ExternalTasks.fetch_and_lock`; while there is nothing to fetch, waits for up to `wait` if a seat is free.

        `is_wanted` is asked before work is fetched after a wait: a worker that has gone gets none.
        """

        def fetch() -> Sequence[Job]:
            return self._external_tasks.fetch_and_lock(
                worker, requests, limit=limit, use_priority=use_priority, create_time_order=create_time_order
            )

        if wait <= timedelta(0) or not requests or limit <= 0 or not self._seats.take(hearer):
            return fetch()
        try:
            return self._fetch_when_there(fetch, {request.topic for request in requests}, wait, is_wanted)
        finally:
            self._seats.give_back(hearer)

    def _fetch_when_there(
        self,
        fetch: Callable[[], Sequence[Job]],
        topics: Collection[str],
        wait: timedelta,
        is_wanted: Callable[[], bool],
    ) -> Sequence[Job]:
        rung = threading.Event()

        def listen(jobs: Collection[Job]) -> None:
            if any(job.topic in topics for job in jobs):
                rung.set()

        leave = self._bell.add(listen)
        try:
            end = time.monotonic() + wait.total_seconds()
            jobs = fetch()
            while not jobs:
                left = end - time.monotonic()
                if left <= 0 or self._closed:
                    break
                rung.wait(min(left, self._pause(topics)))
                if not is_wanted():
                    break
                rung.clear()
                if self._is_due(topics):
                    jobs = fetch()
            return jobs
        finally:
            leave()

    def _is_due(self, topics: Collection[str]) -> bool:
        with self._database.read() as tx:
            return bool(store.due_topics(tx, self._clock(), topics))

    def _pause(self, topics: Collection[str]) -> float:
        """Seconds until something may have become due, at most PAUSE."""
        now = self._clock()
        with self._database.read() as tx:
            due = store.next_due(tx, now, topics)
        return PAUSE if due is None else min(PAUSE, (due - now).total_seconds())
