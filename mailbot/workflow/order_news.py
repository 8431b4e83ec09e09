"""What happened on orders without a comment: the events feed by its cursor, or open orders read again where there is no feed (P26-P28)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from mailbot.decide.order_news import of_event, of_order
from mailbot.errors import NotFound, Unavailable
from mailbot.model.act import ActContext, ActDecision
from mailbot.model.order import Order, OrderEvent
from mailbot.order_system.contract import OrderSystem, WrongShape
from mailbot.record import addresses, due, facts, settings_store, tickets
from mailbot.record.tickets import LogRow
from mailbot.workflow.acts import apply, context_of, hold_ticket, known_orders
from mailbot.workflow.events import read_events
from mailbot.workflow.gather import gather
from mailbot.workflow.on_the_way import OnTheWay, on_the_way, owe, owed, paid
from mailbot.workflow.parts import Parts, log

READ_AGAIN = timedelta(minutes=5)
MOST_ORDERS = 500
Decide = Callable[[ActContext, datetime], ActDecision | None]


def follow_orders(parts: Parts, system: OrderSystem, since: datetime, stop: threading.Event) -> int:
    """Returns how many tickets changed. `since`: where the feed is read from the first time. Raises Unavailable."""
    waiting = on_the_way(parts, system)
    if waiting is None:
        return 0
    if not gather(parts, []).capabilities.events:
        return _read_again(parts, system, stop, waiting)
    told = sum(_pay(parts, system, event, waiting) for event in owed(parts, system) if not stop.is_set())
    return told + read_events(parts, system, since, stop, lambda event: _follow(parts, system, event, waiting))


def _pay(parts: Parts, system: OrderSystem, event: OrderEvent, waiting: OnTheWay) -> int:
    """An event that waited for a comment."""
    on = _open_tickets(parts, event.order_id)
    if waiting.holds(event.order_id, has_ticket=bool(on)):
        return 0
    told = _tell(parts, system, event, on)
    paid(parts, system, event)
    return told


def _follow(parts: Parts, system: OrderSystem, event: OrderEvent, waiting: OnTheWay) -> int:
    """One that is followed again after a kill changes nothing: decisions look at the ticket as it stands by then."""
    if event.type == "comment.created":
        return 0
    on = _open_tickets(parts, event.order_id)
    if waiting.holds(event.order_id, has_ticket=bool(on)):
        owe(parts, system, event)
        return 0
    return _tell(parts, system, event, on)


def _open_tickets(parts: Parts, order_id: str) -> list[int]:
    with parts.db.reading() as c:
        return due.on_orders(c, [order_id]).get(order_id, [])


def _tell(parts: Parts, system: OrderSystem, event: OrderEvent, on: list[int]) -> int:
    order = _order(parts, system, event.order_id) if on else None
    return sum(_decide(parts, t, order, lambda context, now: of_event(event, order, context, now), f"order {event.type}") for t in on)


def _read_again(parts: Parts, system: OrderSystem, stop: threading.Event, waiting: OnTheWay) -> int:
    """A system without events: the orders of open tickets every five minutes."""
    key = f"orders_read:{system.name}"
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        last = settings_store.get(c, key)
        if last and now - datetime.fromisoformat(last) < READ_AGAIN:
            return 0
        settings_store.put(c, key, now.isoformat())
        wanted = [order_id for order_id in due.open_orders(c, MOST_ORDERS) if not waiting.holds(order_id, has_ticket=True)]
        on = due.on_orders(c, wanted)
    changed = 0
    for order_id in wanted:
        if stop.is_set():
            break
        order = _order(parts, system, order_id)
        if order is not None:
            decide = _of(order)
            changed += sum(_decide(parts, ticket_id, order, decide, "order read again") for ticket_id in on.get(order_id, ()))
    return changed


def _of(order: Order) -> Decide:
    return lambda context, now: of_order(order, context, now)


def _order(parts: Parts, system: OrderSystem, order_id: str) -> Order | None:
    """Read anew, and remembered; None where the system does not know it any more, or tells it in a shape that nobody can read."""
    try:
        order = system.order(order_id)
    except NotFound:
        return None
    except WrongShape as error:  # asking again would hold up all other orders until somebody mends it
        log.warning("order_in_wrong_shape", order=order_id, because=str(error))
        return None
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        facts.store(c, system.name, [order], now)
        addresses.learn(c, [order], system.name, now)
    return order


def _decide(parts: Parts, ticket_id: int, order: Order | None, decide: Decide, what: str) -> bool:
    """A fault costs this ticket's news only, and is shown on it."""
    try:
        return _apply(parts, ticket_id, order, decide, what)
    except Unavailable:
        raise
    except Exception as error:
        log.error("order_news_failed", ticket=ticket_id, what=what, because=repr(error))
        with parts.db.transaction() as c:
            data = {"news": what, "because": f"{type(error).__name__}: {error}"}
            tickets.log(c, [LogRow(ticket=ticket_id, what="order_news_failed", actor="order system", data=data)], parts.db.now(c))
        return False


def _apply(parts: Parts, ticket_id: int, order: Order | None, decide: Decide, what: str) -> bool:
    with parts.db.reading() as c:
        ticket = tickets.get(c, ticket_id)
    if ticket is None:
        return False
    order_facts = known_orders(parts, ticket)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        context = context_of(c, parts, hold_ticket(c, ticket_id), order_facts, now)
        decided = decide(context, now)
        if decided is None:
            return False
        data = {"order": order.number if order else ""}
        done = apply(c, parts, context, decided, what=what.replace(" ", "_").replace(".", "_"), actor="order system", data=data, now=now)
        parts.db.notify(c, "drain")
    parts.wake.drain.set()
    log.info("order_news", ticket=ticket_id, what=what)
    parts.tell("watched", {"ticket": ticket_id, "because": "; ".join(done.because)})
    return True
