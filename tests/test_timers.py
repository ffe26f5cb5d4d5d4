"""Due dates of timers: dates, durations, repeating intervals and cron, in zones whose clocks change."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timers import InvalidTimer, Timer, check, first, following, shifted

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 27, 8, 30, tzinfo=UTC)  # a Friday


def shown(timer: Timer | None, zone: tzinfo) -> str | None:
    return None if timer is None else timer.due_at.astimezone(zone).isoformat(timespec="minutes")


def cycle(text: str, zone: tzinfo = UTC, now: datetime = NOW, limit: int = 4) -> list[str]:
    """The first due dates of a cycle whose jobs run when they are due, as the clocks of the zone show them."""
    timer: Timer | None = first("cycle", text, now, zone)
    found = []
    while timer is not None and len(found) < limit:
        found.append(timer.due_at.astimezone(zone).isoformat(timespec="minutes"))
        timer = following(timer.repeat, timer.due_at, timer.due_at) if timer.repeat else None
    return found


@pytest.mark.parametrize(
    ("kind", "value", "zone", "due"),
    [
        ("date", "2026-06-01T09:00:00Z", BERLIN, "2026-06-01T11:00+02:00"),
        ("date", "2026-06-01T09:00:00-04:00", UTC, "2026-06-01T13:00+00:00"),
        ("date", "2026-06-01T09:00:00", BERLIN, "2026-06-01T09:00+02:00"),
        ("date", "2026-06-01", BERLIN, "2026-06-01T00:00+02:00"),
        ("date", " 2026-06-01T09:00Z\n", UTC, "2026-06-01T09:00+00:00"),
        ("date", "2020-01-01T00:00:00Z", UTC, "2020-01-01T00:00+00:00"),
        ("date", datetime(2026, 6, 1, 9, tzinfo=NEW_YORK), UTC, "2026-06-01T13:00+00:00"),
        ("duration", datetime(2026, 6, 1, 9, tzinfo=UTC), UTC, "2026-06-01T09:00+00:00"),
        ("duration", "PT10H", UTC, "2026-03-27T18:30+00:00"),
        ("duration", "P10D", UTC, "2026-04-06T08:30+00:00"),
        ("duration", "P2W", UTC, "2026-04-10T08:30+00:00"),
        ("duration", "P1M", UTC, "2026-04-27T08:30+00:00"),
        ("duration", "PT0S", UTC, "2026-03-27T08:30+00:00"),
        ("duration", "-PT30M", UTC, "2026-03-27T08:00+00:00"),
        ("duration", "P3D", BERLIN, "2026-03-30T09:30+02:00"),
        ("duration", "PT72H", BERLIN, "2026-03-30T10:30+02:00"),
        ("duration", "P1DT48H", BERLIN, "2026-03-30T10:30+02:00"),
        ("duration", "P2.5D", BERLIN, "2026-03-29T21:30+02:00"),
        ("duration", "-P1D", NEW_YORK, "2026-03-26T04:30-04:00"),
        ("cycle", "PT10H", UTC, "2026-03-27T18:30+00:00"),
    ],
)
def test_first_due_dates(kind: str, value: object, zone: tzinfo, due: str) -> None:
    timer = first(kind, value, NOW, zone)  # type: ignore[arg-type]
    assert shown(timer, zone) == due
    assert timer.due_at.tzinfo is UTC
    assert timer.repeat is None


def test_due_dates_are_whole_milliseconds() -> None:
    assert first("date", "2026-06-01T09:00:00.123987Z", NOW).due_at.microsecond == 123_000
    assert first("duration", "PT0.0019S", NOW).due_at == NOW + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("date", None, "gave nothing"),
        ("duration", 3, "a value of type int"),
        ("date", "", "1 to 255"),
        ("cycle", "R/PT1H" + " " * 10 + "x" * 300, "1 to 255"),
        ("date", "PT1H", "use timeDuration"),
        ("date", "R3/PT1H", "use timeCycle"),
        ("duration", "R3/PT1H", "use timeCycle"),
        ("date", "2023-02-29T00:00:00Z", "no date"),
        ("date", "99999-01-01T00:00:00Z", "no ISO 8601 date"),
        ("date", "tomorrow", "no ISO 8601 date"),
        ("date", "0001-01-01T00:00:00+10:00", "beyond the calendar"),
        ("date", datetime(2026, 6, 1), "no zone"),  # noqa: DTZ001
        ("duration", "5 minutes", "no ISO 8601 duration"),
        ("duration", "P9999Y", "no date of the calendar"),
        ("duration", "PT1H30", "no ISO 8601 duration"),
        ("cycle", "5 minutes", "neither an ISO 8601 cycle"),
        ("cycle", "R/P0D", "longer than nothing"),
        ("cycle", "R/-PT1H", "longer than nothing"),
        ("cycle", "R0/PT1H", "repeats never"),
        ("cycle", "R-1/PT1H", "repeats less than never"),
        ("cycle", "R-5/PT1H", "repeats less than never"),
        ("cycle", "R3", "no ISO 8601 repeating interval"),
        ("cycle", "R3/PT0.9S", "more often than every 1 s"),
        ("cycle", "R/2026-01-02/2026-01-01", "longer than nothing"),
        ("cycle", "R/P9999Y", "no due date within the calendar"),
        ("cycle", "* * * *", "neither an ISO 8601 cycle"),
        ("cycle", "0 0 0 1 1 ? 2030", "neither an ISO 8601 cycle"),
        ("cycle", "0 0 9 13 * FRI", r"write \? for one of them"),
        ("cycle", "0 0 9 ? * 0", "Bad day-of-week"),
        ("cycle", "0 0 9 ? * 8", "Bad day-of-week"),
        ("cycle", "0 0 9 ? * MOO", "Bad day-of-week"),
        ("cycle", "0 0 25 * * ?", "Bad hour"),
        ("cycle", "0 0 0 30 2 ?", "Bad day-of-month"),
        ("cycle", "0 0 0 31W 2 ?", "no due date in the next 50 years"),
        ("cycle", "0 0 0 32W * ?", "Bad day-of-month"),
        ("cycle", "? 0 0 * * *", "Bad second"),
        ("cycle", "@often", "neither an ISO 8601 cycle"),
    ],
)
def test_what_means_no_due_date_is_refused(kind: str, value: object, message: str) -> None:
    with pytest.raises(InvalidTimer, match=message):
        first(kind, value, NOW)  # type: ignore[arg-type]
    if isinstance(value, str):
        with pytest.raises(InvalidTimer, match=message):
            check(kind, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("R3/PT10H", ["2026-03-27T18:30", "2026-03-28T04:30", "2026-03-28T14:30"]),
        ("R1/PT1H", ["2026-03-27T09:30"]),
        ("R/PT6H", ["2026-03-27T14:30", "2026-03-27T20:30", "2026-03-28T02:30", "2026-03-28T08:30"]),
        ("R/PT1S", ["2026-03-27T08:30"] * 4),
        # The start is the first due date ...
        ("R3/2026-03-27T10:00:00Z/PT1H", ["2026-03-27T10:00", "2026-03-27T11:00", "2026-03-27T12:00"]),
        ("R2/2026-03-27T08:30:00Z/PT1H", ["2026-03-27T08:30", "2026-03-27T09:30"]),
        # ... and what was before now is used up, but the last one is due at once.
        ("R3/2026-03-27T08:00:00Z/PT1H", ["2026-03-27T09:00", "2026-03-27T10:00"]),
        ("R3/2020-01-01T00:00:00Z/PT1H", ["2020-01-01T02:00"]),
        (
            "R/2020-01-31T09:00:00Z/P1M",
            ["2026-03-31T09:00", "2026-04-30T09:00", "2026-05-31T09:00", "2026-06-30T09:00"],
        ),
        ("R2/2026-04-01/2026-04-03", ["2026-04-01T00:00", "2026-04-03T00:00"]),
        # The end is the last due date.
        ("R3/PT1H/2026-04-01T00:00:00Z", ["2026-03-31T22:00", "2026-03-31T23:00", "2026-04-01T00:00"]),
        ("R9/PT1H/2026-03-27T10:00:00Z", ["2026-03-27T09:00", "2026-03-27T10:00"]),
        ("R/PT20M/2026-03-27T09:15:00Z", ["2026-03-27T08:35", "2026-03-27T08:55", "2026-03-27T09:15"]),
        ("R/PT20M/2020-01-01T00:00:00Z", ["2020-01-01T00:00"]),
        # Leap days: counted from the first one, so that they are not lost.
        (
            "R/2024-02-29T00:00:00Z/P1Y",
            ["2027-02-28T00:00", "2028-02-29T00:00", "2029-02-28T00:00", "2030-02-28T00:00"],
        ),
    ],
)
def test_repeating_intervals(text: str, due: list[str]) -> None:
    assert cycle(text) == [f"{moment}+00:00" for moment in due]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0/5 * * * ?", ["2026-03-27T08:35", "2026-03-27T08:40", "2026-03-27T08:45", "2026-03-27T08:50"]),
        ("*/20 * * * * *", ["2026-03-27T08:30", "2026-03-27T08:30", "2026-03-27T08:31", "2026-03-27T08:31"]),
        ("0 30 8 * * ? *", ["2026-03-28T08:30", "2026-03-29T08:30", "2026-03-30T08:30", "2026-03-31T08:30"]),
        ("30 8 * * *", ["2026-03-28T08:30", "2026-03-29T08:30", "2026-03-30T08:30", "2026-03-31T08:30"]),
        ("@hourly", ["2026-03-27T09:00", "2026-03-27T10:00", "2026-03-27T11:00", "2026-03-27T12:00"]),
        ("@daily", ["2026-03-28T00:00", "2026-03-29T00:00", "2026-03-30T00:00", "2026-03-31T00:00"]),
        ("@midnight", ["2026-03-28T00:00", "2026-03-29T00:00", "2026-03-30T00:00", "2026-03-31T00:00"]),
        ("@weekly", ["2026-03-29T00:00", "2026-04-05T00:00", "2026-04-12T00:00", "2026-04-19T00:00"]),
        ("@Monthly", ["2026-04-01T00:00", "2026-05-01T00:00", "2026-06-01T00:00", "2026-07-01T00:00"]),
        ("@yearly", ["2027-01-01T00:00", "2028-01-01T00:00", "2029-01-01T00:00", "2030-01-01T00:00"]),
        # Weekdays by number: Quartz (Camunda) counts from Sunday 1, Unix from Sunday 0.
        ("0 0 9 ? * 2-6", ["2026-03-27T09:00", "2026-03-30T09:00", "2026-03-31T09:00", "2026-04-01T09:00"]),
        ("0 9 * * 1-5", ["2026-03-27T09:00", "2026-03-30T09:00", "2026-03-31T09:00", "2026-04-01T09:00"]),
        ("0 9 * * 5-7", ["2026-03-27T09:00", "2026-03-28T09:00", "2026-03-29T09:00", "2026-04-03T09:00"]),
        ("0 9 * * 0-7", ["2026-03-27T09:00", "2026-03-28T09:00", "2026-03-29T09:00", "2026-03-30T09:00"]),
        ("0 0 9 ? * 2/2", ["2026-03-27T09:00", "2026-03-30T09:00", "2026-04-01T09:00", "2026-04-03T09:00"]),
        ("0 0 9 ? * mon,wed", ["2026-03-30T09:00", "2026-04-01T09:00", "2026-04-06T09:00", "2026-04-08T09:00"]),
        ("0 0 9 ? * SAT-MON", ["2026-03-28T09:00", "2026-03-29T09:00", "2026-03-30T09:00", "2026-04-04T09:00"]),
        ("0 0 9 ? * L", ["2026-03-28T09:00", "2026-04-04T09:00", "2026-04-11T09:00", "2026-04-18T09:00"]),
        ("0 0 9 ? * 6L", ["2026-03-27T09:00", "2026-04-24T09:00", "2026-05-29T09:00", "2026-06-26T09:00"]),
        ("0 0 9 ? * FRIL", ["2026-03-27T09:00", "2026-04-24T09:00", "2026-05-29T09:00", "2026-06-26T09:00"]),
        ("0 0 9 ? * MON#5", ["2026-03-30T09:00", "2026-06-29T09:00", "2026-08-31T09:00", "2026-11-30T09:00"]),
        # Both days restricted: either, as in Unix.
        ("0 9 13 * FRI", ["2026-03-27T09:00", "2026-04-03T09:00", "2026-04-10T09:00", "2026-04-13T09:00"]),
        ("0 0 9 L * ?", ["2026-03-31T09:00", "2026-04-30T09:00", "2026-05-31T09:00", "2026-06-30T09:00"]),
        ("0 0 9 LW * ?", ["2026-03-31T09:00", "2026-04-30T09:00", "2026-05-29T09:00", "2026-06-30T09:00"]),
        ("0 0 9 L-3 * ?", ["2026-03-28T09:00", "2026-04-27T09:00", "2026-05-28T09:00", "2026-06-27T09:00"]),
        # The weekday nearest to a day stays in its month, and a month without that day has none.
        ("0 0 9 1W * ?", ["2026-04-01T09:00", "2026-05-01T09:00", "2026-06-01T09:00", "2026-07-01T09:00"]),
        ("0 0 9 1W 8,11 ?", ["2026-08-03T09:00", "2026-11-02T09:00", "2027-08-02T09:00", "2027-11-01T09:00"]),
        ("0 0 9 15W 2,8 ?", ["2026-08-14T09:00", "2027-02-15T09:00", "2027-08-16T09:00", "2028-02-15T09:00"]),
        ("0 0 9 31W * ?", ["2026-03-31T09:00", "2026-05-29T09:00", "2026-07-31T09:00", "2026-08-31T09:00"]),
        ("0 0 9 2,15W * ?", ["2026-04-02T09:00", "2026-04-15T09:00", "2026-05-02T09:00", "2026-05-15T09:00"]),
        ("0 0 0 29 2 ?", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00", "2040-02-29T00:00"]),
    ],
)
def test_cron(text: str, due: list[str]) -> None:
    assert cycle(text) == [f"{moment}+00:00" for moment in due]
    check("cycle", text)


@pytest.mark.parametrize(
    ("text", "zone", "now", "due"),
    [
        # Clocks go forward: 02:00 is followed by 03:00.
        ("R3/P1D", BERLIN, "2026-03-28T02:30+01:00", ["03-29T03:30+02:00", "03-30T02:30+02:00", "03-31T02:30+02:00"]),
        ("R3/PT24H", BERLIN, "2026-03-28T02:30+01:00", ["03-29T03:30+02:00", "03-30T03:30+02:00", "03-31T03:30+02:00"]),
        ("0 30 2 * * ?", BERLIN, "2026-03-28T12:00+01:00", ["03-29T03:30+02:00", "03-30T02:30+02:00"]),
        ("30 2 * * *", BERLIN, "2026-03-28T12:00+01:00", ["03-29T03:30+02:00", "03-30T02:30+02:00"]),
        ("0 30 2,3 * * ?", BERLIN, "2026-03-29T00:00+01:00", ["03-29T03:30+02:00", "03-30T02:30+02:00"]),
        ("0 15 * * * ?", BERLIN, "2026-03-29T01:00+01:00", ["03-29T01:15+01:00", "03-29T03:15+02:00"]),
        ("0 30 2 * * ?", NEW_YORK, "2026-03-07T12:00-05:00", ["03-08T03:30-04:00", "03-09T02:30-04:00"]),
        ("R2/P1D", NEW_YORK, "2026-03-07T09:00-05:00", ["03-08T09:00-04:00", "03-09T09:00-04:00"]),
        # Clocks go back: 02:00 to 03:00 (New York 01:00 to 02:00) is shown twice.
        ("R2/P1D", BERLIN, "2026-10-24T02:30+02:00", ["10-25T02:30+02:00", "10-26T02:30+01:00"]),
        ("0 30 2 * * ?", BERLIN, "2026-10-24T12:00+02:00", ["10-25T02:30+02:00", "10-26T02:30+01:00"]),
        ("0 30 2 * * ?", BERLIN, "2026-10-25T02:10+01:00", ["10-26T02:30+01:00", "10-27T02:30+01:00"]),
        ("0 15 * * * ?", BERLIN, "2026-10-25T02:00+02:00", ["10-25T02:15+02:00", "10-25T02:15+01:00"]),
        ("0 0/30 1 * * ?", NEW_YORK, "2026-11-01T00:00-04:00", ["11-01T01:00-04:00", "11-01T01:30-04:00"]),
        ("@daily", NEW_YORK, "2026-10-31T12:00-04:00", ["11-01T00:00-04:00", "11-02T00:00-05:00"]),
    ],
)
def test_cycles_across_clock_changes(text: str, zone: ZoneInfo, now: str, due: list[str]) -> None:
    found = cycle(text, zone, datetime.fromisoformat(now), limit=len(due))
    assert found == [f"2026-{moment}" for moment in due]


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, timezone(timedelta(hours=-3, minutes=-30)), UTC])
def test_the_stored_cycle_keeps_its_zone(zone: tzinfo) -> None:
    assert all("T09:00" in moment for moment in cycle("0 0 9 * * ?", zone, limit=3))
    assert all("T00:00" in moment for moment in cycle("R/2026-01-01/P1D", zone, limit=3))


def test_a_cycle_without_end_skips_what_was_missed() -> None:
    timer = first("cycle", "R/PT1H", NOW)
    late = NOW + timedelta(hours=5, minutes=10)
    assert timer.repeat is not None
    assert following(timer.repeat, timer.due_at, late) == Timer(NOW + timedelta(hours=6), timer.repeat)
    cron = first("cycle", "0 30 * * * ?", NOW)
    assert cron.repeat is not None
    assert following(cron.repeat, cron.due_at, late) == Timer(NOW + timedelta(hours=6), cron.repeat)


def test_a_counted_cycle_keeps_its_count_however_late() -> None:
    timer: Timer | None = first("cycle", "R3/PT1H", NOW)
    due = []
    while timer is not None:
        due.append(timer.due_at)
        timer = following(timer.repeat, timer.due_at, NOW + timedelta(days=9)) if timer.repeat else None
    assert due == [NOW + timedelta(hours=hours) for hours in (1, 2, 3)]


@pytest.mark.parametrize("text", ["R/PT1H", "R3/PT1H", "0 30 * * * ?"])
def test_nothing_is_due_twice_when_the_clock_goes_back(text: str) -> None:
    timer = first("cycle", text, NOW)
    assert timer.repeat is not None
    after = following(timer.repeat, timer.due_at, NOW - timedelta(days=1))
    assert after is not None
    assert after.due_at == timer.due_at + timedelta(hours=1)


def test_a_cycle_with_an_end_is_over_when_the_end_was_missed() -> None:
    timer = first("cycle", "R/PT20M/2026-03-27T09:15:00Z", NOW)
    assert timer.repeat is not None
    assert following(timer.repeat, timer.due_at, NOW + timedelta(days=1)) is None


def test_cycles_end_with_the_calendar() -> None:
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    for text in ("R/PT1H", "0 0 * * * ?", "0 0 9 * * ?"):
        timer = first("cycle", text, NOW)
        assert timer.repeat is not None
        assert following(timer.repeat, last, last) is None


@pytest.mark.parametrize(
    "repeat",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"every":"PT1H"}',
        '{"every":1,"from":2}',
        '{"cron":"x"}',
        '{"cron":"@daily","zone":"Mars/Base"}',
        '{"cron":"@daily","zone":"../etc"}',
    ],
)
def test_an_unreadable_stored_cycle_is_refused(repeat: str) -> None:
    with pytest.raises(InvalidTimer):
        following(repeat, NOW, NOW)


# ---------------------------------------------------------------- moved


@pytest.mark.parametrize("minutes", [25, -25])
@pytest.mark.parametrize(
    "text", ["R/PT1H", "R4/PT1H", "R/PT1H/2026-03-27T12:30:00Z", "0 30 * * * ?", "R4/P1D", "@daily"]
)
def test_a_cycle_is_moved_as_a_whole(text: str, minutes: int) -> None:
    def moments(timer: Timer | None) -> list[datetime]:
        found = []
        while timer is not None and len(found) < 5:
            found.append(timer.due_at)
            timer = following(timer.repeat, timer.due_at, timer.due_at) if timer.repeat else None
        return found

    timer = first("cycle", text, NOW)
    assert timer.repeat is not None
    move = timedelta(minutes=minutes)
    half = Timer(timer.due_at + move / 2, shifted(timer.repeat, move / 2))
    assert half.repeat is not None
    moved = Timer(half.due_at + move / 2, shifted(half.repeat, move / 2))
    assert moments(moved) == [each + move for each in moments(timer)]
    assert moved.repeat is not None
    assert shifted(moved.repeat, -move) == timer.repeat


@pytest.mark.parametrize(
    "repeat", ["", "null", "[]", "{}", '{"every":"PT1H","from":2}', '{"cron":"@daily","shift":"x"}']
)
def test_an_unreadable_stored_cycle_is_not_moved(repeat: str) -> None:
    with pytest.raises(InvalidTimer):
        shifted(repeat, timedelta(hours=1))


# ---------------------------------------------------------------- properties

moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
zones = st.sampled_from([UTC, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")])
durations = st.one_of(
    st.integers(1, 100_000).map(lambda seconds: f"PT{seconds}S"),
    st.integers(1, 400).map(lambda days: f"P{days}D"),
    st.integers(1, 30).map(lambda months: f"P{months}M"),
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 99)).map(lambda t: f"P{t[0]}M{t[1]}DT{t[2]}H"),
)
crons = st.sampled_from(
    ["0 0/7 * * * ?", "0 30 2 * * ?", "0 15 1,2,3 L * ?", "15 0 9 15W * ?", "10 3 * * 1-5", "@weekly"]
)


@given(count=st.integers(1, 12), duration=durations, now=moments, zone=zones, late=st.lists(st.integers(0, 10**7)))
def test_a_counted_cycle_fires_as_often_as_it_says(
    count: int, duration: str, now: datetime, zone: tzinfo, late: list[int]
) -> None:
    timer: Timer | None = first("cycle", f"R{count}/{duration}", now, zone)
    due = [now]
    while timer is not None:
        due.append(timer.due_at)
        delay = timedelta(seconds=late[len(due) % len(late)] if late else 0)
        timer = following(timer.repeat, timer.due_at, timer.due_at + delay) if timer.repeat else None
    assert len(due) == count + 1
    assert all(earlier < later for earlier, later in pairwise(due))


@given(text=st.one_of(durations.map(lambda duration: f"R/{duration}"), crons), now=moments, zone=zones, late=moments)
def test_a_cycle_without_end_goes_on_after_now_and_does_not_drift(
    text: str, now: datetime, zone: tzinfo, late: datetime
) -> None:
    timer = first("cycle", text, now, zone)
    assert timer.due_at > now
    assert timer.repeat is not None
    jumped = following(timer.repeat, timer.due_at, late)
    assert jumped is not None
    assert jumped.due_at > max(timer.due_at, late)
    # Whoever was late is due when one that was in time is due: from the moment before, the same comes next.
    before = jumped.due_at - timedelta(milliseconds=1)
    assert following(timer.repeat, timer.due_at, before) == jumped


@given(duration=durations, now=moments, zone=zones, end=moments, count=st.integers(1, 5))
def test_a_cycle_with_an_end_has_it_as_its_last_due_date(
    duration: str, now: datetime, zone: tzinfo, end: datetime, count: int
) -> None:
    due = cycle(f"R{count}/{duration}/{end.isoformat(timespec='milliseconds')}", zone, now, limit=9)
    assert 1 <= len(due) <= count
    assert datetime.fromisoformat(due[-1]) == end.replace(second=0, microsecond=0)
