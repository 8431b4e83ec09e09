"""What a client is told of a person's act, of an order or of time that passed: by which roads, when, joined with what (P22, P41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailbot.model.act import ActContext, News, Pending
from mailbot.model.decision import EffectKind, Reply
from mailbot.model.ticket import Ticket

# In the order in which one message tells them.
ITEMS = ("read", "feedback", "assessed", "disputed", "agreed", "plan", "reopened", "delivery_time")
BUNDLE = "news"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is to be said. `template` `news` joins `items`; every other says one thing of its own."""

    template: str = BUNDLE
    items: tuple[str, ...] = ()
    text: str = ""
    after: EffectKind | None = None
    previous: datetime | None = None
    snippets: tuple[str, ...] = ()
    because: str
    person: bool = True
    own_words: bool = False


def read_items(context: ActContext) -> tuple[str, ...]:
    """The confirmation, once per newest client message (P22)."""
    newest = context.newest
    return ("read",) if newest is not None and newest.message != context.ticket.confirmed_message else ()


def news(context: ActContext, told: Told, now: datetime) -> tuple[News, ...]:
    """The same words by mail and on the order; () where nothing is to be said, or nobody may hear it."""
    if told.template == BUNDLE and not told.items:
        return ()
    replies = roads(context, told)
    if not replies:
        return ()
    joined = _joined(context, told)
    items = tuple(i for i in ITEMS if i in {*told.items, *(i for p in joined for i in p.about)})
    said_before = any("delivery_time" in p.about for p in joined)
    return (
        News(
            template=told.template,
            replies=replies,
            items=items,
            text=told.text,
            after=told.after,
            after_key="" if told.after else next((p.after_key for p in joined if p.after_key), ""),
            due_at=_due(context, told, joined, now),
            replaces=tuple(p.action for p in joined),
            hastens=tuple(p.action for p in context.pending if p not in joined),
            previous=None if said_before else told.previous,
            automatic="" if told.own_words else "auto-generated",
        ),
    )


def roads(context: ActContext, told: Told) -> tuple[Reply, ...]:
    """By email and as an order comment; no second mail where the order system mails its comments itself."""
    ticket, can = context.ticket, context.capabilities
    if ticket.trust == "unknown" and not told.own_words:
        return ()  # P43: nothing of an order to somebody whom nobody vouched for
    on_order = bool(ticket.order_ids) and context.order_system is not None and can.client_visible_comments and ticket.trust != "unknown"
    by_mail = "@" in ticket.client_address and not (on_order and can.mails_client_on_comment)
    roads: tuple[tuple[bool, Literal["email", "order_comment"]], ...] = ((by_mail, "email"), (on_order, "order_comment"))
    return tuple(_reply(context, told, channel) for open_, channel in roads if open_)


def why_unheard(context: ActContext) -> str:
    """Why the client hears nothing of an act, "" where they do."""
    ticket = context.ticket
    if ticket.trust == "unknown":
        return "the sender is unverified: say to whom they belong, or write to them yourself (P43)"
    return (
        "" if roads(context, Told(because="", items=("read",))) else "no address and no order are known: there is no way to tell the client"
    )


def _reply(context: ActContext, told: Told, channel: Literal["email", "order_comment"]) -> Reply:
    ticket, held = context.ticket, _held(context, channel)
    return Reply(
        template=told.template,
        channel=channel,
        to=ticket.client_address if channel == "email" else ticket.client,
        to_name=ticket.client_name,
        order_id=_order_id(context, ticket),
        send=not held,
        held=bool(held),
        counted=False,
        because=held or told.because,
        snippets=told.snippets,
    )


def _order_id(context: ActContext, ticket: Ticket) -> str:
    """The order of the client's newest comment, else the main one."""
    newest = context.newest
    if newest is not None and newest.order_id in ticket.order_ids:
        return newest.order_id
    return ticket.order_ids[0] if ticket.order_ids else ""


def _held(context: ActContext, channel: str) -> str:
    if context.company.mode == "hold":
        return 'held by the setting replies.mode = "hold": a person releases it'
    if channel == "email" and context.bounced:
        return "held: mail to this address came back before; a person checks the address"
    return ""


def _joined(context: ActContext, told: Told) -> tuple[Pending, ...]:
    """Waiting news go with new ones; a person's own words stand for a mere "we have read it"."""
    waiting = tuple(p for p in context.pending if p.template == BUNDLE)
    if told.template == BUNDLE:
        return waiting
    return tuple(p for p in waiting if told.own_words and p.about == ("read",))


def _due(context: ActContext, told: Told, joined: tuple[Pending, ...], now: datetime) -> datetime | None:
    """A bundle keeps the time of its first news; whatever a person caused can be taken back for a moment."""
    if not told.person:
        return None
    company = context.company
    undo = now + timedelta(seconds=company.undo_seconds)
    if told.template != BUNDLE:
        return undo
    first = min((p.due_at for p in joined), default=now + timedelta(seconds=company.bundle_seconds))
    return max(first, undo)
