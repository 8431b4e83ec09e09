"""One client: addresses and trust, tickets, how often a correction was right, and what colleagues noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from mailbot.errors import NotFound
from mailbot.model.figures import Share
from mailbot.model.order import Person
from mailbot.model.ticket import Ticket
from mailbot.record import facts, tickets
from mailbot.record.columns import fixed
from mailbot.record.tables import address, client_note, order_fact, people, ticket
from mailbot.record.views.queue import QueueRow, rows_of
from mailbot.record.views.times import rfc3339

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    """`source`: "order" (learned from the order system) or "person" (`added_by` said so)."""

    address: str
    name: str
    time_zone: str
    source: str
    added_by: str
    added_at: datetime
    bounced_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Orders placed in a month and how many of them had a correction that a supervisor accepted."""

    month: str
    corrected: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """`corrected`: of the orders of the last 12 months (P32); `images`: in those orders. `after`: id of the last ticket of the page."""

    client: str
    name: str
    addresses: tuple[AddressView, ...]
    account_manager: Person | None
    corrected: Share
    images: int
    months: tuple[Month, ...]
    assessed: dict[str, int]
    open_tickets: int
    tickets: tuple[QueueRow, ...]
    after: int | None
    notes: tuple[Note, ...]

    def as_json(self) -> dict[str, Any]:
        s = self.corrected
        return {
            "client": self.client, "name": self.name,
            "addresses": [
                {"address": a.address, "name": a.name, "source": a.source, "bounced_at": rfc3339(a.bounced_at)} for a in self.addresses
            ],
            "account_manager": self.account_manager.name if self.account_manager else None,
            "corrections": {"corrected": s.hits, "orders": s.total, "images": self.images, "share": s.value, "low": s.low, "high": s.high},
            "months": [{"month": m.month, "corrected": m.corrected, "orders": m.orders} for m in self.months],
            "assessed": self.assessed, "open_tickets": self.open_tickets, "tickets": [r.as_json() for r in self.tickets],
            "notes": [{"at": rfc3339(n.at), "by": n.actor, "text": n.text} for n in self.notes],
        }  # fmt: skip


def client(
    c: Connection, client_id: str, now: datetime, zone: tzinfo, minutes: float, *, before: int | None = None, limit: int = 50
) -> ClientView:
    """Eleven statements. NotFound where neither a ticket, an address nor an order bears this client."""
    addresses, found = _addresses(c, client_id), _tickets(c, client_id, before, limit + 1)
    begins = _months(now, zone)
    orders, images, by_month = _orders(c, client_id, now - YEAR, begins)
    if not addresses and not found and not orders and before is None:
        raise NotFound(f"There is no client {client_id!r}.")
    accepted = _accepted(c, client_id, now - YEAR)
    shown = found[:limit]
    return ClientView(
        client=client_id,
        name=next((a.name for a in addresses if a.name), next((t.client_name for t in shown if t.client_name), "")),
        addresses=tuple(addresses),
        account_manager=_manager(c, client_id),
        corrected=share_of(len(accepted), orders),
        images=images,
        months=tuple(
            Month(month=begin.strftime("%Y-%m"), corrected=sum(begin <= at < end for at in accepted), orders=placed)
            for (begin, end), placed in zip(pairwise(begins), by_month, strict=True)
        ),
        assessed=_assessed(c, client_id, now - YEAR),
        open_tickets=_open(c, client_id),
        tickets=tuple(rows_of(c, shown, minutes)),
        after=shown[-1].id if len(found) > limit else None,
        notes=_notes(c, client_id),
    )


def share_of(corrected: int, orders: int) -> Share:
    """Orders that we never read facts of cannot be counted; those with a correction are orders all the same."""
    return Share(corrected, max(corrected, orders))


# --- parts -------------------------------------------------------------------------------------------------------------------


def _addresses(c: Connection, client_id: str) -> list[AddressView]:
    names = AddressView.__slots__
    t = address
    rows = c.execute(select(*(t.c[n] for n in names)).where(t.c.client == client_id).order_by(t.c.bounced_at.is_not(None), t.c.address))
    return [AddressView(**row) for row in rows.mappings()]


def _tickets(c: Connection, client_id: str, before: int | None, limit: int) -> list[Ticket]:
    wanted = select(ticket.c.id).where(ticket.c.client == client_id)
    if before is not None:
        wanted = wanted.where(ticket.c.id < before)
    ids = list(c.execute(wanted.order_by(ticket.c.id.desc()).limit(limit)).scalars())
    return tickets.many(c, ids)


def _orders(c: Connection, client_id: str, since: datetime, begins: Sequence[datetime]) -> tuple[int, int, list[int]]:
    """Of the orders whose facts we read: how many were placed since then, how many images they have, how many in each month."""
    t = order_fact
    in_months = [
        func.count().filter(t.c.placed_at >= begin, t.c.placed_at < end).label(f"m{n}") for n, (begin, end) in enumerate(pairwise(begins))
    ]
    wanted = select(func.count(), func.coalesce(func.sum(t.c.images), 0), *in_months).where(t.c.client == client_id, t.c.placed_at >= since)
    many, pictures, *months = c.execute(wanted).one()
    return int(many), int(pictures), [int(month) for month in months]


def _manager(c: Connection, client_id: str) -> Person | None:
    """Of the newest order that names one."""
    t = order_fact
    newest = select(t.c.json).where(t.c.client == client_id).order_by(t.c.placed_at.desc()).limit(10)
    return next((o.account_manager for o in map(facts.order_from, c.execute(newest).scalars()) if o.account_manager), None)


def _accepted(c: Connection, client_id: str, since: datetime) -> list[datetime]:
    """When the first correction of each order was accepted; a ticket without an order counts for itself."""
    t = ticket
    of = func.coalesce(t.c.order, "#" + func.cast(t.c.id, t.c.client.type))
    wanted = select(func.min(t.c.assessed_at).label("at")).where(
        t.c.client == client_id, t.c.assessed == fixed("correction"), t.c.assessed_at >= since, t.c.merged_into.is_(None)
    )
    return list(c.execute(wanted.group_by(of)).scalars())


def _months(now: datetime, zone: tzinfo) -> list[datetime]:
    """The begins of the last 12 months by this clock, oldest first, and the begin of the next."""
    local = now.astimezone(zone)
    last = local.year * 12 + local.month - 1
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=zone) for n in range(last - 11, last + 2)]


def _assessed(c: Connection, client_id: str, since: datetime) -> dict[str, int]:
    t = ticket
    wanted = select(t.c.assessed, func.count()).where(t.c.client == client_id, t.c.assessed.is_not(None), t.c.assessed_at >= since)
    return {str(row[0]): int(row[1]) for row in c.execute(wanted.group_by(t.c.assessed))}


def _open(c: Connection, client_id: str) -> int:
    counted = select(func.count()).select_from(ticket).where(ticket.c.client == client_id, ticket.c.is_open == 1)
    return c.execute(counted).scalar_one()


def _notes(c: Connection, client_id: str) -> tuple[Note, ...]:
    t = client_note
    name = func.coalesce(func.nullif(people.c.name, ""), t.c.actor).label("actor")
    wanted = select(t.c.at, name, t.c.text).outerjoin(people, people.c.login == t.c.actor).where(t.c.client == client_id)
    return tuple(Note(at=row.at, actor=row.actor, text=row.text) for row in c.execute(wanted.order_by(t.c.id.desc()).limit(50)))
