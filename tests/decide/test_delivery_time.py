"""The proposal of a new delivery time (P26): hours of work on real days, load, rounding, the previous promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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
