"""Short ways to say a time (`+2h`, `tomorrow 09:00`), for the buttons of the desk and for commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailbot.decide import calendar
from mailbot.decide.calendar import MINUTE
from mailbot.decide.delivery_time import check_given
from mailbot.model.rulebook import RuleBook

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = '"+90m", "+6h", "+2d", "today 17:00", "tomorrow 09:00", "monday 09:00"'
_LATER = re.compile(r"\+([1-9]\d{0,4})([mhd])")
_ON_A_DAY = re.compile(rf"(today|tomorrow|{'|'.join(WEEKDAYS)}) ([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Pick:
    """A button: what stands on it, the time it means now (aware UTC), and what speaks against that time."""

    label: str
    due_at: datetime
    remarks: tuple[str, ...]


def picks(rules: RuleBook, now: datetime, previous: datetime | None = None) -> tuple[Pick, ...]:
    """The picks of rules/delivery_times.toml that lie ahead."""
    at = ((label, pick(rules, label, now)) for label in rules.delivery.quick_picks)
    return tuple(Pick(label, due, check_given(rules, due, now, previous)) for label, due in at if due > now)


def is_pick(text: str) -> bool:
    """True for a text that `pick` reads."""
    return bool(_LATER.fullmatch(_plain(text)) or _ON_A_DAY.fullmatch(_plain(text)))


def pick(rules: RuleBook, text: str, now: datetime) -> datetime:
    """The time that is meant: a span from now, rounded up; a weekday is the next one after today. Raises ValueError for other texts."""
    if later := _LATER.fullmatch(_plain(text)):
        unit = {"m": "minutes", "h": "hours", "d": "days"}[later[2]]
        return _rounded(rules, now + timedelta(**{unit: int(later[1])}))
    if on := _ON_A_DAY.fullmatch(_plain(text)):
        today = calendar.local(rules.delivery.hours, now)
        days = _days_ahead(on[1], today.weekday())
        wall = today.replace(tzinfo=None, hour=int(on[2]), minute=int(on[3]), second=0, microsecond=0) + timedelta(days=days)
        return wall.replace(tzinfo=today.tzinfo).astimezone(UTC)
    raise ValueError(f"{text!r} is no time that can be picked; write {FORMS}")


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _days_ahead(word: str, today: int) -> int:
    if word in WEEKDAYS:
        return (WEEKDAYS.index(word) - today - 1) % 7 + 1
    return 1 if word == "tomorrow" else 0


def _rounded(rules: RuleBook, at: datetime) -> datetime:
    begun = at.replace(second=0, microsecond=0)
    whole = begun if begun == at else begun + MINUTE
    minutes = -calendar.local(rules.delivery.hours, whole).minute % rules.delivery.rounding_minutes
    return whole + minutes * MINUTE
