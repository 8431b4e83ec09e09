"""All that decide() may know besides the message, its findings and the rules. Small on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.model.order import Capabilities, Order, Person
from mailbot.model.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAddress:
    """An entry of the address book. `client` is the client id, `address` the address on file."""

    address: str
    client: str
    name: str = ""
    time_zone: str = ""
    bounced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A person of the company: desk user or order-system staff. `wants_mail`: routine notices go to their address, not only to the desk."""

    login: str
    name: str
    address: str
    roles: frozenset[str]
    on_shift: bool
    open_tickets: int
    wants_mail: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Automatic acknowledgements and asks already counted (I9), for this recipient and in all; a batch adds its own."""

    address_hour: int = 0
    address_day: int = 0
    domain_hour: int = 0
    all_hour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OurMail:
    """A mail of ours that a bounce or reply names."""

    action: int
    ticket: int | None
    to: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What replies say of the company (config [company]) and how it answers (config [replies]).

    undo_seconds: how long what a person causes waits before it is sent; bundle_seconds: how long news wait for more (P22).
    """

    name: str
    support_address: str
    desk_name: str
    time_zone: str = "UTC"
    order_url: str = ""
    help_url: str = ""
    styles_url: str = ""
    variables_url: str = ""
    products_url: str = ""
    account_manager: Person | None = None
    own_addresses: frozenset[str] = frozenset()
    mode: Literal["send", "hold"] = "send"
    acknowledge: Literal["all", "known", "authenticated"] = "all"
    reopen_by_mail: Literal["known", "authenticated", "never"] = "known"
    mailbox_address: str = ""
    undo_seconds: int = 10
    bundle_seconds: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What was gathered for one message.

    orders: facts of every order that the text, the comment or the thread names and that could be read (whoever owns it).
    client_orders: the recent orders of the known client, newest first (at most 20).
    tickets: all tickets that could be joined or matter, newest first: the ones the thread ids lead to (`thread_tickets` names
    them), the ones on the named orders, the ones of the known client (open, or delivered within 30 days).
    asked_by: who wanted the message handled again, "" where nobody did.
    """

    message: int
    received_at: datetime
    go_live: datetime | None
    known: KnownAddress | None
    colleague: Colleague | None
    orders: tuple[Order, ...]
    unknown_numbers: tuple[str, ...]
    facts_pending: bool
    client_orders: tuple[Order, ...]
    tickets: tuple[Ticket, ...]
    thread_tickets: tuple[int, ...]
    our_mails: tuple[OurMail, ...]
    token_valid: bool
    duplicate_texts: tuple[tuple[int, str], ...]
    message_id_reused: bool
    order_system: str | None
    capabilities: Capabilities
    spent: Spent
    waiting: int
    staff_on_shift: tuple[Colleague, ...]
    last_owner: tuple[tuple[str, str], ...]
    company: Company
    asked_by: str = ""
