"""Clients: their addresses, their orders as they were read last, what people want to remember of them."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from mailbot.record.columns import Time, Words
from mailbot.record.tables.base import Id, metadata, number, words

# source: "order" (learned from order facts, may be overwritten by newer facts) or "person" (added on the desk, stays).
address = Table(
    "address",
    metadata,
    Column("address", Words, primary_key=True),
    Column("client", Words, nullable=False, index=True),
    words("name"),
    words("time_zone"),
    Column("place", String, nullable=False, server_default=""),
    Column("source", String, nullable=False),
    words("added_by"),
    Column("added_at", Time, nullable=False),
    Column("bounced_at", Time),
)

order_fact = Table(
    "order_fact",
    metadata,
    Column("place", String, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("number", Words, nullable=False),
    Column("client", Words, nullable=False),
    Column("placed_at", Time, nullable=False),
    Column("as_of", Time, nullable=False),
    Column("json", Words, nullable=False),
    number("images"),
)
Index("ix_order_fact_number", order_fact.c.place, order_fact.c.number)
Index("ix_order_fact_client", order_fact.c.client, order_fact.c.placed_at, order_fact.c.images)

# Which orders the order system listed for an address, and when; order_ids is a JSON array, newest first.
client_list = Table(
    "client_list",
    metadata,
    Column("place", String, primary_key=True),
    Column("address", Words, primary_key=True),
    Column("as_of", Time, nullable=False),
    words("order_ids"),
)

# Append-only: what people want to remember of a client.
client_note = Table(
    "client_note",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client", Words, nullable=False),
    Column("at", Time, nullable=False),
    Column("actor", Words, nullable=False),
    words("text"),
    sqlite_autoincrement=True,
)
Index("ix_client_note_client", client_note.c.client, client_note.c.id)
