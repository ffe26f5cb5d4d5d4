"""What does jobs, whoever calls it: the threads of the embedded runner, or the processes of Celery's workers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """What waits to be done now, and how long it is until something else does."""

    topics: Collection[str]
    """The topics that there is work of."""
    next_in: timedelta | None
    """How long until the next job is due that is not yet; None when none waits for its time."""


class Hands(Protocol):
    """Does jobs. May be called by many threads and processes at once: the database gives each job to one of them."""

    def run_internal(self, limit: int) -> int:
        """Claim up to `limit` continuations and timers that are due, and do them; how many that were."""

    def run_work(self, topic: str, limit: int, more: Callable[[], None] | None = None) -> int:
        """Claim up to `limit` pieces of work of a topic, and run its handler on each; how many that were.

        `more` is called when `limit` were claimed, before the handlers run: there may be work for others.
        """

    def due(self, topics: Collection[str]) -> Due:
        """Look which of these topics have work that is due, and when something is due next."""
