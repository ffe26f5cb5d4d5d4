"""Runs scripts in a few child processes that are started when needed and shared by all threads."""

import os
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

from engine.expression import (
    EvaluationError,
    ExpressionLimit,
    ExpressionSyntaxError,
    ScriptObject,
    ScriptResult,
    ScriptsUnavailable,
)
from engine.scripting import wire
from engine.scripting.limits import ScriptLimits
from engine.scripting.process import ChildDied, ChildLate, ScriptProcess

__all__ = ["ScriptPool"]

_LANGUAGES = ("javascript", "python")
_REUSABLE = ("script", "syntax")
"""The failures after which a process can run the next script."""


class ScriptPool:
    """A ScriptRunner; it starts no process before the first script. Close it."""

    def __init__(self, limits: ScriptLimits | None = None) -> None:
        self.limits = limits or ScriptLimits()
        self._crews = {language: _Crew(language, self.limits) for language in _LANGUAGES}

    def run(
        self, language: str, source: str, variables: Mapping[str, object], objects: Mapping[str, ScriptObject]
    ) -> ScriptResult:
        """Run a script and return its value and changes.

        Raises EvaluationError (the script failed, with its line), ExpressionLimit (time, memory, size, or no process
        was free), ScriptsUnavailable (unknown language, or its package is not installed).
        """
        reply = self._ask(language, wire.request(source, variables, objects))
        if "error" in reply:
            _fail(language, reply)
        return wire.read_result(reply, objects)

    def check(self, language: str, source: str) -> None:
        """Raises ExpressionSyntaxError when the source is no script, ScriptsUnavailable when none can be run."""
        reply = self._ask(language, {"source": source, "check": True})
        if reply.get("kind") == "syntax":
            line, column = reply.get("line"), reply.get("column")
            message = f"{reply['error']} (line {line})" if line else reply["error"]
            raise ExpressionSyntaxError(message, _offset(source, line, column), source)
        if "error" in reply:
            _fail(language, reply)

    def close(self) -> None:
        """End all processes, also those that run a script."""
        for crew in self._crews.values():
            crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, language: str, request: dict[str, Any]) -> dict[str, Any]:
        crew = self._crews.get(language)
        if crew is None:
            raise ScriptsUnavailable(f"No scripts in '{language}' can be run; use {' or '.join(_LANGUAGES)}")
        process = crew.take()
        keep = False
        try:
            reply = process.ask(request, self.limits.wall_seconds)
            keep = reply.get("kind") in (None, *_REUSABLE)
            return reply
        except ChildLate as problem:
            raise ExpressionLimit(f"The script took longer than {problem.seconds:g} s") from None
        except ChildDied as problem:
            raise EvaluationError(f"The process of the script ended: {problem}") from None
        finally:
            crew.give_back(process, keep)


class _Crew:
    """The processes of one language: at most `limits.processes`, each lent to one caller at a time."""

    def __init__(self, language: str, limits: ScriptLimits) -> None:
        self.language, self.limits = language, limits
        self._changed = threading.Condition()
        self._reset()
        self._closed = False

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._idle: list[ScriptProcess] = []
        self._lent: set[ScriptProcess] = set()
        self._starting = 0
        self._waiting = 0

    def take(self) -> ScriptProcess:
        """A process that is ready. Raises ExpressionLimit when none gets free, ScriptsUnavailable."""
        with self._changed:
            self._leave_parent()
            if self._waiting >= self.limits.waiting:
                raise ExpressionLimit(f"More than {self.limits.waiting} scripts in {self.language} wait to be run")
            self._waiting += 1
            free = self._changed.wait_for(self._can_take, self.limits.wait_seconds)
            self._waiting -= 1
            if self._closed:
                raise ScriptsUnavailable("Scripts cannot be run any more: the engine was closed")
            if not free:
                raise ExpressionLimit(
                    f"All {self.limits.processes} processes for scripts in {self.language} were busy for "
                    f"{self.limits.wait_seconds:g} s"
                )
            while self._idle:
                process = self._idle.pop()
                if process.alive:
                    self._lent.add(process)
                    return process
                process.kill()
            self._starting += 1
        return self._start()

    def _start(self) -> ScriptProcess:
        process = None
        try:
            process = ScriptProcess(self.language, self.limits)
        finally:
            with self._changed:
                self._starting -= 1
                if process is None:
                    self._changed.notify()
                else:
                    self._lent.add(process)
        return process

    def give_back(self, process: ScriptProcess, keep: bool) -> None:
        """Return a process; unless it is kept, or after its last run, it is ended."""
        with self._changed:
            self._lent.discard(process)
            if keep and not self._closed and process.runs < self.limits.runs_per_process:
                self._idle.append(process)
            else:
                process.kill()
            self._changed.notify()

    def close(self) -> None:
        """End all processes and refuse callers from now on."""
        with self._changed:
            self._leave_parent()
            self._closed = True
            for process in self._idle:
                process.kill()
            for process in self._lent:
                process.stop()  # who borrowed it sees its end and gives it back
            self._idle.clear()
            self._changed.notify_all()

    def _can_take(self) -> bool:
        return self._closed or bool(self._idle) or len(self._lent) + self._starting < self.limits.processes

    def _leave_parent(self) -> None:
        """After a fork the processes belong to the parent: their pipes must not be shared."""
        if self._owner != os.getpid():
            for process in (*self._idle, *self._lent):
                process.forget()
            self._reset()


def _fail(language: str, reply: Mapping[str, Any]) -> NoReturn:
    kind, line = reply.get("kind"), reply.get("line")
    where = f" in line {line}" if line else ""
    message = f"The script in {language} failed{where}: {reply['error']}"
    raise EvaluationError(message) if kind in (*_REUSABLE, "crash") else ExpressionLimit(str(reply["error"]))


def _offset(source: str, line: int | None, column: int | None) -> int:
    """The 0-based offset of a 1-based line and column."""
    before = source.split("\n")[: max((line or 1) - 1, 0)]
    return min(sum(len(each) + 1 for each in before) + max((column or 1) - 1, 0), len(source))
