"""What news of an order mean for its open tickets: production began, files delivered, another time, cancelled (P26-P28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.decide.news import Told, news
from mailbot.decide.promise import delivered, waiting_redistribution, with_time
from mailbot.decide.step import because, notices
from mailbot.model.act import ActContext, ActDecision
from mailbot.model.lifecycle import transition
from mailbot.model.order import Order, OrderEvent, same_delivery
from mailbot.model.ticket import Ticket

PROMISING = frozenset({"read", "assessed", "scheduled", "in_work"})


def of_event(event: OrderEvent, order: Order | None, context: ActContext, now: datetime) -> ActDecision | None:
    """`order` as it stands now, None where it cannot be read. None: nothing changes."""
    if event.at <= min(context.ticket.opened_at, context.ticket.clock_started_at):
        return None  # what had happened before the client wrote
    if event.type == "order.delivered":
        return _files(context, event.at, now)
    if order is None:
        return None
    if event.type == "order.due_changed":
        return _time(context, order, now)
    return of_order(order, context, now) if event.type == "order.status" else None


def of_order(order: Order, context: ActContext, now: datetime) -> ActDecision | None:
    """The order read again, for systems that tell no events, and after an event of its state."""
    ticket = context.ticket
    if order.status == "delivered" and order.delivered_at is not None and order.delivered_at > ticket.opened_at:
        return _files(context, order.delivered_at, now)
    if order.status == "in_production" and transition("production_started", ticket.state) and ticket.kind != "update":
        return ActDecision(after=replace(ticket, state="in_work"), reasons=because("policy P26", "production has begun"))
    if order.status == "cancelled" and ticket.is_open:
        return _cancelled(context)
    return _time(context, order, now)


def _files(context: ActContext, at: datetime, now: datetime) -> ActDecision | None:
    ticket = context.ticket
    if not ticket.is_open:
        return None
    if transition("files_delivered", ticket.state) is None:
        return _unread(context)
    after = delivered(ticket, at)
    told = Told(template="delivered", because="the new files are delivered (P28)", person=False)
    kept = _kept(ticket, at)
    why = because("policy P28", f"the order system delivered the new files{kept}")
    return ActDecision(after=after, effects=waiting_redistribution(context), news=news(context, told, now), reasons=why)


def _unread(context: ActContext) -> ActDecision | None:
    """Files came while nobody has read or assessed: whether they answer the client, a person must say. Told once."""
    if context.ticket.warned_at is not None:
        return None
    effects = notices(context, ("owner",), "delivered_unread", "files were delivered, but the ticket is not assessed (P28)")
    return ActDecision(
        after=replace(context.ticket, warned_at=context.ticket.opened_at), effects=effects, reasons=because("policy P28", "a person looks")
    )


def _kept(ticket: Ticket, at: datetime) -> str:
    if ticket.delivery_time is None:
        return ""
    return ", in time" if at <= ticket.delivery_time else ", later than promised"


def _time(context: ActContext, order: Order, now: datetime) -> ActDecision | None:
    """Somebody set another time in the order system: the client gets the one update (P27). Our own setting comes back as equal."""
    ticket, due_at = context.ticket, _due(order, context)
    if due_at is None or ticket.state not in PROMISING or due_at <= now or _same(ticket, order, context):
        return None
    if ticket.delivery_time is None and (ticket.kind != "update" and ticket.state == "read"):
        return None  # not assessed: the order still bears its first time
    if ticket.delivery_time is None and order.delivered_at is not None and due_at <= order.delivered_at:
        return None
    state = ticket.state if ticket.state == "in_work" else "scheduled"
    after = with_time(replace(ticket, state=state), due_at, now)
    why = "the delivery time was changed in the order system (P27)"
    told = Told(items=("delivery_time",), because=why, previous=ticket.delivery_time, person=False)
    return ActDecision(after=after, news=news(context, told, now), reasons=because("policy P27", f"{why}: {due_at.isoformat()}"))


def _due(order: Order, context: ActContext) -> datetime | None:
    """A day that somebody set in a system of days lasts until its end there."""
    if order.due_at is None or context.capabilities.delivery_precision != "day":
        return order.due_at
    return order.due_at.replace(hour=23, minute=59)


def _same(ticket: Ticket, order: Order, context: ActContext) -> bool:
    if ticket.delivery_time is None or order.due_at is None:
        return False
    return same_delivery(order.due_at, ticket.delivery_time, context.capabilities.delivery_precision)


def _cancelled(context: ActContext) -> ActDecision | None:
    ticket = context.ticket
    if "urgent" in ticket.flags and ticket.warned_at is not None:
        return None
    after = replace(ticket, flags=tuple(dict.fromkeys((*ticket.flags, "urgent"))), warned_at=ticket.warned_at or ticket.opened_at)
    effects = notices(context, ("owner",), "order_cancelled", "the order was cancelled in the order system (P19)")
    return ActDecision(after=after, effects=effects, reasons=because("policy P19", "the order was cancelled; a person closes the ticket"))
