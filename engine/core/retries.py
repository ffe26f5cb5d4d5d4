"""When a failed job is tried again (Camunda manual, "The Job Executor", failedJobRetryTimeCycle)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.core import host
from engine.core.graph import Node
from engine.core.state import Job, Scope
from engine.core.step import Step
from engine.errors import ExecutionFailed
from engine.iso8601 import Duration, InvalidISO8601, parse_duration, parse_repeating_interval


@dataclass(frozen=True, slots=True)
class RetryCycle:
    """How many attempts follow the first failure, and how long to wait before each; the last wait is repeated."""

    retries: int
    waits: tuple[Duration, ...]

    def wait(self, failures: int) -> Duration | None:
        """The wait after so many failures (from 1)."""
        return self.waits[min(failures, len(self.waits)) - 1] if self.waits else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The next attempt: so many are left, the next one not before `at`."""

    retries: int
    at: datetime | None


def parse_retry_cycle(text: str) -> RetryCycle:
    """`R5/PT1M` (so many attempts, a minute apart) or `PT1M,PT5M,PT1H` (one more attempt than waits).

    Raises InvalidISO8601.
    """
    if text.strip().startswith("R"):
        interval = parse_repeating_interval(text.strip())
        if interval.repetitions is None or interval.duration is None:
            raise InvalidISO8601(f"'{text}' must say how many retries there are and how long to wait, as in R5/PT1M")
        return RetryCycle(interval.repetitions, (interval.duration,))
    waits = tuple(parse_duration(each.strip()) for each in text.split(","))
    return RetryCycle(len(waits) + 1, waits)


def next_attempt(
    step: Step, node: Node | None, job: Job, place: Scope | None, *, default: int, failed_before: bool
) -> Attempt:
    """What follows this failure of a job: by the retry cycle of its element, else one less than there were."""
    cycle = None if node is None else _cycle(step, node, place)
    if cycle is None:
        left = default if job.retries is None else job.retries
        return Attempt(max(left - 1, 0), None)
    left = max((job.retries or 0) - 1, 0) if failed_before else cycle.retries - 1
    wait = cycle.wait(cycle.retries - left)
    return Attempt(left, None if wait is None or not left else wait.add_to(step.now))


def first_retries(step: Step, node: Node, place: Scope | None, default: int) -> int:
    """How many attempts a new job has: those of the retry cycle of its element, else the default."""
    cycle = _cycle(step, node, place)
    return default if cycle is None else max(cycle.retries, 1)


def _cycle(step: Step, node: Node | None, place: Scope | None) -> RetryCycle | None:
    """None also for one that cannot be read: a failure must be counted, whatever the model says (as Camunda does)."""
    if node is None or node.retry_cycle is None:
        return None
    try:
        return parse_retry_cycle(str(host.evaluate(step, node.retry_cycle, place)))
    except (ExecutionFailed, InvalidISO8601):
        return None
