"""A person says to whom an unverified sender belongs (P43): the address goes into the book, the ticket is decided on anew with what is
known of that client, and the full acknowledgement goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.decide import decide
from mailbot.errors import Conflict, NotFound
from mailbot.model.ticket import Ticket
from mailbot.record import addresses, locks, outbox, tickets
from mailbot.record.database import Connection
from mailbot.record.tickets import LogRow
from mailbot.workflow import compose
from mailbot.workflow.batch import Batch, begin_batch, context_of, lock_keys, wants_of
from mailbot.workflow.enrich import change_of, read_again
from mailbot.workflow.gather import Wanted, gather, remember
from mailbot.workflow.parts import Parts
from mailbot.workflow.understand import Understood


def belongs(parts: Parts, ticket_id: int, client: str, by: str) -> Ticket:
    """`client`: an id of the order system, or another address of the same client. Raises NotFound, Conflict."""
    ticket, message_id = _unverified(parts, ticket_id)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        known = addresses.get(c, client) if "@" in client else next(iter(addresses.of_client(c, client)), None)
        if known is None:
            raise NotFound(f"There is no client {client!r} in the address book. Take the id or an address that the client's page shows.")
        addresses.add(c, ticket.client_address, known.client, known.name, by, now)
    understood = read_again(parts, message_id)
    if understood is None:
        raise Conflict(f"The message of ticket #{ticket_id} cannot be read again; the address is in the book for the next one.")
    [want] = wants_of(parts, [understood])
    wanted = replace(want, anew=True)
    gathered = gather(parts, [wanted])
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        locks.hold(c, lock_keys([understood], [wanted], gathered) | {f"ticket:{ticket_id}"})
        remember(parts, gathered, c, now)
        batch = begin_batch(c, parts, parts.live, [understood], [wanted], gathered, now)
        before = tickets.get(c, ticket_id)
        if before is None or before.trust != "unknown":
            raise Conflict(f"Somebody else has just said to whom ticket #{ticket_id} belongs. Look again.")
        after = _decide_again(c, batch, understood, wanted, before, by, now)
    parts.wake.drain.set()
    return after


def _unverified(parts: Parts, ticket_id: int) -> tuple[Ticket, int]:
    with parts.db.reading() as c:
        ticket, on = tickets.get(c, ticket_id), tickets.messages(c, ticket_id)
    if ticket is None or not on:
        raise NotFound(f"There is no ticket #{ticket_id}.")
    if ticket.trust != "unknown" or "@" not in ticket.client_address:
        raise Conflict(f"Ticket #{ticket_id} is of {ticket.client_name or ticket.client}, who is known already.")
    return ticket, on[0]


def _decide_again(c: Connection, batch: Batch, understood: Understood, want: Wanted, before: Ticket, by: str, now: datetime) -> Ticket:
    facts = context_of(batch, understood, want)
    others = tuple(t for t in facts.tickets if t.id != before.id)
    facts = replace(facts, tickets=others, thread_tickets=(), duplicate_texts=())
    decision = decide(understood.message, understood.found, facts, batch.live.rules, now)
    change = change_of(before, decision)
    after = tickets.changed(before, change, before.last_client_message_at, now, replied=bool(decision.replies))
    after = replace(after, trust=decision.trust)
    tickets.save(c, [after], now)
    rows = compose.actions(batch.parts, batch.live, understood, decision, facts, after, now, batch.staff)
    outbox.queue(c, rows, now)
    data = {"client": after.client, "address": before.client_address}
    tickets.log(c, [LogRow(ticket=before.id, message=understood.claimed.id, what="belongs", actor=by, data=data)], now)
    return replace(after, version=after.version + 1)
