"""When timers are due: the first due date of a date, duration or cycle, and the following ones of a cycle.

Source: BPMN 2.0.2, 10.5.5 (timerEventDefinition), and the Camunda 7 manual, "Timer Events". Calendar units (years,
months, weeks, days) keep the time that clocks of the zone show; hours, minutes and seconds are exact. So ``P1D`` across
a switch to summer time is 23 hours, ``PT24H`` is not.

Cycles do not drift: each due date lies on the grid of the first one, however late the job ran. What was missed:

- A cycle without end (``R/PT1H``, cron) goes on with the first due date after now, as Camunda does: a system that was
  down for a day does not fire an hourly timer 24 times.
- A counted cycle (``R3/PT1H``) keeps its count: the missed ones fire one after another. (Camunda drops them.)
"""

import calendar
import json
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import partial
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from engine.iso8601 import Duration, InvalidISO8601, parse_date, parse_duration, parse_repeating_interval

__all__ = ["MINIMUM_INTERVAL", "InvalidTimer", "Kind", "Timer", "check", "first", "following", "shifted"]

Kind = Literal["date", "duration", "cycle"]
"""Which of timeDate, timeDuration and timeCycle is given."""

MINIMUM_INTERVAL = timedelta(seconds=1)
"""The shortest time between two firings of a cycle."""

_MAX_TEXT = 255
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class InvalidTimer(ValueError):
    """A value that means no due date; the message says why."""


class Timer(NamedTuple):
    """A due date: aware, UTC, whole milliseconds; and for a cycle the text that :func:`following` needs, else None."""

    due_at: datetime
    repeat: str | None = None


def check(kind: Kind, text: str) -> None:
    """Check a literal text when it is deployed. Raises InvalidTimer."""
    first(kind, text, _SOME_DAY)


def first(kind: Kind, value: object, now: datetime, zone: tzinfo = UTC) -> Timer:
    """The first due date of a timer that is set at ``now`` (aware), and how it goes on.

    ``value`` is what the expression gave: a text, or an aware datetime, which is the due date whatever the kind. Dates
    without a zone, calendar units and cron are in ``zone``. A due date in the past is no error: the timer is due at
    once. Raises InvalidTimer.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidTimer(f"The date {value.isoformat()} of a timer has no zone; give one, such as UTC")
        return Timer(_due(value))
    if not isinstance(value, str):
        raise InvalidTimer(f"A timer needs a text or a date, but its expression gave {_described(value)}")
    text = value.strip()
    if not text or len(text) > _MAX_TEXT:
        raise InvalidTimer(f"The text of a timer must have 1 to {_MAX_TEXT} characters, not {len(text)}")
    try:
        return _READERS[kind](text, now, zone)
    except InvalidISO8601 as error:
        raise InvalidTimer(str(error)) from None


def following(repeat: str, last_due: datetime, now: datetime) -> Timer | None:
    """The due date after ``last_due`` of a cycle that fires ``now``; None when that was its last.

    ``repeat`` is that of the timer that fires. The result is always later than ``last_due``, also when the clock was
    set back or the job was run before it was due. Raises InvalidTimer when ``repeat`` is not a text of this module.
    """
    try:
        stored = json.loads(repeat)
        zone = _zone_named(stored.get("zone"))
        if "cron" in stored:
            shift = timedelta(milliseconds=stored.get("shift", 0))
            return _next_of_cron(stored["cron"], max(last_due, now), zone, shift)
        return _next_of_interval(stored, last_due, now, zone)
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError, InvalidISO8601) as error:
        raise InvalidTimer(f"The stored cycle '{repeat[:100]}' of a timer cannot be read: {error!r}") from None


def shifted(repeat: str, by: timedelta) -> str:
    """A cycle all of whose coming due dates are later by ``by``. Raises InvalidTimer as :func:`following` does."""
    try:
        stored = json.loads(repeat)
        if "cron" in stored:
            return _dump({**stored, "shift": stored.get("shift", 0) + by // _MILLISECOND or None})
        until = stored.get("until")
        base, end = (None if date is None else parse_date(date) + by for date in (stored["from"], until))
        return _dump({**stored, "from": _written(base), "until": _written(end)})
    except (AttributeError, KeyError, TypeError, OverflowError, json.JSONDecodeError, InvalidISO8601) as error:
        raise InvalidTimer(f"The stored cycle '{repeat[:100]}' of a timer cannot be moved: {error!r}") from None


def _described(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _due(moment: datetime) -> datetime:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise InvalidTimer(f"The date {moment.isoformat()} of a timer is beyond the calendar") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


# ---------------------------------------------------------------- date and duration


def _first_of_date(text: str, _now: datetime, zone: tzinfo) -> Timer:
    if text.startswith(("P", "+P", "-P")):
        raise InvalidTimer(f"'{text}' is a duration, not a date; use timeDuration for it")
    if text.startswith("R"):
        raise InvalidTimer(f"'{text}' is a cycle, not a date; use timeCycle for it")
    return Timer(_due(parse_date(text, zone)))


def _first_of_duration(text: str, now: datetime, zone: tzinfo) -> Timer:
    if text.startswith("R"):
        raise InvalidTimer(f"'{text}' is a cycle, not a duration; use timeCycle for it")
    return Timer(_due(_Span.of(text).add_to(now, zone)))


@dataclass(frozen=True, slots=True)
class _Span:
    """A duration, its calendar units apart from its exact ones."""

    calendar: Duration
    exact: timedelta

    @classmethod
    def of(cls, text: str) -> "_Span":
        """Years to days of ``text`` are calendar units; a fraction of a day is exact."""
        whole = parse_duration(text)
        clock = text.partition("T")[2]
        sign = "-" if text.startswith("-") else ""
        exact = parse_duration(f"{sign}PT{clock}").rest if clock else timedelta()
        days, fraction = divmod(abs(whole.rest - exact), _DAY)
        factor = -1 if sign else 1
        return cls(Duration(whole.months, _DAY * days * factor), exact + fraction * factor)

    def add_to(self, moment: datetime, zone: tzinfo, times: int = 1) -> datetime:
        """``moment`` later by this duration taken ``times`` times, in UTC. Raises InvalidISO8601 beyond the calendar.

        A time of day that the clocks of the zone skip comes that much later; one that they show twice is the first.
        """
        try:
            if self.calendar:
                shown = moment.astimezone(zone).replace(tzinfo=None)
                moment = (self.calendar * times).add_to(shown).replace(tzinfo=zone)
            return moment.astimezone(UTC) + self.exact * times
        except OverflowError:
            raise InvalidISO8601(f"{moment.isoformat()} and the duration add up to no date of the calendar") from None


# ---------------------------------------------------------------- repeating intervals


@dataclass(frozen=True, slots=True)
class _Grid:
    """The moments ``base`` + k × ``span`` of all integers k."""

    span: _Span
    base: datetime
    zone: tzinfo

    def moment(self, index: int) -> datetime:
        return _due(self.span.add_to(self.base, self.zone, index))

    def index_after(self, moment: datetime) -> int:
        """The index of the first moment later than ``moment``; it may be beyond the calendar."""
        calendar_part = self.span.calendar
        shortest = _DAY * 28 * calendar_part.months + calendar_part.rest + self.span.exact
        # Two more steps than the division says, because a change of the zone's clocks may shorten the way by hours.
        reach = abs(moment - self.base) // shortest + 2
        indexes = range(-reach, reach + 1)
        return indexes[bisect_left(indexes, True, key=lambda index: self._is_after(index, moment))]

    def _is_after(self, index: int, moment: datetime) -> bool:
        try:
            return self.moment(index) > moment
        except (InvalidISO8601, InvalidTimer):
            return index > 0


@dataclass(frozen=True, slots=True)
class _Cycle:
    """What is to come of a repeating interval: ``left`` due dates (None: no limit), none of them after ``until``."""

    grid: _Grid
    every: str
    left: int | None
    until: datetime | None

    def timer(self, index: int) -> Timer | None:
        """The due date of that index, which uses up one of those left; None when there is none."""
        if self.left == 0:
            return None
        try:
            due_at = self.grid.moment(index)
        except InvalidISO8601:
            return None
        if self.until is not None and due_at > self.until:
            return None
        left = None if self.left is None else self.left - 1
        if left == 0 or due_at == self.until:
            return Timer(due_at)
        rest = {"every": self.every, "from": _written(self.grid.base), "left": left, "until": _written(self.until)}
        return Timer(due_at, _dump({**rest, "zone": _zone_name(self.grid.zone)}))


def _first_of_interval(text: str, now: datetime, zone: tzinfo) -> Timer:
    if text.startswith("R-"):
        raise InvalidTimer(f"'{text}' repeats less than never; write R/... for a cycle without end")
    interval = parse_repeating_interval(text)
    count = interval.repetitions
    if count == 0:
        raise InvalidTimer(f"'{text}' repeats never; write R/... for a cycle without end")
    parts = text.split("/")[1:]
    every = next((part for part in parts if part.startswith(("P", "+P"))), None)
    if every is None:
        hours, rest = divmod(interval.duration.rest, timedelta(hours=1))
        every = f"PT{hours}H{rest.total_seconds():f}S"
    span = _Span.of(every)
    if not span.calendar and span.exact < MINIMUM_INTERVAL:
        raise InvalidTimer(f"'{text}' repeats more often than every {MINIMUM_INTERVAL.seconds} s, which is not allowed")
    # The grid starts at the given start, which is the first due date; or ends at the given end, which is the last one;
    # or starts now, which is none. `lowest` and `highest` bound the due dates on it.
    start = _due(parse_date(parts[0], zone)) if interval.start is not None else None
    end = _due(parse_date(parts[1], zone)) if interval.end is not None else None
    lowest: int | None = 1
    highest = count
    if end is not None:
        lowest, highest = None if count is None else 1 - count, 0
    elif start is not None:
        lowest, highest = 0, None if count is None else count - 1
    grid = _Grid(span, end or start or now, zone)
    index = grid.index_after(now - timedelta(milliseconds=1))
    if lowest is not None:
        index = max(index, lowest)
    if highest is not None:
        index = min(index, highest)
    left = None if count is None or highest is None else highest - index + 1
    timer = _Cycle(grid, every, left, end).timer(index)
    if timer is None:
        raise InvalidTimer(f"'{text}' has no due date within the calendar")
    return timer


def _next_of_interval(stored: dict[str, Any], last_due: datetime, now: datetime, zone: tzinfo) -> Timer | None:
    every, left, until = stored["every"], stored.get("left"), stored.get("until")
    grid = _Grid(_Span.of(every), parse_date(stored["from"]), zone)
    cycle = _Cycle(grid, every, left, None if until is None else parse_date(until))
    return cycle.timer(grid.index_after(max(last_due, now) if left is None else last_due))


# ---------------------------------------------------------------- cron

_MACROS = {
    "@YEARLY": "0 0 0 1 1 *",
    "@ANNUALLY": "0 0 0 1 1 *",
    "@MONTHLY": "0 0 0 1 * *",
    "@WEEKLY": "0 0 0 * * SUN",
    "@DAILY": "0 0 0 * * *",
    "@MIDNIGHT": "0 0 0 * * *",
    "@HOURLY": "0 0 * * * *",
}
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEKDAY_TERM = re.compile(r"([A-Z]{3}|[0-9])(?:(L)|#([1-5])|(?:-([A-Z]{3}|[0-9]))?(?:/([1-9]))?)")
_YEARS_AHEAD = 50


_DayCondition = Callable[[date], bool]


class _Line(NamedTuple):
    """An expression for cronsim, and a condition on its days that cronsim does not know."""

    expression: str
    accepts: _DayCondition | None


class _Cron:
    """A cron expression of 5 fields (numbers of weekdays as in Unix) or 6, seconds first (as in Quartz and Camunda).

    Cronsim finds the moments. Added here: the macros, ``?``, the numbers of Quartz for weekdays (1 is Sunday), ranges
    of weekdays over the end of the week, ``MONL``, ``15W`` and ``L-3``.
    """

    def __init__(self, text: str) -> None:
        fields = _MACROS.get(text.upper(), text).upper().split()
        if len(fields) == 7 and fields[6] == "*":
            del fields[6]
        if len(fields) not in (5, 6):
            raise InvalidTimer(
                f"'{text}' is neither an ISO 8601 cycle such as R3/PT10H nor a cron expression of 5 or 6 fields "
                "(second minute hour day-of-month month day-of-week)"
            )
        quartz = len(fields) == 6
        second, minute, hour, days, month, weekdays = fields if quartz else ["0", *fields]
        days, weekdays = ("*" if field == "?" else field for field in (days, weekdays))
        both = not days.startswith("*") and not weekdays.startswith("*")
        if both and (quartz or re.search("[WL]", days)):
            raise InvalidTimer(
                f"'{text}' restricts the day of the month and the day of the week; write ? for one of them"
            )
        try:
            weekdays = ",".join(_weekday_term(term, quartz) for term in weekdays.split(","))
            self._lines = [
                _Line(f"{second} {minute} {hour} {days_of_line} {month} {weekdays}", accepts)
                for days_of_line, accepts in _day_lines(days)
            ]
            self._every_hour = len(CronSim(self._lines[0].expression, _SOME_DAY).hours) == 24
            for line in self._lines:
                CronSim(line.expression, _SOME_DAY)
        except CronSimError as error:
            raise InvalidTimer(f"'{text}' is no cron expression: {error}") from None

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first moment later than ``moment``, in UTC; None when there is none in fifty years.

        An expression for certain hours follows the clocks of the zone: what they skip comes that much later, what they
        show twice counts once. One for every hour follows the time that passes.
        """
        found = [due for line in self._lines if (due := self._of_line(line, moment, zone)) is not None]
        return min(found, default=None)

    def _of_line(self, line: _Line, moment: datetime, zone: tzinfo) -> datetime | None:
        start = moment.astimezone(zone)
        simulation = CronSim(line.expression, start if self._every_hour else start.replace(tzinfo=None))
        try:
            for shown in simulation:
                if shown.year > start.year + _YEARS_AHEAD:
                    break
                if line.accepts is not None and not line.accepts(shown.date()):
                    simulation.dt = shown.replace(hour=23, minute=59, second=59)
                    continue
                due = _due(shown if self._every_hour else shown.replace(tzinfo=zone))
                if due > moment:
                    return due
        except (OverflowError, ValueError):
            return None  # the calendar ended
        return None


def _weekday_term(term: str, quartz: bool) -> str:
    """A term of the field day-of-week as cronsim takes it."""
    if term.startswith("*"):
        return term
    if term == "L" and quartz:
        return "6"
    match = _WEEKDAY_TERM.fullmatch(term)
    if match is None:
        raise CronSimError("Bad day-of-week")
    start, last, nth, end, step = match.groups()
    lowest = _weekday(start, quartz)
    if last:
        return f"{lowest}L"
    if nth:
        return f"{lowest}#{nth}"
    highest = _weekday(end, quartz) if end else 6 if step else lowest
    if highest < lowest:
        highest += 7
    return ",".join(str(day % 7) for day in range(lowest, highest + 1, int(step or 1)))


def _weekday(text: str, quartz: bool) -> int:
    """0 (Sunday) to 6, and 7 (also Sunday) in Unix."""
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if text.isdigit() and (1 if quartz else 0) <= int(text) <= 7:
        return int(text) - 1 if quartz else int(text)
    raise CronSimError("Bad day-of-week")


def _day_lines(field: str) -> list[tuple[str, _DayCondition | None]]:
    """The field day-of-month as fields that cronsim takes, each with a condition on what it gives."""
    plain: list[str] = []
    lines: list[tuple[str, _DayCondition | None]] = []
    for term in field.split(","):
        if match := re.fullmatch("([1-9]|[12][0-9]|3[01])W", term):
            day = int(match[1])
            around = "1-3" if day == 1 else f"{max(day - 2, 1)}-{min(day + 1, 31)}"
            lines.append((around, partial(_is_weekday_nearest, day)))
        elif match := re.fullmatch("L-([1-9]|[12][0-9]|30)", term):
            before = int(match[1])
            lines.append((f"{max(28 - before, 1)}-{31 - before}", partial(_is_before_last, before)))
        else:
            plain.append(term)
    return [(",".join(plain), None), *lines] if plain else lines


def _days_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _is_before_last(days: int, found: date) -> bool:
    return found.day == _days_of_month(found) - days


def _is_weekday_nearest(day: int, found: date) -> bool:
    """Whether ``found`` is the day from Monday to Friday nearest to ``day``, if its month has such a day."""
    last = _days_of_month(found)
    if day > last:
        return False
    weekday = found.replace(day=day).isoweekday()
    if weekday == 6:
        day = day - 1 if day > 1 else day + 2
    elif weekday == 7:
        day = day + 1 if day < last else day - 2
    return found.day == day


def _next_of_cron(text: str, after: datetime, zone: tzinfo, shift: timedelta = timedelta(0)) -> Timer | None:
    due_at = _Cron(text).after(after - shift, zone)
    if due_at is None:
        return None
    repeat = _dump({"cron": text, "zone": _zone_name(zone), "shift": shift // _MILLISECOND or None})
    return Timer(_due(due_at + shift), repeat)


# ---------------------------------------------------------------- cycles


def _first_of_cycle(text: str, now: datetime, zone: tzinfo) -> Timer:
    if text.startswith("R"):
        return _first_of_interval(text, now, zone)
    if text.startswith("P"):
        return _first_of_duration(text, now, zone)
    timer = _next_of_cron(text, now, zone)
    if timer is None:
        raise InvalidTimer(f"The cron expression '{text}' has no due date in the next {_YEARS_AHEAD} years")
    return timer


_READERS: dict[Kind, Callable[[str, datetime, tzinfo], Timer]] = {
    "date": _first_of_date,
    "duration": _first_of_duration,
    "cycle": _first_of_cycle,
}


# ---------------------------------------------------------------- stored form


def _dump(node: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in node.items() if value is not None}, separators=(",", ":"))


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def _zone_name(zone: tzinfo) -> str | None:
    """The IANA name of a zone or the offset of a fixed one, such as ``+01:00``; None for UTC."""
    if zone is UTC:
        return None
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    if isinstance(zone, timezone):
        return _SOME_DAY.astimezone(zone).isoformat()[-6:]
    raise InvalidTimer(f"The zone {zone!r} of a timer has no name; use a zoneinfo.ZoneInfo")


def _zone_named(name: str | None) -> tzinfo:
    if name is None:
        return UTC
    if name.startswith(("+", "-")):
        offset = parse_date(f"2000-01-01T00:00{name}").tzinfo
        return offset or UTC
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        raise InvalidTimer(f"The time zone '{name}' of a timer is not known here; install the package tzdata") from None
