"""rules/delivery_times.toml: every form that may be written, and every fault with its place and remedy (X6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.errors import BadRules
from mailbot.model.delivery import ALWAYS, DeliveryRules, Holidays

SHIPPED = defaults_dir("rules")
TURNAROUND = "[turnaround_hours]\ncorrection = 12\namendment = 24\nupdate = 12\nmixed = 24\n"


def read(tmp_path: Path, text: str) -> DeliveryRules:
    (tmp_path / "delivery_times.toml").write_text(text, encoding="utf-8")
    return load_rules([SHIPPED, tmp_path]).delivery


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadRules) as error:
        read(tmp_path, text)
    return [str(p) for p in error.value.problems]


def test_the_shipped_file_names_every_key_and_promises_round_the_clock() -> None:
    rules = load_rules([SHIPPED]).delivery
    assert rules.hours.week == ALWAYS
    assert rules.tickets_per_hour == 10
    assert rules.quick_picks == ("+2h", "+6h", "+24h", "tomorrow 09:00")


def test_a_file_of_turnarounds_alone_is_enough(tmp_path: Path) -> None:
    rules = read(tmp_path, TURNAROUND)
    assert dict(rules.turnaround)["amendment"] == 24
    assert (rules.hours.week, rules.tickets_per_hour, rules.rounding_minutes) == (ALWAYS, None, 30)


def test_hours_are_written_by_weekday_and_may_go_over_midnight(tmp_path: Path) -> None:
    hours = 'hours = { monday = ["13:00-17:00", "08:00-12:00", "12:00-12:30"], friday = ["22:00-06:00"], sunday = ["20:00-24:00", "23:00-02:00"] }\n'
    week = read(tmp_path, hours + TURNAROUND).hours.week
    assert week == (((0, 120), (480, 750), (780, 1020)), (), (), (), ((1320, 1440),), ((0, 360),), ((1200, 1440),))


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ('holidays = { country = "SE" }\n', (Holidays(country="SE"),)),
        (
            'holidays = [{ country = "DE", subdivision = "BY" }, { country = "SE", worked = ["Epiphany"] }]\n',
            (Holidays(country="DE", subdivision="BY"), Holidays(country="SE", worked=("Epiphany",))),
        ),
        ("holidays = []\n", ()),
    ],
)
def test_holidays_of_one_country_or_of_several(tmp_path: Path, text: str, sets: tuple[Holidays, ...]) -> None:
    assert read(tmp_path, text + TURNAROUND).hours.holidays == sets


def test_days_off_are_dates_or_days_of_every_year(tmp_path: Path) -> None:
    text = 'days_off = [2026-12-24, "12-31", "2027-01-05", "02-29"]\n'
    assert read(tmp_path, text + TURNAROUND).hours.days_off == {"2026-12-24", "12-31", "2027-01-05", "02-29"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('time_zone = "Sweden"', "time_zone: 'Sweden' is no time zone. Write \"Europe/Stockholm\""),
        ('hours = "mostly"', "hours: 'mostly' are no hours. Write hours = \"always\", or"),
        ("hours = {}", "hours: nobody ever works"),
        ("hours = { monday = [] }", "hours: nobody ever works"),
        ('hours = { mondey = ["08:00-17:00"] }', "hours: there is no 'mondey'. Did you mean monday?"),
        ('hours = { monday = "08:00-17:00" }', "hours.monday: '08:00-17:00' is no list"),
        ('hours = { monday = ["8-17"] }', "hours.monday: '8-17' is no span of a day. Write \"08:00-17:00\""),
        ('hours = { monday = ["08:00-24:30"] }', "hours.monday: '08:00-24:30' is no span"),
        ('hours = { monday = ["08:00-08:00"] }', "hours.monday: '08:00-08:00' is no span"),
        ("hours = { monday = [8] }", "hours.monday: 8 is no span"),
        ('holidays = "SE"', "holidays: 'SE' names no country. Write holidays = { country = \"SE\" }"),
        ("holidays = [{}]", "holidays 1: names no country"),
        ('holidays = { country = "XX" }', "holidays 1: country: there are no holidays known of 'XX'. Give an ISO 3166 code"),
        ('holidays = { country = "Sweden" }', "holidays 1: country: there are no holidays known of 'Sweden'"),
        ('holidays = { country = "DE", subdivision = "BX" }', "holidays 1: subdivision: there is no 'BX'. Known: BB, BE, BW, BY"),
        (
            'holidays = [{ country = "SE" }, { country = "SE", subdivison = "X" }]',
            "holidays 2: there is no 'subdivison'. Did you mean subdivision?",
        ),
        ('holidays = { country = "SE", worked = ["Epifany"] }', "holidays 1: worked: there is no 'Epifany'. Did you mean Epiphany?"),
        ('holidays = { country = "SE", worked = "Epiphany" }', "holidays 1: worked: is no list of names"),
        ('days_off = "12-24"', "days_off: is no list"),
        ('days_off = ["24.12."]', "days_off: 24.12. is no date. Write 2026-12-24"),
        ('days_off = ["02-30"]', "days_off: 02-30 is no date"),
        ("days_off = [2026-12-24T10:00:00]", "days_off: 2026-12-24 10:00:00 is no date"),
        ("tickets_per_hour = 0", "tickets_per_hour: is not above zero. Give how many tickets"),
        ("tickets_per_hour = inf", "tickets_per_hour: is not above zero"),
        ("tickets_per_hour = nan", "tickets_per_hour: is not above zero"),
        ("rounding_minutes = 45", "rounding_minutes: 45 does not divide an hour. Give one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60"),
        ("rounding_minutes = 0", "rounding_minutes: 0 does not divide an hour"),
        ("warn_before = { share = 2 }", "warn_before.share: 2 is not between 0 and 0.5"),
        ("warn_before = { minutes = 20 }", "warn_before.minutes: 20 is too late. Give more than tell_client_before_minutes = 30"),
        ("warn_before = { shar = 0.2 }", "warn_before.shar: there is no such key. Did you mean share?"),
        ("tell_client_before_minutes = 0", "tell_client_before_minutes: is not above zero"),
        ("next_news_minutes = -5", "next_news_minutes: is not above zero"),
        ('quick_picks = ["+2h", "noon"]', "quick_picks: 'noon' names no time. Write"),
        ("ticket_per_hour = 3", "ticket_per_hour: there is no such key. Did you mean tickets_per_hour?"),
    ],
)
def test_each_fault_is_told_with_its_place_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    found = faults(tmp_path, f"{text}\n{TURNAROUND}")
    assert len(found) == 1, found
    assert told in found[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("correction = 12\nupdate = 12\nmixed = 1", ["turnaround_hours.amendment: is missing: nothing could be promised"]),
        (
            "correction = 0\namendment = -1\nupdate = inf\nmixed = nan",
            ["correction: is not above", "amendment: is not", "update: inf", "mixed: nan"],
        ),
        ('corection = 1\n"ammendment/Sky" = 2', ["Did you mean correction?", "Did you mean amendment?", *["is missing"] * 4]),
    ],
)
def test_a_kind_without_a_usable_turnaround_is_found_before_it_goes_live(tmp_path: Path, text: str, told: list[str]) -> None:
    found = faults(tmp_path, f"[turnaround_hours]\n{text}\n")
    assert len(found) == len(told), found
    assert all(any(part in line for line in found) for part in told)


def test_all_faults_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    text = 'time_zone = "X"\nhours = { munday = ["9"] }\nrounding_minutes = 7\nquick_picks = ["x"]\ndays_off = [1]\n[turnaround_hours]\ncorrection = 1\n'
    assert len(faults(tmp_path, text)) == 9
