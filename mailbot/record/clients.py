"""Notes on clients."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, insert, or_, select

from mailbot.errors import NotFound
from mailbot.record.tables import address, client_note, order_fact, ticket


def add_note(c: Connection, client: str, text: str, actor: str, now: datetime) -> None:
    """NotFound where neither a ticket, an address nor an order bears this client."""
    known = or_(*(exists().where(table.c.client == client) for table in (ticket, address, order_fact)))
    if not client or not c.execute(select(known)).scalar_one():
        raise NotFound(f"There is no client {client!r}.")
    c.execute(insert(client_note).values(client=client, at=now, actor=actor, text=text))
