"""The builtins that make a value of another type (DMN 1.5, 10.3.4.1), and Camunda's for JSON and Base64."""

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.exchange import from_json_text, json_text
from engine.expression.feel.functions import Parameter, Signature, any_value, optional
from engine.expression.feel.temporal import SECOND, Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.temporal_text import (
    Duration,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_offset,
    parse_time,
)
from engine.expression.feel.values import NUMBERS, Value, show, whole

__all__ = ["CONVERSION"]

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_DATES = (Date, DateTime)


def _integer(value: Decimal) -> int:
    if value != value.to_integral_value():
        raise Refused(f"{value} is no whole number")
    return whole(value)


def _date(_: Evaluation, value: str | Date | DateTime) -> Date:
    if isinstance(value, str):
        return parse_date(value)
    return value.date if isinstance(value, DateTime) else value


def _date_of_parts(_: Evaluation, year: Decimal, month: Decimal, day: Decimal) -> Date:
    return Date(_integer(year), _integer(month), _integer(day))


def _clock(hour: Decimal, minute: Decimal, second: Decimal) -> tuple[int, int, int, int]:
    if second < 0:
        raise Refused("A second is not negative")
    whole_second = int(second)
    return _integer(hour), _integer(minute), whole_second, int((second - whole_second) * SECOND)


def _time(_: Evaluation, value: str | Date | DateTime | Time) -> Time:
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, Date):
        return Time(0, 0, 0, offset=0)
    return value.time if isinstance(value, DateTime) else value


def _time_of_parts(
    _: Evaluation, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None = None
) -> Time:
    return Time(*_clock(hour, minute, second), offset=None if offset is None else offset.nanoseconds // SECOND)


def _date_time(_: Evaluation, value: str | Date | DateTime) -> DateTime:
    if isinstance(value, str):
        return parse_date_time(value)
    return DateTime(value, Time(0, 0, 0)) if isinstance(value, Date) else value


def _date_with_time(_: Evaluation, date: Date | DateTime, time: Time) -> DateTime:
    return DateTime(date.date if isinstance(date, DateTime) else date, time)


def _date_time_of_parts(
    _: Evaluation,
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    zone: DaysDuration | str | None = None,
) -> DateTime:
    clock = _clock(hour, minute, second)
    date = Date(_integer(year), _integer(month), _integer(day))
    if isinstance(zone, str):
        return DateTime(date, _in_zone(Time(*clock), zone))
    return DateTime(date, Time(*clock, offset=None if zone is None else zone.nanoseconds // SECOND))


def _date_time_in_zone(_: Evaluation, value: DateTime, zone: str) -> DateTime:
    """The same moment on the clock of another zone; a local date and time is taken for one of that zone."""
    time = _in_zone(value.time, zone)
    return DateTime(value.date, time) if value.utc_offset is None else DateTime.of_instant(value.instant, time)


def _in_zone(time: Time, zone: str) -> Time:
    offset = parse_offset(zone)
    clock = (time.hour, time.minute, time.second, time.nanosecond)
    return Time(*clock, zone=zone) if offset is None else Time(*clock, offset=offset)


def _number(
    _: Evaluation, value: str | Decimal, grouping: str | None = None, decimal_point: str | None = None
) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if grouping not in (None, " ", ",", ".") or decimal_point not in (None, ".", ","):
        raise Refused("Digits are grouped by ' ', ',' or '.', and '.' or ',' stands before decimals")
    if grouping is not None and grouping == decimal_point:
        raise Refused("The same sign cannot group digits and stand before decimals")
    text = value if grouping is None else value.replace(grouping, "")
    text = text if decimal_point is None else text.replace(decimal_point, ".")
    if _NUMBER.fullmatch(text) is None:
        raise Refused(f"'{value[:80]}' is no number")
    try:
        return NUMBERS.create_decimal(text)
    except ArithmeticError:
        raise Refused(f"The number {value[:80]} is out of range") from None


def _string(evaluation: Evaluation, value: Value) -> str | None:
    return None if value is None else show(value, evaluation)


def _duration(_: Evaluation, value: str | Duration) -> Duration:
    return parse_duration(value) if isinstance(value, str) else value


def _months_between(_: Evaluation, start: Date | DateTime, end: Date | DateTime) -> MonthsDuration:
    """The whole months between two dates."""
    begin = start.date if isinstance(start, DateTime) else start
    stop = end.date if isinstance(end, DateTime) else end
    months = (stop.year - begin.year) * 12 + stop.month - begin.month
    if months > 0 and stop.day < begin.day:
        months -= 1
    elif months < 0 and stop.day > begin.day:
        months += 1
    return MonthsDuration(months)


def _from_json(_: Evaluation, text: str) -> Value:
    return from_json_text(text)


def _to_json(evaluation: Evaluation, value: Value) -> str:
    return evaluation.check_text(json_text(value, evaluation))


def _to_base64(evaluation: Evaluation, text: str) -> str:
    return evaluation.check_text(base64.b64encode(text.encode("utf-8", "replace")).decode("ascii"))


def _from_base64(_: Evaluation, text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Refused("The text is no Base64 of a text") from None


_YEAR_TO_DAY = tuple(Parameter(name, (Decimal,)) for name in ("year", "month", "day"))
_CLOCK = tuple(Parameter(name, (Decimal,)) for name in ("hour", "minute", "second"))

CONVERSION: Mapping[str, tuple[Signature, ...]] = {
    "date": (
        Signature((Parameter("from", (str, *_DATES)),), _date),
        Signature(_YEAR_TO_DAY, _date_of_parts),
    ),
    "time": (
        Signature((Parameter("from", (str, Time, *_DATES)),), _time),
        Signature((*_CLOCK, optional("offset", DaysDuration)), _time_of_parts),
    ),
    "date and time": (
        Signature((Parameter("from", (str, *_DATES)),), _date_time),
        Signature((Parameter("date", _DATES), Parameter("time", (Time,))), _date_with_time),
        Signature((Parameter("date", (DateTime,)), Parameter("timezone", (str,))), _date_time_in_zone),
        Signature((*_YEAR_TO_DAY, *_CLOCK, optional("offset", DaysDuration)), _date_time_of_parts),
        Signature((*_YEAR_TO_DAY, *_CLOCK, optional("timezone", str)), _date_time_of_parts),
    ),
    "number": (
        Signature(
            (
                Parameter("from", (str, Decimal)),
                optional("grouping separator", str),
                optional("decimal separator", str),
            ),
            _number,
        ),
    ),
    "string": (Signature((any_value("from"),), _string),),
    "duration": (Signature((Parameter("from", (str, DaysDuration, MonthsDuration)),), _duration),),
    "years and months duration": (Signature((Parameter("from", _DATES), Parameter("to", _DATES)), _months_between),),
    "from json": (Signature((Parameter("value", (str,)),), _from_json),),
    "to json": (Signature((any_value("value"),), _to_json),),
    "to base64": (Signature((Parameter("value", (str,)),), _to_base64),),
    "from base64": (Signature((Parameter("value", (str,)),), _from_base64),),
}
"""The functions by name."""
