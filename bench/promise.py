"""How well is the delivery promise kept?  python bench/promise.py [--seeds N] [--only NAME] [--json]

Simulates a firm for sixteen months: a Swedish calendar, days and seasons, campaigns that come back at once, days of double load,
people who fall ill, work that slows down and recovers. Production takes tickets as they were promised, or what is due first. Every
ticket is promised by `propose`; every thirty days the rules are calibrated (`calibrate`) on the last 120 days, as an operator would
after `mailbot promise backtest`. The last twelve months count. Printed: share kept, slack (hours promised but not needed, of all
hours promised), and the floor of the slack: that of a promise that knows when the work on the ticket begins, but not how long it
takes.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import statistics
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.decide import calendar
from mailbot.decide.calibration import Delivered, calibrate
from mailbot.decide.delivery_time import Load, propose
from mailbot.model.delivery import DeliveryRules, Holidays, WorkingHours
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Kind

OPEN_TO_TEN = ((420, 1320),)  # 07:00 to 22:00
HOURS = WorkingHours(
    time_zone="Europe/Stockholm", week=(OPEN_TO_TEN,) * 5 + (((540, 900),), ()), holidays=(Holidays(country="SE"),),
    days_off=frozenset({"12-24", "12-31"}),
)  # fmt: skip
BEGIN, COUNTED, END = (datetime(*d, tzinfo=UTC) for d in ((2025, 9, 1), (2026, 1, 1), (2027, 1, 1)))
HOUR = timedelta(hours=1)
DAY = (0.2,) * 6 + (0.5, 1, 1.6, 2, 2, 1.8, 1.4, 1.6, 1.8, 1.6, 1.4, 1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)  # hour of UTC
WEEK = (1.3, 1.1, 1.0, 1.0, 1.1, 0.6, 0.5)
TARGET_KEPT, TARGET_SLACK = 0.02, 0.25


@dataclass(frozen=True)
class Work:
    """Hours of work of one ticket are lognormal: mean and spread (sigma) of their logarithm."""

    kind: Kind
    product: str
    share: float
    mean: float
    spread: float


MIX = (
    Work("correction", "", 0.45, 0.6, 0.5), Work("amendment", "", 0.3, 1.2, 0.5), Work("amendment", "Virtual staging", 0.1, 2.5, 0.4),
    Work("update", "", 0.1, 0.5, 0.5), Work("mixed", "", 0.05, 1.5, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Firm:
    name: str
    a_day: float
    people: int
    due_first: bool = False


FIRMS = (
    Firm("quiet", 60, 10),
    Firm("normal", 60, 8),
    Firm("busy", 63, 8),
    Firm("small", 22, 4),
    Firm("normal, due first", 60, 8, due_first=True),
)


@dataclass
class Ticket:
    """`set_w`, `due_w`, `begun_w`, `done_w`: hours of work since the beginning."""

    at: datetime
    work: Work
    takes: float
    set_w: float
    before: int = 0
    added: float = 0.0
    due_w: float = 0.0
    begun_w: float = 0.0
    done_w: float = 0.0


class Axis:
    """Moments as hours of work since the beginning."""

    def __init__(self) -> None:
        self.begins: list[datetime] = []
        self.at: list[float] = []
        self.long: list[float] = []
        day, total = BEGIN.date(), 0.0
        while day < END.date() + timedelta(days=400):
            for begins, ends in calendar.spans(HOURS, day):
                self.begins.append(begins)
                self.at.append(total)
                self.long.append((ends - begins) / HOUR)
                total += self.long[-1]
            day += timedelta(days=1)

    def of(self, at: datetime) -> float:
        span = bisect_right(self.begins, at) - 1
        return self.at[span] + min(self.long[span], (at - self.begins[span]) / HOUR) if span >= 0 else 0.0

    def day(self, work: float) -> date:
        return self.begins[bisect_right(self.at, work) - 1].date()


def arrivals(firm: Firm, rng: random.Random) -> list[datetime]:
    found, at, double_until = [], BEGIN, BEGIN
    while at < END:
        rate = firm.a_day / 24 * DAY[at.hour] / statistics.mean(DAY) * WEEK[at.weekday()]
        rate *= 1 + 0.2 * math.sin(2 * math.pi * (at.timetuple().tm_yday - 60) / 365)
        if rng.random() < 1 / 24 / 9:  # every nine days a client sends a campaign back
            size = max(2, round(firm.a_day * rng.uniform(0.15, 1)))
            found += [at + rng.uniform(0, 1.5) * HOUR for _ in range(size)]
        if rng.random() < 1 / 24 / 30:  # and once a month hours or days are twice as busy
            double_until = at + rng.uniform(6, 48) * HOUR
        rate *= 2 if at < double_until else 1
        later = rng.expovariate(rate)
        while later < 1:
            found.append(at + later * HOUR)
            later += rng.expovariate(rate)
        at += HOUR
    return sorted(found)


@dataclass
class Production:
    """People who work through the tickets. On Saturdays every other one is there; each is ill on six days of a hundred."""

    firm: Firm
    axis: Axis
    rng: random.Random
    waiting: list[tuple[float, int, Ticket]] = field(default_factory=list)
    busy: list[tuple[float, int, int, Ticket]] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    ill: dict[tuple[date, int], bool] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.idle = list(range(self.firm.people))

    @property
    def open(self) -> int:
        return len(self.waiting) + len(self.busy)

    def put(self, ticket: Ticket) -> None:
        self.number += 1
        heapq.heappush(self.waiting, (ticket.due_w if self.firm.due_first else ticket.set_w, self.number, ticket))

    def begin(self, work: float) -> None:
        day = self.axis.day(work)
        for person in [p for p in self.idle if self._there(p, day)][: len(self.waiting)]:
            _, number, ticket = heapq.heappop(self.waiting)
            ticket.begun_w, ticket.done_w = work, work + ticket.takes
            self.idle.remove(person)
            heapq.heappush(self.busy, (ticket.done_w, number, person, ticket))

    def finish(self) -> Ticket:
        _, _, person, ticket = heapq.heappop(self.busy)
        self.idle.append(person)
        return ticket

    def _there(self, person: int, day: date) -> bool:
        ill = self.ill.setdefault((day, person), self.rng.random() < 0.06)
        return not ill and not (day.weekday() == 5 and person % 2)


def simulate(firm: Firm, seed: int, book: RuleBook) -> tuple[list[Ticket], RuleBook]:
    """Every ticket, and the rules of the last month."""
    rng, axis = random.Random(seed), Axis()
    production, done, tickets = Production(firm, axis, rng), list[Ticket](), list[Ticket]()
    coming = arrivals(firm, rng)[::-1]
    openings, calibrate_at = axis.at[1:][::-1], BEGIN + timedelta(days=45)
    while coming or production.open:
        arrives = axis.of(coming[-1]) if coming else math.inf
        ends = production.busy[0][0] if production.busy else math.inf
        if ends <= min(arrives, openings[-1]):
            done.append(production.finish())
            production.begin(ends)
        elif openings[-1] <= arrives:
            production.begin(openings.pop())
        else:
            at = coming.pop()
            if at >= calibrate_at:
                book = calibrated(book, [t for t in done if t.at >= at - timedelta(days=120)])
                calibrate_at += timedelta(days=30)
            ticket = promise(book, axis, production.open, new(at, arrives, rng))
            tickets.append(ticket)
            production.put(ticket)
            production.begin(arrives)
    return tickets, book


def new(at: datetime, work: float, rng: random.Random) -> Ticket:
    kind = rng.choices(MIX, [w.share for w in MIX])[0]
    slower = 1 + 0.1 * math.sin(2 * math.pi * (at - BEGIN).days / 365)
    takes = rng.lognormvariate(math.log(kind.mean) - kind.spread**2 / 2, kind.spread) * slower
    return Ticket(at, kind, takes, work)


def promise(book: RuleBook, axis: Axis, waiting: int, ticket: Ticket) -> Ticket:
    kind = ticket.work
    proposal = propose(
        book, kind=kind.kind, product=kind.product, load=Load(before=waiting), previous=None, precision="minute", now=ticket.at
    )
    ticket.before, ticket.due_w = waiting, axis.of(proposal.due_at)
    ticket.added = max(0.0, ticket.due_w - ticket.set_w - proposal.work / HOUR)
    return ticket


def calibrated(book: RuleBook, done: list[Ticket]) -> RuleBook:
    history = [
        Delivered(
            kind=t.work.kind, product=t.work.product, hours=t.done_w - t.set_w, promised=t.due_w - t.set_w, before=t.before, added=t.added
        )
        for t in done
    ]
    found = calibrate(history)
    if found is None:
        return book
    turnaround = {**dict(book.delivery.turnaround), **{r.name: r.hours for r in found.rows if r.hours is not None}}
    return replace(book, delivery=replace(book.delivery, turnaround=tuple(turnaround.items()), tickets_per_hour=found.tickets_per_hour))


def floor(tickets: list[Ticket]) -> float:
    """Slack of a promise that knows when the work begins: the 90 % quantile of the work itself is all it must allow for."""
    by_work: dict[Work, list[float]] = defaultdict(list)
    for ticket in tickets:
        by_work[ticket.work].append(ticket.takes)
    needs = {work: sorted(takes)[math.ceil(0.9 * len(takes)) - 1] for work, takes in by_work.items()}
    whole = sum(t.begun_w - t.set_w + needs[t.work] for t in tickets)
    return sum(max(0.0, needs[t.work] - t.takes) for t in tickets) / whole


def measured(firm: Firm, seed: int) -> dict[str, Any]:
    shipped = load_rules([defaults_dir("rules")])
    rules: DeliveryRules = replace(shipped.delivery, hours=HOURS, rounding_minutes=15)
    tickets, book = simulate(firm, seed, replace(shipped, delivery=rules))
    counted = [t for t in tickets if t.at >= COUNTED]
    promised = sum(t.due_w - t.set_w for t in counted)
    return {
        "firm": firm.name, "seed": seed, "tickets": len(counted),
        "kept": sum(t.done_w <= t.due_w for t in counted) / len(counted),
        "slack": sum(max(0.0, t.due_w - t.done_w) for t in counted) / promised,
        "floor": floor(counted),
        "hours_promised": promised / len(counted), "most_waiting": max(t.before for t in counted),
        "last_rules": {"tickets_per_hour": book.delivery.tickets_per_hour, **dict(book.delivery.turnaround)},
    }  # fmt: skip


def rows(only: str, seeds: int) -> Iterator[dict[str, Any]]:
    for firm in FIRMS:
        if only in ("", firm.name):
            yield from (measured(firm, seed) for seed in range(1, seeds + 1))


def told(row: dict[str, Any]) -> str:
    kept = "ok" if abs(row["kept"] - 0.9) <= TARGET_KEPT else "MISSED"
    slack = "ok" if row["slack"] <= TARGET_SLACK else "MISSED"
    return (
        f"{row['firm']:<17} seed {row['seed']}: {row['tickets']:>6} tickets, kept {row['kept']:.1%} {kept}, "
        f"slack {row['slack']:.1%} {slack} (floor {row['floor']:.1%}), "
        f"{row['hours_promised']:.1f} h promised in the mean, at most {row['most_waiting']} waiting"
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=1, help="simulate each firm so many times")
    options.add_argument("--only", default="", choices=["", *(f.name for f in FIRMS)], help="one firm")
    options.add_argument("--json", action="store_true", help="one JSON object per year, with the last month's rules")
    given = options.parse_args()
    for row in rows(given.only, given.seeds):
        if given.json:
            print(json.dumps(row))
            continue
        print(told(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
