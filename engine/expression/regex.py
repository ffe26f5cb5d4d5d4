"""Regular expressions of models and users, matched in linear time: no pattern can hang the engine."""

import functools
from collections.abc import Callable
from typing import Any

import re2  # type: ignore[import-untyped]  # the package has no type information

from engine.expression.contract import EvaluationError, ExpressionLimit

__all__ = ["check_pattern", "found_all", "found_in", "matches_whole", "replaced", "split"]

_LONGEST_PATTERN = 1000


def check_pattern(pattern: str) -> None:
    """Raise EvaluationError, as :func:`_compile` does, for a pattern that cannot be used."""
    _compile(pattern)


def found_in(pattern: str, text: str) -> bool:
    """Whether any part of ``text`` matches. Raises EvaluationError as :func:`_compile` does."""
    try:
        return _compile(pattern).search(text) is not None
    except UnicodeEncodeError:
        raise _surrogate() from None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether all of ``text`` matches. Raises EvaluationError as :func:`_compile` does."""
    try:
        return _compile(pattern).fullmatch(text) is not None
    except UnicodeEncodeError:
        raise _surrogate() from None


def split(pattern: str, text: str) -> list[str]:
    """``text`` cut at every match. Raises EvaluationError as :func:`_compile` does."""
    pieces, begin = [], 0
    try:
        for match in _compile(pattern).finditer(text):
            if match.end() > match.start():
                pieces.append(text[begin : match.start()])
                begin = match.end()
    except UnicodeEncodeError:
        raise _surrogate() from None
    return [*pieces, text[begin:]]


def found_all(pattern: str, text: str) -> list[str]:
    """Every part of ``text`` that matches, from left to right. Raises EvaluationError as :func:`_compile` does."""
    try:
        return [match.group() for match in _compile(pattern).finditer(text)]
    except UnicodeEncodeError:
        raise _surrogate() from None


def replaced(pattern: str, text: str, replace: Callable[[Any], str]) -> str:
    """``text`` with every match replaced by what ``replace`` makes of the match object.

    Raises EvaluationError as :func:`_compile` does.
    """
    pieces: list[str] = []
    begin = 0
    try:
        for match in _compile(pattern).finditer(text):
            pieces += text[begin : match.start()], replace(match)
            begin = match.end()
    except UnicodeEncodeError:
        raise _surrogate() from None
    return "".join([*pieces, text[begin:]])


@functools.lru_cache(maxsize=256)
def _compile(pattern: str) -> Any:
    """The compiled pattern, in RE2 syntax.

    Raises ExpressionLimit for a pattern that is too long, EvaluationError for one that is not valid or that needs
    backtracking (look-around, back-references).
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise ExpressionLimit(f"A regular expression may have {_LONGEST_PATTERN} characters, not {len(pattern)}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise EvaluationError(f"'{pattern}' is not a regular expression that can be used here: {reason}") from None


def _surrogate() -> EvaluationError:
    return EvaluationError("A regular expression and the text it matches must not contain a lone surrogate")
