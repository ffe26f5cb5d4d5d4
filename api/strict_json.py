"""Reads a JSON body into Python data and refuses what is ambiguous or what no database could keep."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 100
"""How deep objects and arrays of a body may be nested. A variable's own value is bounded by `engine.values`."""

MAX_DIGITS = 40
"""Longer integers are refused before they are converted: the conversion of digits is quadratic."""


class InvalidJson(ValueError):
    """The text is no JSON, or is JSON that means different things to different readers; the message says where."""


def loads(body: bytes) -> Any:
    """The data of a JSON text in UTF-8.

    Raises InvalidJson: not UTF-8, not JSON (NaN and Infinity included), a key twice in one object, a number out of
    range, NUL or a lone surrogate in a text, nested deeper than MAX_DEPTH.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not UTF-8 (byte {error.start})") from None
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"The body is no JSON: {error.msg} ({where})") from None
    except RecursionError:
        raise _too_deep() from None
    if "\\u" in text or text.count("{") + text.count("[") > MAX_DEPTH:
        _check(data)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidJson(f"The key '{twice[:100]}' is twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"JSON has no number {name}")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidJson(f"An integer of {len(digits)} digits is out of range")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJson(f"The number {digits[:MAX_DIGITS]} is out of range")
    return number


def _check(data: object) -> None:
    pending = [(data, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, list | dict):
            if depth > MAX_DEPTH:
                raise _too_deep()
            if isinstance(value, dict):
                pending.extend((key, depth) for key in value)
                pending.extend((member, depth + 1) for member in value.values())
            else:
                pending.extend((item, depth + 1) for item in value)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidJson("A text must not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidJson("A text must not contain a lone surrogate") from None


def _too_deep() -> InvalidJson:
    return InvalidJson(f"Objects and arrays are nested more than {MAX_DEPTH} deep")
