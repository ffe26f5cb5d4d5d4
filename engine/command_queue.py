"""Group commit: callers that come while a batch is running make up the next one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from engine.core.commands import Command
from engine.errors import Unavailable
from engine.executor import Outcome

T = TypeVar("T")

GATHERING = 0.001
"""Seconds that those of the last batch have to come back before the next one begins without them."""


class _Caller:
    """One caller: it waits for its outcome, or to lead the next batch."""

    __slots__ = ("command", "outcome", "woken")

    def __init__(self, command: Command[Any]) -> None:
        self.command = command
        self.outcome: Outcome | None = None
        self.woken = threading.Lock()
        self.woken.acquire()


class CommandQueue:
    """Runs commands of concurrent callers in batches, on the callers' own threads.

    An idle engine runs a command at once. While `parallel` batches are running, whoever comes waits; the first of those
    waiting leads the next batch, with all (up to `largest`) that have come by then. Only after a batch of several its
    callers get a moment to come back, for else every other batch would hold the first of them alone.
    """

    def __init__(
        self, run: Callable[[Sequence[Command[Any]]], list[Outcome]], *, parallel: int = 1, largest: int = 100
    ) -> None:
        self._run, self._parallel, self._largest = run, parallel, largest
        self._lock = threading.Lock()
        self._waiting: deque[_Caller] = deque()
        self._leaders = 0
        self._last = 1

    def execute(self, command: Command[T]) -> T:
        """Run one command. Raises its error, or what undid its batch."""
        caller = _Caller(command)
        with self._lock:
            leads = self._leaders < self._parallel
            if leads:
                self._leaders += 1
            else:
                self._waiting.append(caller)
        if not leads:
            caller.woken.acquire()
        if caller.outcome is None:
            self._lead(caller)
        return cast("T", cast("Outcome", caller.outcome).get())

    def _gather(self) -> None:
        """After a batch of several, let its callers come again: else every other batch would hold only the first."""
        deadline = time.perf_counter() + GATHERING
        while len(self._waiting) < self._last - 1 and time.perf_counter() < deadline:
            time.sleep(GATHERING / 20)

    def _lead(self, leader: _Caller) -> None:
        self._gather()
        with self._lock:
            followers = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest - 1))]
            self._last = 1 + len(followers)
        try:
            self._run_batch([leader, *followers])
        finally:
            for follower in followers:
                follower.woken.release()
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().woken.release()
                else:
                    self._leaders -= 1

    def _run_batch(self, batch: Sequence[_Caller]) -> None:
        outcomes = [Outcome(error=Unavailable("The batch was interrupted; read the state before trying again"))] * len(
            batch
        )
        try:
            outcomes = self._run([caller.command for caller in batch])
        except Exception as problem:  # noqa: BLE001 - raised again in every caller's own thread
            outcomes = [Outcome(error=problem)] * len(batch)
        finally:
            # Also when the leader's thread is being ended: the others must not take themselves for leaders.
            for caller, outcome in zip(batch, outcomes, strict=True):
                caller.outcome = outcome
