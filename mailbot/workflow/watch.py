"""What time brings: due tickets -> locks -> look up -> decide -> render -> record. A leased tick: one machine does it (60 s)."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot.decide.watching import due
from mailbot.record import due as due_tickets
from mailbot.record import leases, tickets
from mailbot.record.database import Connection
from mailbot.workflow.acts import apply, context_of, hold_ticket, known_orders
from mailbot.workflow.parts import Parts, log

LEASE_SECONDS = 60
BATCH = 200
AHEAD = timedelta(days=14)  # no promise is warned of earlier
MOST_STEPS = 5  # of one ticket in one round: an escalation after a long stop


def watch(parts: Parts) -> int:
    """Returns how many steps were taken; 0 where another machine watches."""
    with parts.db.transaction() as c:
        if not leases.take(c, "watch", parts.holder, LEASE_SECONDS, parts.db.now(c)):
            return 0
    with parts.db.reading() as c:
        wanted = _due(c, parts, parts.db.now(c))
    taken = sum(_one(parts, ticket_id) for ticket_id in wanted)
    with parts.db.transaction() as c:  # I11: whoever has nothing to do holds nothing
        leases.release(c, "watch", parts.holder)
    return taken


def _due(c: Connection, parts: Parts, now: datetime) -> list[int]:
    rules = parts.live.rules
    first = min(rules.escalation_minutes, default=0)
    found = [
        *due_tickets.unread(c, now - timedelta(minutes=first), len(rules.escalation), BATCH),
        *due_tickets.unanswered_charges(c, now - timedelta(hours=rules.agreement_hours), BATCH),
        *due_tickets.promised(c, now, AHEAD, BATCH),
        *due_tickets.delivered(c, now - timedelta(days=rules.close_after_days), BATCH),
    ]
    return list(dict.fromkeys(found))


def _one(parts: Parts, ticket_id: int) -> int:
    """Every step that is due on one ticket, each in a transaction of its own; a fault costs this ticket only."""
    try:
        for done in range(MOST_STEPS):
            if not _step(parts, ticket_id):
                return done
    except Exception as error:  # shown in the log; the others go on, the next round asks again
        log.error("watch_failed", ticket=ticket_id, because=repr(error))
        return 0
    return MOST_STEPS


def _step(parts: Parts, ticket_id: int) -> bool:
    with parts.db.reading() as c:
        ticket = tickets.get(c, ticket_id)
    if ticket is None:
        return False
    order_facts = known_orders(parts, ticket)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        context = context_of(c, parts, hold_ticket(c, ticket_id), order_facts, now)
        decided = due(context, parts.live.rules, now)
        if decided is None:
            return False
        done = apply(c, parts, context, decided, what="time", actor="mailbot", data={}, now=now)
        parts.db.notify(c, "drain")
    parts.wake.drain.set()
    parts.tell("watched", {"ticket": ticket_id, "because": "; ".join(done.because)})
    return True
