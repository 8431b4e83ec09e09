"""Tickets and actions as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from mailbot.model.finding import ClientKind
from mailbot.model.message import Source
from mailbot.model.money import Money

Kind = Literal["correction", "amendment", "feedback", "update", "request", "mixed", "unclassified"]
TicketState = Literal[
    "new", "waiting_for_client", "read", "assessed", "waiting_for_agreement", "scheduled", "in_work", "delivered", "closed"
]
Ask = Literal["english", "keyword", "order", "details"]
Flag = Literal[
    "not_english", "language_undecided", "no_keyword", "image_unknown", "unverified", "urgent", "dispute",
    "looks_like_amendment", "looks_like_correction", "looks_like_change", "address_bounced", "facts_pending",
    "message_id_reused", "before_go_live",
]  # fmt: skip
ActionKind = Literal["email", "order_comment", "reopen", "close", "delivery_time", "redistribution", "notify", "webhook", "sent_copy"]
Agreement = Literal["none", "asked", "agreed", "objected"]
Redistribution = Literal["none", "requested", "done"]
ActionState = Literal["queued", "held", "sending", "sent", "uncertain", "gave_up", "suppressed", "cancelled"]
OPEN_STATES: frozenset[TicketState] = frozenset(
    {"new", "waiting_for_client", "read", "assessed", "waiting_for_agreement", "scheduled", "in_work"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket. `client` is the client id of the order system or the address; `order` the main order's number, `order_ids` all.

    clock_started_at: since when the client waits for a person; read_at: when a person read the newest message, None while unread (P21).
    newest_message: the last one of the client; confirmed_message: the newest of which the client heard that it was read (P22).
    reason, plan, charge: of the assessment (P23, P24). decider: the supervisor whom the Account Manager chose in a dispute (P30).
    warned_at, late_told_at, next_news_at: what was done about a promise at risk (P27). escalation: steps told since the clock started.
    redistribution_trust: how far the request for it is proved (P29).
    """

    id: int
    version: int
    opened_at: datetime
    channel: Source
    client: str
    client_name: str
    client_address: str
    subject: str
    order: str | None
    order_ids: tuple[str, ...]
    kind: Kind
    claimed: ClientKind | None
    suggested: ClientKind | None
    assessed: ClientKind | None
    state: TicketState
    queue: str
    owner: str | None
    trust: str
    asked: tuple[Ask, ...]
    flags: tuple[Flag, ...]
    images: tuple[str, ...]
    dispute_level: int
    earlier_ticket: int | None
    clock_started_at: datetime
    last_client_message_at: datetime
    last_auto_reply_at: datetime | None
    read_at: datetime | None
    delivered_at: datetime | None
    delivery_time: datetime | None
    newest_message: int | None = None
    confirmed_message: int | None = None
    assessed_at: datetime | None = None
    assessed_by: str | None = None
    reason: str = ""
    plan: str = ""
    charge_amount: str = ""
    charge_currency: str = ""
    agreement: Agreement = "none"
    agreement_asked_at: datetime | None = None
    agreement_quote: str = ""
    reminded_at: datetime | None = None
    decider: str | None = None
    delivery_time_set_at: datetime | None = None
    warned_at: datetime | None = None
    late_told_at: datetime | None = None
    next_news_at: datetime | None = None
    escalation: int = 0
    redistribution: Redistribution = "none"
    redistribution_quote: str = ""
    redistribution_trust: str = ""
    merged_into: int | None = None
    split_from: int | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def charge(self) -> Money | None:
        return Money(Decimal(self.charge_amount), self.charge_currency) if self.charge_amount else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row of the outbox.

    `key` is unique: cause : action : template : recipient. `payload` holds what the sender needs: the fixed bytes of a mail, or
    the JSON body of an order-system call. `place` names the SMTP account or order system (a lane). `after` must be sent first.
    `about`: what of a ticket's news the text says (read, assessed, ...), for texts that may still be joined with later ones (P22).
    """

    id: int
    key: str
    kind: ActionKind
    state: ActionState
    ticket: int | None
    message: int | None
    template: str
    place: str
    to: str
    message_id: str
    payload: bytes
    attempts: int
    created_at: datetime
    due_at: datetime
    after: int | None = None
    because: str = ""
    remote_id: str = ""
    counted: bool = False
    about: tuple[str, ...] = ()
