"""W4: durable steps in a row, each committed before the next one begins."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from bench.contender import Row
from bench.models import STEPS
from bench.workloads import Effort

WARM_UP = 0.5


@dataclass(frozen=True)
class Done:
    """How many sequences of steps were run to their end, in how many seconds, and with how much SQL if that is seen."""

    sequences: int
    elapsed: float
    statements: int | None = None


class Durable(Protocol):
    """An engine on one database that runs plain functions one after the other, and remembers those it has run."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def run(self, seconds: float) -> Done:
        """Starts sequences for so long, and returns when all of them have ended."""

    def close(self) -> None:
        """Lets go of the database."""


class OpenDurable(Protocol):
    """Opens one on an empty database; `at_once` is how many functions may run at the same time."""

    def __call__(self, url: str, at_once: int, /) -> Durable: ...


def measure(open_contender: OpenDurable, url: str, database: str, at_once: int, effort: Effort) -> Row:
    """A step is one function whose result was committed; starts and ends of sequences are in the time and no steps."""
    with closing(open_contender(url, at_once)) as contender:
        contender.run(WARM_UP)
        done = contender.run(effort.seconds)
    steps = done.sequences * STEPS
    return Row(
        workload="W4",
        size=None,
        database=database,
        contender=contender.name,
        callers=at_once,
        instances_per_second=done.sequences / done.elapsed,
        steps_per_second=steps / done.elapsed,
        p50=None,
        p99=None,
        statements_per_step=None if done.statements is None else done.statements / steps,
    )
