"""Hours of work on real days: the clock that is put forward and back, nights, holidays, days that a country left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.decide import calendar
from mailbot.model.delivery import ALWAYS, Holidays, Week, WorkingHours

HOUR = timedelta(hours=1)
NIGHT: Week = (((0, 360), (1320, 1440)),) * 7  # 22:00 to 06:00 of every day
DAYS: Week = (((480, 720), (780, 1020)),) * 5 + ((), ())
EMPTY: Week = ((),) * 7


def at(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def hours_of(zone: str, day: str, week: Week) -> float:
    spans = calendar.spans(WorkingHours(time_zone=zone, week=week), date.fromisoformat(day))
    return sum((ends - begins for begins, ends in spans), timedelta()) / HOUR


@pytest.mark.parametrize(
    ("zone", "day", "week", "hours"),
    [
        ("Europe/Stockholm", "2026-03-29", ALWAYS, 23),
        ("Europe/Stockholm", "2026-10-25", ALWAYS, 25),
        ("Europe/Stockholm", "2026-03-29", NIGHT, 7),
        ("Europe/Stockholm", "2026-10-25", NIGHT, 9),
        ("America/New_York", "2026-03-08", ALWAYS, 23),
        ("America/New_York", "2026-11-01", ALWAYS, 25),
        ("Australia/Lord_Howe", "2026-10-04", ALWAYS, 23.5),
        ("America/Santiago", "2026-09-06", ALWAYS, 23),  # the clock skips midnight itself
        ("America/Santiago", "2026-04-04", ALWAYS, 25),  # and repeats the last hour of the day
        ("Pacific/Apia", "2011-12-30", ALWAYS, 0),  # a date that never was
        ("Asia/Kolkata", "2026-03-29", ALWAYS, 24),
        ("Europe/Stockholm", "2026-03-29", (((60, 150),),) * 7, 1),  # 01:00 to 02:30, which the clock skips: to 02:00
        ("Europe/Stockholm", "2026-03-29", (((150, 240),),) * 7, 1),  # 02:30 to 04:00: from 03:00
        ("Europe/Stockholm", "2026-03-29", (((125, 170),),) * 7, 0),
        ("Europe/Stockholm", "2026-10-25", (((120, 180),),) * 7, 2),
        ("Europe/Stockholm", "2026-10-25", (((0, 120),),) * 7, 2),  # to 02:00, which comes twice: the first
        ("Europe/Stockholm", "2026-10-25", (((60, 150),),) * 7, 2),  # 02:00 to 02:30 comes twice, 02:30 to 03:00 is no work
        ("Europe/Stockholm", "2026-10-25", (((150, 240),),) * 7, 2),
        ("Europe/Stockholm", "2026-10-25", (((60, 150), (150, 240)),) * 7, 4),  # all of it, without a gap
    ],
)
def test_a_day_has_the_hours_that_really_pass(zone: str, day: str, week: Week, hours: float) -> None:
    assert hours_of(zone, day, week) == hours


@pytest.mark.parametrize(
    ("zone", "start", "amount", "end"),
    [
        ("Europe/Stockholm", "2026-03-28T23:00", 6, "2026-03-29T06:00"),  # six hours of a night that has one less
        ("Europe/Stockholm", "2026-10-24T23:00", 8, "2026-10-25T06:00"),
        ("Europe/London", "2026-03-28T22:00", 8, "2026-03-29T23:00"),  # seven hours of the night, one of the next
        ("America/New_York", "2026-10-31T22:00", 9, "2026-11-01T06:00"),
        ("Pacific/Auckland", "2026-09-26T22:00", 8, "2026-09-27T23:00"),
    ],
)
def test_night_work_over_a_change_of_the_clock(zone: str, start: str, amount: int, end: str) -> None:
    hours = WorkingHours(time_zone=zone, week=NIGHT)
    assert calendar.after(hours, at(start, zone), amount * HOUR) == at(end, zone)
    assert calendar.before(hours, at(end, zone), amount * HOUR) == at(start, zone)
    assert calendar.between(hours, at(start, zone), at(end, zone)) == amount * HOUR


def test_work_that_goes_on_at_midnight_is_one_and_a_day_off_cuts_it() -> None:
    hours = WorkingHours(time_zone="Europe/Stockholm", week=NIGHT, days_off=frozenset({"2026-06-10"}))
    assert calendar.after(hours, at("2026-06-08T22:00", hours.time_zone), 5 * HOUR) == at("2026-06-09T03:00", hours.time_zone)
    last = calendar.spans(hours, date(2026, 6, 9))[-1][1]
    assert last == at("2026-06-09T23:59", hours.time_zone)  # not midnight, which would bear the date of the day off
    assert calendar.spans(hours, date(2026, 6, 10)) == ()


def test_a_change_of_the_clock_does_not_part_a_span() -> None:
    whole = WorkingHours(time_zone="Europe/Stockholm")
    assert [len(calendar.spans(whole, date(2026, month, day))) for month, day in ((3, 29), (10, 25), (6, 1))] == [1, 1, 1]


def test_days_off_are_given_by_date_or_for_every_year() -> None:
    hours = WorkingHours(days_off=frozenset({"2026-06-10", "12-24"}))
    days = [date(2026, 6, 10), date(2027, 6, 10), date(2026, 12, 24), date(2030, 12, 24)]
    assert [calendar.day_off(hours, day) for day in days] == ["day off", "", "day off", "day off"]


@pytest.mark.parametrize(
    ("holidays", "day", "name"),
    [
        ((Holidays(country="SE"),), "2026-06-19", ""),  # Midsummer Eve is no public holiday
        ((Holidays(country="SE"),), "2026-06-20", "Midsummer Day"),
        ((Holidays(country="SE", worked=("Epiphany",)),), "2026-01-06", ""),
        ((Holidays(country="DE"),), "2026-01-06", ""),
        ((Holidays(country="DE", subdivision="BY"),), "2026-01-06", "Epiphany"),
        ((Holidays(country="SE"), Holidays(country="US")), "2026-11-26", "Thanksgiving Day"),
        ((Holidays(country="SE"), Holidays(country="US")), "2026-01-06", "Epiphany"),
        ((Holidays(country="US"),), "2027-12-31", "New Year's Day (observed)"),  # a Saturday's holiday, moved into the year before
    ],
)
def test_public_holidays_of_countries_and_their_parts(holidays: tuple[Holidays, ...], day: str, name: str) -> None:
    assert calendar.day_off(WorkingHours(holidays=holidays), date.fromisoformat(day)) == name


def test_where_nobody_ever_works_there_is_no_moment() -> None:
    never, now = WorkingHours(week=EMPTY), datetime(2026, 6, 8, tzinfo=UTC)
    assert (calendar.after(never, now, HOUR), calendar.before(never, now, HOUR), calendar.last(never, now)) == (None, None, None)
    assert calendar.between(never, now, now + 100 * HOUR) == timedelta()


ZONES = st.sampled_from(["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "UTC", "Africa/Casablanca"])  # fmt: skip
# around changes of the clock in these zones, and anywhere
STARTS = st.sampled_from(["2026-03-27", "2026-10-23", "2026-03-06", "2026-10-30", "2026-10-02", "2026-04-02", "2026-09-04", "2026-02-13"]).flatmap(
    lambda day: st.integers(0, 3 * 1440).map(lambda m: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=m))
)  # fmt: skip


WINDOW = 2 * 1440


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    days = []
    for _ in range(7):
        marks = sorted(draw(st.sets(st.integers(0, 96), max_size=4)))
        days.append(tuple((a * 15, b * 15) for a, b in zip(marks[::2], marks[1::2], strict=False)))
    return tuple(days)


def works_by_the_clock(hours: WorkingHours, at: datetime) -> bool:
    """The plain meaning, minute by minute: somebody looks at the clock on the wall."""
    wall = at.astimezone(ZoneInfo(hours.time_zone))
    minute = wall.hour * 60 + wall.minute
    if calendar.day_off(hours, wall.date()) or not any(a <= minute < b for a, b in hours.week[wall.weekday()]):
        return False
    tomorrow = wall.date() + timedelta(days=1)
    goes_on = not calendar.day_off(hours, tomorrow) and any(a == 0 for a, _ in hours.week[tomorrow.weekday()])
    return minute < 1439 or goes_on


@settings(max_examples=40, deadline=None)
@given(zone=ZONES, week=weeks(), start=STARTS, minutes=st.integers(1, 1500), off=st.sampled_from(["03-29", "10-25", "03-08", "01-01"]))
def test_arithmetic_over_days_agrees_with_a_clock_on_the_wall(zone: str, week: Week, start: datetime, minutes: int, off: str) -> None:
    hours = WorkingHours(time_zone=zone, week=week, days_off=frozenset({off}))
    counted = [works_by_the_clock(hours, start + timedelta(minutes=m)) for m in range(WINDOW)]
    end = start + timedelta(minutes=WINDOW)
    assert calendar.between(hours, start, end) == timedelta(minutes=sum(counted))
    reached = calendar.after(hours, start, timedelta(minutes=minutes))
    if sum(counted) >= minutes:
        worked = [m for m, works in enumerate(counted) if works]
        assert reached == start + timedelta(minutes=worked[minutes - 1] + 1)
        back = calendar.before(hours, reached, timedelta(minutes=minutes))
        assert back == start + timedelta(minutes=worked[0])
    elif reached is not None:
        assert reached > end
