"""The frozen value that says what shall happen, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.model.finding import ClientKind
from mailbot.model.message import Source
from mailbot.model.money import Money
from mailbot.model.ticket import Agreement, Ask, Flag, Kind, Redistribution, TicketState

Outcome = Literal["open_ticket", "join_ticket", "record_only", "set_aside"]
EffectKind = Literal["order_comment", "reopen", "close", "delivery_time", "redistribution", "notify"]
Trust = Literal["token", "authenticated", "known", "unknown"]


@dataclass(frozen=True, slots=True)
class Reason:
    """`by` names the rule row, check or policy id (`rules/routing.toml#3`, `check.language`, `policy P13`)."""

    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to the client. `template` is a folder of templates/email or a file of templates/order_comment.

    `suppressed`: not sent, may be released (P42). `held`: computed, waits for a person. `send` is False for both.
    """

    template: str
    channel: Source
    to: str
    to_name: str = ""
    order_id: str = ""
    send: bool
    held: bool = False
    suppressed: bool = False
    counted: bool = True
    because: str
    snippets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Anything else that must happen outside: a call of the order system, an internal order comment, a notice to a colleague.

    `text_template` is rendered for order comments and notices. `to`: login, queue or address for notify.
    delivery_time: due_at, charge, plan, etag, seen_due_at and seen_charge (as they stood when decided; each may be missing).
    redistribution: requested_by, quote, targets, images.
    """

    kind: EffectKind
    order_id: str = ""
    to: str = ""
    text_template: str = ""
    reason: str = ""
    because: str = ""
    after_reply: bool = False
    due_at: datetime | None = None
    charge: Money | None = None
    plan: str = ""
    etag: str = ""
    seen_due_at: datetime | None = None
    seen_charge: Money | None = None
    requested_by: str = ""
    quote: str = ""
    targets: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the order that the message names (P16). `on_order`: what the order has of it, "" for nothing.

    `fits`: whether the order has it so; None where its facts say nothing of it.
    """

    what: Literal["image", "style", "variable", "specification"]
    name: str
    on_order: str
    fits: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketChange:
    """How the ticket stands after the message (a new ticket, or the joined one). None: leave as it is.

    `by_staff`: the company's own people wrote; `staff_replied`: and the client sees it.
    """

    client: str = ""
    client_name: str = ""
    client_address: str = ""
    subject: str = ""
    order: str | None = None
    order_ids: tuple[str, ...] = ()
    kind: Kind | None = None
    claimed: ClientKind | None = None
    suggested: ClientKind | None = None
    state: TicketState | None = None
    queue: str | None = None
    owner: str | None = None
    asked: tuple[Ask, ...] | None = None
    add_flags: tuple[Flag, ...] = ()
    drop_flags: tuple[Flag, ...] = ()
    images: tuple[str, ...] = ()
    dispute_level: int | None = None
    earlier_ticket: int | None = None
    restart_clock: bool = False
    staff_replied: bool = False
    by_staff: bool = False
    agreement: Agreement | None = None
    agreement_quote: str = ""
    redistribution: Redistribution | None = None
    redistribution_quote: str = ""
    redistribution_trust: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`join`: the ticket that the message joins, or that a bounce is shown on (record_only). `bounced`: addresses to mark."""

    outcome: Outcome
    kind: Kind = "unclassified"
    queue: str = ""
    owner: str | None = None
    trust: Trust = "unknown"
    join: int | None = None
    asks: tuple[Ask, ...] = ()
    flags: tuple[Flag, ...] = ()
    change: TicketChange = TicketChange()
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    bounced: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()
    reasons: tuple[Reason, ...] = ()
