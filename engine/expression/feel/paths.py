"""Members of values, and filters and indexes of lists (DMN 1.5, 10.3.2.5 and tables 59 to 65)."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.temporal import SECOND, Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.values import Range, Value, kind_of, whole

__all__ = ["filtered", "member"]

Run = Callable[[Scope], Value]
Members = Mapping[str, Callable[[Value], Value]]


def member(value: Value, name: str, evaluation: Evaluation) -> Value:
    """``value.name``; of a list, the list of the members of its items. Raises Refused."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        raise Refused(f"The context has no entry '{name}'")
    if isinstance(value, list):
        evaluation.spend(len(value))
        return [_of_item(item, name, evaluation) for item in value]
    for kind, members in _MEMBERS.items():
        if isinstance(value, kind) and name in members:
            return members[name](value)
    raise Refused(f"A {kind_of(value)} has no '{name}'")


def filtered(value: Value, condition: Run, scope: Scope) -> Value:
    """``value[condition]``: the item at a number, or the items for which the condition is true. Raises Refused."""
    if value is None:
        if isinstance(condition(scope), Decimal):
            raise Refused("Null has no items")
        return None
    items = value if isinstance(value, list) else [value]
    if not items:
        return None if isinstance(condition(scope), Decimal) else []
    scope.evaluation.spend(len(items))
    kept = []
    for index, item in enumerate(items):
        answer = condition(_of(item, scope))
        if index == 0 and isinstance(answer, Decimal):
            return _at(items, answer)
        if answer is True:
            kept.append(item)
    return kept


def _of_item(item: Value, name: str, evaluation: Evaluation) -> Value:
    try:
        return member(item, name, evaluation)
    except Refused as why:
        return evaluation.null(why)


def _of(item: Value, scope: Scope) -> Scope:
    """The scope in which a filter judges an item: ``item``, and the entries of a context."""
    inner = scope.inner({"item": item})
    return inner.inner(item) if isinstance(item, dict) else inner


def _at(items: list[Value], position: Decimal) -> Value:
    """The item at a position: from 1, or from -1 at the end. Raises Refused."""
    index = whole(position)
    if index == 0 or abs(index) > len(items):
        raise Refused(f"A list of {len(items)} items has none at {index}")
    return items[index - 1] if index > 0 else items[index]


def _offset(value: Time | DateTime) -> Value:
    return None if value.utc_offset is None else DaysDuration(value.utc_offset * SECOND)


def _second(value: Time | DateTime) -> Decimal:
    return Decimal(value.second) + Decimal(value.nanosecond) / SECOND if value.nanosecond else Decimal(value.second)


def _part(size: int, modulus: int | None = None) -> Callable[[DaysDuration], Decimal]:
    """A part of a duration, with its sign: so many seconds are one of it, and so many of it make the next."""

    def part(value: DaysDuration) -> Decimal:
        amount = abs(value.nanoseconds) // (size * SECOND)
        amount = amount if modulus is None else amount % modulus
        return Decimal(-amount if value.nanoseconds < 0 else amount)

    return part


def _seconds(value: DaysDuration) -> Decimal:
    amount = Decimal(abs(value.nanoseconds) % (60 * SECOND)) / SECOND
    return -amount if value.nanoseconds < 0 else amount


def _months(value: MonthsDuration) -> Decimal:
    return Decimal(abs(value.months) % 12 * (-1 if value.months < 0 else 1))


def _years(value: MonthsDuration) -> Decimal:
    return Decimal(abs(value.months) // 12 * (-1 if value.months < 0 else 1))


_OF_DATES: Members = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
}
_OF_TIMES: Members = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": _second,
    "time offset": _offset,
}
_MEMBERS: Mapping[type, Members] = {
    Date: {**_OF_DATES, "weekday": lambda value: Decimal(value.weekday)},
    Time: {**_OF_TIMES, "timezone": lambda value: value.zone},
    DateTime: {
        **_OF_DATES,
        **_OF_TIMES,
        "weekday": lambda value: Decimal(value.date.weekday),
        "timezone": lambda value: value.time.zone,
    },
    DaysDuration: {
        "days": _part(86_400),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _seconds,
    },
    MonthsDuration: {"years": _years, "months": _months},
    Range: {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}
