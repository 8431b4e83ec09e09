"""Tickets and actions as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.model.finding import ClientKind
from mailbot.model.message import Source

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
ActionState = Literal["queued", "held", "sending", "sent", "uncertain", "gave_up", "suppressed", "cancelled"]
OPEN_STATES: frozenset[TicketState] = frozenset(
    {"new", "waiting_for_client", "read", "assessed", "waiting_for_agreement", "scheduled", "in_work"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket. `client` is the client id of the order system or the address; `order` the main order's number, `order_ids` all."""

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

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row of the outbox.

    `key` is unique: cause : action : template : recipient. `payload` holds what the sender needs: the fixed bytes of a mail, or
    the JSON body of an order-system call. `place` names the SMTP account or order system (a lane). `after` must be sent first.
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
