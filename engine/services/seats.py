"""Seats for those who wait here for something: each of them keeps a thread, so that they are few."""

from __future__ import annotations

import threading
from collections import Counter

from engine.authorization import Actor


class Seats:
    """So many may wait at the same time. One person may have half of the seats: the others are for everybody else."""

    def __init__(self, number: int) -> None:
        self._free, self._most_of_one = number, max(1, number // 2)
        self._lock = threading.Lock()
        self._taken = Counter[str | None]()

    def take(self, actor: Actor) -> bool:
        """Was a seat free for them? Then it is theirs until they give it back. Who has no account may have all."""
        with self._lock:
            has_enough = actor.user_id is not None and self._taken[actor.user_id] >= self._most_of_one
            if self._free <= 0 or has_enough:
                return False
            self._free -= 1
            self._taken[actor.user_id] += 1
            return True

    def give_back(self, actor: Actor) -> None:
        """Their seat is free again, once for each time that one was taken."""
        with self._lock:
            self._free += 1
            self._taken[actor.user_id] -= 1
            if not self._taken[actor.user_id]:
                del self._taken[actor.user_id]
