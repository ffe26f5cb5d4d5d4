"""A closed loop of callers: each thread takes the next piece of work as soon as its last call has returned."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass
class Run(Generic[Result]):
    """What a loop did: results in no order, one latency (seconds) per call, and the wall-clock time of all."""

    results: list[Result] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    elapsed: float = 0.0


def percentile(latencies: Sequence[float], share: float) -> float:
    """The milliseconds that `share` (0..1) of `latencies` (seconds) do not exceed."""
    ordered = sorted(latencies)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def closed_loop(
    work: Iterable[Sequence[Argument]],
    call: Callable[[Argument], Result],
    *,
    callers: int,
    seconds: float = float("inf"),
) -> Run[Result]:
    """Runs `call` on every argument of every item of `work`; an item's arguments are called one after the other.

    No new item is begun after `seconds`. An error of a call is raised here when all callers have ended.
    """
    items = iter(work)
    guard = threading.Lock()
    starting_line = threading.Barrier(callers + 1)
    deadline = float("inf")

    def caller() -> Run[Result]:
        run = Run[Result]()
        starting_line.wait()
        while time.perf_counter() < deadline:
            with guard:
                item = next(items, None)
            if item is None:
                break
            for argument in item:
                before = time.perf_counter()
                run.results.append(call(argument))
                run.latencies.append(time.perf_counter() - before)
        return run

    with ThreadPoolExecutor(callers) as pool:
        running = [pool.submit(caller) for _ in range(callers)]
        gc.collect()
        begun = time.perf_counter()
        deadline = begun + seconds
        starting_line.wait()
        runs = [future.result() for future in running]
    total = Run[Result](elapsed=time.perf_counter() - begun)
    for run in runs:
        total.results += run.results
        total.latencies += run.latencies
    return total
