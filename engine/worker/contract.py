"""What rings for jobs, and what does them: the two sides of every way of running jobs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """What waits to be done now, and when something will next."""

    internal: bool
    """Are there continuations or timers?"""
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
        """Look what is due: continuations, timers and work of these topics."""

    def hung(self) -> bool:
        """Does a handler still run, past its timeout, that nothing but the end of this process can stop?"""


class Bell(Protocol):
    """Told after a commit that there are jobs to be done now. Must return at once, and raise nothing.

    A lost ring costs time and no job: the database is the queue.
    """

    def ring(self, internal: int, topics: Collection[str]) -> None:
        """`internal` continuations and timers are due, and work of these topics."""
