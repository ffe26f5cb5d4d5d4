"""Dates, times and durations of FEEL (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8): any year, nanoseconds, offsets and zones."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.expression.feel.evaluation import Refused

__all__ = [
    "DAY",
    "HIGHEST_YEAR",
    "SECOND",
    "Date",
    "DateTime",
    "DaysDuration",
    "MonthsDuration",
    "Time",
    "is_zone",
    "last_day",
]

HIGHEST_YEAR = 999_999_999
LARGEST_OFFSET = 18 * 3600
SECOND = 1_000_000_000
"""In nanoseconds."""
DAY = 86_400 * SECOND
_MOST_MONTHS = 12 * 10 * HIGHEST_YEAR
_MOST_NANOSECONDS = 366 * 10 * HIGHEST_YEAR * DAY


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the proleptic Gregorian calendar. Raises Refused when there is none such."""

    year: int
    month: int
    day: int

    def __post_init__(self) -> None:
        if abs(self.year) > HIGHEST_YEAR or not 1 <= self.month <= 12:
            raise Refused(f"There is no month {self.month} of the year {self.year}")
        if not 1 <= self.day <= last_day(self.year, self.month):
            raise Refused(f"There is no day {self.day} in month {self.month} of the year {self.year}")

    @property
    def ordinal(self) -> int:
        """How many days after 1970-01-01 it is."""
        year = self.year - (self.month <= 2)
        era = year // 400
        of_era = year - era * 400
        of_year = (153 * (self.month + (-3 if self.month > 2 else 9)) + 2) // 5 + self.day - 1
        return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

    @classmethod
    def of_ordinal(cls, ordinal: int) -> Date:
        """The day that is so many days after 1970-01-01. Raises Refused."""
        era, of_era = divmod(ordinal + 719_468, 146_097)
        year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
        of_year = of_era - (365 * year + year // 4 - year // 100)
        month = (5 * of_year + 2) // 153
        day = of_year - (153 * month + 2) // 5 + 1
        month += 3 if month < 10 else -9
        return cls(year + era * 400 + (month <= 2), month, day)

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 is Sunday."""
        return (self.ordinal + 3) % 7 + 1

    def plus_months(self, months: int) -> Date:
        """The same day so many months later, or the last of that month. Raises Refused."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        if abs(year) > HIGHEST_YEAR:
            raise Refused(f"The year {year} is out of range")
        return Date(year, month + 1, min(self.day, last_day(year, month + 1)))


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day: local, or with an offset from UTC in seconds, or in an IANA zone."""

    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    offset: int | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.hour < 24 and 0 <= self.minute < 60 and 0 <= self.second < 60):
            raise Refused(f"There is no time {self.hour}:{self.minute}:{self.second}")
        if self.offset is not None and abs(self.offset) > LARGEST_OFFSET:
            raise Refused(f"An offset of {self.offset} seconds is out of range")
        if self.zone is not None:
            _zone(self.zone)

    @property
    def of_day(self) -> int:
        """Nanoseconds since midnight, on its own clock."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * SECOND + self.nanosecond

    @classmethod
    def of_nanoseconds(cls, of_day: int, like: Time | None = None) -> Time:
        """The time so long after midnight, with the offset or zone of another."""
        seconds, nanosecond = divmod(of_day, SECOND)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        if like is None:
            return cls(hour, minute, second, nanosecond)
        return cls(hour, minute, second, nanosecond, like.offset, like.zone)

    @property
    def utc_offset(self) -> int | None:
        """Seconds before UTC; a zone has its standard offset, since a time alone is of no day."""
        if self.zone is None:
            return self.offset
        moment = datetime(2020, 1, 1, tzinfo=_zone(self.zone))
        standard = (moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())
        return round(standard.total_seconds())

    def utcoffset(self) -> int | None:
        """The same, by the name that the standard library's times have."""
        return self.utc_offset

    @property
    def instant(self) -> int:
        """Nanoseconds since midnight in UTC (may be negative); on the local clock without an offset."""
        return self.of_day - (self.utc_offset or 0) * SECOND


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and a time of that day; the offset or zone is that of the time."""

    date: Date
    time: Time

    @classmethod
    def of_instant(cls, instant: int, like: Time) -> DateTime:
        """The moment so many nanoseconds after 1970-01-01T00:00Z, on the clock of ``like``. Raises Refused."""
        if like.zone is None:
            offset = like.offset or 0
        else:
            moment = datetime.fromtimestamp(0, UTC) + _clamped(instant)
            offset = round((moment.astimezone(_zone(like.zone)).utcoffset() or timedelta()).total_seconds())
        days, of_day = divmod(instant + offset * SECOND, DAY)
        return cls(Date.of_ordinal(days), Time.of_nanoseconds(of_day, like))

    @classmethod
    def of_datetime(cls, moment: datetime) -> DateTime:
        """FEEL's value of an aware datetime of the standard library."""
        offset = moment.utcoffset()
        seconds = None if offset is None else round(offset.total_seconds())
        zone = getattr(moment.tzinfo, "key", None)
        clock = (moment.hour, moment.minute, moment.second, moment.microsecond * 1000)
        time = Time(*clock, zone=zone) if zone and zone != "UTC" else Time(*clock, offset=seconds)
        return cls(Date(moment.year, moment.month, moment.day), time)

    year = property(lambda self: self.date.year)
    month = property(lambda self: self.date.month)
    day = property(lambda self: self.date.day)
    hour = property(lambda self: self.time.hour)
    minute = property(lambda self: self.time.minute)
    second = property(lambda self: self.time.second)
    nanosecond = property(lambda self: self.time.nanosecond)

    @property
    def utc_offset(self) -> int | None:
        """Seconds before UTC; that of the zone at this very date."""
        if self.time.zone is None:
            return self.time.offset
        year = min(max(self.date.year, 2), 9998)
        day = min(self.date.day, last_day(year, self.date.month))
        local = datetime(year, self.date.month, day, self.hour, self.minute, self.second, tzinfo=_zone(self.time.zone))
        return round((local.utcoffset() or timedelta()).total_seconds())

    def utcoffset(self) -> int | None:
        """The same, by the name that the standard library's datetimes have."""
        return self.utc_offset

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01T00:00Z; on the local clock without an offset."""
        return self.date.ordinal * DAY + self.time.of_day - (self.utc_offset or 0) * SECOND


@dataclass(frozen=True, slots=True)
class DaysDuration:
    """A length of time in nanoseconds, shown in days, hours, minutes and seconds."""

    nanoseconds: int

    def __post_init__(self) -> None:
        if abs(self.nanoseconds) > _MOST_NANOSECONDS:
            raise Refused("A duration is out of range")

    def total_seconds(self) -> Decimal:
        """Its length in seconds."""
        return Decimal(self.nanoseconds) / SECOND


@dataclass(frozen=True, slots=True)
class MonthsDuration:
    """A length of time in months, shown in years and months."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > _MOST_MONTHS:
            raise Refused("A duration is out of range")


def last_day(year: int, month: int) -> int:
    """How many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        _zone(name)
    except Refused:
        return False
    return True


@functools.lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"There is no time zone '{name[:80]}'") from None


def _clamped(instant: int) -> timedelta:
    """So many nanoseconds, as near to them as the standard library's dates reach."""
    microseconds = min(max(instant // 1000, -62_135_510_400 * 10**6), 253_402_214_400 * 10**6)
    return timedelta(microseconds=microseconds)
