"""Promises of delivery and what became of them, for the back-test (X3)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from mailbot.model.promise import Past, PastPromise
from mailbot.record.columns import fixed
from mailbot.record.facts import order_from
from mailbot.record.tables import order_fact, ticket, ticket_log

AT_ONCE = 500
Change = tuple[datetime, datetime | None]  # when, and the time that was promised before


def past(c: Connection, since: datetime) -> Past:
    """Returns that were delivered since, and every wait that reached into that time."""
    t = ticket.c
    work = or_(t.delivery_time.is_not(None), t.assessed.in_(("correction", "amendment")))
    lately = or_(t.is_open == fixed(1), t.delivered_at >= since, t.closed_at >= since)
    rows = c.execute(select(ticket).where(work, lately).order_by(t.id)).all()
    delivered = [r for r in rows if r.delivery_time and r.delivered_at and r.delivered_at >= since]
    changes = _changes(c, [r.id for r in delivered])
    products = _products(c, {_main(r) for r in delivered} - {""})
    told = (_promise(r, changes[r.id], products.get(_main(r), "")) for r in delivered)
    return Past(promises=tuple(p for p in told if p), waits=tuple(wait for r in rows if (wait := _wait(r))))


def _promise(row: Row[Any], changes: list[Change], product: str) -> PastPromise | None:
    """None where the files came before any time was told."""
    set_at, due_at = _first(changes, row.delivery_time) or (row.delivery_time_set_at, row.delivery_time)
    if set_at is None or set_at >= row.delivered_at:
        return None
    return PastPromise(
        ticket=row.id, kind=row.kind, product=product, set_at=set_at, due_at=due_at, last_due_at=row.delivery_time,
        delivered_at=row.delivered_at,
    )  # fmt: skip


def _first(changes: list[Change], last: datetime) -> tuple[datetime, datetime] | None:
    """The first time of the last round: what was set when there was none. An act that was taken back begins it anew."""
    steps = pairwise([*changes, (None, last)])
    begun = [(at, after) for (at, before), (_, after) in steps if at and before is None and after is not None]
    return begun[-1] if begun else None


def _wait(row: Row[Any]) -> tuple[datetime, datetime | None] | None:
    began = min((at for at in (row.assessed_at, row.delivery_time_set_at) if at), default=None)
    ended = min((at for at in (row.delivered_at, row.closed_at) if at and began and at >= began), default=None)
    return (began, ended) if began else None


def _changes(c: Connection, ids: list[int]) -> Mapping[int, list[Change]]:
    """Every change of the promised time, oldest first: the history holds what a ticket was before each act."""
    log, found = ticket_log.c, defaultdict[int, list[Change]](list)
    for some in _some(ids):
        lines = select(log.ticket, log.at, log.data).where(log.ticket.in_(some), log.data.contains('"delivery_time"')).order_by(log.id)
        for line in c.execute(lines):
            before = json.loads(line.data).get("before", {})
            if "delivery_time" in before:
                was = before["delivery_time"]
                found[line.ticket].append((line.at, datetime.fromisoformat(was) if was else None))
    return found


def _products(c: Connection, ids: Iterable[str]) -> dict[str, str]:
    f, found = order_fact.c, dict[str, str]()
    for some in _some(ids):
        found |= {row.id: order_from(row.json).product for row in c.execute(select(f.id, f.json).where(f.id.in_(some)))}
    return found


def _some(ids: Iterable[Any]) -> Iterator[list[Any]]:
    """In parts, for a statement holds so many parameters only."""
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _main(row: Row[Any]) -> str:
    ids = json.loads(row.order_ids or "[]")
    return str(ids[0]) if ids else ""
