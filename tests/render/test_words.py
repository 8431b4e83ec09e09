"""Times and money as clients read them: in their own zone, in English, without a doubt about the day or the currency."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mailbot.render.words import by_time, local_time, money

DUE = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
SUMMER = datetime(2026, 6, 9, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "read"),
    [
        (DUE, "Europe/Stockholm", "Tuesday 24 November 2026 at 15:30 (Stockholm time, CET)"),
        (SUMMER, "Europe/Stockholm", "Tuesday 9 June 2026 at 16:30 (Stockholm time, CEST)"),
        (DUE, "America/New_York", "Tuesday 24 November 2026 at 09:30 (New York time, EST)"),
        (DUE, "America/Argentina/Buenos_Aires", "Tuesday 24 November 2026 at 11:30 (Buenos Aires time, UTC-03:00)"),
        (DUE, "Asia/Kathmandu", "Tuesday 24 November 2026 at 20:15 (Kathmandu time, UTC+05:45)"),
        (DUE, "Pacific/Auckland", "Wednesday 25 November 2026 at 03:30 (Auckland time, NZDT)"),
        (DUE, "UTC", "Tuesday 24 November 2026 at 14:30 (UTC)"),
        (DUE, "Etc/GMT+5", "Tuesday 24 November 2026 at 09:30 (UTC-05:00)"),
        (DUE, "CET", "Tuesday 24 November 2026 at 15:30 (CET)"),
        (DUE, "../etc/passwd", "Tuesday 24 November 2026 at 14:30 (UTC)"),
        (DUE, "", "Tuesday 24 November 2026 at 14:30 (UTC)"),
    ],
)
def test_clients_read_a_time_in_their_own_zone(at: datetime, zone: str, read: str) -> None:
    assert local_time(at, zone) == read


def test_the_hour_that_the_clock_repeats_is_told_apart() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert local_time(first, "Europe/Stockholm") == "Sunday 25 October 2026 at 02:30 (Stockholm time, CEST)"
    assert local_time(second, "Europe/Stockholm") == "Sunday 25 October 2026 at 02:30 (Stockholm time, CET)"


def test_an_order_system_that_knows_days_only_promises_no_clock_time() -> None:
    assert by_time(DUE, "Europe/Stockholm", "day") == "by the end of Tuesday 24 November 2026"
    assert by_time(DUE, "Europe/Stockholm") == "by Tuesday 24 November 2026 at 15:30 (Stockholm time, CET)"


@pytest.mark.parametrize(
    ("amount", "currency", "read"),
    [("40", "EUR", "EUR 40.00"), ("1240.5", "USD", "USD 1,240.50"), ("4000", "JPY", "JPY 4,000"), ("1.234", "KWD", "KWD 1.234")],
)
def test_a_charge_names_its_currency_without_a_doubt(amount: str, currency: str, read: str) -> None:
    assert money(Decimal(amount), currency) == read
