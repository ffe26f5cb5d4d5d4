"""The operators of the Unified Expression Language and its coercions, on the values of ``engine.values``.

Source: the Expression Language specification 3.0, sections 1.5 to 1.12 and 1.23, as JUEL (the implementation inside
Camunda 7) reads it, with two differences: an integer result beyond 64 bit is an error and does not wrap around, and
lists are equal when their items are, whatever the width of an integer.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from engine.expression.contract import EvaluationError, ExpressionLimit
from engine.values import FileValue, Integer, JsonValue, ObjectValue, Short, XmlValue, format_date

__all__ = [
    "LONGEST_TEXT",
    "DateTime",
    "add",
    "check_long",
    "check_text",
    "concatenate",
    "describe",
    "divide",
    "equal",
    "greater",
    "greater_or_equal",
    "is_empty",
    "less",
    "less_or_equal",
    "multiply",
    "negate",
    "not_equal",
    "remainder",
    "same",
    "subtract",
    "to_boolean",
    "to_double",
    "to_long",
    "to_text",
]

LONGEST_TEXT = 1_000_000
"""How many characters a text made by an expression may have."""

_INTEGERS = frozenset({int, Integer, Short})
_LOWEST_LONG, _HIGHEST_LONG = -(2**63), 2**63 - 1
_LONG_TEXT = re.compile(r"[+-]?[0-9]{1,19}")
_DOUBLE_TEXT = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")


class DateTime(datetime):
    """What ``dateTime()`` gives (Camunda: a Joda DateTime): a date with methods of its own, and an ISO text."""


# --- coercions ------------------------------------------------------------------------------------------------------


def describe(value: object) -> str:
    """What a value is, for messages: the Camunda name of its type."""
    for kind, name in _KIND_NAMES.items():
        if isinstance(value, kind):
            return name
    return type(value).__name__


_KIND_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "Boolean",
    Short: "Short",
    Integer: "Integer",
    int: "Long",
    float: "Double",
    str: "String",
    DateTime: "DateTime",
    datetime: "Date",
    bytes: "Bytes",
    FileValue: "File",
    JsonValue: "Json",
    XmlValue: "Xml",
    ObjectValue: "Object",
    list: "List",
    dict: "Map",
}


def _cannot_coerce(value: object, kind: str) -> EvaluationError:
    if isinstance(value, str):
        return EvaluationError(f"Cannot coerce '{value[:100]}' to {kind}")
    return EvaluationError(f"Cannot coerce from {describe(value)} to {kind}")


def check_long(number: int) -> int:
    """``number``, or ExpressionLimit when it needs more than 64 bit."""
    if _LOWEST_LONG <= number <= _HIGHEST_LONG:
        return number
    raise ExpressionLimit("An integer result is outside the range of a Long (64 bit)")


def check_text(text: str) -> str:
    """``text``, or ExpressionLimit when it is too long."""
    if len(text) > LONGEST_TEXT:
        raise ExpressionLimit(f"A text result has more than {LONGEST_TEXT} characters")
    return text


def to_boolean(value: object) -> bool:
    """Coerce to Boolean: null and the empty text are false, a text is true when it reads ``true``."""
    if value is True or value is False:
        return value is True
    if value is None:
        return False
    if isinstance(value, str):
        return value.lower() == "true"
    raise _cannot_coerce(value, "Boolean")


def to_long(value: object) -> int:
    """Coerce to Long: null and the empty text are 0, a Double is cut off."""
    if type(value) in _INTEGERS:
        return int(value)  # type: ignore[call-overload, no-any-return]  # one of the three integer types
    if value is None or value == "":
        return 0
    if isinstance(value, float):
        if math.isnan(value):
            return 0
        return int(max(_LOWEST_LONG, min(_HIGHEST_LONG, value)))
    if isinstance(value, str) and _LONG_TEXT.fullmatch(value):
        return check_long(int(value))
    raise _cannot_coerce(value, "Long")


def to_double(value: object) -> float:
    """Coerce to Double: null and the empty text are 0."""
    if isinstance(value, float):
        return value
    if type(value) in _INTEGERS:
        return float(value)  # type: ignore[arg-type]  # one of the three integer types
    if value is None or value == "":
        return 0.0
    if isinstance(value, str) and _DOUBLE_TEXT.fullmatch(value):
        return float(value)
    raise _cannot_coerce(value, "Double")


def to_text(value: object) -> str:
    """Coerce to String: null is the empty text, everything else what Java's ``toString`` gives.

    Raises ExpressionLimit when the text is too long, EvaluationError when the value has no text.
    """
    if isinstance(value, str):
        return value
    pieces: list[str] = []
    _write_text(value, pieces, 0)
    return check_text("".join(pieces))


def _write_text(value: object, pieces: list[str], depth: int) -> None:
    if depth > 60 or len(pieces) > LONGEST_TEXT:
        raise ExpressionLimit("A value is too deep or too large to be shown as text")
    if isinstance(value, ObjectValue):
        value = value.node
    if isinstance(value, list):
        pieces.append("[")
        for index, item in enumerate(value):
            pieces.append(", " if index else "")
            _write_text("null" if item is None else item, pieces, depth + 1)
        pieces.append("]")
    elif isinstance(value, dict):
        pieces.append("{")
        for index, (key, item) in enumerate(value.items()):
            pieces.append(", " if index else "")
            _write_text(key, pieces, depth + 1)
            pieces.append("=")
            _write_text("null" if item is None else item, pieces, depth + 1)
        pieces.append("}")
    else:
        pieces.append(_scalar_text(value))


def _scalar_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(check_long(value))
    if isinstance(value, float):
        return _double_text(value)
    if isinstance(value, DateTime):
        return f"{format_date(value)[:-5]}Z"
    if isinstance(value, datetime):
        return _date_text(value)
    if isinstance(value, JsonValue | XmlValue):
        return value.text
    raise _cannot_coerce(value, "String")


def _double_text(number: float) -> str:
    """A Double as Java's ``Double.toString`` writes it, such as ``1.0E10``."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    mantissa, _, exponent = f"{number:e}".partition("e")
    digits = repr(number).replace("-", "", 1) if number < 0 else repr(number)
    digits = digits.partition("e")[0].replace(".", "").strip("0")
    sign = "-" if mantissa.startswith("-") else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{int(exponent)}"


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _date_text(date: datetime) -> str:
    """A Date as Java's ``Date.toString`` writes it in UTC, such as ``Thu Jan 01 00:00:00 UTC 1970``."""
    utc = date.astimezone(UTC)
    return f"{_WEEKDAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc:%d %H:%M:%S} UTC {utc.year:04d}"


# --- arithmetic -----------------------------------------------------------------------------------------------------


def _is_double(value: object) -> bool:
    """Whether arithmetic with this operand is done in Doubles: it is one, or a text that looks like one."""
    return isinstance(value, float) or (isinstance(value, str) and any(mark in value for mark in ".eE"))


def _arithmetic(
    on_longs: Callable[[int, int], int], on_doubles: Callable[[float, float], float]
) -> Callable[[object, object], object]:
    def operate(left: object, right: object) -> object:
        if type(left) in _INTEGERS and type(right) in _INTEGERS:
            number = on_longs(left, right)  # type: ignore[arg-type]  # both are integers
            if _LOWEST_LONG <= number <= _HIGHEST_LONG:
                return number
        elif _is_double(left) or _is_double(right):
            return on_doubles(to_double(left), to_double(right))
        return check_long(on_longs(to_long(left), to_long(right)))

    return operate


def _remainder_of_longs(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("/ by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _remainder_of_doubles(left: float, right: float) -> float:
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


add = _arithmetic(lambda left, right: left + right, lambda left, right: left + right)
subtract = _arithmetic(lambda left, right: left - right, lambda left, right: left - right)
multiply = _arithmetic(lambda left, right: left * right, lambda left, right: left * right)
remainder = _arithmetic(_remainder_of_longs, _remainder_of_doubles)


def divide(left: object, right: object) -> object:
    """``left / right``, always a Double (of two nulls the Long 0); by zero it is an infinity or NaN, as in Java."""
    if left is None and right is None:
        return 0
    dividend, divisor = to_double(left), to_double(right)
    if divisor:
        return dividend / divisor
    if dividend == 0 or math.isnan(dividend) or math.isnan(divisor):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def negate(value: object) -> object:
    """``-value``; an Integer stays an Integer, a Short a Short."""
    kind = type(value)
    if kind is int:
        return check_long(-value)  # type: ignore[operator]  # an int
    if isinstance(value, float):
        return -value
    if isinstance(value, Integer) and value > -(2**31):
        return Integer(-value)
    if isinstance(value, Short) and value > -(2**15):
        return Short(-value)
    if kind in _INTEGERS:
        return -to_long(value)
    if value is None or isinstance(value, str):
        return -to_double(value) if _is_double(value) else check_long(-to_long(value))
    raise EvaluationError(f"Cannot negate a value of type {describe(value)}")


def concatenate(left: object, right: object) -> object:
    """``left += right``: both as texts, one behind the other."""
    return check_text(to_text(left) + to_text(right))


# --- comparison -----------------------------------------------------------------------------------------------------


def equal(left: object, right: object) -> bool:
    """``left == right``: null equals only null; numbers by value; a text equals what coerces to it."""
    if left is right:
        return True
    if left is None or right is None:
        return False
    if type(left) is str and type(right) is str:
        return left == right
    if isinstance(left, float) or isinstance(right, float):
        return to_double(left) == to_double(right)
    if type(left) in _INTEGERS or type(right) in _INTEGERS:
        return to_long(left) == to_long(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return to_boolean(left) == to_boolean(right)
    if isinstance(left, str) or isinstance(right, str):
        return _equals_text(left, right)
    return same(left, right)


def _equals_text(left: object, right: object) -> bool:
    """Whether a text and something else have the same text; an object that has no text is not equal to any."""
    try:
        return to_text(left) == to_text(right)
    except ExpressionLimit:
        raise
    except EvaluationError:
        return False


def same(left: object, right: object) -> bool:
    """Java's ``equals``, without coercion: a text equals no number, true equals not 1."""
    if isinstance(left, ObjectValue):
        left = left.node
    if isinstance(right, ObjectValue):
        right = right.node
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, JsonValue) and isinstance(right, JsonValue):
        return same(left.node, right.node)
    return left == right


def not_equal(left: object, right: object) -> bool:
    """``left != right``."""
    return not equal(left, right)


def _compare(left: object, right: object) -> float:
    """Below, at or above 0 as ``left`` is less than, equal to or greater than ``right``; NaN when a NaN is compared."""
    if isinstance(left, float) or isinstance(right, float):
        first, second = to_double(left), to_double(right)
        return math.nan if math.isnan(first) or math.isnan(second) else (first > second) - (first < second)
    if type(left) in _INTEGERS or type(right) in _INTEGERS:
        return to_long(left) - to_long(right)
    if isinstance(left, str) or isinstance(right, str):
        one, other = to_text(left), to_text(right)
        return (one > other) - (one < other)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left > right) - (left < right)
    if isinstance(left, bool) and isinstance(right, bool):
        return left - right
    raise EvaluationError(f"Cannot compare a value of type {describe(left)} with one of type {describe(right)}")


def less(left: object, right: object) -> bool:
    """``left < right``; false when either is null."""
    if type(left) in _INTEGERS and type(right) in _INTEGERS:
        return left < right  # type: ignore[operator, no-any-return]  # both are integers
    return left is not None and right is not None and _compare(left, right) < 0


def greater(left: object, right: object) -> bool:
    """``left > right``; false when either is null."""
    return less(right, left)


def less_or_equal(left: object, right: object) -> bool:
    """``left <= right``; of nulls true when both are."""
    if left is right:
        return True
    return left is not None and right is not None and _compare(left, right) <= 0


def greater_or_equal(left: object, right: object) -> bool:
    """``left >= right``; of nulls true when both are."""
    return less_or_equal(right, left)


def is_empty(value: object) -> bool:
    """``empty value``: whether it is null, an empty text, an empty list or an empty map."""
    if isinstance(value, ObjectValue):
        value = value.node
    return value is None or (isinstance(value, str | list | dict) and not value)
