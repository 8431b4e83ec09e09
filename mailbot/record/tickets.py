"""Tickets, their append-only log and the messages on them. `opened` and `changed` are pure; `insert` and `save` write batches."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, text
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_in

from mailbot.errors import Conflict, NotFound
from mailbot.model.decision import Decision, TicketChange
from mailbot.model.message import Source
from mailbot.model.ticket import OPEN_STATES, Ticket
from mailbot.record import search
from mailbot.record.columns import fixed, upsert
from mailbot.record.columns import insert as insert_or
from mailbot.record.journal import link
from mailbot.record.tables import queue_turn, reading, ticket, ticket_log, ticket_message, ticket_order

# Of a change: an empty text and None leave the ticket's field as it is.
TEXTS = (
    "client", "client_name", "client_address", "subject", "agreement_quote", "redistribution_quote", "redistribution_trust",
)  # fmt: skip  # one line a kind
OPTIONAL = (
    "order", "kind", "claimed", "suggested", "state", "queue", "owner", "asked", "dispute_level", "earlier_ticket", "agreement",
    "redistribution",
)  # fmt: skip  # as above
LISTS = ("order_ids", "asked", "flags", "images")
FIELDS = tuple(ticket.c[f.name] for f in fields(Ticket))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of a ticket's history. `ticket` None: of a message that is on none. `actor`: login or `mailbot`.

    `data`: an object, or its JSON text where that is written already.
    """

    ticket: int | None
    what: str
    actor: str = "mailbot"
    message: int | None = None
    data: Mapping[str, Any] | str = field(default_factory=dict)


# --- one ticket --------------------------------------------------------------------------------------------------------------


def open_ticket(c: Connection, decision: Decision, message_id: int, channel: Source, received_at: datetime, now: datetime) -> Ticket:
    """Writes a new ticket as decided, with its message on it."""
    new = opened(reserve(c, 1)[0], decision, channel, received_at, now)
    insert(c, [new], now)
    link(c, [(new.id, message_id)])
    return new


def join(
    c: Connection, ticket_id: int, change: TicketChange, message_id: int, received_at: datetime, now: datetime,
    *, replied: bool = False,
) -> Ticket:  # fmt: skip
    """Puts a message on a ticket and changes it as decided. `replied`: an automatic reply goes out with it."""
    before = _found(get(c, ticket_id), ticket_id)
    after = changed(before, change, received_at, now, replied=replied)
    save(c, [after], now)
    link(c, [(ticket_id, message_id)])
    return replace(after, version=after.version + 1)


def get(c: Connection, ticket_id: int) -> Ticket | None:
    return next(iter(many(c, [ticket_id])), None)


def many(c: Connection, ids: Collection[int]) -> list[Ticket]:
    """The tickets with these ids, newest first."""
    rows = c.execute(select(*FIELDS).where(ticket.c.id.in_(ids)).order_by(ticket.c.id.desc())) if ids else ()
    return [ticket_of(row._mapping) for row in rows]


def update(c: Connection, ticket_id: int, version: int, now: datetime, **changes: Any) -> Ticket:
    """Sets fields of Ticket by name. Conflict where the ticket is not at `version` any more, NotFound where there is none."""
    before = _found(get(c, ticket_id), ticket_id)
    after = replace(before, **changes, version=version)
    save(c, [after], now)
    return replace(after, version=version + 1)


def attach(c: Connection, ticket_id: int, message_ids: Collection[int]) -> None:
    """Puts messages on a ticket (merge, "make a ticket"); those that are on it stay."""
    link(c, [(ticket_id, id_) for id_ in message_ids])


def detach(c: Connection, ticket_id: int, message_ids: Collection[int]) -> None:
    """Takes messages off a ticket again (a merge that was taken back); they stay on their own."""
    if message_ids:
        c.execute(delete(ticket_message).where(ticket_message.c.ticket == ticket_id, ticket_message.c.message.in_(message_ids)))
        search.touch(c, (ticket_id,))


def log(c: Connection, rows: Sequence[LogRow], now: datetime) -> None:
    if rows:
        c.execute(insert_into(ticket_log), [_log_values(row, now) for row in rows])
        search.touch(c, (row.ticket for row in rows if row.ticket is not None))


# --- batches -----------------------------------------------------------------------------------------------------------------


def reserve(c: Connection, count: int) -> list[int]:
    """Ids for new tickets, so that later messages of a batch can join them before anything is written. Unused ones are gaps."""
    if c.dialect.name == "postgresql":
        numbers = text("SELECT nextval(pg_get_serial_sequence('ticket', 'id')) FROM generate_series(1, :count)")
        return sorted(c.execute(numbers, {"count": count}).scalars())
    # Both: a deleted ticket's number is not given again, and a rebuilt table (a revision) may have lost its sequence.
    highest = "SELECT max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'ticket'), 0), coalesce(max(id), 0)) FROM ticket"
    last: int = c.execute(text(highest)).scalar_one()
    return list(range(last + 1, last + 1 + count))


def opened(ticket_id: int, decision: Decision, channel: Source, received_at: datetime, now: datetime) -> Ticket:
    """A new ticket as decided; pure. Its clock starts when the server received the message (P21)."""
    change = decision.change
    blank = Ticket(
        id=ticket_id, version=1, opened_at=now, channel=channel, client="", client_name="", client_address="", subject="",
        order=None, order_ids=(), kind=decision.kind, claimed=None, suggested=None, assessed=None, state="new",
        queue=decision.queue, owner=decision.owner, trust=decision.trust, asked=decision.asks, flags=decision.flags, images=(),
        dispute_level=0, earlier_ticket=None, clock_started_at=received_at, last_client_message_at=received_at,
        last_auto_reply_at=None, read_at=None, delivered_at=None, delivery_time=None,
    )  # fmt: skip
    return changed(blank, change, received_at, now, replied=any(r.send and r.counted for r in decision.replies))


def changed(before: Ticket, change: TicketChange, received_at: datetime, now: datetime, *, replied: bool = False) -> Ticket:
    """The ticket after a message; pure. Empty texts and None leave a field as it is; lists of orders and images grow."""
    kept = {f: getattr(change, f) or getattr(before, f) for f in TEXTS}
    for name in OPTIONAL:
        value = getattr(change, name)
        kept[name] = getattr(before, name) if value is None else value
    flags = dict.fromkeys((*(f for f in before.flags if f not in change.drop_flags), *change.add_flags))
    times: dict[str, Any] = {"last_auto_reply_at": now} if replied else {}
    if change.dispute_level is not None and change.dispute_level > before.dispute_level:
        times["decider"] = None  # a new dispute: the Account Manager chooses anew (P30)
    if change.staff_replied:
        times["read_at"] = before.read_at or received_at
    else:
        times["last_client_message_at"] = max(before.last_client_message_at, received_at)
    if change.restart_clock and before.read_at is not None:
        times |= {"clock_started_at": received_at, "read_at": None, "escalation": 0}
    return replace(
        before, **kept, **times, flags=tuple(flags), images=_union(before.images, change.images),
        order_ids=_union(before.order_ids, change.order_ids),
    )  # fmt: skip


def insert(c: Connection, tickets: Sequence[Ticket], now: datetime) -> None:
    """New tickets with ids of `reserve`. Remembers whose turn it was in each queue."""
    if not tickets:
        return
    c.execute(insert_into(ticket), [_values(t, now) for t in tickets])
    search.touch(c, (t.id for t in tickets))
    _write_orders(c, tickets)
    turns = [{"queue": t.queue, "owner": t.owner} for t in tickets if t.owner]
    upsert(c, queue_turn, turns, ["queue"])


def save(c: Connection, tickets: Sequence[Ticket], now: datetime) -> None:
    """Writes tickets whose `version` is the one read, and counts it up. Conflict where one was changed meanwhile."""
    if not tickets:
        return
    rows = []
    for t in sorted(tickets, key=lambda t: t.id):
        values = _values(t, now)
        rows.append({"b_id": values.pop("id"), "b_version": values["version"], **values, "version": t.version + 1})
    same = (ticket.c.id == bindparam("b_id"), ticket.c.version == bindparam("b_version"))
    if c.execute(update_in(ticket).where(*same), rows).rowcount != len(rows):
        names = ", ".join(f"#{t.id}" for t in tickets)
        raise Conflict(f"Somebody else changed ticket {names} since it was read. Look again.")
    _write_orders(c, tickets)
    search.touch(c, (t.id for t in tickets))


def last_owners(c: Connection) -> tuple[tuple[str, str], ...]:
    """(queue, owner) of the last ticket that opened with an owner, for round robin."""
    rows = c.execute(select(queue_turn.c.queue, queue_turn.c.owner).order_by(queue_turn.c.queue))
    return tuple((queue, owner) for queue, owner in rows)


def waiting(c: Connection) -> int:
    """Tickets that nobody has looked at yet (state new): the present load."""
    return c.execute(select(func.count()).select_from(ticket).where(ticket.c.state == fixed("new"))).scalar_one()


def read_by(c: Connection, ticket_id: int, started_at: datetime, read_at: datetime, actor: str) -> None:
    """A client's wait ended: from the arrival of the oldest unread message until a person's act (P21)."""
    c.execute(insert_into(reading).values(ticket=ticket_id, started_at=started_at, read_at=read_at, actor=actor))


def unread_again(c: Connection, ticket_id: int, read_at: datetime) -> None:
    """The act that ended the wait was taken back."""
    c.execute(delete(reading).where(reading.c.ticket == ticket_id, reading.c.read_at == read_at))


def assessors(c: Connection, ids: Collection[int]) -> tuple[str, ...]:
    """Who assessed these tickets, each once, oldest first."""
    t = ticket_log
    rows = c.execute(select(t.c.actor).where(t.c.ticket.in_(ids), t.c.what == "assess").order_by(t.c.id)).scalars() if ids else ()
    return tuple(dict.fromkeys(rows))


def in_production(c: Connection, but: int) -> int:
    """How many assessed or promised tickets wait for their files besides this one (P26)."""
    states = ("assessed", "scheduled", "in_work")
    return c.execute(select(func.count()).select_from(ticket).where(ticket.c.state.in_(states), ticket.c.id != but)).scalar_one()


def last_line(c: Connection, ticket_id: int) -> tuple[int, str, str, dict[str, Any]] | None:
    """The newest line of a ticket's history: (id, actor, what, data)."""
    row = c.execute(select(ticket_log).where(ticket_log.c.ticket == ticket_id).order_by(ticket_log.c.id.desc()).limit(1)).one_or_none()
    return (row.id, row.actor, row.what, json.loads(row.data) if row.data else {}) if row else None


def messages(c: Connection, ticket_id: int) -> list[int]:
    """The messages on a ticket, oldest first."""
    t = ticket_message
    return list(c.execute(select(t.c.message).where(t.c.ticket == ticket_id).order_by(t.c.message)).scalars())


def waiting_for_facts(c: Connection, limit: int) -> list[tuple[int, int]]:
    """(ticket, its first message) of the oldest open tickets with the flag facts_pending."""
    t = ticket_message
    first = select(t.c.ticket, func.min(t.c.message)).join_from(t, ticket)
    pending = (ticket.c.facts_pending == fixed(1), ticket.c.is_open == 1)
    rows = c.execute(first.where(*pending).group_by(t.c.ticket).order_by(t.c.ticket).limit(limit))
    return [(ticket_id, message_id) for ticket_id, message_id in rows]


# --- parts -------------------------------------------------------------------------------------------------------------------


def ticket_of(row: Mapping[str, Any] | RowMapping) -> Ticket:
    """A row that holds at least FIELDS, as the frozen value."""
    values = {column.name: row[column.name] for column in FIELDS}
    return Ticket(**values | {name: tuple(json.loads(values[name] or "[]")) for name in LISTS})


def _values(t: Ticket, now: datetime) -> dict[str, Any]:
    values = {column.name: getattr(t, column.name) for column in FIELDS}
    lists = {name: json.dumps(values[name]) if values[name] else "" for name in LISTS}
    return values | lists | {"is_open": int(t.state in OPEN_STATES), "updated_at": now} | {"facts_pending": int("facts_pending" in t.flags)}


def _write_orders(c: Connection, tickets: Sequence[Ticket]) -> None:
    rows = [{"kind": "number", "ref": t.order, "ticket": t.id} for t in tickets if t.order]
    rows += [{"kind": "id", "ref": ref, "ticket": t.id} for t in tickets for ref in t.order_ids]
    if rows:
        c.execute(insert_or(c, ticket_order).on_conflict_do_nothing(), rows)


def _log_values(row: LogRow, now: datetime) -> dict[str, Any]:
    data = row.data if isinstance(row.data, str) else json.dumps(row.data, default=str) if row.data else ""
    return {"ticket": row.ticket, "message": row.message, "at": now, "actor": row.actor, "what": row.what, "data": data}


def _union(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def _found(value: Ticket | None, ticket_id: int) -> Ticket:
    if value is None:
        raise NotFound(f"There is no ticket #{ticket_id}.")
    return value
