"""Arithmetic of numbers, texts, dates, times and durations (DMN 1.5, 10.3.2.13, tables 54 to 58).

All functions raise Refused where there is no result.
"""

import decimal
from collections.abc import Callable
from decimal import Decimal

from engine.expression.feel.evaluation import LONGEST_TEXT, Refused
from engine.expression.feel.temporal import DAY, Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.values import NUMBERS, Value, kind_of

__all__ = ["add", "as_date_time", "divide", "multiply", "negate", "power", "subtract"]


def as_date_time(value: Date | DateTime) -> DateTime:
    """A date as its midnight in UTC (DMN 1.5, 10.3.2.3.5)."""
    return value if isinstance(value, DateTime) else DateTime(value, Time(0, 0, 0, offset=0))


def add(left: Value, right: Value) -> Value:
    """``left + right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _number(NUMBERS.add, left, right)
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise Refused(f"A text result has more than {LONGEST_TEXT} characters")
        return left + right
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return DaysDuration(left.nanoseconds + right.nanoseconds)
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return MonthsDuration(left.months + right.months)
    if isinstance(right, DaysDuration | MonthsDuration):
        return _later(left, right, "+")
    if isinstance(left, DaysDuration | MonthsDuration):
        return _later(right, left, "+")
    raise _refused("+", left, right)


def subtract(left: Value, right: Value) -> Value:
    """``left - right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _number(NUMBERS.subtract, left, right)
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return DaysDuration(left.nanoseconds - right.nanoseconds)
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return MonthsDuration(left.months - right.months)
    if isinstance(left, Date | DateTime) and isinstance(right, Date | DateTime):
        return DaysDuration(_between(left, right))
    if isinstance(left, Time) and isinstance(right, Time):
        if (left.utc_offset is None) != (right.utc_offset is None):
            raise Refused("A time with an offset and one without it have no difference")
        return DaysDuration(left.instant - right.instant)
    if isinstance(right, DaysDuration | MonthsDuration):
        return _later(left, negate(right), "-")
    raise _refused("-", left, right)


def multiply(left: Value, right: Value) -> Value:
    """``left * right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _number(NUMBERS.multiply, left, right)
    if isinstance(left, Decimal):
        left, right = right, left
    if isinstance(right, Decimal):
        if isinstance(left, DaysDuration):
            return DaysDuration(_scaled(Decimal(left.nanoseconds), right))
        if isinstance(left, MonthsDuration):
            return MonthsDuration(_scaled(Decimal(left.months), right))
    raise _refused("*", left, right)


def divide(left: Value, right: Value) -> Value:
    """``left / right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _number(NUMBERS.divide, left, right)
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return _number(NUMBERS.divide, Decimal(left.nanoseconds), Decimal(right.nanoseconds))
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return _number(NUMBERS.divide, Decimal(left.months), Decimal(right.months))
    if isinstance(right, Decimal):
        if isinstance(left, DaysDuration):
            return DaysDuration(_whole(_number(NUMBERS.divide, Decimal(left.nanoseconds), right)))
        if isinstance(left, MonthsDuration):
            return MonthsDuration(_whole(_number(NUMBERS.divide, Decimal(left.months), right)))
    raise _refused("/", left, right)


def power(left: Value, right: Value) -> Value:
    """``left ** right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        if left == 0 and right == 0:
            return Decimal(1)
        return _number(NUMBERS.power, left, right)
    raise _refused("**", left, right)


def negate(value: Value) -> Value:
    """``- value``."""
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if isinstance(value, DaysDuration):
        return DaysDuration(-value.nanoseconds)
    if isinstance(value, MonthsDuration):
        return MonthsDuration(-value.months)
    raise Refused(f"A {kind_of(value)} cannot be negated")


def _number(operate: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal:
    try:
        return operate(left, right)
    except decimal.DecimalException as error:
        raise Refused(f"The number cannot be computed: {type(error).__name__}") from None


def _later(value: Value, duration: DaysDuration | MonthsDuration, sign: str) -> Value:
    if isinstance(value, Date):
        if isinstance(duration, MonthsDuration):
            return value.plus_months(duration.months)
        return Date.of_ordinal((value.ordinal * DAY + duration.nanoseconds) // DAY)
    if isinstance(value, DateTime):
        if isinstance(duration, MonthsDuration):
            return DateTime(value.date.plus_months(duration.months), value.time)
        return DateTime.of_instant(value.instant + duration.nanoseconds, value.time)
    if isinstance(value, Time) and isinstance(duration, DaysDuration):
        return Time.of_nanoseconds((value.of_day + duration.nanoseconds) % DAY, value)
    raise _refused(sign, value, duration)


def _between(left: Date | DateTime, right: Date | DateTime) -> int:
    if isinstance(left, Date) and isinstance(right, Date):
        return (left.ordinal - right.ordinal) * DAY
    begin, end = as_date_time(right), as_date_time(left)
    if (begin.utc_offset is None) != (end.utc_offset is None):
        raise Refused("A date and time with an offset and one without it have no difference")
    return end.instant - begin.instant


def _scaled(amount: Decimal, factor: Decimal) -> int:
    return _whole(_number(NUMBERS.multiply, amount, factor))


def _whole(amount: Decimal) -> int:
    if amount.adjusted() > 40:
        raise Refused("A duration is out of range")
    return int(amount)


def _refused(sign: str, left: Value, right: Value) -> Refused:
    return Refused(f"There is no {kind_of(left)} {sign} {kind_of(right)}")
