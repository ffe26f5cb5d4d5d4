"""The leases of the work that this process holds: kept while its handler lives, given up when that takes too long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from engine import EngineError, LeaseLost, StoreError
from engine.handlers import Handler
from engine.services.dispatch import Assignment

log = logging.getLogger("baton.jobs")

Extend = Callable[[Mapping[int, int], timedelta], Collection[int]]
"""Holds work (id to lease token) for so long from now, and tells what is still held."""


class Held:
    """A piece of work that this process holds."""

    def __init__(self, assignment: Assignment, handler: Handler, timeout: timedelta) -> None:
        self.assignment, self.handler, self.timeout = assignment, handler, timeout
        self.id, self.lease = assignment.job.id, assignment.lease
        self.deadline: float | None = None
        """On the monotonic clock; None before it has begun, and when it has ended."""
        self.lost = False
        """Has somebody else got it, or has it ended?"""
        self.abandoned = False
        """Has it taken too long?"""

    def begin(self) -> None:
        """Its handler begins, or has given a sign of life: the timeout begins anew."""
        self.deadline = time.monotonic() + self.timeout.total_seconds()

    def beat(self) -> None:
        """What the handler's heartbeat does. Raises LeaseLost."""
        if self.lost or self.abandoned:
            raise LeaseLost(f"Work {self.id} was cancelled or given to somebody else: nobody waits for its result")
        self.begin()


class Leases:
    """All that a process holds. A thread of its own extends the leases, and tells `overdue` of what took too long.

    A process that dies or hangs as a whole extends nothing any more, so that others take over when the lease is over.
    """

    def __init__(self, extend: Extend, lease: timedelta, overdue: Callable[[Held], None]) -> None:
        self.lease = lease
        self._extend, self._overdue = extend, overdue
        self._changed = threading.Condition()
        self._held: dict[tuple[int, int], Held] = {}
        self._stopped = True
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._held)

    def start(self) -> None:
        """Begin to extend."""
        with self._changed:
            self._stopped = False
        self._thread = threading.Thread(target=self._run, name="baton leases", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Extend nothing any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def hold(self, held: Held) -> None:
        """Extend the lease of this from now on."""
        with self._changed:
            self._held[held.lease, held.id] = held

    def begin(self, held: Held) -> None:
        """Its handler begins."""
        with self._changed:
            held.begin()
            self._changed.notify_all()

    def finish(self, held: Held) -> bool:
        """Its handler has ended; False if it took too long, so that nobody wants to hear of it."""
        with self._changed:
            held.deadline = None
            return not held.abandoned

    def let_go(self, held: Held) -> None:
        """Hold this no more: it has been reported on, or given back."""
        with self._changed:
            self._held.pop((held.lease, held.id), None)

    def _run(self) -> None:
        pause = self.lease.total_seconds() / 3
        extend_at = time.monotonic() + pause
        while True:
            with self._changed:
                if self._stopped:
                    return
                now = time.monotonic()
                deadlines = [each.deadline for each in self._held.values() if each.deadline is not None]
                wake_at = min([extend_at, *deadlines])
                if wake_at > now:
                    self._changed.wait(wake_at - now)
                    continue
                late = [each for each in self._held.values() if each.deadline is not None and each.deadline <= now]
                for each in late:
                    each.abandoned = True
                    del self._held[each.lease, each.id]
                held = list(self._held.values())
            for each in late:
                self._overdue(each)
            if extend_at <= now:
                self._extend_all(held)
                extend_at = time.monotonic() + pause

    def _extend_all(self, held: list[Held]) -> None:
        if not held:
            return
        try:
            kept = self._extend({each.id: each.lease for each in held}, self.lease)
        except (EngineError, StoreError) as problem:
            log.warning("Leases could not be extended, and are tried again: %s", problem)
            return
        for each in held:
            each.lost = each.id not in kept
