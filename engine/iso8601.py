"""ISO 8601 dates, durations and repeating intervals, read strictly and added to dates by the calendar.

Own code because the parsers on PyPI take ``PT`` and ``P1DT`` for durations, or cannot read ``R3/PT10H``, the usual
cycle of a BPMN timer (BPMN 2.0.2, table 10.101). Dates without a zone are in UTC. Weeks may stand beside other units,
and the last number of a duration may have a fraction, unless its unit is years or months.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from fractions import Fraction

__all__ = [
    "Duration",
    "InvalidISO8601",
    "RepeatingInterval",
    "add_months",
    "parse_date",
    "parse_duration",
    "parse_repeating_interval",
]


class InvalidISO8601(ValueError):
    """A text that is not of the asked ISO 8601 form, or a sum beyond the years 1 to 9999."""


_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_DURATION = re.compile(
    r"([+-])?P(?=[\dT])"
    rf"(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)
_MICROSECONDS_PER_UNIT = {"weeks": 604_800_000_000, "days": 86_400_000_000, "hours": 3_600_000_000}
_MICROSECONDS_PER_UNIT |= {"minutes": 60_000_000, "seconds": 1_000_000}


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: calendar months (a year is twelve) and an exact rest; both have the same sign."""

    months: int = 0
    rest: timedelta = timedelta(0)

    def __bool__(self) -> bool:
        return bool(self.months or self.rest)

    def __mul__(self, factor: int) -> "Duration":
        try:
            return Duration(self.months * factor, self.rest * factor)
        except OverflowError:
            raise InvalidISO8601("The duration is longer than the calendar") from None

    def add_to(self, moment: datetime) -> datetime:
        """``moment`` later by this duration; a day that the reached month has not becomes its last day.

        Raises InvalidISO8601 when the sum is beyond the years 1 to 9999.
        """
        try:
            return add_months(moment, self.months) + self.rest
        except (ValueError, OverflowError):
            raise InvalidISO8601(f"{moment.isoformat()} and the duration add up to no date of the calendar") from None


def add_months(moment: datetime, months: int) -> datetime:
    """``moment`` in another month, at its last day when that month is too short. Raises ValueError, OverflowError."""
    if not months:
        return moment
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    # The last month of the calendar has no following month to count back from, but is known to have 31 days.
    days = 31 if month == 11 else (date(year, month + 2, 1) - first).days
    return moment.replace(year=year, month=month + 1, day=min(moment.day, days))


def parse_duration(text: str) -> Duration:
    """The duration that ``text`` means, such as ``P1Y2M``, ``P2W``, ``P1DT12H``, ``PT0.5H``, ``-PT1M``.

    Raises InvalidISO8601.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidISO8601(f"'{text[:100]}' is no ISO 8601 duration such as P1DT2H")
    sign, years, months, *exact = match.groups()
    given = [number for number in (years, months, *exact) if number is not None]
    if not _is_whole(years) or not _is_whole(months) or not all(_is_whole(number) for number in given[:-1]):
        raise InvalidISO8601(
            f"'{text[:100]}': only the last number of a duration may have a fraction, not years or months"
        )
    microseconds = sum(
        Fraction(number.replace(",", ".")) * unit
        for number, unit in zip(exact, _MICROSECONDS_PER_UNIT.values(), strict=True)
        if number is not None
    )
    try:
        duration = Duration(int(years or 0) * 12 + int(months or 0), timedelta(microseconds=round(microseconds)))
    except OverflowError:
        raise InvalidISO8601(f"'{text[:100]}' is longer than the calendar") from None
    return duration * -1 if sign == "-" else duration


def _is_whole(number: str | None) -> bool:
    return number is None or number.isdigit()


def parse_date(text: str, default_zone: tzinfo = UTC) -> datetime:
    """The moment that ``text`` means: ``2024-01-31``, or with a time and perhaps a zone ``2024-01-31T10:00:00+01:00``.

    The zone is kept; a missing one is ``default_zone``, a missing time midnight. Raises InvalidISO8601.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidISO8601(f"'{text[:100]}' is no ISO 8601 date such as 2024-01-31T10:00:00Z")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    fraction, utc, sign, zone_hours, zone_minutes = match.groups()[6:]
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    try:
        zone = default_zone
        if utc or sign:
            zone = timezone(-offset if sign == "-" else offset) if offset else UTC
        return datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError as error:
        raise InvalidISO8601(f"'{text[:100]}' is no date: {error}") from None


@dataclass(frozen=True, slots=True)
class RepeatingInterval:
    """``repetitions`` times (None: for ever) a ``duration`` passes, from ``start`` (None: from when it is set)."""

    repetitions: int | None
    start: datetime | None
    duration: Duration
    end: datetime | None = None
    """For the form ``R/duration/end``: the latest moment."""

    def moments(self, now: datetime) -> Iterator[datetime]:
        """The moments it means when set at ``now``, in order: the start if one is given, and the ends of its durations.

        Each is counted from the first one, so that months do not lose days on the way. Ends with the calendar.
        """
        first = self.start or self.duration.add_to(now)
        base = self.start or now
        skipped = 0 if self.start else 1
        count = 0
        moment = first
        while (self.repetitions is None or count < self.repetitions) and (self.end is None or moment <= self.end):
            yield moment
            count += 1
            try:
                moment = (self.duration * (count + skipped)).add_to(base)
            except InvalidISO8601:
                return


def parse_repeating_interval(text: str) -> RepeatingInterval:
    """The interval that ``text`` means: ``R3/PT10H``, ``R/start/PT1H``, ``R3/start/end``, ``R3/PT1H/end``.

    ``R`` alone and ``R-1`` repeat for ever. Raises InvalidISO8601, also when the duration is not positive.
    """
    head, *parts = text.split("/")
    if not re.fullmatch(r"R(\d{1,9}|-1)?", head, re.ASCII) or len(parts) not in (1, 2):
        raise InvalidISO8601(f"'{text[:100]}' is no ISO 8601 repeating interval such as R3/PT10H")
    repetitions = None if head in ("R", "R-1") else int(head[1:])
    start = end = None
    if len(parts) == 1:
        duration = parse_duration(parts[0])
    elif _is_duration(parts[0]):
        duration, end = parse_duration(parts[0]), parse_date(parts[1])
    elif _is_duration(parts[1]):
        start, duration = parse_date(parts[0]), parse_duration(parts[1])
    else:
        start = parse_date(parts[0])
        duration = Duration(rest=parse_date(parts[1]) - start)
    if duration.months < 0 or duration.rest < timedelta(0) or not duration:
        raise InvalidISO8601(f"'{text[:100]}': the repeated duration must be longer than nothing")
    return RepeatingInterval(repetitions, start, duration, end)


def _is_duration(text: str) -> bool:
    return text.lstrip("+-").startswith("P")
