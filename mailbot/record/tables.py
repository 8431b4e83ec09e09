"""Every table. A change here needs a revision in `revisions/versions`; a test compares the two.

Times are `Time` (integer microseconds), booleans that an index serves are integers 0 and 1. Conditions of partial indices are
repeated literally in the queries (`columns.fixed`), else no planner uses them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text
from sqlalchemy import text as sql

from mailbot.record.columns import Time, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself on SQLite


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, Words, nullable=False, server_default="", **more)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _flag(name: str, default: int = 0) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=str(default))


setting = Table("setting", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))
secret = Table("secret", metadata, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Time, nullable=False),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("place", String, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False, server_default="0"),
    Column("checkpoint", BigInteger, nullable=False, server_default="0"),
    Column("go_live", Time),
    Column("last_ok_at", Time),
    _text("last_error"),
)

# state: new | on_ticket | recorded | set_aside. A claimed message stays `new` with a lease, so that a kill needs no repair.
message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("place", String, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("kept_at", Time, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    _number("attempts"),
    Column("lease_by", String),
    Column("lease_until", Time),
    _text("last_error"),
    _text("because"),
    _flag("message_id_reused"),
    _flag("before_go_live"),
    _text("asked_by"),  # who wanted it handled again: a message older than the go-live time then becomes a ticket (P9)
    Column("message_id", Words),
    Column("sender", Words),
    _text("subject"),
    Column("text_hash", String),
    Column("sent_at", Time),
    Column("handled_at", Time),
    sqlite_autoincrement=True,
)
Index("ix_message_new", message.c.id, sqlite_where=sql("state = 'new'"), postgresql_where=sql("state = 'new'"))
Index("ix_message_set_aside", message.c.id, sqlite_where=sql("state = 'set_aside'"), postgresql_where=sql("state = 'set_aside'"))
Index("ix_message_before_go_live", message.c.id, sqlite_where=sql("before_go_live = 1"), postgresql_where=sql("before_go_live = 1"))
Index("ix_message_message_id", message.c.message_id)
Index("ix_message_sender", message.c.sender, message.c.id)
Index("ix_message_text_hash", message.c.text_hash, message.c.received_at)

# `schema` numbers the shape of the JSON columns (architecture.md, Replay).
message_detail = Table(
    "message_detail",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("schema", SmallInteger, nullable=False),
    _text("text"),
    _text("parsed_json"),
    _text("findings_json"),
    _text("decision_json"),
    _text("context_json"),
    Column("rules_hash", String, nullable=False, server_default=""),
    Column("templates_hash", String, nullable=False, server_default=""),
)

# Only for mails with an HTML body: model/safe_html.py. `version` is that of the cleaning; remote and odd_links are JSON arrays.
message_html = Table(
    "message_html",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("version", SmallInteger, nullable=False),
    _text("html"),
    _text("remote"),
    _number("trackers"),
    _text("odd_links"),
    _text("problem"),
)

# Small pictures of photos, made when first looked at; no bytes: none can be made. number: place among the mail's attachments.
thumbnail = Table(
    "thumbnail",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _number("width"),
    _number("height"),
    Column("data", LargeBinary, nullable=False),
)

message_chunk = Table(
    "message_chunk",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

# tidied: 1 once the mail server was told (moved or flagged); order comments are 1 from the start.
sighting = Table(
    "sighting",
    metadata,
    Column("place", String, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("comment_id", String, primary_key=True),
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("seen_at", Time, nullable=False),
    _flag("tidied"),
)
Index(
    "ix_sighting_untidied",
    sighting.c.place,
    sighting.c.uidvalidity,
    sighting.c.uid,
    sqlite_where=sql("tidied = 0"),
    postgresql_where=sql("tidied = 0"),
)

# client, order etc.: model/ticket.py. is_open mirrors state in OPEN_STATES, facts_pending the flag; lists are JSON arrays.
ticket = Table(
    "ticket",
    metadata,
    Column("id", Id, primary_key=True),
    _number("version", 1),
    Column("opened_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("channel", String, nullable=False),
    _text("client"),
    _text("client_name"),
    _text("client_address"),
    _text("subject"),
    Column("order", Words),
    _text("order_ids"),
    Column("kind", String, nullable=False),
    Column("claimed", String),
    Column("suggested", String),
    Column("assessed", String),
    Column("state", String, nullable=False),
    _flag("is_open", 1),
    _flag("facts_pending"),
    Column("queue", String, nullable=False),
    Column("owner", String),
    Column("trust", String, nullable=False),
    _text("asked"),
    _text("flags"),
    _text("images"),
    _number("dispute_level"),
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
    _text("reason"),
    _text("plan"),
    Column("charge_amount", String, nullable=False, server_default=""),
    Column("charge_currency", String, nullable=False, server_default=""),
    Column("agreement", String, nullable=False, server_default="none"),
    Column("agreement_asked_at", Time),
    _text("agreement_quote"),
    Column("reminded_at", Time),
    Column("decider", Words),
    Column("delivery_time_set_at", Time),
    Column("warned_at", Time),
    Column("late_told_at", Time),
    Column("next_news_at", Time),
    _number("escalation"),
    Column("redistribution", String, nullable=False, server_default="none"),
    _text("redistribution_quote"),
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
    _text("data"),
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
    _text("client"),
    _text("head"),
    _text("body"),
    _text("facets"),
)

# Append-only: what people want to remember of a client.
client_note = Table(
    "client_note",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client", Words, nullable=False),
    Column("at", Time, nullable=False),
    Column("actor", Words, nullable=False),
    _text("text"),
    sqlite_autoincrement=True,
)
Index("ix_client_note_client", client_note.c.client, client_note.c.id)

# What somebody is writing on a ticket, and who has it open (seen within 40 s).
draft = Table(
    "draft",
    metadata,
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("login", String, primary_key=True),
    Column("field", String, primary_key=True),
    _text("text"),
    Column("saved_at", Time, nullable=False),
)
presence = Table(
    "presence",
    metadata,
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("login", String, primary_key=True),
    Column("seen_at", Time, nullable=False, index=True),
    _flag("writing", 0),
)

queue_turn = Table("queue_turn", metadata, Column("queue", String, primary_key=True), Column("owner", String, nullable=False))

# model/ticket.py Action. lane and family: outbox.py. A claimed action stays `queued` with a lease until `begin`.
action = Table(
    "action",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("family", String, nullable=False),
    Column("state", String, nullable=False),
    Column("ticket", Id, ForeignKey("ticket.id", ondelete="CASCADE")),
    Column("message", Id),
    Column("template", String, nullable=False, server_default=""),
    Column("place", String, nullable=False, server_default=""),
    Column("to", Words, nullable=False, server_default=""),
    Column("to_domain", Words, nullable=False, server_default=""),
    Column("message_id", Words, nullable=False, server_default=""),
    Column("payload", LargeBinary, nullable=False),
    _number("attempts"),
    Column("created_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("after", Id),
    _text("because"),
    _text("remote_id"),
    _flag("counted"),
    Column("about", String, nullable=False, server_default=""),
    Column("lease_by", String),
    Column("lease_until", Time),
    Column("finished_at", Time),
    sqlite_autoincrement=True,
)
Index("ix_action_queued", action.c.lane, action.c.due_at, action.c.id, sqlite_where=sql("state = 'queued'"),
      postgresql_where=sql("state = 'queued'"))  # fmt: skip
Index("ix_action_sending", action.c.lease_until, sqlite_where=sql("state = 'sending'"), postgresql_where=sql("state = 'sending'"))
Index("ix_action_unfinished", action.c.ticket, action.c.family, action.c.id, sqlite_where=sql("state IN ('queued', 'sending')"),
      postgresql_where=sql("state IN ('queued', 'sending')"))  # fmt: skip
Index("ix_action_after", action.c.after, sqlite_where=sql("after IS NOT NULL"), postgresql_where=sql("after IS NOT NULL"))
Index("ix_action_ticket", action.c.ticket, action.c.id)
Index("ix_action_state", action.c.state, action.c.id)
Index("ix_action_message_id", action.c.message_id, sqlite_where=sql("message_id <> ''"), postgresql_where=sql("message_id <> ''"))
Index("ix_action_counted_to", action.c.to, action.c.created_at, sqlite_where=sql("counted = 1"), postgresql_where=sql("counted = 1"))
Index("ix_action_counted_domain", action.c.to_domain, action.c.created_at, sqlite_where=sql("counted = 1"),
      postgresql_where=sql("counted = 1"))  # fmt: skip
Index("ix_action_counted", action.c.created_at, sqlite_where=sql("counted = 1"), postgresql_where=sql("counted = 1"))

# source: "order" (learned from order facts, may be overwritten by newer facts) or "person" (added on the desk, stays).
address = Table(
    "address",
    metadata,
    Column("address", Words, primary_key=True),
    Column("client", Words, nullable=False, index=True),
    _text("name"),
    _text("time_zone"),
    Column("place", String, nullable=False, server_default=""),
    Column("source", String, nullable=False),
    _text("added_by"),
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
    _number("images"),
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
    _text("order_ids"),
)

people = Table(
    "people",
    metadata,
    Column("login", String, primary_key=True),
    _text("name"),
    Column("email", Words, nullable=False, index=True, server_default=""),
    Column("order_system_id", Words, nullable=False, index=True, server_default=""),
    Column("roles", String, nullable=False, server_default=""),
    _flag("active", 1),
    _flag("available", 1),
    Column("added_at", Time, nullable=False),
)

# How a person proves who they are. password_hash "": no password yet. totp_on 0 with a secret: not confirmed by a first code yet;
# totp_step: the time step of the last code that was taken, so that none is taken twice.
credential = Table(
    "credential",
    metadata,
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), primary_key=True),
    _text("password_hash"),
    Column("password_set_at", Time),
    Column("totp_secret", LargeBinary),
    _flag("totp_on"),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
)

# What an identity provider calls a person: (issuer, subject), never the mail address.
identity = Table(
    "identity",
    metadata,
    Column("issuer", Words, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), nullable=False, index=True),
    Column("linked_at", Time, nullable=False),
)

# Secrets below are stored as SHA-256 only (hexadecimal): who reads the database can use none of them.
one_time_link = Table(
    "one_time_link",
    metadata,
    Column("hash", String, primary_key=True),
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), nullable=False, index=True),
    Column("made_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("used_at", Time),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), nullable=False, index=True),
    Column("made_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("method", String, nullable=False),
    _text("ip"),
    _text("agent"),
    sqlite_autoincrement=True,
)

# scopes: words with spaces between (model/permission.py).
token = Table(
    "token",
    metadata,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), nullable=False, index=True),
    _text("name"),
    Column("scopes", String, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("used_at", Time),
    Column("revoked_at", Time),
)

# Failed sign-ins by `account:LOGIN` and `net:NETWORK` since first_at; nothing is tried before wait_until.
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("key", Words, primary_key=True),
    _number("count"),
    Column("first_at", Time, nullable=False),
    Column("wait_until", Time, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), primary_key=True),
    Column("time_zone", String, nullable=False, server_default=""),
    Column("theme", String, nullable=False, server_default="auto"),
    _flag("shortcuts", 1),
    _flag("notices", 1),
)

# Append-only: triggers refuse UPDATE and DELETE, each row's hash covers the one before it (record/audit.py).
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    _text("actor"),
    _text("ip"),
    _text("request_id"),
    Column("what", String, nullable=False),
    _text("object"),
    _text("before"),
    _text("after"),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)
