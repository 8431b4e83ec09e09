"""What a person does to a ticket: commands, the desk and the API hand the same value to `workflow.acts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.model.finding import ClientKind
from mailbot.model.lifecycle import Verb
from mailbot.model.money import Money


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
