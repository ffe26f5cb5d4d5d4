"""The builtins of dates and times (DMN 1.5, 10.3.4.9 to 10.3.4.11), and Camunda's."""

from collections.abc import Mapping
from decimal import Decimal

from engine.expression.feel.comparison import same
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature, any_value
from engine.expression.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time, last_day
from engine.expression.feel.temporal_text import Duration, temporal_text
from engine.expression.feel.values import Value, whole

__all__ = ["CALENDAR"]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DATE = Parameter("date", (Date, DateTime))


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


def _now(evaluation: Evaluation) -> DateTime:
    if evaluation.now is None:
        raise Refused("There is no clock here")
    return DateTime.of_datetime(evaluation.now)


def _today(evaluation: Evaluation) -> Date:
    return _now(evaluation).date


def _day_of_year(_: Evaluation, value: Date | DateTime) -> Decimal:
    day = _day(value)
    return Decimal(day.ordinal - Date(day.year, 1, 1).ordinal + 1)


def _week_of_year(_: Evaluation, value: Date | DateTime) -> Decimal:
    """The week of ISO 8601: the first of a year is the one with its first Thursday."""
    day = _day(value)
    thursday = Date.of_ordinal(day.ordinal - day.weekday + 4)
    return Decimal((thursday.ordinal - Date(thursday.year, 1, 1).ordinal) // 7 + 1)


def _last_day_of_month(_: Evaluation, value: Date | DateTime) -> Date:
    day = _day(value)
    return Date(day.year, day.month, last_day(day.year, day.month))


def _is(evaluation: Evaluation, left: Value, right: Value) -> bool:
    """Whether two values are the same thing: times also with the same offset or zone."""
    if isinstance(left, Time | DateTime):
        return bool(left == right)
    return same(left, right, evaluation)


def _cycle(_: Evaluation, repetitions: Decimal | None, interval: Duration) -> str:
    """The text of a repeating interval, for a timer; null repeats without an end."""
    count = "" if repetitions is None else str(whole(repetitions))
    return f"R{count}/{temporal_text(interval)}"


def _endless_cycle(evaluation: Evaluation, interval: Duration) -> str:
    return _cycle(evaluation, None, interval)


_INTERVAL = Parameter("interval", (DaysDuration, MonthsDuration))

CALENDAR: Mapping[str, tuple[Signature, ...]] = {
    "now": (Signature((), _now),),
    "today": (Signature((), _today),),
    "day of year": (Signature((_DATE,), _day_of_year),),
    "day of week": (Signature((_DATE,), lambda _, value: _DAYS[_day(value).weekday - 1]),),
    "month of year": (Signature((_DATE,), lambda _, value: _MONTHS[_day(value).month - 1]),),
    "week of year": (Signature((_DATE,), _week_of_year),),
    "last day of month": (Signature((_DATE,), _last_day_of_month),),
    "cycle": (
        Signature((_INTERVAL,), _endless_cycle),
        Signature((Parameter("repetitions", (Decimal,), nullable=True), _INTERVAL), _cycle),
    ),
    "is": (Signature((any_value("value1"), any_value("value2")), _is),),
}
"""The functions by name."""
