"""Reports about attempts, brought to the engine in batches: while one is being written, the next one gathers."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence

from engine import EngineError, StoreError
from engine.failpoints import failpoint
from engine.services.dispatch import Report

log = logging.getLogger("baton.jobs")

LARGEST = 200
"""How many reports are brought in one batch."""
LONGEST_PAUSE = 5.0
"""Seconds between two tries while the database cannot be reached."""

Delivered = Callable[[], None]


class Reports:
    """Brings reports from a thread of its own; while the database is away they are kept."""

    def __init__(self, bring: Callable[[Sequence[Report]], None]) -> None:
        self._bring = bring
        self._changed = threading.Condition()
        self._waiting: list[tuple[Report, Delivered]] = []
        self._bringing = False
        self._stopped = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to bring."""
        with self._changed:
            self._stopped = False
        self._thread = threading.Thread(target=self._run, name="baton reports", daemon=True)
        self._thread.start()

    def send(self, report: Report, delivered: Delivered) -> None:
        """Bring this soon, and call `delivered` when that has been done."""
        with self._changed:
            self._waiting.append((report, delivered))
            self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything has been brought; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._bringing, timeout)

    def wait(self, most: int, timeout: float) -> bool:
        """Wait until at most so many have not begun to be brought; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._waiting) <= most, timeout)

    def stop(self) -> None:
        """Bring nothing more; what has not been brought is dropped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
                self._bringing = True
                self._changed.notify_all()
            self._deliver(batch)
            with self._changed:
                self._bringing = False
                self._changed.notify_all()

    def _deliver(self, batch: Sequence[tuple[Report, Delivered]]) -> None:
        failpoint("worker.before_report")
        self._bring_or_drop([report for report, _ in batch])
        for _, delivered in batch:
            delivered()
        failpoint("worker.after_report")

    def _bring_or_drop(self, reports: Sequence[Report]) -> None:
        pause = 0.1
        while not self._stopped:
            try:
                self._bring(reports)
                return
            except (EngineError, StoreError) as problem:
                log.warning("Results of work could not be reported, and are kept: %s", problem)
            except Exception:
                if len(reports) > 1:
                    # One of them must not cost the others their results.
                    for each in reports:
                        self._bring_or_drop([each])
                    return
                log.exception("The result of work %d could not be reported: it will be done again", reports[0].id)
                return
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret
            pause = min(pause * 2, LONGEST_PAUSE)
