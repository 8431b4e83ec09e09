"""Hours of work on real days: weekly spans in local time, daylight saving, public holidays. Arithmetic over days, not minutes.

The home of the library `holidays`, which is imported when a rule first names a country (15 MB, 0.2 s).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mailbot.model.delivery import WorkingHours

HORIZON = timedelta(days=2 * 366)  # nobody promises beyond; bounds every loop
DAY_MINUTES = 1440
MINUTE = timedelta(minutes=1)
DAY_OFF = "day off"
Span = tuple[datetime, datetime]


def after(hours: WorkingHours, start: datetime, amount: timedelta) -> datetime | None:
    """The moment at which `amount` of work is done that begins at `start` (aware UTC); None where the horizon is too near."""
    left = amount
    for begins, ends in _spans_from(hours, start):
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    return None


def before(hours: WorkingHours, end: datetime, amount: timedelta) -> datetime | None:
    """The moment from which `amount` of work remains until `end`; None where the horizon is too near."""
    left = amount
    for begins, ends in _spans_until(hours, end):
        if left <= ends - begins:
            return ends - left
        left -= ends - begins
    return None


def last(hours: WorkingHours, start: datetime) -> datetime | None:
    """The last moment of work before the horizon; None where nobody ever works."""
    return max((ends for _, ends in _spans_from(hours, start)), default=None)


def between(hours: WorkingHours, start: datetime, end: datetime) -> timedelta:
    """How much work lies between two moments; what lies beyond the horizon is not counted."""
    done = timedelta()
    for begins, ends in _spans_from(hours, start):
        if begins >= end:
            break
        done += min(ends, end) - begins
    return done


def span_of(hours: WorkingHours, at: datetime) -> Span | None:
    """The span that holds this moment, its last moment included; the one that begins there where two meet."""
    return next((s for s in reversed(spans(hours, local_day(hours, at))) if s[0] <= at <= s[1]), None)


def spans(hours: WorkingHours, day: date) -> tuple[Span, ...]:
    """The hours of work of one local day as moments in UTC; none on a day off.

    A day whose work goes on to midnight ends a minute earlier if none follows: a promise must not bear the date of a day off.
    """
    minutes = _minutes(hours, day)
    if minutes and minutes[-1][1] == DAY_MINUTES and not _goes_on(hours, day):
        minutes = (*minutes[:-1], (minutes[-1][0], DAY_MINUTES - 1))
    found: list[Span] = []
    for first, last, offset in _pieces(ZoneInfo(hours.time_zone), day) if minutes else ():
        midnight = datetime.combine(day, time(), UTC) - offset
        for opens, closes in minutes:
            begins, ends = max(first, midnight + opens * MINUTE), min(last, midnight + closes * MINUTE)
            if found and found[-1][1] == begins < ends:
                found[-1] = (found[-1][0], ends)
            elif begins < ends:
                found.append((begins, ends))
    return tuple(found)


def local(hours: WorkingHours, at: datetime) -> datetime:
    """The moment by the clock of the people who work."""
    return at.astimezone(ZoneInfo(hours.time_zone))


def local_day(hours: WorkingHours, at: datetime) -> date:
    """The date there."""
    return local(hours, at).date()


def day_off(hours: WorkingHours, day: date) -> str:
    """Why nobody works on this date: the holiday's name or the rule; "" where it is a day like others."""
    if {f"{day:%Y-%m-%d}", f"{day:%m-%d}"} & hours.days_off:
        return DAY_OFF
    named = ((h, public_holidays(h.country, h.subdivision, day.year).get(day, "")) for h in hours.holidays)
    return next((name for h, name in named if name and name not in h.worked), "")


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """Date -> name, in English where the library has it. Raises NotImplementedError for an unknown country or subdivision."""
    import holidays

    languages = type(holidays.country_holidays(country)).supported_languages
    language = "en_US" if "en_US" in languages else None
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year, expand=False, language=language))


def countries() -> dict[str, list[str]]:
    """Codes of every country whose holidays are known, with the codes of its subdivisions."""
    import holidays

    return holidays.list_supported_countries()


def _minutes(hours: WorkingHours, day: date) -> tuple[tuple[int, int], ...]:
    return () if day_off(hours, day) else hours.week[day.weekday()]


def _goes_on(hours: WorkingHours, day: date) -> bool:
    following = _minutes(hours, day + timedelta(days=1))
    return bool(following) and following[0][0] == 0


def _spans_from(hours: WorkingHours, start: datetime) -> Iterator[Span]:
    first = local_day(hours, start)
    for number in range(HORIZON.days):
        for begins, ends in spans(hours, first + timedelta(days=number)):
            if ends > start:
                yield max(begins, start), ends


def _spans_until(hours: WorkingHours, end: datetime) -> Iterator[Span]:
    last = local_day(hours, end)
    for number in range(HORIZON.days):
        for begins, ends in reversed(spans(hours, last - timedelta(days=number))):
            if begins < end:
                yield begins, min(ends, end)


def _pieces(zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime, timedelta]]:
    """What holds the whole local day, in pieces of one offset from UTC: a day on which the clock changes has two."""
    walls = (datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time()))
    (first, _), (_, last) = (sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)) for wall in walls)
    before, after = _offset(zone, first), _offset(zone, last)
    if before == after:
        return [(first, last, before)]
    change = _change(zone, first, last)
    return [(first, change, before), (change, last, after)]


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The minute between two whole minutes at which the zone's offset changes."""
    before = _offset(zone, low)
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
