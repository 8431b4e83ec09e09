"""Facts that the order system could not give in time, filled in later. Asks nothing twice: no reply comes from here."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from mailbot.decide import decide
from mailbot.model.decision import Decision, TicketChange
from mailbot.model.ticket import Ticket
from mailbot.record import journal, locks, outbox, tickets
from mailbot.record.claims import Claimed
from mailbot.record.database import Connection
from mailbot.record.tickets import LogRow
from mailbot.workflow import compose
from mailbot.workflow.batch import Batch, begin_batch, context_of, lock_keys, wants_of
from mailbot.workflow.gather import Wanted, gather, remember
from mailbot.workflow.parts import Parts
from mailbot.workflow.understand import Understood, understand

BATCH = 20


def enrich(parts: Parts) -> int:
    """Decides anew, with facts, on the first message of each ticket that waits for them; returns how many got theirs."""
    if parts.order_system is None:
        return 0
    with parts.db.reading() as c:
        waiting = tickets.waiting_for_facts(c, BATCH)
    done = 0
    for ticket_id, message_id in waiting:
        if not parts.breaker.allows(time.monotonic()):
            break  # the order system is away; the next tick asks again
        done += _fill(parts, ticket_id, message_id)  # one that gets no answer holds up no other
    return done


def _fill(parts: Parts, ticket_id: int, message_id: int) -> bool:
    understood = read_again(parts, message_id)
    if understood is None:
        return True
    [want] = wants_of(parts, [understood])
    gathered = gather(parts, [want])
    if gathered.pending(want.numbers, want.sender):
        return False
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        locks.hold(c, lock_keys([understood], [want], gathered) | {f"ticket:{ticket_id}"})
        remember(parts, gathered, c, now)
        batch = begin_batch(c, parts, parts.live, [understood], [want], gathered, now)
        ticket = tickets.get(c, ticket_id)
        if ticket is not None and "facts_pending" in ticket.flags:
            _apply(c, batch, understood, want, ticket, now)
    parts.wake.drain.set()
    return True


def _apply(c: Connection, batch: Batch, understood: Understood, want: Wanted, ticket: Ticket, now: datetime) -> None:
    facts = context_of(batch, understood, want)
    facts = replace(facts, tickets=tuple(t for t in facts.tickets if t.id != ticket.id), thread_tickets=(), duplicate_texts=())
    decision = decide(understood.message, understood.found, facts, batch.live.rules, now)
    after = tickets.changed(ticket, change_of(ticket, decision), ticket.last_client_message_at, now)
    after = replace(after, trust=decision.trust)
    tickets.save(c, [after], now)
    silent = replace(decision, replies=())
    outbox.queue(c, compose.actions(batch.parts, batch.live, understood, silent, facts, after, now, batch.staff), now)
    tickets.log(c, [LogRow(ticket=ticket.id, message=understood.claimed.id, what="facts_filled_in")], now)


def change_of(ticket: Ticket, decision: Decision) -> TicketChange:
    """What facts may still change: client, orders, images, kind (an update), flags. What a person did since then stays."""
    untouched = ticket.state == "new"
    now_known = "unverified" in ticket.flags and "unverified" not in decision.flags
    return replace(
        decision.change,
        subject="",
        state=None,
        asked=None,
        kind=decision.kind if untouched else None,
        queue=decision.queue if untouched and (decision.kind == "update" or now_known) else None,
        owner=None,
        add_flags=tuple(f for f in decision.flags if f != "facts_pending"),
        drop_flags=("facts_pending", "unverified") if now_known else ("facts_pending",),
        restart_clock=False,
        dispute_level=None,
    )


def read_again(parts: Parts, message_id: int) -> Understood | None:
    with parts.db.reading() as c:
        row = journal.message_row(c, message_id)
        claimed = Claimed(
            id=row.id,
            source=row.source,
            place=row.place,
            received_at=row.received_at,
            attempts=2,  # its bytes were handled before; a child process costs nothing here
            size=row.size,
            raw=journal.raw(c, message_id),
            message_id_reused=row.message_id_reused,
        )
    good, _ = understand([claimed], parts.live.rules.words, parts.own, parts.marks)
    return good[0] if good else None
