"""What a person does to a ticket: commands, the desk and the API hand the same value to `workflow.acts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.model.context import Colleague, Company
from mailbot.model.decision import Effect, EffectKind, Reason, Reply
from mailbot.model.finding import ClientKind
from mailbot.model.lifecycle import Verb
from mailbot.model.message import Source
from mailbot.model.money import Money
from mailbot.model.order import Capabilities, Order
from mailbot.model.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One item of a mixed ticket that becomes a ticket of its own (P12)."""

    kind: ClientKind
    images: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`version`: the ticket's version that the person saw; None acts on whatever there is.

    text     note, ask, reply: the words. agree, object, redistribute: the client's quote.
    reason   assess, delivery_time, close, reopen, merge: why (told to the client by assess and delivery_time).
    kind, charge, plan, due_at   assess (due_at: the delivery time in the same step); plan; delivery_time (None: as proposed).
    to       assign: a login. order: link_order: a number or id. other: merge: the ticket that stays.
    parts    split. confirmed: redistribute: a person confirmed with the client (P29). targets, images: redistribute.
    """

    verb: Verb
    ticket: int
    version: int | None = None
    text: str = ""
    reason: str = ""
    kind: ClientKind | None = None
    charge: Money | None = None
    plan: str = ""
    due_at: datetime | None = None
    to: str = ""
    order: str = ""
    other: int | None = None
    parts: tuple[Part, ...] = ()
    confirmed: bool = False
    targets: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The client's newest message on the ticket; what is said next is threaded under it. `comment_id` and `order_id`: an order comment."""

    message: int
    source: Source
    message_id: str = ""
    thread_ids: tuple[str, ...] = ()
    comment_id: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """News of the ticket that waits in the outbox and is not begun. `about`: what it says; `after_key`: what must be sent before."""

    action: int
    template: str
    about: tuple[str, ...]
    due_at: datetime
    after_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActContext:
    """What was gathered for one act, or for news of an order or the clock.

    person: who acts, None where nobody does. colleagues: everybody active. orders: facts of the ticket's orders (perhaps not fresh),
    main first. other: the ticket to merge into. linked: the order that link_order names, None where there is none.
    assessors: who assessed this ticket and the earlier ones of a dispute, oldest first. before: tickets ahead of this one (delivery_time).
    bounced: mail to the client's address came back before.
    """

    ticket: Ticket
    person: Colleague | None
    company: Company
    order_system: str | None
    capabilities: Capabilities
    orders: tuple[Order, ...] = ()
    newest: Newest | None = None
    pending: tuple[Pending, ...] = ()
    assessors: tuple[str, ...] = ()
    colleagues: tuple[Colleague, ...] = ()
    other: Ticket | None = None
    linked: Order | None = None
    before: int = 0
    bounced: bool = False
    time_zone: str = ""

    @property
    def main(self) -> Order | None:
        return self.orders[0] if self.orders else None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the client is told, in the same words by mail and on the order (P41). `items`: for the template `news`, in order of telling.

    `after`: the effect that must have happened first (the client hears a time once the order system took it), or `after_key`, where an
    earlier act queued it. `replies`: the roads. `due_at` None: at once. `replaces`: pending news that go with it as one message (P22),
    `hastens`: pending news that must not come after it. `previous`: the delivery time that the client was told before.
    """

    template: str
    replies: tuple[Reply, ...]
    items: tuple[str, ...] = ()
    text: str = ""
    after: EffectKind | None = None
    after_key: str = ""
    due_at: datetime | None = None
    replaces: tuple[int, ...] = ()
    hastens: tuple[int, ...] = ()
    previous: datetime | None = None
    automatic: Literal["auto-generated", ""] = "auto-generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActDecision:
    """What an act does. `after`: the ticket as it stands then; `others`: tickets that change with it; `opened`: new ones (id 0).

    `stops_clock`: a person has answered (P21). `messages_to`: the ticket that takes over all messages. `due_at`: of the effects.
    """

    after: Ticket
    others: tuple[Ticket, ...] = ()
    opened: tuple[Ticket, ...] = ()
    news: tuple[News, ...] = ()
    effects: tuple[Effect, ...] = ()
    due_at: datetime | None = None
    stops_clock: bool = False
    messages_to: int | None = None
    told: tuple[tuple[str, str], ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an act is not possible now: the state, the role that is needed, what is possible instead. `by_role`: 403, else 409."""

    because: str
    by_role: bool = False
