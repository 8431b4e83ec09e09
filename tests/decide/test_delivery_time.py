"""The proposal of a new delivery time (P26): hours of work on real days, load, rounding, the previous promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot.decide import calendar
from mailbot.decide.delivery_time import Load, Proposal, propose
from mailbot.model.delivery import DeliveryRules, Holidays, Week, WorkingHours
from mailbot.model.rulebook import RuleBook
from tests.decide.build import RULES

WEEKDAYS: Week = (((480, 1020),),) * 5 + ((), ())  # Monday to Friday, 08:00 to 17:00
STOCKHOLM = WorkingHours(time_zone="Europe/Stockholm", week=WEEKDAYS)
TURNAROUND = (("correction", 12.0), ("amendment", 24.0), ("amendment/Virtual staging", 40.0))


def rules(hours: WorkingHours = STOCKHOLM, **more: Any) -> RuleBook:
    return replace(RULES, delivery=DeliveryRules(**{"turnaround": TURNAROUND, "hours": hours, **more}))


def at(text: str, zone: str = "Europe/Stockholm") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def proposal(now: str, book: RuleBook | None = None, **more: Any) -> Proposal:
    given: dict[str, Any] = {"kind": "correction", "product": "", "load": Load(), "previous": None, "precision": "minute"}
    return propose(book or rules(), **{**given, "now": at(now), **more})


def because(found: Proposal) -> str:
    return "\n".join(f"{r.by}: {r.because}" for r in found.reasons)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-06-08T09:00", "2026-06-09T12:00"),  # Monday: 8 hours today, 4 tomorrow
        ("2026-06-12T16:50", "2026-06-16T11:00"),  # Friday afternoon: the weekend does not count; 10:50 is rounded up
        ("2026-06-13T12:00", "2026-06-16T11:00"),  # Saturday: counted from Monday 08:00
    ],
)
def test_a_client_is_promised_hours_of_work_not_hours_of_the_clock(now: str, due: str) -> None:
    assert proposal(now).due_at == at(due)


def test_holidays_are_skipped_by_their_names() -> None:
    found = proposal("2026-12-23T15:00", rules(replace(STOCKHOLM, holidays=(Holidays(country="SE"),), days_off=frozenset({"12-24"}))))
    assert found.due_at == at("2026-12-29T09:00")
    assert "skipped: Christmas Day, Fri 25 Dec 2026" in because(found)
    assert "skipped: day off, Thu 24 Dec 2026" in because(found)


@pytest.mark.parametrize(
    ("kind", "product", "due", "reason"),
    [
        ("amendment", "", "2026-06-10T15:00", "amendment: 24 h"),
        ("amendment", "virtual  STAGING", "2026-06-12T13:00", "amendment/Virtual staging: 40 h"),
        ("amendment", "Floor plan", "2026-06-10T15:00", "amendment: 24 h"),
        ("request", "", "2026-06-12T13:00", "none for request: the longest of all, 40 h"),
    ],
)
def test_the_turnaround_is_that_of_kind_and_product(kind: str, product: str, due: str, reason: str) -> None:
    found = proposal("2026-06-08T09:00", kind=kind, product=product)
    assert found.due_at == at(due)
    assert reason in because(found)


def test_a_rule_book_without_any_turnaround_still_promises_a_day_of_work() -> None:
    assert proposal("2026-06-08T09:00", rules(turnaround=())).due_at == at("2026-06-10T15:00")


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Europe/Stockholm", "2026-03-28T20:00", "2026-03-29T09:00"),  # the clock is put forward: 12 hours end at 9, not 8
        ("Europe/Stockholm", "2026-10-24T20:00", "2026-10-25T07:00"),
        ("America/New_York", "2026-03-07T20:00", "2026-03-08T09:00"),
        ("America/New_York", "2026-10-31T20:00", "2026-11-01T07:00"),
        ("Australia/Sydney", "2026-10-03T20:00", "2026-10-04T09:00"),
        ("Asia/Kathmandu", "2026-03-28T20:10", "2026-03-29T08:30"),  # rounded by the clock there, a quarter off everybody's
    ],
)
def test_a_change_of_the_clock_gives_and_takes_no_work(zone: str, now: str, due: str) -> None:
    book = rules(WorkingHours(time_zone=zone))
    found = propose(book, kind="correction", product="", load=Load(), previous=None, precision="minute", now=at(now, zone))
    assert found.due_at == at(due, zone)


def test_night_work_over_the_weekend_is_counted_where_it_is_done() -> None:
    nights: Week = (((0, 360), (1320, 1440)), *(((0, 360), (1320, 1440)),) * 4, ((0, 360),), ((1320, 1440),))
    found = proposal("2026-06-12T23:00", rules(replace(STOCKHOLM, week=nights)))  # a Friday night
    assert found.due_at == at("2026-06-15T03:00")  # seven hours to Saturday 06:00, then from Sunday 22:00


@pytest.mark.parametrize(
    ("waiting", "due", "reason"),
    [
        (0, "2026-06-09T12:00", "correction: 12 h"),
        (1, "2026-06-09T12:30", "1 ticket ahead, 10 an hour: 0.1 h"),
        (30, "2026-06-09T15:00", "30 tickets ahead, 10 an hour: 3 h"),
        (500, "2026-06-16T17:00", "500 tickets ahead, 10 an hour: 50 h"),
    ],
)
def test_work_that_waits_ahead_is_counted(waiting: int, due: str, reason: str) -> None:
    found = proposal("2026-06-08T09:00", rules(tickets_per_hour=10.0), load=Load(before=waiting))
    assert found.due_at == at(due)
    assert reason in because(found)


def test_load_does_not_count_where_no_rule_says_how_much_is_done() -> None:
    assert proposal("2026-06-08T09:00", load=Load(before=500)).due_at == at("2026-06-09T12:00")


def test_nothing_beyond_two_years_is_proposed_and_a_reason_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[object] = []
    real = calendar.spans
    monkeypatch.setattr(calendar, "spans", lambda hours, day: days.append(day) or real(hours, day))
    found = proposal("2026-06-08T09:00", rules(tickets_per_hour=0.1), load=Load(before=10**12))
    assert found.due_at == at("2028-06-08T17:00")
    assert "more than two years of work wait" in because(found)
    assert len(days) < 3 * calendar.HORIZON.days


def test_where_nobody_ever_works_a_reason_says_that_the_rules_need_mending() -> None:
    found = proposal("2026-06-08T09:00", rules(replace(STOCKHOLM, week=((),) * 7)))
    assert found.due_at == at("2026-06-08T21:00")
    assert "nobody works within two years" in because(found)


@pytest.mark.parametrize(
    ("now", "turnaround", "due"),
    [
        ("2026-06-08T09:07", 2.0, "2026-06-08T11:30"),
        ("2026-06-08T09:07", 7.8, "2026-06-08T17:00"),  # 16:55, and 17:00 is the end of work
        ("2026-06-08T09:00:01", 2.0, "2026-06-08T11:30"),
        ("2026-06-08T09:00", 2.0, "2026-06-08T11:00"),
        ("2026-06-08T09:00", 0.001, "2026-06-08T09:30"),
    ],
)
def test_a_promise_is_rounded_up_and_stays_within_the_hours_of_work(now: str, turnaround: float, due: str) -> None:
    assert proposal(now, rules(turnaround=(("correction", turnaround),))).due_at == at(due)


def test_rounding_never_leaves_a_span_that_ends_off_the_grid() -> None:
    early = replace(STOCKHOLM, week=(((480, 1000),),) * 5 + ((), ()))  # to 16:40
    assert proposal("2026-06-08T09:00", rules(early, turnaround=(("correction", 7.6),))).due_at == at("2026-06-08T16:40")


@pytest.mark.parametrize(
    ("hours", "now", "due"),
    [
        (STOCKHOLM, "2026-06-08T09:00", "2026-06-09T17:00"),
        (WorkingHours(time_zone="Europe/Stockholm"), "2026-06-08T09:00", "2026-06-08T23:59"),  # never the date of the next day
        (WorkingHours(time_zone="Europe/Stockholm"), "2026-06-08T12:00", "2026-06-09T23:59"),  # done at midnight: that is tomorrow
    ],
)
def test_an_order_system_that_knows_days_gets_the_end_of_work_of_that_day(hours: WorkingHours, now: str, due: str) -> None:
    found = proposal(now, rules(hours), precision="day")
    assert found.due_at == at(due)
    assert "it knows days only" in because(found)


@pytest.mark.parametrize(
    ("previous", "due", "reason"),
    [
        ("2026-06-05T12:00", "2026-06-09T12:00", "has passed"),
        ("2026-06-09T10:00", "2026-06-09T12:00", "the previous promise was Tue 9 Jun 2026 10:00"),
        ("2026-06-11T10:15", "2026-06-11T10:15", "can be kept: the work could be done by Tue 9 Jun 2026 12:00"),
        (
            "2026-06-14T10:00",
            "2026-06-09T12:00",
            "is before the previous promise, Sun 14 Jun 2026 10:00 (Europe/Stockholm), which is outside",
        ),
        ("9999-06-14T10:00", "2026-06-09T12:00", "more than two years away"),
    ],
)
def test_a_promise_that_can_be_kept_is_kept(previous: str, due: str, reason: str) -> None:
    found = proposal("2026-06-08T09:00", previous=at(previous))
    assert found.due_at == at(due)
    assert reason in because(found)


def test_a_promised_day_lasts_to_the_end_of_work() -> None:
    found = proposal("2026-06-08T09:00", previous=at("2026-06-11T00:00"), precision="day")
    assert found.due_at == at("2026-06-11T17:00")


def test_many_days_off_are_counted_not_listed() -> None:
    july = frozenset(f"07-{day:02}" for day in range(1, 32))
    found = proposal("2026-06-30T16:00", rules(replace(STOCKHOLM, days_off=july)))
    assert found.due_at == at("2026-08-04T10:00")
    assert because(found).count("skipped: day off") == 5
    assert "18 more days off are skipped" in because(found)
