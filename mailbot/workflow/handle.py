"""claim -> parse -> check -> gather -> transaction: locks, look up, decide, render, record. All of a batch, or nothing of it (I4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailbot.decide import decide
from mailbot.model.as_json import decision_json, findings_json, message_json
from mailbot.model.context import Context, Spent
from mailbot.model.decision import Decision
from mailbot.model.ticket import Ticket
from mailbot.record import context, journal, locks, outbox, tickets
from mailbot.record.database import Connection
from mailbot.workflow import compose
from mailbot.workflow.gather import Facts, Wanted, gather, remember, wanted
from mailbot.workflow.parts import Live, Parts, log
from mailbot.workflow.poll import go_live
from mailbot.workflow.understand import NotUnderstood, Understood, understand

BATCH = 50


def handle(parts: Parts, limit: int = BATCH) -> int:
    """Handles one claimed batch; returns how many messages it took (0: nothing waits)."""
    with parts.db.transaction() as c:
        claimed = journal.claim(c, limit, parts.db.now(c), parts.holder)
    if not claimed:
        return 0
    live = parts.live
    good, bad = understand(claimed, live.rules.words, parts.own)
    _put_aside(parts, bad)
    try:
        _handle_batch(parts, live, good)
    except Exception as error:
        log.warning("batch_failed", messages=len(good), because=repr(error))
        _one_by_one(parts, live, good)
    parts.wake.drain.set()
    return len(claimed)


def _handle_batch(parts: Parts, live: Live, good: Sequence[Understood]) -> None:
    if not good:
        return
    wants = _wants(parts, good)
    gathered = gather(parts, wants)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        locks.hold(c, _keys(good, wants, gathered))
        remember(parts, gathered, c, now)
        batch = _Batch(parts, live, gathered, _look_up(c, good, wants, gathered, now), now)
        for understood, want in zip(good, wants, strict=True):
            _handle_one(c, batch, understood, want)
        journal.settle(c, batch.settled, now)
    for told in batch.told:
        parts.tell("handled", told)


def _one_by_one(parts: Parts, live: Live, good: Sequence[Understood]) -> None:
    """A poison message must not use up its neighbours' attempts (I5)."""
    for understood in good:
        try:
            _handle_batch(parts, live, [understood])
        except Exception as error:  # noqa: BLE001 - counted, shown, and set aside after three (I5, P7)
            log.error("message_failed", message=understood.claimed.id, because=repr(error))
            with parts.db.transaction() as c:
                journal.failed(c, [understood.claimed.id], f"{type(error).__name__}: {error}", parts.db.now(c))


def _put_aside(parts: Parts, bad: Sequence[NotUnderstood]) -> None:
    if not bad:
        return
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        for one in bad:
            if one.lasting:
                journal.set_aside(c, one.claimed.id, one.because, now)
            else:
                journal.failed(c, [one.claimed.id], one.because, now)
    for one in bad:
        log.warning("message_not_understood", message=one.claimed.id, because=one.because)


@dataclass(slots=True)
class _Batch:
    """What the messages of one batch share, and what earlier ones of it have already changed."""

    parts: Parts
    live: Live
    gathered: Facts
    found: dict[int, context.Found]
    now: datetime
    waiting: int = 0
    staff: tuple[context.Colleague, ...] = ()
    owners: dict[str, str] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    texts: dict[tuple[str, str], int] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    settled: list[journal.Settled] = field(default_factory=list)
    told: list[dict[str, object]] = field(default_factory=list)


def _look_up(c: Connection, good: Sequence[Understood], wants: Sequence[Wanted], gathered: Facts, now: datetime) -> dict[int, context.Found]:
    asks = [_look_up_of(u, w, gathered) for u, w in zip(good, wants, strict=True)]
    return {u.claimed.id: f for u, f in zip(good, context.look_up(c, asks, now), strict=True)}


def _look_up_of(understood: Understood, want: Wanted, gathered: Facts) -> context.LookUp:
    message = understood.message
    ids = {o.id for o in gathered.named(want.numbers)}
    return context.LookUp(
        message=understood.claimed.id,
        sender=want.sender,
        comment_author_id=message.comment.author_id if message.comment else "",
        thread_ids=message.thread_ids,
        order_numbers=tuple(sorted({*want.numbers, *ids})),
        text_hash=text_hash(understood),
        report_message_ids=message.report.original_message_ids if message.report else (),
    )


def text_hash(understood: Understood) -> str:
    """Equal for the same words, whatever the spaces and capitals (P3)."""
    words = " ".join(understood.message.text.lower().split())
    return hashlib.sha256(words.encode()).hexdigest() if words else ""


def _handle_one(c: Connection, batch: _Batch, understood: Understood, want: Wanted) -> None:
    facts = _context(c, batch, understood, want)
    decision = decide(understood.message, understood.found, facts, batch.live.rules, batch.now)
    ticket = _record(c, batch, understood, decision)
    actions = compose.actions(batch.parts, batch.live, understood, decision, facts, ticket, batch.now)
    outbox.queue(c, actions, batch.now)
    if ticket is not None:
        tickets.log(c, compose.log_rows(understood, decision, ticket), batch.now)
    _remember(batch, understood, decision, ticket, want)
    batch.settled.append(_settled(batch, understood, decision, ticket))
    batch.told.append(compose.told(understood, decision, ticket))


def _record(c: Connection, batch: _Batch, understood: Understood, decision: Decision) -> Ticket | None:
    claimed = understood.claimed
    for address in decision.bounced:
        context.mark_bounced(c, address, batch.now)
    if decision.outcome == "open_ticket":
        return tickets.open_ticket(c, decision, claimed.id, claimed.source, claimed.received_at, batch.now)
    if decision.join is not None:
        return tickets.join(c, decision.join, decision.change, claimed.id, claimed.received_at, batch.now)
    return None


def _context(c: Connection, batch: _Batch, understood: Understood, want: Wanted) -> Context:
    found = batch.found[understood.claimed.id]
    parts, gathered = batch.parts, batch.gathered
    tickets_seen, threads = _tickets(batch, understood, want, found)
    key = (want.sender, text_hash(understood))
    again = ((batch.texts[key], key[1]),) if key in batch.texts else ()
    return Context(
        message=understood.claimed.id,
        received_at=understood.claimed.received_at,
        go_live=go_live(parts, understood.claimed.place, c),
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
        spent=_spent(batch, found.spent, want.sender),
        waiting=batch.waiting,
        staff_on_shift=batch.staff,
        last_owner=tuple(batch.owners.items()),
        company=parts.company,
    )


def _tickets(batch: _Batch, understood: Understood, want: Wanted, found: context.Found) -> tuple[tuple[Ticket, ...], tuple[int, ...]]:
    """What was looked up, as earlier messages of this batch have changed it."""
    ids = {o.id for o in batch.gathered.named(want.numbers)} | set(want.numbers)
    client = found.known.client if found.known else want.sender
    threads = tuple(batch.threads[t] for t in understood.message.thread_ids if t in batch.threads)
    own = [
        t for t in batch.tickets.values()
        if t.id in threads or ids.intersection((*t.order_ids, t.order)) or (client and t.client == client) or (want.sender and t.client_address == want.sender)
    ]  # fmt: skip
    merged = {t.id: t for t in (*own, *(batch.tickets.get(t.id, t) for t in found.tickets))}
    newest_first = sorted(merged.values(), key=lambda t: t.id, reverse=True)
    return tuple(newest_first), tuple(dict.fromkeys((*threads, *found.thread_tickets)))


def _spent(batch: _Batch, spent: Spent, sender: str) -> Spent:
    domain = sender.rpartition("@")[2]
    own = batch.counted.count(sender)
    return replace(
        spent,
        address_hour=spent.address_hour + own,
        address_day=spent.address_day + own,
        domain_hour=spent.domain_hour + sum(a.rpartition("@")[2] == domain for a in batch.counted),
        all_hour=spent.all_hour + len(batch.counted),
    )


def _remember(batch: _Batch, understood: Understood, decision: Decision, ticket: Ticket | None, want: Wanted) -> None:
    batch.counted.extend(r.to for r in decision.replies if r.counted and not r.suppressed and r.channel == "email")
    if ticket is None:
        return
    if decision.outcome == "open_ticket":
        batch.waiting += 1
        if decision.owner:
            batch.owners[decision.queue] = decision.owner
    batch.tickets[ticket.id] = ticket
    if understood.message.message_id:
        batch.threads[understood.message.message_id] = ticket.id
    if digest := text_hash(understood):
        batch.texts[(want.sender, digest)] = ticket.id


def _settled(batch: _Batch, understood: Understood, decision: Decision, ticket: Ticket | None) -> journal.Settled:
    message = understood.message
    return journal.Settled(
        id=understood.claimed.id,
        disposition="on_ticket" if decision.outcome in ("open_ticket", "join_ticket") else "recorded" if decision.outcome == "record_only" else "set_aside",
        ticket=ticket.id if ticket else None,
        because="; ".join(r.because for r in decision.reasons[-1:]),
        message_id=message.message_id,
        sender=message.sender.address if message.sender else "",
        subject=message.subject,
        text=message.text,
        text_hash=text_hash(understood),
        parsed_json=message_json(message),
        findings_json=findings_json(understood.found),
        decision_json=decision_json(decision),
        context_json={},
        rules_hash=batch.live.rules.hash,
        templates_hash=batch.live.templates.hash,
    )


def _wants(parts: Parts, good: Sequence[Understood]) -> list[Wanted]:
    """The thread leads to a ticket, and the ticket to its orders (a short read)."""
    with parts.db.reading() as c:
        by_thread = context.orders_of_threads(c, [t for u in good for t in u.message.thread_ids])
    return [
        wanted(u.message, u.found, [i for t in u.message.thread_ids for i in by_thread.get(t, ())]) for u in good
    ]


def _keys(good: Sequence[Understood], wants: Sequence[Wanted], gathered: Facts) -> set[str]:
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
