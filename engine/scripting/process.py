"""One sandboxed child process: started without environment, asked by lines of JSON, killed with all it started."""

import importlib.util
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.expression import ScriptsUnavailable
from engine.scripting import wire
from engine.scripting.limits import ScriptLimits

__all__ = ["ChildDied", "ChildLate", "ScriptProcess"]

_CHILD = Path(__file__).with_name("child.py")
_MODULES = {"javascript": ("quickjs",), "python": ("pydantic_monty", "typing_extensions")}
_OVERHEAD_BYTES = 64 << 10
"""How much longer than the longest result a reply may be."""


class ChildDied(Exception):
    """The child ended, or answered what is no answer; the message says what happened."""


class ChildLate(Exception):
    """The child did not answer within ``seconds``, or computed for longer than so many."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it took longer than {seconds:g} s")
        self.seconds = seconds


class ScriptProcess:
    """A child process for scripts of one language; used by one thread at a time."""

    def __init__(self, language: str, limits: ScriptLimits) -> None:
        """Start it and wait until it is ready. Raises ScriptsUnavailable."""
        self.runs = 0
        self._seconds = limits.seconds
        self._longest = limits.result_bytes + _OVERHEAD_BYTES
        self._process = _spawn(language, _settings(language, limits))
        assert self._process.stdin is not None  # noqa: S101 - they are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._requests, self._replies = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._replies, False)
        try:
            self._exchange(b"", limits.start_seconds)
        except (ChildDied, ChildLate) as problem:
            self.kill()
            raise ScriptsUnavailable(f"The process for scripts in {language} did not start: {problem}") from None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The child's reply, waited for at most so many seconds. Raises ChildDied, ChildLate: then kill it."""
        self.runs += 1
        return self._exchange(json.dumps(request).encode() + b"\n", seconds)

    def stop(self) -> None:
        """Kill it and all that it started, while another thread may be asking it."""
        with suppress(ProcessLookupError, PermissionError):  # macOS: a group of which only a zombie is left
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End it and all that it started, and let go of it."""
        self.stop()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def forget(self) -> None:
        """Let go of a child that belongs to the process this one was forked from."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.returncode = 0

    def _exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        unsent, received = memoryview(line), bytearray()
        with selectors.PollSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            if unsent:
                selector.register(self._requests, selectors.EVENT_WRITE)
            while not received.endswith(b"\n"):
                ready = selector.select(max(deadline - time.monotonic(), 0))
                if not ready:
                    raise ChildLate(seconds)
                for key, _ in ready:
                    if key.fd == self._requests:
                        unsent = self._send(unsent)
                        if not unsent:
                            selector.unregister(self._requests)
                    else:
                        received += self._receive(len(received))
        try:
            return wire.read_reply(bytes(received))
        except ValueError as problem:
            raise ChildDied(f"its answer cannot be read: {problem}") from None

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._requests, unsent[: 64 << 10]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise ChildDied(self._end()) from None

    def _receive(self, length: int) -> bytes:
        try:
            chunk = os.read(self._replies, 64 << 10)
        except BlockingIOError:
            return b""
        if not chunk:
            raise ChildDied(self._end())
        if length + len(chunk) > self._longest:
            raise ChildDied(f"its answer is longer than {self._longest} bytes")
        return chunk

    def _end(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "it closed its pipes"
        if code == -signal.SIGXCPU:
            raise ChildLate(self._seconds)
        return f"it was killed by {signal.Signals(-code).name}" if code < 0 else f"it exited with status {code}"


def _spawn(language: str, settings: dict[str, Any]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-S", "-B", str(_CHILD), json.dumps(settings)]
    try:
        return subprocess.Popen(  # noqa: S603 - this interpreter, our own file
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
    except OSError as problem:
        raise ScriptsUnavailable(f"The process for scripts in {language} cannot be started: {problem}") from None


def _settings(language: str, limits: ScriptLimits) -> dict[str, Any]:
    """What the child is told; it has no environment to find things by."""
    specs = {module: importlib.util.find_spec(module) for module in _MODULES[language]}
    missing = [module for module, spec in specs.items() if spec is None]
    if missing:
        raise ScriptsUnavailable(
            f"Scripts in {language} need the Python module {missing[0]}: pip install 'batonflow[scripts]'"
        )
    paths = dict.fromkeys(_folder(spec.origin) for spec in specs.values() if spec is not None and spec.origin)
    return {
        "language": language,
        "paths": list(paths),
        "binary": _monty_binary() if language == "python" else None,
        "seconds": limits.seconds,
        "memory": limits.memory_bytes,
        "address_space": limits.address_space_bytes,
        "result": limits.result_bytes,
    }


def _folder(origin: str) -> str:
    """The folder from which the module of this file is imported."""
    file = Path(origin)
    return str(file.parent.parent if file.name == "__init__.py" else file.parent)


def _monty_binary() -> str:
    """The interpreter that comes with pydantic-monty: beside Python, or on the search path."""
    found = shutil.which("monty", path=sysconfig.get_path("scripts")) or shutil.which("monty")
    if found is None:
        raise ScriptsUnavailable("Scripts in python need the program 'monty': pip install 'batonflow[scripts]'")
    return found
