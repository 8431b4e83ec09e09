"""What a person does to a ticket: facts -> locks -> look up -> decide -> render -> record, as every other road.

`act` is called by commands, the desk and the API alike. `apply` records a decision, whoever caused it (order_news, watch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from mailbot.decide.act import decide_act
from mailbot.decide.act_facts import act_facts
from mailbot.errors import Conflict, NotAllowed, NotFound
from mailbot.model.act import Act, ActContext, ActDecision, Newest, News, Pending, Refused
from mailbot.model.order import Capabilities, Order
from mailbot.model.ticket import Ticket
from mailbot.record import addresses, facts, locks, outbox, people, tickets
from mailbot.record.answered import answered
from mailbot.record.database import Connection
from mailbot.record.outbox import NewAction
from mailbot.record.tickets import LogRow
from mailbot.workflow.gather import Wanted, gather, remember
from mailbot.workflow.outgoing import Origin, Outgoing
from mailbot.workflow.parts import Parts

ANY_AGE = 10 * 365 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of an act. `because`: the reasons, `actions`: rows of the outbox, `opened`: numbers of new tickets."""

    ticket: Ticket
    because: tuple[str, ...]
    actions: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """The orders of a ticket, as fresh as the order system gives them in time; `linked` answers a number that was named."""

    orders: tuple[Order, ...] = ()
    linked: Order | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)


def act(parts: Parts, wanted: Act, by: str) -> Acted:
    """`by` is a login. Raises NotFound, NotAllowed, or Conflict where the state, the version or a condition forbids it."""
    order_facts = read_orders(parts, _ticket(parts, wanted.ticket), wanted.order)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        ticket = hold_ticket(c, wanted.ticket, wanted.other)
        _same_version(c, ticket, wanted.version)
        context = context_of(c, parts, ticket, order_facts, now, by=by, other=wanted.other)
        decided = decide_act(wanted, context, parts.live.rules, now)
        if isinstance(decided, Refused):
            raise (NotAllowed if decided.by_role else Conflict)(sentence(decided.because))
        done = apply(c, parts, context, decided, what=wanted.verb, actor=by, data=act_data(wanted), now=now)
        parts.db.notify(c, "drain")
    parts.wake.drain.set()
    parts.tell("acted", {"ticket": done.ticket.id, "act": wanted.verb, "by": by, "because": "; ".join(done.because)})
    return done


def read_orders(parts: Parts, ticket: Ticket, named: str = "") -> OrderFacts:
    """Outside any transaction. What the order system does not answer in time is taken from the cache, whatever its age."""
    if parts.order_system is None:
        return OrderFacts()
    numbers = tuple(dict.fromkeys((*ticket.order_ids, *((named,) if named else ()))))
    gathered = gather(parts, [Wanted(numbers, "", order_id=ticket.order_ids[0] if ticket.order_ids else "", anew=True)])
    with parts.db.transaction() as c:
        remember(parts, gathered, c, parts.db.now(c))
    known = known_orders(parts, ticket, numbers)
    by_id = {o.id: o for o in (*known.orders, *gathered.named(numbers))}
    orders = tuple(by_id[i] for i in ticket.order_ids if i in by_id)
    linked = known.linked or next((o for o in by_id.values() if named and named in (o.number, o.id)), None)
    return OrderFacts(orders=orders, linked=linked if named else None, capabilities=gathered.capabilities)


def known_orders(parts: Parts, ticket: Ticket, numbers: tuple[str, ...] = ()) -> OrderFacts:
    """What the cache holds, whatever its age; the order system is asked for nothing but what it can do, every few minutes."""
    if parts.order_system is None:
        return OrderFacts()
    wanted = numbers or ticket.order_ids
    with parts.db.reading() as c:
        stored = {o.id: o for o in facts.cached(c, parts.order_system.name, wanted, parts.db.now(c), ANY_AGE)}
    orders = tuple(stored[i] for i in ticket.order_ids if i in stored)
    linked = next((o for o in stored.values() if o.id not in ticket.order_ids), None)
    return OrderFacts(orders=orders, linked=linked, capabilities=gather(parts, []).capabilities)


def hold_ticket(c: Connection, ticket_id: int, other: int | None = None) -> Ticket:
    """The ticket, which nobody else decides on until the transaction ends. Raises NotFound."""
    seen = _found(tickets.get(c, ticket_id), ticket_id)
    orders = {f"order:{o}" for o in (*seen.order_ids, seen.order) if o}
    more = {f"ticket:{other}"} if other else set()
    locks.hold(c, {f"ticket:{ticket_id}", f"client:{seen.client}"} | orders | more)
    return _found(tickets.get(c, ticket_id), ticket_id)


def context_of(
    c: Connection,
    parts: Parts,
    ticket: Ticket,
    order_facts: OrderFacts,
    now: datetime,
    *,
    by: str = "",
    other: int | None = None,
    looking: bool = False,
) -> ActContext:
    """Everything that a decision on this ticket looks at. `looking`: nothing will be recorded, so a reader's connection is enough."""
    colleagues = people.staff(c)
    known = addresses.get(c, ticket.client_address) if ticket.client_address else None
    return ActContext(
        ticket=ticket,
        person=next((p for p in colleagues if p.login == by), None),
        company=parts.company,
        order_system=parts.order_system.name if parts.order_system else None,
        capabilities=order_facts.capabilities,
        orders=order_facts.orders,
        newest=_newest(c, ticket),
        pending=_pending(c, ticket, now, keep=not looking),
        assessors=tickets.assessors(c, [i for i in (ticket.id, ticket.earlier_ticket) if i]),
        colleagues=colleagues,
        other=tickets.get(c, other) if other else None,
        linked=order_facts.linked,
        before=tickets.in_production(c, ticket.id),
        bounced=bool(known and known.bounced),
        time_zone=known.time_zone if known else "",
    )


def apply(
    c: Connection, parts: Parts, context: ActContext, decided: ActDecision, *, what: str, actor: str, data: Mapping[str, Any], now: datetime
) -> Acted:
    """Ticket, history and outbox in one transaction (I4). `what` and `data` become the line of history."""
    before, after = context.ticket, decided.after
    tickets.save(c, [after, *decided.others], now)
    opened = _open(c, decided, before, now)
    attached = _attached(c, decided, before.id)
    if decided.stops_clock:
        tickets.read_by(c, before.id, before.clock_started_at, after.read_at or now, actor)
    replaced = tuple(i for n in decided.news for i in n.replaces)
    outbox.set_state(c, replaced, "queued", "cancelled", "goes with later news as one message (P22)")
    outbox.set_state(c, replaced, "held", "cancelled", "goes with later news as one message (P22)")
    for told in decided.news:
        outbox.hasten(c, told.hastens, told.due_at or now)
    ids = outbox.queue(c, _rows(c, parts, context, decided, now), now)
    history = {
        **data,
        "because": [f"{r.by}: {r.because}" for r in decided.reasons],
        "before": {"version": before.version + 1, **changed_fields(after, before)},
        "actions": ids,
        "replaced": replaced,
        **({"opened": [t.id for t in opened]} if opened else {}),
        **({"attached": attached, "others": _others(context, decided)} if decided.others else {}),
    }
    tickets.log(c, [LogRow(ticket=before.id, what=what, actor=actor, data=history)], now)
    tickets.log(c, [LogRow(ticket=t.id, what="split_from", actor=actor, data={"ticket": before.id}) for t in opened], now)
    reasons = tuple(r.because for r in decided.reasons)
    return Acted(ticket=replace(after, version=after.version + 1), because=reasons, actions=tuple(ids), opened=tuple(t.id for t in opened))


def _attached(c: Connection, decided: ActDecision, ticket_id: int) -> list[int]:
    """Messages of a merged ticket that the other one did not have."""
    if not decided.messages_to:
        return []
    there = set(tickets.messages(c, decided.messages_to))
    moved = [m for m in tickets.messages(c, ticket_id) if m not in there]
    tickets.attach(c, decided.messages_to, moved)
    return moved


def _others(context: ActContext, decided: ActDecision) -> list[dict[str, Any]]:
    """As `before`, of the ticket that took another's messages over."""
    was = context.other
    return [{"ticket": o.id, "version": o.version + 1, **changed_fields(o, was)} for o in decided.others if was and was.id == o.id]


def changed_fields(after: Ticket, before: Ticket) -> dict[str, Any]:
    """What `before` had where `after` differs, as JSON: enough to take an act back."""
    names = (f.name for f in fields(Ticket) if f.name != "version")
    return {n: _plain(getattr(before, n)) for n in names if getattr(before, n) != getattr(after, n)}


def act_data(wanted: Act) -> dict[str, Any]:
    """What the person gave, for the history."""
    given = {f.name: getattr(wanted, f.name) for f in fields(Act) if f.name not in ("verb", "ticket", "version")}
    data = {name: _plain(value) for name, value in given.items() if value not in ("", None, (), False)}
    if wanted.charge:
        data["charge"] = str(wanted.charge)
    if wanted.parts:
        data["parts"] = [{"kind": p.kind, "images": list(p.images), "text": p.text} for p in wanted.parts]
    return data


def sentence(text: str) -> str:
    """For a person: begins with a capital letter and ends with a stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ")")) else ".")


def _rows(c: Connection, parts: Parts, context: ActContext, decided: ActDecision, now: datetime) -> list[NewAction]:
    """Effects before the news that tell of them."""
    message = _words_of(c, decided.after)
    out = Outgoing(parts, parts.live, _origin(context, decided), context.order_system or "", now, context.colleagues)

    def effects(after_reply: bool) -> list[NewAction]:
        wanted = (e for e in decided.effects if e.after_reply is after_reply)
        return [out.effect(e, act_facts(context, decided.after, None, message, e.because)) for e in wanted]

    first = effects(False)
    told = [row for n in decided.news for row in _news_rows(out, context, decided, n, first)]
    return [*first, *told, *effects(True)]


def _news_rows(out: Outgoing, context: ActContext, decided: ActDecision, news: News, effects: list[NewAction]) -> list[NewAction]:
    after_key = next((row.key for row in effects if news.after and row.kind == news.after), "") or news.after_key or None
    origin = replace(out.origin, automatic=news.automatic, due_at=news.due_at, about=news.items)
    facts = act_facts(context, decided.after, news)
    return [replace(out, origin=origin).reply(reply, facts, after_key) for reply in news.replies]


def _origin(context: ActContext, decided: ActDecision) -> Origin:
    """Version 7 of ticket 12 is made once: `T-12.7` names everything that it causes."""
    newest = context.newest
    by_mail = newest is not None and newest.source == "email"
    return Origin(
        cause=f"T-{context.ticket.id}.{context.ticket.version + 1}",
        ticket=decided.after,
        message_id=newest.message_id if newest and by_mail else "",
        thread_ids=newest.thread_ids if newest and by_mail else (),
        comment_id=newest.comment_id if newest else "",
        automatic="auto-generated",
        due_at=decided.due_at,
    )


def _open(c: Connection, decided: ActDecision, parent: Ticket, now: datetime) -> list[Ticket]:
    """The parts of a split ticket; each carries the client's messages."""
    if not decided.opened:
        return []
    ids = tickets.reserve(c, len(decided.opened))
    opened = [replace(t, id=id_) for t, id_ in zip(decided.opened, ids, strict=True)]
    tickets.insert(c, opened, now)
    carried = tickets.messages(c, parent.id)
    for one in opened:
        tickets.attach(c, one.id, carried)
    return opened


def _newest(c: Connection, ticket: Ticket) -> Newest | None:
    if ticket.newest_message is None:
        return None
    row = answered(c, ticket.newest_message)
    if row is None:
        return None
    return Newest(
        message=ticket.newest_message, source=row.source, message_id=row.message_id, thread_ids=row.thread_ids, comment_id=row.comment_id
    )


def _pending(c: Connection, ticket: Ticket, now: datetime, *, keep: bool) -> tuple[Pending, ...]:
    waiting = outbox.waiting_news(c, ticket.id, "news", now, keep=keep)
    keys = {a.id: a.key for a in outbox.many(c, [w.after for w in waiting if w.after])}
    return tuple(
        Pending(action=w.id, template=w.template, about=w.about, due_at=w.due_at, after_key=keys.get(w.after or 0, "")) for w in waiting
    )


def _words_of(c: Connection, ticket: Ticket) -> str:
    """The client's newest words, for notices and production."""
    row = answered(c, ticket.newest_message) if ticket.newest_message else None
    return row.text if row else ""


def _same_version(c: Connection, ticket: Ticket, version: int | None) -> None:
    if version is None or version == ticket.version:
        return
    line = tickets.last_line(c, ticket.id)
    what = f" ({line[1]}: {line[2].replace('_', ' ')})" if line else ""
    raise Conflict(f"Somebody else changed ticket #{ticket.id} since it was read{what}. Look again.")


def _ticket(parts: Parts, ticket_id: int) -> Ticket:
    with parts.db.reading() as c:
        return _found(tickets.get(c, ticket_id), ticket_id)


def _found(ticket: Ticket | None, ticket_id: int) -> Ticket:
    if ticket is None:
        raise NotFound(f"There is no ticket #{ticket_id}.")
    return ticket


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
