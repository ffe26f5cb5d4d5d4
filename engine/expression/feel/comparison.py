"""Which values are equal, and which comes first (DMN 1.5, 10.3.2.13, tables 52 and 53)."""

from decimal import Decimal

from engine.expression.feel.evaluation import Disputed, Evaluation, Refused
from engine.expression.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.values import Range, Value, kind_of

__all__ = ["compare", "contains", "equal", "same"]


def equal(left: Value, right: Value, evaluation: Evaluation) -> bool | None:
    """``=``: None where values of different types are compared; null is equal to null alone."""
    if left is None or right is None:
        return left is right
    if kind_of(left) != kind_of(right):
        evaluation.null(f"A {kind_of(left)} cannot be compared with a {kind_of(right)}")
        return None
    if left is right:
        return True
    if isinstance(left, list):
        evaluation.spend(len(left))
        return len(left) == len(right) and all(
            equal(a, b, evaluation) is True for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict):
        evaluation.spend(len(left))
        return left.keys() == right.keys() and all(equal(left[key], right[key], evaluation) is True for key in left)
    if isinstance(left, Time | DateTime):
        return _offsets_agree(left, right) and left.instant == right.instant
    if isinstance(left, Range):
        return (
            (left.start_included, left.end_included) == (right.start_included, right.end_included)
            and equal(left.start, right.start, evaluation) is True
            and equal(left.end, right.end, evaluation) is True
        )
    return bool(left == right)


def same(left: Value, right: Value, evaluation: Evaluation) -> bool:
    """Whether two values are equal; values of different types are not."""
    return kind_of(left) == kind_of(right) and equal(left, right, evaluation) is True


def compare(left: Value, right: Value) -> int:
    """Negative when ``left`` comes first, 0 when neither does. Raises Refused where there is no order."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if kind_of(left) == kind_of(right):
        if isinstance(left, Date):
            return _sign(left.ordinal - right.ordinal)
        if isinstance(left, Time | DateTime) and _offsets_agree(left, right):
            return _sign(left.instant - right.instant)
        if isinstance(left, DaysDuration):
            return _sign(left.nanoseconds - right.nanoseconds)
        if isinstance(left, MonthsDuration):
            return _sign(left.months - right.months)
    refusal = Refused if left is None or right is None else Disputed
    raise refusal(f"There is no order between a {kind_of(left)} and a {kind_of(right)}")


def contains(range_: Range, value: Value) -> bool:
    """Whether a value lies in a range. Raises Refused."""
    if range_.start is None and range_.end is None:
        raise Refused("The range has no endpoints")
    if range_.start is not None:
        order = compare(value, range_.start)
        if order < 0 or (order == 0 and not range_.start_included):
            if range_.end is not None:
                compare(value, range_.end)
            return False
    if range_.end is not None:
        order = compare(value, range_.end)
        if order > 0 or (order == 0 and not range_.end_included):
            return False
    return True


def _offsets_agree(left: Time | DateTime, right: Time | DateTime) -> bool:
    """Both are local, or both have an offset."""
    return (left.utc_offset is None) == (right.utc_offset is None)


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)
