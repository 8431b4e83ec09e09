"""Lists of tickets (`mailbot tickets`, the desk's queues)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from mailbot.model.ticket import Ticket
from mailbot.record.tables import message, sighting, ticket, ticket_message, ticket_order
from mailbot.record.tickets import FIELDS, ticket_of
from mailbot.record.views.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOn:
    """A message on a ticket: `message_id` for mails, `comment_id` for order comments."""

    source: str
    message_id: str
    comment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    ticket: Ticket
    messages: tuple[MessageOn, ...]

    def as_json(self) -> dict[str, Any]:
        t = self.ticket
        return {
            "ticket": t.id, "opened_at": rfc3339(t.opened_at), "channel": t.channel, "client": t.client, "subject": t.subject,
            "order": t.order, "kind": t.kind, "claimed": t.claimed, "assessed": t.assessed, "state": t.state, "queue": t.queue,
            "owner": t.owner, "flags": list(t.flags), "read_at": rfc3339(t.read_at), "delivery_time": rfc3339(t.delivery_time),
            "messages": [{"source": m.source, "message_id": m.message_id, "comment_id": m.comment_id} for m in self.messages],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """None or empty: any. `order` is an id or a number, `owner` "" means nobody, `before` an id: the page after it."""

    open_only: bool = False
    states: tuple[str, ...] = ()
    queue: str | None = None
    owner: str | None = None
    client: str | None = None
    order: str | None = None
    since: datetime | None = None
    before: int | None = None
    limit: int | None = None


def tickets(c: Connection, wanted: Filter = Filter()) -> list[TicketView]:
    """Newest first."""
    query: Select[Any] = select(*FIELDS).order_by(ticket.c.id.desc()).limit(wanted.limit)
    found = [ticket_of(row._mapping) for row in c.execute(_filtered(query, wanted))]
    on = messages_on(c, [t.id for t in found])
    return [TicketView(ticket=t, messages=tuple(on.get(t.id, ()))) for t in found]


def messages_on(c: Connection, tickets: Collection[int]) -> dict[int, list[MessageOn]]:
    """Ticket -> its messages in order of arrival."""
    t = ticket_message
    wanted = select(t.c.ticket, message.c.id, message.c.source, message.c.message_id, sighting.c.comment_id)
    joined = wanted.join_from(t, message, message.c.id == t.c.message).outerjoin(sighting, sighting.c.message == message.c.id)
    found: dict[int, dict[int, MessageOn]] = defaultdict(dict)
    for page in _pages(sorted(tickets)):
        for ticket_id, id_, source, message_id, comment_id in c.execute(joined.where(t.c.ticket.in_(page)).order_by(message.c.id)):
            one = MessageOn(source=source, message_id=message_id or "", comment_id=comment_id or "")
            found[ticket_id].setdefault(id_, one)
    return {ticket_id: list(by_id.values()) for ticket_id, by_id in found.items()}


def _filtered(query: Select[Any], f: Filter) -> Select[Any]:
    if f.open_only:
        query = query.where(ticket.c.is_open == 1)
    if f.states:
        query = query.where(ticket.c.state.in_(f.states))
    if f.order is not None:
        query = query.where(ticket.c.id.in_(select(ticket_order.c.ticket).where(_named(f.order))))
    if f.owner is not None:
        query = query.where(ticket.c.owner == f.owner if f.owner else ticket.c.owner.is_(None))
    for column, value in ((ticket.c.queue, f.queue), (ticket.c.client, f.client)):
        if value is not None:
            query = query.where(column == value)
    if f.since is not None:
        query = query.where(ticket.c.opened_at >= f.since)
    return query if f.before is None else query.where(ticket.c.id < f.before)


def _named(order: str) -> Any:
    return ticket_order.c.kind.in_(("id", "number")) & (ticket_order.c.ref == order)


def _pages(ids: list[int], size: int = 5000) -> list[list[int]]:
    return [ids[at : at + size] for at in range(0, len(ids), size)]
