"""Group commit: what comes while a batch is running makes up the next one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from engine.command_queue import CommandQueue
from engine.core.commands import Command
from engine.core.step import Step
from engine.executor import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Command[str]):
    """A command that only has something to say."""

    word: str

    def run(self, step: Step) -> str:
        raise AssertionError(step)


class Runner:
    """Runs batches one by one as the test lets it."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, commands: Sequence[Command[object]]) -> list[Outcome]:
        words = [command.word for command in commands if isinstance(command, Say)]
        self.batches.append(words)
        self.entered.release()
        self.go_on.acquire()
        return [Outcome(error=ValueError(word)) if word.startswith("bad") else Outcome(word.upper()) for word in words]


def _callers(queue: CommandQueue, words: Sequence[str], heard: dict[str, object]) -> list[threading.Thread]:
    def say(word: str) -> None:
        try:
            heard[word] = queue.execute(Say(word=word))
        except ValueError as problem:
            heard[word] = problem

    threads = [threading.Thread(target=say, args=(word,)) for word in words]
    for thread in threads:
        thread.start()
    return threads


def _wait_until_queued(queue: CommandQueue, count: int) -> None:
    while len(queue._waiting) < count:
        threading.Event().wait(0.001)


def test_an_idle_queue_runs_a_command_at_once() -> None:
    runner = Runner()
    runner.go_on.release()
    assert CommandQueue(runner).execute(Say(word="a")) == "A"
    assert runner.batches == [["a"]]


def test_those_who_come_meanwhile_make_up_the_next_batch_and_errors_stay_with_their_callers() -> None:
    runner, heard = Runner(), {}
    queue = CommandQueue(runner)
    threads = _callers(queue, ["first"], heard)
    runner.entered.acquire()
    threads += _callers(queue, ["a", "bad", "c"], heard)
    _wait_until_queued(queue, 3)
    runner.go_on.release(2)
    for thread in threads:
        thread.join()
    assert [sorted(batch) for batch in runner.batches] == [["first"], ["a", "bad", "c"]]
    assert (heard["first"], heard["a"], heard["c"]) == ("FIRST", "A", "C")
    assert isinstance(heard["bad"], ValueError)


def test_a_batch_has_a_largest_size() -> None:
    runner, heard = Runner(), {}
    queue = CommandQueue(runner, largest=2)
    threads = _callers(queue, ["first"], heard)
    runner.entered.acquire()
    threads += _callers(queue, list("abcde"), heard)
    _wait_until_queued(queue, 5)
    runner.go_on.release(4)
    for thread in threads:
        thread.join()
    assert [len(batch) for batch in runner.batches] == [1, 2, 2, 1]
    assert set(heard) == {"first", *"abcde"}


def test_several_batches_may_run_at_once() -> None:
    runner, heard = Runner(), {}
    queue = CommandQueue(runner, parallel=2)
    threads = _callers(queue, ["a", "b"], heard)
    runner.entered.acquire()
    runner.entered.acquire()
    assert sorted(runner.batches) == [["a"], ["b"]]
    runner.go_on.release(2)
    for thread in threads:
        thread.join()
    assert heard == {"a": "A", "b": "B"}


def test_a_failing_batch_fails_for_every_caller_and_the_queue_goes_on() -> None:
    calls: list[int] = []

    def run(commands: Sequence[Command[object]]) -> list[Outcome]:
        calls.append(len(commands))
        if len(calls) == 1:
            raise ValueError("the database is gone")
        return [Outcome("fine")] * len(commands)

    queue = CommandQueue(run)
    with pytest.raises(ValueError, match="gone"):
        queue.execute(Say(word="a"))
    assert queue.execute(Say(word="b")) == "fine"
