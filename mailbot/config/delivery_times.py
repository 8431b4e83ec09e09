"""rules/delivery_times.toml: what may be wrong in it, told all at once, and the value that it becomes (P26, X6)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, get_args

from mailbot.config.rule_faults import is_zone, unknown
from mailbot.decide import calendar
from mailbot.decide.quick_picks import FORMS, WEEKDAYS, is_pick
from mailbot.errors import Problem
from mailbot.model.delivery import ALWAYS, DeliveryRules, Holidays, Week, WorkingHours
from mailbot.model.ticket import Kind

FILE = "delivery_times.toml"
TIMED: tuple[Kind, ...] = ("correction", "amendment", "update", "mixed")  # kinds that end in new files
ROUNDINGS = tuple(n for n in range(1, 61) if 60 % n == 0)
LONGEST_HOURS = 2000
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY = re.compile(r"(?:\d{4}-)?\d{2}-\d{2}")
_SPAN_REMEDY = 'Write "08:00-17:00"; over midnight "22:00-06:00"; to midnight "18:00-24:00"'
_HOURS_REMEDY = 'Write hours = "always", or hours = { monday = ["08:00-12:00", "13:00-17:00"] }'


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnBefore:
    """`share` of the promised hours of work, but at least `minutes`."""

    share: float = 0.25
    minutes: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTimes:
    """The file as written. `hours`, `holidays` and `days_off` have several forms; `problems` says what is wrong in them."""

    turnaround_hours: dict[str, float]
    time_zone: str = "UTC"
    hours: Any = "always"
    holidays: Any = ()
    days_off: Any = ()
    tickets_per_hour: float | None = None
    rounding_minutes: int = 30
    warn_before: WarnBefore = field(default_factory=WarnBefore)
    tell_client_before_minutes: int = 30
    next_news_minutes: int = 240
    quick_picks: tuple[str, ...] = ()


def problems(given: DeliveryTimes | None) -> Iterator[Problem]:
    """Every fault of a file that could be read (None: it could not)."""
    if given is not None:
        for check in (_turnarounds, _hours, _holidays, _days_off, _numbers, _quick_picks):
            yield from check(given)


def rules(given: DeliveryTimes) -> DeliveryRules:
    """The value of a file without faults."""
    hours = WorkingHours(
        time_zone=given.time_zone, week=_week(given.hours), holidays=tuple(_holiday(row) for row in _rows(given.holidays)),
        days_off=frozenset(str(day) for day in given.days_off),
    )  # fmt: skip
    return DeliveryRules(
        turnaround=tuple(given.turnaround_hours.items()), hours=hours, tickets_per_hour=given.tickets_per_hour,
        rounding_minutes=given.rounding_minutes, warn_share=given.warn_before.share, warn_minutes=given.warn_before.minutes,
        tell_client_before_minutes=given.tell_client_before_minutes, next_news_minutes=given.next_news_minutes,
        quick_picks=given.quick_picks,
    )  # fmt: skip


def _turnarounds(given: DeliveryTimes) -> Iterator[Problem]:
    for name, hours in given.turnaround_hours.items():
        kind = name.partition("/")[0]
        if kind not in get_args(Kind):
            yield unknown(FILE, f"turnaround_hours.{name}", kind, get_args(Kind))
        if not 0 < hours <= LONGEST_HOURS:
            remedy = f"Give hours of work, for example 24, at most {LONGEST_HOURS}"
            yield _fault(f"turnaround_hours.{name}", "is not above zero" if hours <= 0 else f"{hours:g} is no usable number", remedy)
    for kind in TIMED:
        if kind not in given.turnaround_hours:
            yield _fault(
                f"turnaround_hours.{kind}", "is missing: nothing could be promised for this kind", f"Give hours of work: {kind} = 24"
            )


def _hours(given: DeliveryTimes) -> Iterator[Problem]:
    if not is_zone(given.time_zone):
        yield _fault("time_zone", f"{given.time_zone!r} is no time zone", 'Write "Europe/Stockholm"')
    if given.hours == "always":
        return
    if not isinstance(given.hours, dict):
        yield _fault("hours", f"{given.hours!r} are no hours", _HOURS_REMEDY)
        return
    yield from (unknown(FILE, "hours", day, WEEKDAYS) for day in given.hours if day not in WEEKDAYS)
    for day, written in given.hours.items():
        if not isinstance(written, list):
            yield _fault(f"hours.{day}", f"{written!r} is no list", _HOURS_REMEDY)
            continue
        for span in written:
            if not _is_span(span):
                yield _fault(f"hours.{day}", f"{span!r} is no span of a day", _SPAN_REMEDY)
    if not any(given.hours.values()):
        yield _fault("hours", "nobody ever works", _HOURS_REMEDY)


def _holidays(given: DeliveryTimes) -> Iterator[Problem]:
    keys = [f.name for f in fields(Holidays)]
    remedy = 'Write holidays = { country = "SE" }, or a list of such tables'
    if not isinstance(given.holidays, dict | list | tuple):
        yield _fault("holidays", f"{given.holidays!r} names no country", remedy)
        return
    for number, row in enumerate(_rows(given.holidays), 1):
        place = f"holidays {number}"
        if not isinstance(row, dict) or not isinstance(row.get("country"), str):
            yield _fault(place, "names no country", remedy)
            continue
        yield from (unknown(FILE, place, key, keys) for key in row if key not in keys)
        yield from _holidays_of(place, row)


def _holidays_of(place: str, row: dict[str, Any]) -> Iterator[Problem]:
    known = calendar.countries()
    country, subdivision, worked = row["country"], row.get("subdivision", ""), row.get("worked", [])
    if country not in known:
        yield _fault(f"{place}: country", f"there are no holidays known of {country!r}", "Give an ISO 3166 code, such as SE, DE or US")
    elif subdivision and subdivision not in known[country]:
        yield unknown(FILE, f"{place}: subdivision", str(subdivision), [str(s) for s in known[country]] or ["none in this country"])
    elif not isinstance(worked, list) or not all(isinstance(name, str) for name in worked):
        yield _fault(f"{place}: worked", "is no list of names", 'Write worked = ["Epiphany"]')
    else:
        years = range(2026, 2030)  # any few years hold every name
        names = sorted({name for year in years for name in calendar.public_holidays(country, subdivision, year).values()})
        yield from (unknown(FILE, f"{place}: worked", name, names) for name in worked if name not in names)


def _days_off(given: DeliveryTimes) -> Iterator[Problem]:
    if not isinstance(given.days_off, list | tuple):
        yield _fault("days_off", "is no list", 'Write days_off = [2026-12-24, "12-31"]')
        return
    for day in given.days_off:
        if not _is_day(day):
            yield _fault("days_off", f"{day} is no date", 'Write 2026-12-24, or "12-24" for every year')


def _numbers(given: DeliveryTimes) -> Iterator[Problem]:
    warn, tell, an_hour, rounding = given.warn_before, given.tell_client_before_minutes, given.tickets_per_hour, given.rounding_minutes
    if an_hour is not None and not 0 < an_hour < math.inf:
        remedy = "Give how many tickets an hour are finished, or remove the key: load does not count then"
        yield _fault("tickets_per_hour", "is not above zero", remedy)
    if rounding not in ROUNDINGS:
        yield _fault("rounding_minutes", f"{rounding} does not divide an hour", f"Give one of {', '.join(map(str, ROUNDINGS))}")
    if not 0 <= warn.share <= 0.5:
        yield _fault("warn_before.share", f"{warn.share:g} is not between 0 and 0.5", "Give a share of the promised time, for example 0.25")
    for key, minutes in (("tell_client_before_minutes", tell), ("next_news_minutes", given.next_news_minutes)):
        if not 1 <= minutes <= LONGEST_HOURS * 60:
            yield _fault(key, "is not above zero" if minutes < 1 else "is too long", "Give minutes, for example 60")
    if not tell < warn.minutes <= LONGEST_HOURS * 60:
        remedy = f"Give more than tell_client_before_minutes = {tell}, so that coordinators are warned before the client is told"
        yield _fault("warn_before.minutes", f"{warn.minutes} is too late" if warn.minutes <= tell else "is too long", remedy)


def _quick_picks(given: DeliveryTimes) -> Iterator[Problem]:
    yield from (_fault("quick_picks", f"{text!r} names no time", f"Write {FORMS}") for text in given.quick_picks if not is_pick(text))


def _week(hours: Any) -> Week:
    """Spans of seven days; what goes over midnight belongs to the day after, too; what overlaps or meets is one."""
    if hours == "always":
        return ALWAYS
    minutes: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for name, written in hours.items():
        day = WEEKDAYS.index(name)
        for opens, closes in map(_span, written):
            minutes[day].append((opens, closes if opens < closes else 1440))
            if closes < opens:
                minutes[(day + 1) % 7].append((0, closes))
    return tuple(_joined(day) for day in minutes)


def _joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(s for s in spans if s[0] < s[1]):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def _is_span(written: object) -> bool:
    if not isinstance(written, str) or not _SPAN.fullmatch(written):
        return False
    opens, closes = _span(written)
    return opens != closes <= 1440


def _span(written: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(written)
    hours = [int(n) for n in found.groups()] if found else [0, 0, 0, 0]
    return hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]


def _is_day(day: object) -> bool:
    if isinstance(day, date) and not isinstance(day, datetime):
        return True
    if not isinstance(day, str) or not _DAY.fullmatch(day):
        return False
    try:
        date.fromisoformat(day if len(day) > 5 else f"2028-{day}")  # a leap year: 29 February is a date
    except ValueError:
        return False
    return True


def _rows(holidays: Any) -> list[Any]:
    return [holidays] if isinstance(holidays, dict) else list(holidays)


def _holiday(row: dict[str, Any]) -> Holidays:
    return Holidays(country=row["country"], subdivision=row.get("subdivision", ""), worked=tuple(row.get("worked", ())))


def _fault(key: str, what: str, remedy: str) -> Problem:
    return Problem(FILE, key, what, remedy)
