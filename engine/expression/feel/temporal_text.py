"""Dates, times and durations as text, both ways (DMN 1.5, table 74 and XML Schema part 2)."""

import re
from decimal import Decimal

from engine.expression.feel.evaluation import Refused
from engine.expression.feel.temporal import DAY, SECOND, Date, DateTime, DaysDuration, MonthsDuration, Time

__all__ = [
    "Duration",
    "Temporal",
    "parse_date",
    "parse_date_time",
    "parse_duration",
    "parse_offset",
    "parse_temporal",
    "parse_time",
    "temporal_text",
]

Duration = DaysDuration | MonthsDuration
Temporal = Date | Time | DateTime | Duration

_DATE_PATTERN = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME_PATTERN = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,30}))?"
    r"(?P<zone>Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-/]{1,80})?"
)
_DATE = re.compile(_DATE_PATTERN)
_TIME = re.compile("T?" + _TIME_PATTERN)
_DATE_TIME = re.compile(_DATE_PATTERN + "T" + _TIME_PATTERN)
_DURATION = re.compile(
    r"(?P<sign>-)?P(?=[-0-9T])(?:(?P<years>-?[0-9]{1,12})Y)?(?:(?P<months>-?[0-9]{1,12})M)?"
    r"(?:(?P<days>-?[0-9]{1,15})D)?"
    r"(?:T(?=[-0-9])(?:(?P<hours>-?[0-9]{1,15})H)?(?:(?P<minutes>-?[0-9]{1,18})M)?"
    r"(?:(?P<seconds>-?[0-9]{1,20}(?:\.[0-9]{0,30})?)S)?)?"
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


def parse_date(text: str) -> Date:
    """Raises Refused."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise Refused(f"'{text[:80]}' is no date")
    return _date(match)


def parse_time(text: str) -> Time:
    """Raises Refused."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise Refused(f"'{text[:80]}' is no time")
    return _time(match)


def parse_date_time(text: str) -> DateTime:
    """A date alone is its midnight, and 24:00:00 that of the next day. Raises Refused."""
    match = _DATE_TIME.fullmatch(text)
    if match is not None:
        date, time = _date(match), _time(match)
        return DateTime(Date.of_ordinal(date.ordinal + 1) if match["hour"] == "24" else date, time)
    if _DATE.fullmatch(text) is None:
        raise Refused(f"'{text[:80]}' is no date and time")
    return DateTime(parse_date(text), Time(0, 0, 0))


def parse_duration(text: str) -> Duration:
    """Raises Refused, also for one that has both months and days."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Refused(f"'{text[:80]}' is no duration")
    sign = -1 if match["sign"] else 1
    if match["years"] or match["months"]:
        if any(match[part] for part in ("days", "hours", "minutes", "seconds")):
            raise Refused(f"'{text[:80]}' has both months and days")
        return MonthsDuration(sign * (int(match["years"] or 0) * 12 + int(match["months"] or 0)))
    whole = ((int(match["days"] or 0) * 24 + int(match["hours"] or 0)) * 60 + int(match["minutes"] or 0)) * 60
    return DaysDuration(sign * (whole * SECOND + int(Decimal(match["seconds"] or 0) * SECOND)))


def parse_offset(text: str) -> int | None:
    """The seconds of ``Z`` or ``+01:00``; None where it is no offset. Raises Refused."""
    if text in ("Z", "z"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    if int(match[3]) > 59 or int(match[4] or 0) > 59:
        raise Refused(f"'{text}' is no offset")
    seconds = (int(match[2]) * 60 + int(match[3])) * 60 + int(match[4] or 0)
    return -seconds if match[1] == "-" else seconds


def parse_temporal(text: str) -> Temporal:
    """What an at-literal means. Raises Refused."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if _DATE_TIME.fullmatch(text):
        return parse_date_time(text)
    if _DATE.fullmatch(text):
        return parse_date(text)
    return parse_time(text)


def temporal_text(value: Temporal) -> str:
    """The text that gives the value again."""
    if isinstance(value, Date):
        sign = "-" if value.year < 0 else ""
        return f"{sign}{abs(value.year):04d}-{value.month:02d}-{value.day:02d}"
    if isinstance(value, Time):
        return _time_text(value)
    if isinstance(value, DateTime):
        return f"{temporal_text(value.date)}T{_time_text(value.time)}"
    if isinstance(value, MonthsDuration):
        return _months_text(value.months)
    return _days_text(value.nanoseconds)


def _date(match: re.Match[str]) -> Date:
    return Date(int(match["year"]), int(match["month"]), int(match["day"]))


def _time(match: re.Match[str]) -> Time:
    fraction = int((match["fraction"] or "")[:9].ljust(9, "0"))
    clock = (int(match["hour"]), int(match["minute"]), int(match["second"]), fraction)
    if clock == (24, 0, 0, 0):
        clock = (0, 0, 0, 0)
    zone = match["zone"]
    if zone is None:
        return Time(*clock)
    if zone.startswith("@"):
        return Time(*clock, zone=zone[1:])
    return Time(*clock, offset=parse_offset(zone))


def _time_text(value: Time) -> str:
    text = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    if value.nanosecond:
        text += f".{value.nanosecond:09d}".rstrip("0")
    if value.zone is not None:
        return f"{text}@{value.zone}"
    if value.offset is None:
        return text
    if value.offset == 0:
        return f"{text}Z"
    minutes, seconds = divmod(abs(value.offset), 60)
    text += f"{'-' if value.offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def _months_text(total: int) -> str:
    years, months = divmod(abs(total), 12)
    if total == 0:
        return "P0Y"
    sign = "-" if total < 0 else ""
    return f"{sign}P{f'{years}Y' if years else ''}{f'{months}M' if months else ''}"


def _days_text(total: int) -> str:
    if total == 0:
        return "P0D"
    days, rest = divmod(abs(total), DAY)
    whole, nanoseconds = divmod(rest, SECOND)
    minutes, seconds = divmod(whole, 60)
    text = ("-" if total < 0 else "") + "P" + (f"{days}D" if days else "")
    if not rest:
        return text
    text += "T" + (f"{minutes // 60}H" if minutes // 60 else "") + (f"{minutes % 60}M" if minutes % 60 else "")
    if not seconds and not nanoseconds:
        return text
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return f"{text}{seconds}{fraction}S"
