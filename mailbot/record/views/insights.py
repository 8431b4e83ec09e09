"""How the desk is doing: six tables of figures, each with what it was counted from. Charts and downloads are made of the same rows."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, case, func, select, type_coerce

from mailbot.model.figures import Share, quantile
from mailbot.record.columns import EPOCH, MICROSECOND, fixed
from mailbot.record.tables import address, order_fact, reading, ticket
from mailbot.record.views.client import YEAR, share_of
from mailbot.record.views.times import rfc3339

Cell = str | int | float | None
HOUR = timedelta(hours=1)
_HOUR_US = HOUR // MICROSECOND
CLIENTS = 40  # of the chart of corrections; the downloads name them all
KINDS = ("correction", "amendment", "feedback")
# Hours before (positive) or after (negative) the promised time; the last bucket has no end.
SLACK = ((24, None), (12, 24), (6, 12), (3, 6), (1, 3), (0, 1), (-1, 0), (-3, -1), (-6, -3), (None, -6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """Rows in the order of `columns`; times are RFC 3339, shares between 0 and 1. `facts`: figures over all rows."""

    name: str
    since: datetime
    until: datetime
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    facts: Mapping[str, Cell] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "since": rfc3339(self.since), "until": rfc3339(self.until), "facts": dict(self.facts),
            "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`zone`: of the company, in which days and hours are counted. `answer_minutes`: what clients are promised (rules/escalation.toml).
    `every_client`: for downloads."""

    now: datetime
    zone: tzinfo
    answer_minutes: tuple[int, int]
    every_client: bool = False


def load(c: Connection, asked: Asked) -> Insight:
    """Per hour of the last 48: tickets opened, finished (delivered or closed), and how many waited unread at its end."""
    begin = _hour(asked.now) - 47 * HOUR
    hours = [begin + n * HOUR for n in range(48)]
    t = ticket.c
    opened = _per_hour(c, t.opened_at, begin)
    finished = _per_hour(c, t.delivered_at, begin) + _per_hour(c, t.closed_at, begin, t.delivered_at.is_(None))
    waits = [(_us(s), _us(r)) for s, r in c.execute(select(reading.c.started_at, reading.c.read_at).where(reading.c.read_at >= begin))]
    unread = c.execute(select(t.clock_started_at).where(t.is_open == fixed(1), t.read_at.is_(None))).scalars()
    starts, ends = sorted([*(s for s, _ in waits), *(_us(at) for at in unread)]), sorted(r for _, r in waits)
    rows: list[tuple[Cell, ...]] = []
    for hour in hours:
        end = min(_us(hour) + _HOUR_US, _us(asked.now))
        waiting = bisect_right(starts, end) - bisect_right(ends, end)
        rows.append((rfc3339(hour), opened[_us(hour) // _HOUR_US], finished[_us(hour) // _HOUR_US], waiting))
    return Insight(name="load", since=begin, until=asked.now, columns=("hour", "opened", "finished", "waiting"), rows=tuple(rows))


def waiting_time(c: Connection, asked: Asked) -> Insight:
    """Per day of the last 14: minutes until a person read the client's message (P21), and the share within the promise."""
    days, since = _days(asked, 14)
    waited = type_coerce(reading.c.read_at, BigInteger) - type_coerce(reading.c.started_at, BigInteger)
    wanted = select(type_coerce(reading.c.read_at, BigInteger), waited).where(reading.c.read_at >= since)
    bounds = [_us(begin) for _, begin in days]
    minutes: dict[int, list[float]] = defaultdict(list)
    for read_at, wait in c.execute(wanted):
        minutes[bisect_right(bounds, read_at) - 1].append(max(0, wait) / 60e6)
    latest = asked.answer_minutes[1]
    rows: list[tuple[Cell, ...]] = []
    for n, (name, _) in enumerate(days):
        some = sorted(minutes[n])
        within = bisect_right(some, latest) / len(some) if some else None
        rows.append((name, len(some), *(_rounded(quantile(some, q)) for q in (0.5, 0.9, 0.99)), _rounded(within, 4)))
    everything = [m for some in minutes.values() for m in some]
    kept = Share(sum(m <= latest for m in everything), len(everything))
    return Insight(
        name="waiting_time", since=since, until=asked.now, columns=("day", "readings", "p50", "p90", "p99", "within_promise"),
        rows=tuple(rows), facts={"within_promise": kept.value, "readings": kept.total, "promise_minutes": latest},
    )  # fmt: skip


def arrivals(c: Connection, asked: Asked) -> Insight:
    """Tickets opened by weekday and hour of the company's clock, in the mean of the last 8 weeks: when people are needed."""
    since = _hour(asked.now) - timedelta(weeks=8)
    found: Counter[tuple[int, int]] = Counter()
    for hour, many in _per_hour(c, ticket.c.opened_at, since).items():
        local = (EPOCH + hour * HOUR).astimezone(asked.zone)
        found[local.weekday(), local.hour] += many
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows = tuple((names[day], hour, round(found[day, hour] / 8, 2)) for day in range(7) for hour in range(24))
    facts: dict[str, Cell] = {"tickets": sum(found.values())}
    return Insight(name="arrivals", since=since, until=asked.now, columns=("weekday", "hour", "tickets_a_week"), rows=rows, facts=facts)


def corrections(c: Connection, asked: Asked) -> Insight:
    """Per client: of the orders of 12 months, how many had a correction that a supervisor accepted (P32), with its uncertainty."""
    since = asked.now - YEAR
    t = ticket.c
    accepted = (t.assessed.is_not(None), t.assessed == "correction", t.assessed_at >= since, t.client != "")
    each = select(t.client, t.order).where(*accepted).distinct().subquery()
    corrected = {row.client: row.many for row in c.execute(select(each.c.client, func.count().label("many")).group_by(each.c.client))}
    placed = select(order_fact.c.client, func.count().label("many")).where(order_fact.c.placed_at >= since).group_by(order_fact.c.client)
    orders = {row.client: row.many for row in c.execute(placed)}
    shares = {name: share_of(corrected.get(name, 0), orders.get(name, 0)) for name in {*corrected, *orders}}
    ranked = sorted(shares, key=lambda name: (-shares[name].low, -shares[name].total, name))
    shown = ranked if asked.every_client else ranked[:CLIENTS]
    names = _client_names(c, shown)
    rows = [
        (k, names.get(k, ""), s.hits, s.total, _rounded(s.value, 4), round(s.low, 4), round(s.high, 4), s.against())
        for k in shown
        for s in (shares[k],)
    ]
    over = Share(sum(s.hits for s in shares.values()), sum(s.total for s in shares.values()))
    return Insight(
        name="corrections", since=since, until=asked.now, rows=tuple(rows),
        columns=("client", "name", "corrected", "orders", "share", "low", "high", "against_normal"),
        facts={"clients": len(shares), "corrected": over.hits, "orders": over.total, "share": _rounded(over.value, 4)},
    )  # fmt: skip


def promises(c: Connection, asked: Asked) -> Insight:
    """Deliveries of the last 90 days by how long before or after the promised time they came (X3)."""
    since = asked.now - timedelta(days=90)
    t = ticket.c
    slack = type_coerce(t.delivery_time, BigInteger) - type_coerce(t.delivered_at, BigInteger)
    bucket = case(*((slack >= low * _HOUR_US, n) for n, (low, _) in enumerate(SLACK[:-1]) if low is not None), else_=len(SLACK) - 1)
    some = (t.delivered_at.is_not(None), t.delivered_at >= since, t.delivery_time.is_not(None))
    counted = {int(row[0]): int(row[1]) for row in c.execute(select(bucket, func.count()).where(*some).group_by(bucket))}
    rows = tuple((low, high, counted.get(n, 0)) for n, (low, high) in enumerate(SLACK))
    kept = Share(sum(many for low, _, many in rows if low is not None and low >= 0), sum(many for _, _, many in rows))
    facts = {"kept": kept.hits, "deliveries": kept.total, "share": kept.value, "low": kept.low, "high": kept.high}
    columns = ("hours_early_from", "hours_early_to", "deliveries")
    return Insight(name="promises", since=since, until=asked.now, columns=columns, rows=rows, facts=facts)


def assessments(c: Connection, asked: Asked) -> Insight:
    """What clients claimed against what supervisors decided, in 12 months: where clients misjudge."""
    since = asked.now - YEAR
    t = ticket.c
    claimed = func.coalesce(t.claimed, "nothing")
    wanted = select(claimed, t.assessed, func.count()).where(t.assessed.is_not(None), t.assessed_at >= since)
    counted = {(str(row[0]), str(row[1])): int(row[2]) for row in c.execute(wanted.group_by(claimed, t.assessed))}
    rows: list[tuple[Cell, ...]] = [(said, *(counted.get((said, decided), 0) for decided in KINDS)) for said in (*KINDS, "nothing")]
    agreed = Share(sum(counted.get((k, k), 0) for k in KINDS), sum(many for (said, _), many in counted.items() if said in KINDS))
    return Insight(
        name="assessments", since=since, until=asked.now, columns=("claimed", *(f"assessed_{k}" for k in KINDS)),
        rows=tuple(rows),
        facts={"agreed": agreed.hits, "claims": agreed.total, "share": agreed.value},
    )  # fmt: skip


INSIGHTS: dict[str, Callable[[Connection, Asked], Insight]] = {
    "load": load, "waiting_time": waiting_time, "arrivals": arrivals, "corrections": corrections, "promises": promises,
    "assessments": assessments,
}  # fmt: skip


# --- parts -------------------------------------------------------------------------------------------------------------------


def _per_hour(c: Connection, at: ColumnElement[Any], since: datetime, *where: ColumnElement[bool]) -> Counter[int]:
    """Hours since 1970 -> how many."""
    hour = type_coerce(at, BigInteger).op("/", return_type=BigInteger())(_HOUR_US)
    wanted = select(hour, func.count()).where(at.is_not(None), at >= since, *where).group_by(hour)
    return Counter({int(row[0]): int(row[1]) for row in c.execute(wanted)})


def _days(asked: Asked, many: int) -> tuple[list[tuple[str, datetime]], datetime]:
    """(name, begin) of the last days of the company's clock, today last; and when the first began."""
    today = asked.now.astimezone(asked.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(today - timedelta(days=back)) for back in range(many - 1, -1, -1)]
    return [(day.strftime("%Y-%m-%d"), day) for day in days], days[0]


def _client_names(c: Connection, clients: Sequence[str]) -> dict[str, str]:
    a = address
    wanted = select(a.c.client, func.max(a.c.name)).where(a.c.client.in_(clients)).group_by(a.c.client)
    return {str(row[0]): str(row[1]) for row in c.execute(wanted)} if clients else {}


def _hour(at: datetime) -> datetime:
    return at - (at - EPOCH) % HOUR


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def _us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND
