"""Which tickets time has come for: what `workflow.watch` looks at. Each is one index range, however many tickets there are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from mailbot.record.columns import fixed
from mailbot.record.tables import ticket, ticket_order

PROMISED = ("assessed", "scheduled", "in_work")


def unread(c: Connection, before: datetime, steps: int, limit: int) -> list[int]:
    """Open tickets whose clock has run since `before` and that were not told to everybody yet."""
    wanted = (ticket.c.is_open == fixed(1), ticket.c.read_at.is_(None), ticket.c.clock_started_at <= before, ticket.c.escalation < steps)
    return _ids(c, wanted, ticket.c.clock_started_at, limit)


def unanswered_charges(c: Connection, before: datetime, limit: int) -> list[int]:
    """Charges without an answer, that a reminder or the owner may have to hear of."""
    open_ = or_(ticket.c.reminded_at.is_(None), (ticket.c.reminded_at <= before) & ticket.c.warned_at.is_(None))
    wanted = (ticket.c.state == fixed("waiting_for_agreement"), ticket.c.agreement_asked_at <= before, open_)
    return _ids(c, wanted, ticket.c.agreement_asked_at, limit)


def promised(c: Connection, now: datetime, ahead: timedelta, limit: int) -> list[int]:
    """Promises that come near or lapsed, and of which people or the client have not heard everything."""
    unheard = or_(ticket.c.warned_at.is_(None), ticket.c.late_told_at.is_(None), ticket.c.next_news_at <= now)
    wanted = (
        ticket.c.is_open == fixed(1),
        ticket.c.delivery_time.is_not(None),
        ticket.c.delivery_time <= now + ahead,
        ticket.c.state.in_(PROMISED),
        unheard,
    )
    return _ids(c, wanted, ticket.c.delivery_time, limit)


def delivered(c: Connection, before: datetime, limit: int) -> list[int]:
    """Tickets that were delivered so long ago, without a redistribution that waits."""
    wanted = (ticket.c.state == fixed("delivered"), ticket.c.delivered_at <= before, ticket.c.redistribution != "requested")
    return _ids(c, wanted, ticket.c.delivered_at, limit)


def on_orders(c: Connection, order_ids: Collection[str]) -> dict[str, list[int]]:
    """Order id -> its open tickets, oldest first."""
    t = ticket_order
    rows = select(t.c.ref, t.c.ticket).join(ticket, ticket.c.id == t.c.ticket)
    found: dict[str, list[int]] = {}
    for ref, id_ in c.execute(rows.where(t.c.kind == "id", t.c.ref.in_(order_ids), ticket.c.is_open == 1).order_by(t.c.ticket)):
        found.setdefault(ref, []).append(id_)
    return found


def open_orders(c: Connection, limit: int) -> list[str]:
    """Ids of the orders that open tickets are on, for order systems that tell no events."""
    t = ticket_order
    rows = select(t.c.ref).join(ticket, ticket.c.id == t.c.ticket).where(t.c.kind == "id", ticket.c.is_open == 1)
    return list(c.execute(rows.distinct().order_by(t.c.ref).limit(limit)).scalars())


def _ids(c: Connection, wanted: tuple[object, ...], order: object, limit: int) -> list[int]:
    return list(c.execute(select(ticket.c.id).where(*wanted).order_by(order).limit(limit)).scalars())  # type: ignore[arg-type]  # columns
