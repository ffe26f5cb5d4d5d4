"""An alarm: what a thread sleeps by that is to wake at once when there is something to do."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from engine.clock import Clock


class Alarm:
    """Wakes one sleeper: when it is rung, or at the earliest of the times it was set to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._rung = False
        self._at: datetime | None = None

    def ring(self) -> None:
        """Wake the sleeper; one who is awake will not fall asleep."""
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def set(self, at: datetime) -> None:
        """Wake the sleeper at that time, if nothing does before."""
        with self._changed:
            if self._at is None or at < self._at:
                self._at = at
                self._changed.notify_all()

    def sleep(self, longest: float, until: datetime | None = None) -> bool:
        """Sleep until the alarm goes off, at most so many seconds; True when it was rung."""
        end = time.monotonic() + longest
        with self._changed:
            if until is not None and (self._at is None or until < self._at):
                self._at = until
            while not self._rung:
                left = end - time.monotonic()
                if self._at is not None:
                    left = min(left, (self._at - self._clock()).total_seconds())
                if left <= 0:
                    break
                self._changed.wait(left)
            rung, self._rung, self._at = self._rung, False, None
            return rung
