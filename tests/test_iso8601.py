"""Dates, durations and repeating intervals of ISO 8601."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.iso8601 import (
    Duration,
    InvalidISO8601,
    RepeatingInterval,
    parse_date,
    parse_duration,
    parse_repeating_interval,
)


@pytest.mark.parametrize(
    ("text", "months", "rest"),
    [
        ("PT10H", 0, timedelta(hours=10)),
        ("P1D", 0, timedelta(days=1)),
        ("P1DT12H", 0, timedelta(days=1, hours=12)),
        ("P2W", 0, timedelta(weeks=2)),
        ("P1Y2M", 14, timedelta()),
        ("P1Y2M3DT4H5M6S", 14, timedelta(days=3, hours=4, minutes=5, seconds=6)),
        ("PT0.5H", 0, timedelta(minutes=30)),
        ("PT1,5M", 0, timedelta(seconds=90)),
        ("PT0.001S", 0, timedelta(milliseconds=1)),
        ("PT36H", 0, timedelta(hours=36)),
        ("P0D", 0, timedelta()),
        ("-PT1M", 0, timedelta(minutes=-1)),
        ("-P1M", -1, timedelta()),
        ("+P1D", 0, timedelta(days=1)),
    ],
)
def test_durations(text: str, months: int, rest: timedelta) -> None:
    assert parse_duration(text) == Duration(months, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "1D",
        "P1",
        "PT1",
        "P1H",
        "PT1D",
        "P1S",
        "P-1D",
        "P1.5Y",
        "P0.5M",
        "P1.5DT1H",
        "PT1M1H",
        " PT1H",
        "PT1H ",
        "PT1H\n",
        "pt1h",
        "P1D1D",
        "PT1.H",
        "PT.5H",
        "P١D",
        "P1e3D",
        "P9999999999D",
        "P999999999W",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidISO8601):
        parse_duration(text)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2023-01-31", "P1M", "2023-02-28"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-12-15", "P1M", "2025-01-15"),
        ("2024-11-30", "P1M", "2024-12-30"),
        ("2024-01-31", "-P2M", "2023-11-30"),
        ("2024-01-31", "P1M1D", "2024-03-01"),
        ("9999-11-30", "P1M", "9999-12-30"),
        ("2024-01-01T10:00:00Z", "PT14H", "2024-01-02"),
    ],
)
def test_adding_by_the_calendar(start: str, duration: str, end: str) -> None:
    assert parse_duration(duration).add_to(parse_date(start)) == parse_date(end)


@pytest.mark.parametrize("duration", ["P9000Y", "-P3000Y", "P8000000D", "P9999999D"])
def test_adding_beyond_the_calendar(duration: str) -> None:
    with pytest.raises(InvalidISO8601, match="no date of the calendar"):
        parse_duration(duration).add_to(datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", datetime(2024, 1, 31, tzinfo=UTC)),
        ("2024-01-31T10:00", datetime(2024, 1, 31, 10, tzinfo=UTC)),
        ("2024-01-31T10:00:01Z", datetime(2024, 1, 31, 10, 0, 1, tzinfo=UTC)),
        ("2024-01-31T10:00:00.5Z", datetime(2024, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-01-31T10:00:00.123456789Z", datetime(2024, 1, 31, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-01-31T10:00:00+01:00", datetime(2024, 1, 31, 9, tzinfo=UTC)),
        ("2024-01-31T10:00:00-0230", datetime(2024, 1, 31, 12, 30, tzinfo=UTC)),
        ("2024-01-31T10:00:00.000+0000", datetime(2024, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_dates(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


def test_a_date_keeps_its_zone() -> None:
    assert parse_date("2024-01-31T10:00:00+01:00").tzinfo == timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-1-1",
        "2024-02-30",
        "2024-13-01",
        "2024-01-01T25:00",
        "2024-01-01T10",
        "0000-01-01",
        "2024-01-01T10:00:00+25:00",
        "2024-01-01 10:00:00",
        "99999-01-01",
        "2024-01-01T10:00:00ZZ",
        "2023-02-29",
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InvalidISO8601):
        parse_date(text)


START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R3/PT10H", RepeatingInterval(3, None, Duration(rest=timedelta(hours=10)))),
        ("R/PT1M", RepeatingInterval(None, None, Duration(rest=timedelta(minutes=1)))),
        ("R-1/PT1M", RepeatingInterval(None, None, Duration(rest=timedelta(minutes=1)))),
        ("R0/PT1M", RepeatingInterval(0, None, Duration(rest=timedelta(minutes=1)))),
        ("R/2024-01-01T00:00:00Z/PT1H", RepeatingInterval(None, START, Duration(rest=timedelta(hours=1)))),
        ("R3/2024-01-01/2024-01-03", RepeatingInterval(3, START, Duration(rest=timedelta(days=2)))),
        ("R3/P1D/2024-01-01", RepeatingInterval(3, None, Duration(rest=timedelta(days=1)), START)),
    ],
)
def test_repeating_intervals(text: str, expected: RepeatingInterval) -> None:
    assert parse_repeating_interval(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R",
        "R3",
        "R3/",
        "PT1H",
        "3/PT1H",
        "R-2/PT1H",
        "Rx/PT1H",
        "R3/PT",
        "R/P0D",
        "R/-PT1H",
        "R3/PT1H/PT1H",
        "R3/2024-01-02/2024-01-01",
        "R3/2024-01-01/2024-01-01",
        "R3/2024-01-01",
        "R/a/b/c",
        "R3 /PT1H",
    ],
)
def test_what_is_no_repeating_interval(text: str) -> None:
    with pytest.raises(InvalidISO8601):
        parse_repeating_interval(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("R3/P1D", ["2024-01-02", "2024-01-03", "2024-01-04"]),
        ("R2/2024-06-01/P1D", ["2024-06-01", "2024-06-02"]),
        ("R/2024-01-31/P1M", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("R/P1D/2024-01-03", ["2024-01-02", "2024-01-03"]),
        ("R/9999-12-30/P1D", ["9999-12-30", "9999-12-31"]),
        ("R0/P1D", []),
    ],
)
def test_moments(text: str, days: list[str]) -> None:
    moments = parse_repeating_interval(text).moments(START)
    assert list(islice(moments, 4)) == [parse_date(day) for day in days]


@given(st.text(alphabet="P0123456789YMWDTHS.,-+R/:Z ", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_date, parse_duration, parse_repeating_interval):
        with suppress(InvalidISO8601):
            parse(text)


@given(st.integers(0, 3000), st.integers(0, 86_399), st.integers(-2_000_000_000, 4_000_000_000))
def test_exact_durations_add_like_timedelta(days: int, seconds: int, moment: int) -> None:
    aware = START + timedelta(seconds=moment)
    assert parse_duration(f"P{days}DT{seconds}S").add_to(aware) == aware + timedelta(days=days, seconds=seconds)
