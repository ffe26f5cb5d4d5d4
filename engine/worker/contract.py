"""What rings for jobs, and what does them: the two sides of every way of running jobs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Hands(Protocol):
    """Does jobs. May be called by many threads and processes at once: the database gives each job to one of them."""

    def run_internal(self, limit: int) -> int:
        """Claim up to `limit` continuations and timers that are due, and do them; how many that were."""

    def run_work(self, topic: str, limit: int) -> int:
        """Claim up to `limit` pieces of work of a topic, and run its handler on each; how many that were."""


class Bell(Protocol):
    """Told after a commit that there are jobs to be done now. Must return at once, and raise nothing.

    A lost ring costs time and no job: the database is the queue.
    """

    def ring(self, internal: int, topics: Collection[str]) -> None:
        """`internal` continuations and timers are due, and work of these topics."""
