"""What an engine must offer to be measured, and what a measurement says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench.models import Model


class Contender(Protocol):
    """One engine on one database, reached in one way. Handles of instances and tasks are its own affair."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    @property
    def caller_counts(self) -> Sequence[int]:
        """How many concurrent callers are tried, each with instances of its own."""

    @property
    def sharing_callers(self) -> Sequence[int]:
        """The same where all callers work on one instance."""

    def deploy(self, model: Model) -> None:
        """Makes `model` startable."""

    def start(self, model: Model, /) -> Any:
        """Starts one instance and returns its handle, when it is committed."""

    def tasks(self, model: Model, instances: Sequence[Any], /) -> list[list[Any]]:
        """The handles of the waiting user tasks of each instance; not timed."""

    def complete(self, task: Any, /) -> None:
        """Completes one user task and returns when that is committed."""

    def fill(self, model: Model, count: int) -> list[Any]:
        """Leaves `count` more instances waiting, in any way that ends in the same rows; not timed."""

    def statements(self) -> int | None:
        """How many SQL statements (commits included) have run so far; None if it cannot be seen from here."""

    def close(self) -> None:
        """Lets go of the database."""


@dataclass(frozen=True)
class Row:
    """One line of the result. Times in milliseconds; a step is one start or one completed task."""

    workload: str
    size: int | None
    database: str
    contender: str
    callers: int
    instances_per_second: float | None
    steps_per_second: float
    p50: float | None
    p99: float | None
    statements_per_step: float | None


def interleave(groups: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Each item of each group as work of its own."""
    return [[item] for group in groups for item in group]


def pages(model: Model, instances: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The instances in such portions that a query by their ids is allowed, and answers with all their tasks."""
    size = min(500, max(1, 10_000 // model.waiting))
    for first in range(0, len(instances), size):
        yield instances[first : first + size]
