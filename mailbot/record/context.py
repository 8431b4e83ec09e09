"""What decide() may know, gathered for a whole batch in a fixed number of statements (architecture.md, Batches)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, union_all
from sqlalchemy.sql.selectable import Select

from mailbot.model.context import Colleague, KnownAddress, OurMail, Spent
from mailbot.model.ticket import Ticket
from mailbot.record import people, tickets
from mailbot.record.columns import fixed
from mailbot.record.people import writers
from mailbot.record.tables import action, address, message, order_fact, ticket, ticket_message, ticket_order
from mailbot.record.tickets import last_owners, waiting

__all__ = ["Connection", "Found", "LookUp", "last_owners", "look_up", "orders_of_threads", "staff", "waiting", "writers"]

TICKETS = 20  # per message: more help nobody to decide
CLIENT_ORDERS = 20
THREAD_IDS = 100  # of one message; a mail that names more is no conversation
RECENT = timedelta(days=30)  # how long a delivered ticket can still be joined or disputed (P30)
DUPLICATE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What one message names. `sender` is an address in lower case; `comment_author_id` the order system's id of the writer.

    `writer` is who sent it, where a colleague forwarded the words of `sender` ("": the sender).
    """

    message: int
    sender: str = ""
    writer: str = ""
    comment_author_id: str = ""
    thread_ids: tuple[str, ...] = ()
    order_ids: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    text_hash: str = ""
    report_message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the database knows of it; fields as in model/context.py. `client_orders`: order ids, newest first."""

    message: int
    known: KnownAddress | None = None
    colleague: Colleague | None = None
    tickets: tuple[Ticket, ...] = ()
    thread_tickets: tuple[int, ...] = ()
    our_mails: tuple[OurMail, ...] = ()
    duplicate_texts: tuple[tuple[int, str], ...] = ()
    spent: Spent = field(default_factory=Spent)
    client_orders: tuple[str, ...] = ()


def look_up(c: Connection, asks: Sequence[LookUp], now: datetime) -> list[Found]:
    """One Found per LookUp, in the order given. At most 13 statements, however many messages; a test counts them."""
    known = _known(c, asks)
    colleagues = people.writers(c, {a.writer or a.sender for a in asks}, {a.comment_author_id for a in asks})
    clients = {_client(a, known) for a in asks} - {""}
    mails = _our_mails(c, {id_ for a in asks for id_ in (*a.thread_ids[-THREAD_IDS:], *a.report_message_ids[:THREAD_IDS])})
    threads = _tickets_of_messages(c, {id_ for a in asks for id_ in a.thread_ids[-THREAD_IDS:]})
    orders = _tickets_of_orders(c, asks, now)
    by_client = _tickets_of_clients(c, clients, now)
    twins = _duplicates(c, {a.text_hash for a in asks} - {""}, now)
    spent = _spent(c, {a.sender for a in asks} | {k.address for k in known.values()}, now)
    recent = _client_orders(c, {k.client for k in known.values()})
    wanted: dict[int, tuple[tuple[int, ...], set[int]]] = {}
    for a in asks:
        thread = _thread_tickets(a, mails, threads)
        refs = {*(("id", r) for r in a.order_ids), *(("number", r) for r in a.order_numbers)}
        more = {t for ref in refs for t in orders.get(ref, ())} | set(by_client.get(_client(a, known), ()))
        more |= {m.ticket for id_ in a.report_message_ids for m in mails.get(id_, ()) if m.ticket is not None}
        wanted[a.message] = (thread, more)
    rows = {t.id: t for t in tickets.many(c, {t for thread, more in wanted.values() for t in (*thread, *more)})}
    return [
        Found(
            message=a.message,
            known=known.get(a.message),
            colleague=colleagues.get(a.comment_author_id) or colleagues.get(a.writer or a.sender),
            tickets=_newest(rows, *wanted[a.message]),
            thread_tickets=wanted[a.message][0],
            our_mails=tuple(m for id_ in (*a.thread_ids, *a.report_message_ids) for m in mails.get(id_, ())),
            duplicate_texts=_twins_of(a, twins, _client(a, known)),
            spent=spent(known[a.message].address if a.message in known else a.sender),
            client_orders=recent.get(known[a.message].client, ()) if a.message in known else (),
        )
        for a in asks
    ]


def staff(c: Connection) -> tuple[Colleague, ...]:
    """Every active person, with the number of open tickets; `on_shift` is the person's own switch (shifts: decide)."""
    return people.staff(c)


def orders_of_threads(c: Connection, thread_ids: Collection[str]) -> dict[str, list[str]]:
    """Thread id -> orders of the tickets that it leads to: ids, else the number where a ticket has no id. Two statements."""
    by_thread = _tickets_of_messages(c, set(thread_ids))
    for id_, mails in _our_mails(c, set(thread_ids)).items():
        by_thread.setdefault(id_, []).extend(m.ticket for m in mails if m.ticket is not None)
    wanted = {ticket_id for found in by_thread.values() for ticket_id in found}
    if not wanted:
        return {}
    t = ticket_order
    rows = c.execute(select(t.c.ticket, t.c.kind, t.c.ref).where(t.c.ticket.in_(wanted)).order_by(t.c.ticket.desc(), t.c.kind, t.c.ref))
    ids: dict[int, list[str]] = defaultdict(list)
    numbers: dict[int, list[str]] = defaultdict(list)
    for ticket_id, kind, ref in rows:
        (ids if kind == "id" else numbers)[ticket_id].append(ref)
    return {
        thread: list(dict.fromkeys(ref for ticket_id in found for ref in ids.get(ticket_id) or numbers.get(ticket_id) or []))
        for thread, found in by_thread.items()
    }


# --- parts, one statement each -----------------------------------------------------------------------------------------------


def _known(c: Connection, asks: Sequence[LookUp]) -> dict[int, KnownAddress]:
    """Message -> the address book's entry: by the sender's address, else the first address of the comment's author."""
    senders, authors = {a.sender for a in asks} - {""}, {a.comment_author_id for a in asks} - {""}
    if not senders and not authors:
        return {}
    either = or_(address.c.address.in_(senders), address.c.client.in_(authors))
    by_address: dict[str, KnownAddress] = {}
    by_client: dict[str, KnownAddress] = {}
    for row in c.execute(select(address).where(either).order_by(address.c.bounced_at.is_not(None), address.c.added_at)):
        entry = KnownAddress(
            address=row.address, client=row.client, name=row.name, time_zone=row.time_zone, bounced=row.bounced_at is not None
        )
        by_address[row.address] = entry
        by_client.setdefault(row.client, entry)
    found = {a.message: by_client.get(a.comment_author_id) or by_address.get(a.sender) for a in asks}
    return {message_id: entry for message_id, entry in found.items() if entry}


def _our_mails(c: Connection, ids: Collection[str]) -> dict[str, list[OurMail]]:
    if not ids:
        return {}
    wanted = select(action.c.id, action.c.ticket, action.c.to, action.c.message_id)
    mails: dict[str, list[OurMail]] = defaultdict(list)
    for row in c.execute(wanted.where(action.c.message_id != fixed(""), action.c.message_id.in_(ids)).order_by(action.c.id)):
        mails[row.message_id].append(OurMail(action=row.id, ticket=row.ticket, to=row.to, message_id=row.message_id))
    return mails


def _tickets_of_messages(c: Connection, ids: Collection[str]) -> dict[str, list[int]]:
    """RFC Message-ID -> tickets that the message is on."""
    joined = select(message.c.message_id, ticket_message.c.ticket).join_from(message, ticket_message)
    return _grouped(c.execute(joined.where(message.c.message_id.in_(ids)))) if ids else {}


def _tickets_of_orders(c: Connection, asks: Sequence[LookUp], now: datetime) -> dict[tuple[str, str], list[int]]:
    """("id" | "number", order) -> its open or recently delivered tickets, at most 20 of the newest."""
    ids = {ref for a in asks for ref in a.order_ids}
    numbers = {ref for a in asks for ref in a.order_numbers}
    if not ids and not numbers:
        return {}
    t = ticket_order
    refs = or_((t.c.kind == "id") & t.c.ref.in_(ids), (t.c.kind == "number") & t.c.ref.in_(numbers))
    rank = func.row_number().over(partition_by=(t.c.kind, t.c.ref), order_by=t.c.ticket.desc()).label("rank")
    ranked = select(t.c.kind, t.c.ref, t.c.ticket, rank).join(ticket, ticket.c.id == t.c.ticket)
    newest = ranked.where(refs, or_(ticket.c.is_open == 1, ticket.c.delivered_at >= now - RECENT)).subquery()
    rows = c.execute(select(newest.c.kind, newest.c.ref, newest.c.ticket).where(newest.c.rank <= TICKETS))
    return _grouped(((kind, ref), id_) for kind, ref, id_ in rows)


def _tickets_of_clients(c: Connection, clients: Collection[str], now: datetime) -> dict[str, list[int]]:
    """Client -> open or recently delivered tickets, at most 20 of the newest. Two index ranges, so that a client's closed past
    costs nothing."""
    if not clients:
        return {}
    open_ = select(ticket.c.client, ticket.c.id).where(ticket.c.client.in_(clients), ticket.c.is_open == 1)
    recent = select(ticket.c.client, ticket.c.id).where(ticket.c.client.in_(clients), ticket.c.delivered_at >= now - RECENT)
    both = union_all(open_, recent.where(ticket.c.is_open == 0)).subquery()
    rank = func.row_number().over(partition_by=both.c.client, order_by=both.c.id.desc()).label("rank")
    ranked = select(both.c.client, both.c.id, rank).subquery()
    return _grouped(c.execute(select(ranked.c.client, ranked.c.id).where(ranked.c.rank <= TICKETS)))


def _duplicates(c: Connection, hashes: Collection[str], now: datetime) -> dict[str, list[tuple[str, str, int]]]:
    """Text hash -> (sender, client, ticket) of messages of the last 24 h."""
    if not hashes:
        return {}
    wanted = select(message.c.text_hash, message.c.sender, ticket.c.client, ticket.c.id)
    joined = wanted.join_from(message, ticket_message).join(ticket, ticket.c.id == ticket_message.c.ticket)
    found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    where = (message.c.text_hash.in_(hashes), message.c.received_at >= now - DUPLICATE)
    for text_hash, sender, client, id_ in c.execute(joined.where(*where).order_by(ticket.c.id.desc()).limit(1000)):
        found[text_hash].append((sender or "", client, id_))
    return found


class _Budget:
    """Counted automatic mails: address -> (hour, day), domain -> hour, and all of the last hour (I9)."""

    def __init__(self, to: dict[str, tuple[int, int]], domain: dict[str, int], all_hour: int) -> None:
        self.to, self.domain, self.all_hour = to, domain, all_hour

    def __call__(self, recipient: str) -> Spent:
        hour, day = self.to.get(recipient, (0, 0))
        domain = self.domain.get(recipient.rpartition("@")[2], 0)
        return Spent(address_hour=hour, address_day=day, domain_hour=domain, all_hour=self.all_hour)


def _spent(c: Connection, recipients: Iterable[str], now: datetime) -> _Budget:
    names = {name for name in recipients if name}
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    counted = (action.c.counted == fixed(1), action.c.state.not_in(("suppressed", "cancelled")))
    of_hour: ColumnElement[Any] = func.coalesce(func.sum(case((action.c.created_at > hour, 1), else_=0)), 0)
    total: int = c.execute(select(func.count()).where(*counted, action.c.created_at > hour)).scalar_one()
    if not names:
        return _Budget({}, {}, total)
    by_name = select(action.c.to, of_hour, func.count()).where(*counted, action.c.to.in_(names), action.c.created_at > day)
    to = {name: (int(h), int(d)) for name, h, d in c.execute(by_name.group_by(action.c.to))}
    domains = {name.rpartition("@")[2] for name in names}
    by_domain: Select[Any] = select(action.c.to_domain, func.count()).where(*counted, action.c.created_at > hour)
    rows = c.execute(by_domain.where(action.c.to_domain.in_(domains)).group_by(action.c.to_domain))
    return _Budget(to, {name: int(n) for name, n in rows}, total)


def _client_orders(c: Connection, clients: Collection[str]) -> dict[str, tuple[str, ...]]:
    if not clients:
        return {}
    t = order_fact
    rank = func.row_number().over(partition_by=t.c.client, order_by=t.c.placed_at.desc()).label("rank")
    ranked = select(t.c.client, t.c.id, rank).where(t.c.client.in_(clients)).subquery()
    rows = select(ranked.c.client, ranked.c.id).where(ranked.c.rank <= CLIENT_ORDERS).order_by(ranked.c.rank)
    return {client: tuple(ids) for client, ids in _grouped(c.execute(rows)).items()}


# --- putting it together -----------------------------------------------------------------------------------------------------


def _client(a: LookUp, known: dict[int, KnownAddress]) -> str:
    """The client as tickets name it: the id of the order system, else the address."""
    return known[a.message].client if a.message in known else a.comment_author_id or a.sender


def _thread_tickets(a: LookUp, mails: dict[str, list[OurMail]], threads: dict[str, list[int]]) -> tuple[int, ...]:
    """Tickets that the thread ids lead to, the nearest (last) thread id first."""
    found: dict[int, None] = {}
    for id_ in reversed(a.thread_ids[-THREAD_IDS:]):
        found |= dict.fromkeys(m.ticket for m in mails.get(id_, ()) if m.ticket is not None)
        found |= dict.fromkeys(threads.get(id_, ()))
    return tuple(found)


def _newest(rows: dict[int, Ticket], thread: tuple[int, ...], more: set[int]) -> tuple[Ticket, ...]:
    """All of the thread and the newest others, 20 in all, newest first."""
    others = sorted(more - set(thread), reverse=True)[: max(0, TICKETS - len(thread))]
    return tuple(rows[id_] for id_ in sorted({*thread, *others}, reverse=True) if id_ in rows)


def _twins_of(a: LookUp, twins: dict[str, list[tuple[str, str, int]]], client: str) -> tuple[tuple[int, str], ...]:
    same = (id_ for sender, owner, id_ in twins.get(a.text_hash, ()) if (client and client == owner) or (a.sender and a.sender == sender))
    return tuple((id_, a.text_hash) for id_ in dict.fromkeys(same))


def _grouped(rows: Iterable[Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in rows:
        groups[key].append(value)
    return groups
