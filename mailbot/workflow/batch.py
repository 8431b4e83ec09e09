"""What the messages of one batch share: looked up together, then decided one after the other over what the earlier ones changed.

Nothing is written here: `handle` records the whole batch at its end, or nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from mailbot.decide import decide
from mailbot.decide.staff import may_forward
from mailbot.model.as_json import Json, decision_json, findings_json, message_json
from mailbot.model.context import Colleague, Context, Spent
from mailbot.model.decision import Decision
from mailbot.model.ticket import Ticket
from mailbot.record import context, journal, tickets
from mailbot.record.context import Found
from mailbot.record.database import Connection
from mailbot.record.outbox import NewAction
from mailbot.record.tickets import LogRow
from mailbot.workflow import compose
from mailbot.workflow.gather import Facts, Wanted, wanted
from mailbot.workflow.parts import Live, Parts
from mailbot.workflow.poll import go_live_times
from mailbot.workflow.understand import Understood

Disposition = Literal["on_ticket", "recorded", "set_aside"]


@dataclass(slots=True)
class Batch:
    """What the messages of one batch share, and what earlier ones of it have already changed. Nothing is written before the end."""

    parts: Parts
    live: Live
    gathered: Facts
    found: dict[int, Found]
    now: datetime
    ids: Iterator[int]
    go_live: Mapping[str, datetime]
    waiting: int
    staff: tuple[Colleague, ...]
    owners: dict[str, str]
    opened: dict[int, Ticket] = field(default_factory=dict)
    changed: dict[int, Ticket] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    texts: dict[tuple[str, str], int] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    bounced: list[str] = field(default_factory=list)
    actions: list[NewAction] = field(default_factory=list)
    log: list[LogRow] = field(default_factory=list)
    settled: list[journal.Settled] = field(default_factory=list)
    told: list[dict[str, object]] = field(default_factory=list)

    def ticket(self, before: Ticket) -> Ticket:
        """The ticket as earlier messages of this batch left it."""
        return self.opened.get(before.id) or self.changed.get(before.id) or before


def wants_of(parts: Parts, good: Sequence[Understood]) -> list[Wanted]:
    """The thread leads to a ticket, and the ticket to its orders; a forward counts only from a colleague (a short read)."""
    with parts.db.reading() as c:
        by_thread = context.orders_of_threads(c, [t for u in good for t in u.message.thread_ids])
        colleagues = context.writers(c, {_address(u) for u in good if may_forward(u.message, u.found)}, ())
    return [
        wanted(
            u.message, u.found, [i for t in u.message.thread_ids for i in by_thread.get(t, ())],
            by_colleague=may_forward(u.message, u.found) and _address(u) in colleagues,
        )
        for u in good
    ]  # fmt: skip


def lock_keys(good: Sequence[Understood], wants: Sequence[Wanted], gathered: Facts) -> set[str]:
    """Everything whose state the decisions rest on: clients and orders (two machines never decide on an old state)."""
    keys: set[str] = set()
    for understood, want in zip(good, wants, strict=True):
        orders = gathered.named(want.numbers)
        keys |= {f"order:{n}" for n in want.numbers} | {f"order:{o.id}" for o in orders}
        keys |= {f"client:{o.client.id}" for o in (*orders, *gathered.by_client.get(want.sender, ()))}
        if want.sender:
            keys.add(f"client:{want.sender}")
        if understood.message.comment and understood.message.comment.author_id:
            keys.add(f"client:{understood.message.comment.author_id}")
    return keys


def begin_batch(
    c: Connection, parts: Parts, live: Live, good: Sequence[Understood], wants: Sequence[Wanted], gathered: Facts, now: datetime
) -> Batch:
    asks = [_look_up_of(u, w, gathered) for u, w in zip(good, wants, strict=True)]
    found = {f.message: f for f in context.look_up(c, asks, now)}
    return Batch(
        parts=parts,
        live=live,
        gathered=gathered,
        found=found,
        now=now,
        ids=iter(tickets.reserve(c, len(good))),
        go_live=go_live_times(parts, c),
        waiting=context.waiting(c),
        staff=context.staff(c),
        owners=dict(context.last_owners(c)),
    )


def decide_one(batch: Batch, understood: Understood, want: Wanted) -> None:
    facts = context_of(batch, understood, want)
    decision = decide(understood.message, understood.found, facts, batch.live.rules, batch.now)
    ticket = _ticket(batch, understood, decision, facts)
    batch.actions += compose.actions(batch.parts, batch.live, understood, decision, facts, ticket, batch.now, batch.staff)
    told = _dumped(decision_json(decision)), _dumped(findings_json(understood.found))
    batch.log.append(compose.log_row(understood, decision, ticket, *told))
    batch.bounced += decision.bounced
    _remember(batch, understood, decision, ticket, want)
    batch.settled.append(_settled(batch, understood, decision, ticket, *told))
    batch.told.append(compose.told(understood, decision, ticket))


def context_of(batch: Batch, understood: Understood, want: Wanted) -> Context:
    found = batch.found[understood.claimed.id]
    parts, gathered = batch.parts, batch.gathered
    tickets_seen, threads = _tickets(batch, understood, want, found)
    key = (want.sender, understood.text_hash)
    again = ((batch.texts[key], key[1]),) if key in batch.texts else ()
    return Context(
        message=understood.claimed.id,
        received_at=understood.claimed.received_at,
        go_live=batch.go_live.get(understood.claimed.place),
        known=found.known,
        colleague=found.colleague,
        orders=gathered.named(want.numbers),
        unknown_numbers=gathered.unknown(want.numbers),
        facts_pending=gathered.pending(want.numbers, want.sender),
        client_orders=gathered.by_client.get(want.sender, ()),
        tickets=tickets_seen,
        thread_tickets=threads,
        our_mails=found.our_mails,
        token_valid=any(m.to == want.sender for m in found.our_mails),
        duplicate_texts=found.duplicate_texts + again,
        message_id_reused=understood.claimed.message_id_reused,
        order_system=parts.order_system.name if parts.order_system else None,
        capabilities=gathered.capabilities,
        spent=_spent(batch, found.spent, found.known.address if found.known else want.sender),
        waiting=batch.waiting,
        staff_on_shift=batch.staff,
        last_owner=tuple(batch.owners.items()),
        company=parts.company,
        asked_by=understood.claimed.asked_by,
    )


def _look_up_of(understood: Understood, want: Wanted, gathered: Facts) -> context.LookUp:
    message = understood.message
    ids = {o.id for o in gathered.named(want.numbers)}
    return context.LookUp(
        message=understood.claimed.id,
        sender=want.sender,
        writer=_address(understood),
        comment_author_id=message.comment.author_id if message.comment else "",
        thread_ids=message.thread_ids,
        order_ids=tuple(sorted({*want.numbers, *ids})),
        order_numbers=want.numbers,
        text_hash=understood.text_hash,
        report_message_ids=message.report.original_message_ids if message.report else (),
    )


def _ticket(batch: Batch, understood: Understood, decision: Decision, facts: Context) -> Ticket | None:
    """The ticket as it stands after this message, kept for the end of the batch; None where the message is on none."""
    at = understood.claimed.received_at
    if decision.outcome == "open_ticket":
        new = replace(
            tickets.opened(next(batch.ids), decision, understood.claimed.source, at, batch.now), newest_message=understood.claimed.id
        )
        batch.opened[new.id] = new
        return new
    before = next((t for t in facts.tickets if t.id == decision.join), None)
    if before is None:
        return None
    replied = any(r.send and r.counted for r in decision.replies)
    after = tickets.changed(before, decision.change, at, batch.now, replied=replied)
    if decision.outcome == "record_only" or decision.change.by_staff:  # a bounce or a colleague; the client said nothing
        after = replace(after, last_client_message_at=before.last_client_message_at)
    else:
        after = replace(after, newest_message=understood.claimed.id)
    (batch.opened if before.id in batch.opened else batch.changed)[before.id] = after
    return after


def _tickets(batch: Batch, understood: Understood, want: Wanted, found: Found) -> tuple[tuple[Ticket, ...], tuple[int, ...]]:
    """What was looked up, as earlier messages of this batch have changed it."""
    ids = {o.id for o in batch.gathered.named(want.numbers)} | set(want.numbers)
    client = found.known.client if found.known else want.sender
    threads = tuple(batch.threads[t] for t in understood.message.thread_ids if t in batch.threads)
    mine = [t for t in (*batch.opened.values(), *batch.changed.values()) if _concerns(t, threads, ids, client, want.sender)]
    merged = {t.id: t for t in (*map(batch.ticket, found.tickets), *mine)}
    newest_first = sorted(merged.values(), key=lambda t: t.id, reverse=True)
    return tuple(newest_first), tuple(dict.fromkeys((*threads, *found.thread_tickets)))


def _concerns(ticket: Ticket, threads: Collection[int], orders: set[str], client: str, sender: str) -> bool:
    by_order = orders.intersection(ticket.order_ids) or ticket.order in orders
    by_client = (client and ticket.client == client) or (sender and ticket.client_address == sender)
    return ticket.id in threads or bool(by_order or by_client)


def _spent(batch: Batch, spent: Spent, recipient: str) -> Spent:
    """With what earlier messages of this batch have used up. An answer on an order counts for no address, but in all (I9)."""
    domain = recipient.rpartition("@")[2]
    own = batch.counted.count(recipient) if recipient else 0
    return replace(
        spent,
        address_hour=spent.address_hour + own,
        address_day=spent.address_day + own,
        domain_hour=spent.domain_hour + sum(a.rpartition("@")[2] == domain for a in batch.counted),
        all_hour=spent.all_hour + len(batch.counted),
    )


def _remember(batch: Batch, understood: Understood, decision: Decision, ticket: Ticket | None, want: Wanted) -> None:
    batch.counted.extend(r.to if r.channel == "email" else "" for r in decision.replies if r.counted and not r.suppressed)
    if ticket is None:
        return
    if decision.outcome == "open_ticket":
        batch.waiting += 1
        if decision.owner:
            batch.owners[decision.queue] = decision.owner
    if understood.message.message_id:
        batch.threads[understood.message.message_id] = ticket.id
    if digest := understood.text_hash:
        batch.texts[(want.sender, digest)] = ticket.id


def _settled(
    batch: Batch, understood: Understood, decision: Decision, ticket: Ticket | None, decision_json: str, findings_json: str
) -> journal.Settled:
    message = understood.message
    dispositions: dict[str, Disposition] = {"record_only": "recorded", "set_aside": "set_aside"}
    return journal.Settled(
        id=understood.claimed.id,
        disposition=dispositions.get(decision.outcome, "on_ticket"),
        ticket=ticket.id if ticket else None,
        because=decision.reasons[-1].because if decision.reasons else "",
        message_id=message.message_id,
        sender=message.sender.address if message.sender else "",
        subject=message.subject,
        sent_at=message.date,
        text=message.text,
        text_hash=understood.text_hash,
        parsed_json=_dumped(message_json(message)),
        findings_json=findings_json,
        decision_json=decision_json,
        rules_hash=batch.live.rules.hash,
        templates_hash=batch.live.templates.hash,
        html=understood.html,
        before_go_live=ticket is None and "before_go_live" in decision.flags,
    )


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _address(understood: Understood) -> str:
    return understood.message.sender.address if understood.message.sender else ""
