"""Dates, times and durations, compared with the standard library's where it reaches."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression.feel import compile_feel
from engine.expression.feel.temporal import Date, DateTime
from engine.expression.feel.temporal_text import parse_temporal, temporal_text
from tests.expression.feel.values import native

BERLIN = ZoneInfo("Europe/Berlin")


def plain(source: str, **names: object) -> object:
    return compile_feel(source).apply({name: native(value) for name, value in names.items()}).plain


@given(st.dates())
def test_days(day: date) -> None:
    value = Date(day.year, day.month, day.day)
    assert value.ordinal == (day - date(1970, 1, 1)).days
    assert Date.of_ordinal(value.ordinal) == value
    assert value.weekday == day.isoweekday()
    assert plain("week of year(d)", d=day) == day.isocalendar().week


@given(st.integers(-(10**9) + 1, 10**9 - 1), st.integers(1, 12), st.integers(1, 28))
def test_any_year(year: int, month: int, day: int) -> None:
    value = Date(year, month, day)
    assert Date.of_ordinal(value.ordinal) == value
    assert parse_temporal(temporal_text(value)) == value


@given(st.integers(-(10**9), 2 * 10**9), st.timedeltas(timedelta(-999), timedelta(999)))
def test_moments_in_a_zone(seconds: int, delta: timedelta) -> None:
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(BERLIN)
    value = DateTime.of_datetime(moment)
    later = DateTime.of_instant(value.instant + delta // timedelta(microseconds=1) * 1000, value.time)
    if moment.utcoffset() == value.utcoffset() and not moment.fold:
        expected = (moment.astimezone(UTC) + delta).astimezone(BERLIN)
        assert temporal_text(later.date) == expected.date().isoformat()
        assert (later.hour, later.minute, later.second) == (expected.hour, expected.minute, expected.second)


@given(st.integers(-(10**18), 10**18))
def test_durations_are_read_as_they_are_written(nanoseconds: int) -> None:
    duration = native(timedelta(microseconds=nanoseconds // 1000))
    assert parse_temporal(temporal_text(duration)) == duration


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('@"2024-01-31" + @"P1M"', "2024-02-29"),
        ('@"2024-03-31" - @"P1M"', "2024-02-29"),
        ('@"2024-01-01" - @"2023-12-25"', "P7D"),
        ('@"10:00:00" - @"11:30:00"', "-PT1H30M"),
        ('@"23:30:00" + @"PT1H"', "00:30:00"),
        ('@"2024-03-30T12:00:00@Europe/Berlin" + @"P1D"', "2024-03-31T13:00:00+02:00"),
        ('@"2024-03-30T12:00:00@Europe/Berlin" = @"2024-03-30T11:00:00Z"', True),
        ('@"2024-03-30T12:00:00" = @"2024-03-30T12:00:00Z"', False),
        ('@"2024-03-30T12:00:00" < @"2024-03-30T12:00:00Z"', None),
        ('@"2024-03-30T12:00:00" - @"2024-03-30T12:00:00Z"', None),
        ('@"P1Y" / @"P1M"', 12),
        ('@"P1Y" * 1.5', "P1Y6M"),
        ('@"PT1H" / 0', None),
        ('@"P1D" + @"P1M"', None),
        ('@"2024-02-29" + 1', None),
        ('@"2024-02-29T10:20:30.5+01:00".second', 30.5),
        ('@"10:20:30@Europe/Berlin".timezone', "Europe/Berlin"),
        ('@"2024-07-01T10:00:00@Europe/Berlin".time offset', "PT2H"),
        ('@"-P1DT2H".hours', -2),
        ('@"999999999-12-31" + @"P1D"', None),
        ('@"-2024-01-01".year', -2024),
    ],
)
def test_arithmetic(source: str, expected: object) -> None:
    assert plain(source) == expected
