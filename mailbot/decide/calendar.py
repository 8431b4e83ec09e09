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
    found: list[Span] = []
    for opens, closes in _minutes(hours, day):
        open_end = closes == DAY_MINUTES and not _goes_on(hours, day)
        begins, ends = _moment(hours, day, opens, fold=0), _moment(hours, day, closes - open_end, fold=1)
        begins = max(begins, found[-1][1]) if found else begins  # two spans may share an hour that the clock repeats
        if begins < ends:
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


def _moment(hours: WorkingHours, day: date, minutes: int, *, fold: int) -> datetime:
    """A local time of day in UTC. A time that the clock skips is the moment of the skip; of one that comes twice `fold` picks."""
    zone = ZoneInfo(hours.time_zone)
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    at = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    return _skip(zone, *sorted(wall.replace(tzinfo=zone, fold=f).astimezone(UTC) for f in (0, 1)))


def _skip(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The moment between two at which the zone's offset changes, to the minute."""
    old = low.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == old else (low, middle)
    return high
