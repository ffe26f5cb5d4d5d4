"""Conditions and other expressions of forms: FEEL over plain JSON, as the browser evaluates them.

Browsers have the builtin functions of DMN and not those of Camunda's engines, so these are not there either. Whoever
meets an expression that is not understood has to do without its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.expression import EvaluationError, ExpressionSyntaxError
from engine.expression.feel import INPUT, FeelExpression, compile_feel, compile_unary_tests, from_engine

LONGEST = 4096
"""How many characters an expression may have."""
MOST_STEPS = 20_000
"""How many steps the evaluation of one expression may take (see `engine.expression.feel.evaluation`)."""


class NotUnderstood(Exception):
    """An expression that is none, that takes too long, or on whose value FEEL engines do not agree."""


def evaluate(source: str, data: Mapping[str, Any], now: datetime) -> Any:
    """The value of an expression over JSON data, as JSON; a leading `=` is no part of it. Raises NotUnderstood."""
    return _apply(_expression(_text(source), _unusual(data)), _Json(data), now)


def holds(source: str, data: Mapping[str, Any], now: datetime) -> bool:
    """Is a condition fulfilled, as form-js judges it? Raises NotUnderstood.

    form-js takes conditions for unary tests of an input that is null (DMN 1.5, 7.3.13): one that gives null is
    fulfilled, so that `=amount < 5` hides a field while there is no amount, and `not(...)` around all of it is the
    contrary.
    """
    return _apply(_tests(_text(source), _unusual(data)), _Json({**data, INPUT: None}), now) is True


def check_expression(source: str) -> None:
    """Raises NotUnderstood for what is no expression."""
    _expression(_text(source), frozenset())


def check_condition(source: str) -> None:
    """Raises NotUnderstood for what is no condition."""
    _tests(_text(source), frozenset())


class _Json(Mapping[str, Any]):
    """JSON data, of which FEEL's values are made when they are read."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = from_engine(self._data[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def _apply(expression: FeelExpression, names: Mapping[str, Any], now: datetime) -> Any:
    try:
        outcome = expression.apply(names, now, most_steps=MOST_STEPS)
    except EvaluationError as error:
        raise NotUnderstood(str(error)) from None
    if outcome.is_disputed:
        raise NotUnderstood(f"FEEL engines do not agree on the value of '{expression.source}': {outcome.warnings[-1]}")
    return outcome.plain


def _text(source: str) -> str:
    if len(source) > LONGEST:
        raise NotUnderstood(f"An expression may have {LONGEST} characters, not {len(source)}")
    return source.strip().removeprefix("=")


def _unusual(data: Mapping[str, Any]) -> frozenset[str]:
    """The names that are more than one word, which have to be known to read an expression."""
    return frozenset(name for name in data if not name.isidentifier())


@lru_cache(maxsize=1024)
def _expression(source: str, names: frozenset[str]) -> FeelExpression:
    try:
        return compile_feel(source, names, extensions=False)
    except ExpressionSyntaxError as error:
        raise NotUnderstood(str(error)) from None


@lru_cache(maxsize=1024)
def _tests(source: str, names: frozenset[str]) -> FeelExpression:
    try:
        return compile_unary_tests(source, names, extensions=False)
    except ExpressionSyntaxError as error:
        raise NotUnderstood(str(error)) from None
