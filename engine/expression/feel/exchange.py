"""FEEL's values and those of the engine and of JSON, each made from the other.

Into FEEL: every number becomes a decimal, a list or object of JSON a list or context, a date and time of the engine one
with its offset; what FEEL has no value for (files, bytes, other objects) becomes null. Out of FEEL: a number that is a
whole one of 64 bit becomes an integer, any other a float; dates, times, durations, ranges and functions become texts
(a date and time in a zone with the offset that it has there).
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.expression.contract import ExpressionLimit
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.temporal import DateTime, Time
from engine.expression.feel.temporal_text import temporal_text
from engine.expression.feel.values import NUMBERS, Function, Range, Value, show
from engine.values import JsonValue, ObjectValue, XmlValue, from_json

__all__ = ["from_engine", "from_json_text", "json_text", "to_engine", "to_plain"]

_LOWEST_LONG, _HIGHEST_LONG = -(2**63), 2**63 - 1


def from_engine(value: object) -> Value:
    """A value of ``engine.values`` or of JSON in FEEL."""
    if value is None or isinstance(value, bool | str | Decimal):
        return value
    if isinstance(value, int):
        return NUMBERS.create_decimal(value)
    if isinstance(value, float):
        return NUMBERS.create_decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [from_engine(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): from_engine(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return DateTime.of_datetime(value)
    if isinstance(value, JsonValue):
        return from_engine(value.node)
    if isinstance(value, ObjectValue):
        return from_engine(value.node)
    if isinstance(value, XmlValue):
        return value.text
    return None


def to_plain(value: Value, evaluation: Evaluation) -> Any:
    """A value of FEEL as plain JSON."""
    evaluation.spend()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, list):
        return [to_plain(item, evaluation) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item, evaluation) for key, item in value.items()}
    if isinstance(value, Range | Function):
        return show(value, evaluation)
    return temporal_text(_with_offset(value) if isinstance(value, DateTime) else value)


def to_engine(plain: Any) -> object:
    """A value of plain JSON as one of ``engine.values``: lists and contexts become Json."""
    return JsonValue.of(plain) if isinstance(plain, list | dict) else from_json(plain)


def from_json_text(text: str) -> Value:
    """What a JSON text means. Raises Refused."""
    try:
        return from_engine(json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant))
    except (ValueError, ArithmeticError, RecursionError):
        raise Refused("The text is no JSON") from None


def json_text(value: Value, evaluation: Evaluation) -> str:
    """A value as JSON; a zone stands in brackets behind the offset."""
    if isinstance(value, DateTime) and value.time.zone is not None:
        return json.dumps(f"{temporal_text(_with_offset(value))}[{value.time.zone}]")
    if isinstance(value, list):
        return f"[{','.join(json_text(item, evaluation) for item in value)}]"
    if isinstance(value, dict):
        entries = (f"{json.dumps(key)}:{json_text(item, evaluation)}" for key, item in value.items())
        return "{" + ",".join(entries) + "}"
    return evaluation.check_text(json.dumps(to_plain(value, evaluation), ensure_ascii=False))


def _with_offset(value: DateTime) -> DateTime:
    """The same moment with the offset that its zone has then."""
    clock = (value.hour, value.minute, value.second, value.nanosecond)
    return DateTime(value.date, Time(*clock, offset=value.utc_offset))


def _number(value: Decimal) -> int | float:
    if value == value.to_integral_value() and value.adjusted() < 20 and _LOWEST_LONG <= value <= _HIGHEST_LONG:
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        raise ExpressionLimit(f"The number {value:.6g} is beyond what a double holds")
    return number


def _refuse_constant(name: str) -> Value:
    raise ValueError(name)
