"""One evaluation of a FEEL expression: what it may still spend, what went wrong in it, and the scopes of its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.expression.contract import ExpressionLimit

__all__ = ["DEEPEST_CALLS", "LONGEST_TEXT", "MOST_STEPS", "Disputed", "Evaluation", "Refused", "Scope"]

MOST_STEPS = 200_000
"""How many iterations, calls and items of lists one evaluation may take."""

LONGEST_TEXT = 1_000_000
"""How many characters a text made by an expression may have."""

CHARACTERS_PER_STEP = 50
"""So many characters of a text that is made take a step, so that memory has a bound too."""

DEEPEST_CALLS = 60
"""How deep the functions that an expression defines may call each other."""

_MOST_WARNINGS = 20


class Refused(Exception):
    """An operation that has no value for its operands: it gives null, and the message becomes a warning."""


class Disputed(Refused):
    """An operation that the standard gives no value, and other FEEL engines do, or another one."""


class Evaluation:
    """The state of one evaluation."""

    __slots__ = ("_calls", "_most_steps", "_steps", "ids", "is_disputed", "now", "warnings")

    def __init__(
        self, now: datetime | None, most_steps: int = MOST_STEPS, ids: Callable[[], int] | None = None
    ) -> None:
        self.now = now
        self.ids = ids
        self.warnings: list[str] = []
        self.is_disputed = False
        self._most_steps = most_steps
        self._steps = 0
        self._calls = 0

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget. Raises ExpressionLimit when there are none left."""
        self._steps += steps
        if self._steps > self._most_steps:
            raise ExpressionLimit(f"The evaluation takes more than {self._most_steps} steps")

    def null(self, why: object) -> Any:
        """None, and a warning that says why."""
        if isinstance(why, Disputed):
            self.is_disputed = True
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(str(why))
        return None

    def go_deeper(self) -> None:
        """Begin a call. Raises ExpressionLimit when too many calls are inside of each other."""
        if self._calls >= DEEPEST_CALLS:
            raise ExpressionLimit(f"Functions call each other more than {DEEPEST_CALLS} deep")
        self._calls += 1

    def come_back(self) -> None:
        """End a call."""
        self._calls -= 1

    def expect_text(self, length: int) -> None:
        """Take the steps for a text of that length, before it is made. Raises ExpressionLimit when it is too long."""
        if length > LONGEST_TEXT:
            raise ExpressionLimit(f"A text result has more than {LONGEST_TEXT} characters")
        self.spend(length // CHARACTERS_PER_STEP)

    def check_text(self, text: str) -> str:
        """The text that was made. Raises ExpressionLimit as `expect_text`."""
        self.expect_text(len(text))
        return text


class Scope:
    """Names and their values, and the scope around it."""

    __slots__ = ("evaluation", "names", "parent")

    def __init__(self, names: Mapping[str, Any], parent: Scope | None, evaluation: Evaluation) -> None:
        self.names = names
        self.parent = parent
        self.evaluation = evaluation

    def inner(self, names: Mapping[str, Any]) -> Scope:
        """A scope inside of this one."""
        return Scope(names, self, self.evaluation)

    def find(self, name: str) -> tuple[bool, Any]:
        """Whether a scope has the name, and its value in the innermost that does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True, scope.names[name]
            scope = scope.parent
        return False, None
