"""Named places where a test makes the engine crash, fail or wait: inert unless the environment says otherwise.

`BATON_FAILPOINTS` holds rules, separated by semicolons, each `name[@n]=action`: at the n-th time (without n: every
time) that this process reaches the place `name` (`*`: any place), do

- `kill`: end the process at once, as `kill -9` does;
- `raise`: raise FailpointReached;
- `sleep:MS`: sleep so many milliseconds;
- `block:FILE`: create FILE and wait until somebody removes it;
- `record:FILE`: append a line `name@n` to FILE.

The variable is read once, when this module is imported; `arm` replaces its rules.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "BATON_FAILPOINTS"
ANY = "*"
_POLL = 0.005
"""Seconds between two looks at the file of a block."""


class FailpointReached(Exception):
    """Raised by the action `raise`."""


class BadFailpoint(Exception):
    """BATON_FAILPOINTS cannot be read."""


Action = Callable[[str, int], None]


@dataclass(frozen=True)
class _Rule:
    name: str
    nth: int | None
    action: Action

    def fits(self, name: str, nth: int) -> bool:
        return self.name in {name, ANY} and self.nth in {nth, None}


class _Places:
    """The rules of this process, and how often each place was reached."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._reached: Counter[str] = Counter()
        self._lock = threading.Lock()

    def arm(self, text: str) -> None:
        """Let these rules hold from now on, counting from one. Raises BadFailpoint."""
        rules = parse(text)
        with self._lock:
            self._reached.clear()
            self._rules = rules

    def reach(self, name: str) -> None:
        """Say that this process is at the place `name`."""
        if not self._rules:
            return
        with self._lock:
            self._reached[name] += 1
            nth = self._reached[name]
        for rule in self._rules:
            if rule.fits(name, nth):
                rule.action(name, nth)


def parse(text: str) -> list[_Rule]:
    """The rules in the text of BATON_FAILPOINTS. Raises BadFailpoint, naming the part that is wrong."""
    return [_parse_rule(part.strip()) for part in text.split(";") if part.strip()]


def _parse_rule(text: str) -> _Rule:
    place, equals, action = text.partition("=")
    name, at, nth = place.strip().partition("@")
    if not name or not equals or (at and not nth.isdecimal()):
        raise BadFailpoint(f"{VARIABLE}: '{text}' is not name[@n]=action")
    return _Rule(name, int(nth) if at else None, _parse_action(text, action.strip()))


def _parse_action(rule: str, text: str) -> Action:
    verb, _, argument = text.partition(":")
    if verb == "kill" and not argument:
        return _kill
    if verb == "raise" and not argument:
        return _raise
    if verb == "sleep" and argument.isdecimal():
        return lambda _name, _nth: time.sleep(int(argument) / 1000)
    if verb == "block" and argument:
        return lambda _name, _nth: _block(Path(argument))
    if verb == "record" and argument:
        return lambda name, nth: _record(Path(argument), f"{name}@{nth}\n")
    raise BadFailpoint(f"{VARIABLE}: the action of '{rule}' is none of kill, raise, sleep:MS, block:FILE, record:FILE")


def _kill(_name: str, _nth: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise(name: str, nth: int) -> None:
    raise FailpointReached(f"failpoint {name}, time {nth}")


def _block(file: Path) -> None:
    file.touch()
    while file.exists():
        time.sleep(_POLL)


def _record(file: Path, line: str) -> None:
    with file.open("a") as lines:
        lines.write(line)


_places = _Places()
_places.arm(os.environ.get(VARIABLE, ""))

arm = _places.arm
failpoint = _places.reach
"""Call it as `failpoint("executor.before_commit")` at a place where a crash must be harmless."""
