"""What the ticket page needs beside its views: drafts, presence, the client's order as last read."""

from __future__ import annotations

import contextlib

from mailbot.errors import Unavailable
from mailbot.model.lifecycle import Verb, is_own, possible
from mailbot.model.order import Order
from mailbot.model.ticket import Ticket
from mailbot.record import drafts, facts, tickets
from mailbot.record.drafts import Present
from mailbot.workflow.acts import ANY_AGE
from mailbot.workflow.parts import Parts


def save_draft(parts: Parts, ticket: int, login: str, field: str, text: str) -> None:
    with parts.db.transaction() as c:
        if tickets.get(c, ticket) is not None:
            drafts.save(c, ticket, login, field, text, parts.db.now(c))


def drafts_of(parts: Parts, ticket: int, login: str) -> dict[str, str]:
    with parts.db.reading() as c:
        return drafts.of_person(c, ticket, login)


def look_around(parts: Parts, ticket: int, login: str, *, writing: bool) -> tuple[int, tuple[Present, ...]]:
    """(the ticket's present version, who else is here); says that this person is here too. Version 0: there is no such ticket."""
    with parts.db.reading() as c:
        now = parts.db.now(c)
        found = tickets.get(c, ticket)
        if found is None:
            return 0, ()
        others = drafts.others(c, ticket, login, now)
        noted = drafts.is_noted(c, ticket, login, writing, now)
    if not noted:
        with contextlib.suppress(Unavailable), parts.db.transaction() as c:  # a busy database must not keep a page from being read
            drafts.here(c, ticket, login, writing, parts.db.now(c))
    return found.version, others


def orders_of(parts: Parts, order_ids: tuple[str, ...]) -> tuple[Order, ...]:
    """As the cache holds them, main order first; each says as of when."""
    if parts.order_system is None or not order_ids:
        return ()
    with parts.db.reading() as c:
        known = {o.id: o for o in facts.cached(c, parts.order_system.name, order_ids, parts.db.now(c), ANY_AGE)}
    return tuple(known[i] for i in order_ids if i in known)


def verbs_of(parts: Parts, ticket: Ticket, orders: tuple[Order, ...], address: str, roles: frozenset[str]) -> tuple[Verb, ...]:
    """What the person of this address may do with the ticket now, in the order of docs/lifecycle.md. `orders`: main first."""
    manager = (orders[0].account_manager if orders else None) or parts.company.account_manager
    return possible(ticket.state, roles, own=is_own(ticket, manager, address))
