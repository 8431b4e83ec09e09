"""Tickets, their orders, messages and history; what search reads of them; what people write on them now."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table
from sqlalchemy import text as sql

from mailbot.record.columns import Time, Words
from mailbot.record.tables.base import Id, flag, metadata, number, words

# client, order etc.: model/ticket.py. is_open mirrors state in OPEN_STATES, facts_pending the flag; lists are JSON arrays.
ticket = Table(
    "ticket",
    metadata,
    Column("id", Id, primary_key=True),
    number("version", 1),
    Column("opened_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("channel", String, nullable=False),
    words("client"),
    words("client_name"),
    words("client_address"),
    words("subject"),
    Column("order", Words),
    words("order_ids"),
    Column("kind", String, nullable=False),
    Column("claimed", String),
    Column("suggested", String),
    Column("assessed", String),
    Column("state", String, nullable=False),
    flag("is_open", 1),
    flag("facts_pending"),
    Column("queue", String, nullable=False),
    Column("owner", String),
    Column("trust", String, nullable=False),
    words("asked"),
    words("flags"),
    words("images"),
    number("dispute_level"),
    Column("earlier_ticket", Id),
    Column("clock_started_at", Time, nullable=False),
    Column("last_client_message_at", Time, nullable=False),
    Column("last_auto_reply_at", Time),
    Column("read_at", Time),
    Column("delivered_at", Time),
    Column("delivery_time", Time),
    Column("newest_message", Id),
    Column("confirmed_message", Id),
    Column("assessed_at", Time),
    Column("assessed_by", Words),
    words("reason"),
    words("plan"),
    Column("charge_amount", String, nullable=False, server_default=""),
    Column("charge_currency", String, nullable=False, server_default=""),
    Column("agreement", String, nullable=False, server_default="none"),
    Column("agreement_asked_at", Time),
    words("agreement_quote"),
    Column("reminded_at", Time),
    Column("decider", Words),
    Column("delivery_time_set_at", Time),
    Column("warned_at", Time),
    Column("late_told_at", Time),
    Column("next_news_at", Time),
    number("escalation"),
    Column("redistribution", String, nullable=False, server_default="none"),
    words("redistribution_quote"),
    Column("redistribution_trust", String, nullable=False, server_default=""),
    Column("merged_into", Id),
    Column("split_from", Id),
    Column("closed_at", Time),
    sqlite_autoincrement=True,
)
Index("ix_ticket_new", ticket.c.id, sqlite_where=sql("state = 'new'"), postgresql_where=sql("state = 'new'"))
Index("ix_ticket_unread", ticket.c.clock_started_at, sqlite_where=sql("is_open = 1 AND read_at IS NULL"),
      postgresql_where=sql("is_open = 1 AND read_at IS NULL"))  # fmt: skip
Index("ix_ticket_promised", ticket.c.delivery_time, sqlite_where=sql("is_open = 1 AND delivery_time IS NOT NULL"),
      postgresql_where=sql("is_open = 1 AND delivery_time IS NOT NULL"))  # fmt: skip
Index("ix_ticket_facts_pending", ticket.c.id, sqlite_where=sql("facts_pending = 1"), postgresql_where=sql("facts_pending = 1"))
Index("ix_ticket_agreement", ticket.c.agreement_asked_at, sqlite_where=sql("state = 'waiting_for_agreement'"),
      postgresql_where=sql("state = 'waiting_for_agreement'"))  # fmt: skip
Index("ix_ticket_delivered", ticket.c.delivered_at, sqlite_where=sql("state = 'delivered'"), postgresql_where=sql("state = 'delivered'"))
Index(
    "ix_ticket_open", ticket.c.read_at, ticket.c.clock_started_at, ticket.c.delivery_time, ticket.c.owner, ticket.c.kind, ticket.c.assessed,
    ticket.c.assessed_at, ticket.c.dispute_level, ticket.c.trust, ticket.c.state, ticket.c.id,
    sqlite_where=sql("is_open = 1"), postgresql_where=sql("is_open = 1"),
)  # fmt: skip  # holds all that the desk's figures and views look at
Index("ix_ticket_redistribution", ticket.c.delivered_at, ticket.c.id,
      sqlite_where=sql("state = 'delivered' AND redistribution = 'requested'"),
      postgresql_where=sql("state = 'delivered' AND redistribution = 'requested'"))  # fmt: skip
Index("ix_ticket_opened", ticket.c.opened_at, ticket.c.id)
Index("ix_ticket_closed", ticket.c.closed_at, sqlite_where=sql("closed_at IS NOT NULL"), postgresql_where=sql("closed_at IS NOT NULL"))
Index("ix_ticket_handed_over", ticket.c.delivered_at, ticket.c.delivery_time, sqlite_where=sql("delivered_at IS NOT NULL"),
      postgresql_where=sql("delivered_at IS NOT NULL"))  # fmt: skip
Index("ix_ticket_assessed", ticket.c.assessed_at, ticket.c.client, ticket.c.assessed, ticket.c.claimed, ticket.c.order,
      sqlite_where=sql("assessed IS NOT NULL"), postgresql_where=sql("assessed IS NOT NULL"))  # fmt: skip
Index("ix_ticket_client_open", ticket.c.client, ticket.c.is_open, ticket.c.id)
Index("ix_ticket_client_delivered", ticket.c.client, ticket.c.delivered_at)
Index("ix_ticket_queue", ticket.c.is_open, ticket.c.queue, ticket.c.id)
Index("ix_ticket_owner", ticket.c.is_open, ticket.c.owner, ticket.c.id)
Index("ix_ticket_state", ticket.c.state, ticket.c.id)

# kind: "id" (of the order system) or "number" (what clients write).
ticket_order = Table(
    "ticket_order",
    metadata,
    Column("kind", String, primary_key=True),
    Column("ref", Words, primary_key=True),
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
)
Index("ix_ticket_order_ticket", ticket_order.c.ticket)

ticket_message = Table(
    "ticket_message",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True),
)

# Append-only: no code updates a row. data is a JSON object.
ticket_log = Table(
    "ticket_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE")),
    Column("message", Id),
    Column("at", Time, nullable=False),
    Column("actor", Words, nullable=False),
    Column("what", String, nullable=False),
    words("data"),
    sqlite_autoincrement=True,
)
Index("ix_ticket_log_ticket", ticket_log.c.ticket, ticket_log.c.id)

# How long clients waited for a person (P21): from the arrival of the oldest unread message until a person's act.
reading = Table(
    "reading",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("started_at", Time, nullable=False),
    Column("read_at", Time, nullable=False, index=True),
    Column("actor", Words, nullable=False),
    sqlite_autoincrement=True,
)

# What search reads, one row a ticket (search.py): words as model/search.py makes them. On SQLite triggers keep the FTS5 table
# `ticket_search` equal to it, on PostgreSQL a generated column `words` with its index; both are made by their revision and stand
# nowhere here, so that a plain copy of the tables fills them.
ticket_text = Table(
    "ticket_text",
    metadata,
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    words("client"),
    words("head"),
    words("body"),
    words("facets"),
)

# What somebody is writing on a ticket, and who has it open (seen within 40 s).
draft = Table(
    "draft",
    metadata,
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("login", String, primary_key=True),
    Column("field", String, primary_key=True),
    words("text"),
    Column("saved_at", Time, nullable=False),
)

presence = Table(
    "presence",
    metadata,
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("login", String, primary_key=True),
    Column("seen_at", Time, nullable=False, index=True),
    flag("writing", 0),
)

queue_turn = Table("queue_turn", metadata, Column("queue", String, primary_key=True), Column("owner", String, nullable=False))
