"""What rules/delivery_times.toml says, as one value: how long work takes, when people work, how news of it is told (P26, P27)."""

from __future__ import annotations

from dataclasses import dataclass, field

Week = tuple[tuple[tuple[int, int], ...], ...]
ALWAYS: Week = (((0, 1440),),) * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Public holidays of a country (ISO 3166), or of one of its subdivisions. `worked` names those on which the company works."""

    country: str
    subdivision: str = ""
    worked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """When work goes on, in local time of `time_zone`.

    `week`: per weekday, Monday first, the spans of that day in minutes after midnight: sorted, apart, within 0 to 1440. What the
    operator writes over midnight is cut there. `days_off` are dates: "2026-12-24", or "12-24" for every year.
    """

    time_zone: str = "UTC"
    week: Week = ALWAYS
    holidays: tuple[Holidays, ...] = ()
    days_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """`turnaround` holds hours of work by "kind" or "kind/product". `tickets_per_hour`: None where load does not count.

    A promise is at risk from `warn_share` of its hours of work before it lapses, and `warn_minutes` at least.
    """

    turnaround: tuple[tuple[str, float], ...] = ()
    hours: WorkingHours = field(default_factory=WorkingHours)
    tickets_per_hour: float | None = None
    rounding_minutes: int = 30
    warn_share: float = 0.25
    warn_minutes: int = 60
    tell_client_before_minutes: int = 30
    next_news_minutes: int = 240
    quick_picks: tuple[str, ...] = ()
