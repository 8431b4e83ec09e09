"""What past deliveries say about the promise (X3): the share kept, and the rules that would have kept the share wanted.

Load and rounding are taken off each past ticket first; of what is left, a rank of its sorted values is the turnaround. The rank is
that of the next delivery, not of those already seen: ceil((n + 1) * share), which keeps the share for few deliveries, too.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from mailbot.decide.calendar import between
from mailbot.decide.delivery_time import HOUR, Load, propose
from mailbot.model.figures import Share
from mailbot.model.promise import Past, PastPromise
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Kind

SHARE = 0.9
FEWEST = 30  # of fewer deliveries chance speaks, not the work
STEP = 0.1  # hours: turnarounds are told in tenths
CAPACITIES = (*(1.1**n for n in range(-30, 71)), math.inf)  # tickets an hour that are tried: 0.06 to 790, and load does not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One past delivery, in hours of work from the moment its time was set.

    `hours`: to the new files; `promised`: to the time that was told; `added`: what rounding adds to a promise made then.
    `before`: tickets that were ahead.
    """

    kind: str
    product: str = ""
    hours: float
    promised: float
    before: int = 0
    added: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """`kept`: deliveries in time. `slack`: hours promised but not needed, of all hours promised; late ones have none."""

    kept: Share
    slack: float


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `turnaround_hours` as the `n` deliveries that speak for it would have it; `hours` is None where they are too few."""

    name: str
    hours: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """`tickets_per_hour` is None where the load does not tell how long a ticket takes. `would`: the same past with these rules."""

    past: Measured
    tickets_per_hour: float | None
    rows: tuple[Row, ...]
    would: Measured


def history(past: Past, rules: RuleBook) -> tuple[Delivered, ...]:
    """Past promises in hours of work; the load of each is counted anew from what waited then, the rounding from a proposal made then."""
    begins = sorted(begun for begun, _ in past.waits)
    ends = sorted(ended for _, ended in past.waits if ended)
    return tuple(_delivered(p, max(0, bisect_right(begins, p.set_at) - bisect_right(ends, p.set_at) - 1), rules) for p in past.promises)


def calibrate(history: Sequence[Delivered], share: float = SHARE) -> Calibration | None:
    """The rules that would have kept `share` of the promises with the least slack; None where the past is too short to say."""
    if len(history) < FEWEST:
        return None
    groups = _groups(history)
    tries = ((_rules(groups, capacity, share), capacity) for capacity in CAPACITIES)
    rows, capacity = min(tries, key=lambda tried: _spare(_promises(groups, *tried)))
    return Calibration(
        past=_measure((d.promised, d.hours) for d in history),
        tickets_per_hour=None if math.isinf(capacity) else round(capacity, 2),
        rows=tuple(Row(name, rows.get(name), len(groups[name])) for name in sorted(groups)),
        would=_measure(_promises(groups, rows, capacity)),
    )


def _delivered(promise: PastPromise, before: int, rules: RuleBook) -> Delivered:
    hours, kind = rules.delivery.hours, cast(Kind, promise.kind)
    made = propose(
        rules, kind=kind, product=promise.product, load=Load(before=before), previous=None, precision="minute", now=promise.set_at
    )
    return Delivered(
        kind=promise.kind,
        product=promise.product,
        hours=between(hours, promise.set_at, promise.delivered_at) / HOUR,
        promised=between(hours, promise.set_at, promise.due_at) / HOUR,
        before=before,
        added=max(timedelta(), between(hours, promise.set_at, made.due_at) - made.work) / HOUR,
    )


def _groups(history: Sequence[Delivered]) -> dict[str, list[Delivered]]:
    """ "kind" and "kind/product" -> its deliveries; a product with too few of its own counts with its kind."""
    by_product: dict[tuple[str, str], list[Delivered]] = defaultdict(list)
    groups: dict[str, list[Delivered]] = defaultdict(list)
    for d in history:
        by_product[d.kind, d.product].append(d)
    for (kind, product), found in by_product.items():
        groups[f"{kind}/{product}" if product and len(found) >= FEWEST else kind] += found
    return dict(groups)


def _rules(groups: Mapping[str, list[Delivered]], capacity: float, share: float) -> dict[str, float]:
    """Name -> turnaround, for groups that are large enough."""
    return {name: _turnaround(found, capacity, share) for name, found in groups.items() if len(found) >= FEWEST}


def _turnaround(found: list[Delivered], capacity: float, share: float) -> float:
    alone = sorted(d.hours - d.before / capacity - d.added for d in found)
    rank = min(math.ceil((len(alone) + 1) * share), len(alone))
    return max(STEP, round(math.ceil(alone[rank - 1] / STEP - 1e-6) * STEP, 1))


def _promises(groups: Mapping[str, list[Delivered]], rows: Mapping[str, float], capacity: float) -> Iterable[tuple[float, float]]:
    """What would have been promised, beside what was needed."""
    for name, hours in rows.items():
        yield from ((hours + d.before / capacity + d.added, d.hours) for d in groups[name])


def _measure(promises: Iterable[tuple[float, float]]) -> Measured:
    given = list(promises)
    whole = sum(promised for promised, _ in given)
    return Measured(Share(sum(hours <= promised for promised, hours in given), len(given)), _spare(given) / whole if whole else 0.0)


def _spare(promises: Iterable[tuple[float, float]]) -> float:
    return sum(max(0.0, promised - hours) for promised, hours in promises)
