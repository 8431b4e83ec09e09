"""What was received: the message, its bytes, what was made of them, where it was seen."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table
from sqlalchemy import text as sql

from mailbot.record.columns import Time, Words
from mailbot.record.tables.base import Id, flag, metadata, number, words

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
    number("attempts"),
    Column("lease_by", String),
    Column("lease_until", Time),
    words("last_error"),
    words("because"),
    flag("message_id_reused"),
    flag("before_go_live"),
    words("asked_by"),  # who wanted it handled again: a message older than the go-live time then becomes a ticket (P9)
    Column("message_id", Words),
    Column("sender", Words),
    words("subject"),
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
    words("text"),
    words("parsed_json"),
    words("findings_json"),
    words("decision_json"),
    words("context_json"),
    Column("rules_hash", String, nullable=False, server_default=""),
    Column("templates_hash", String, nullable=False, server_default=""),
)

# Only for mails with an HTML body: model/safe_html.py. `version` is that of the cleaning; remote and odd_links are JSON arrays.
message_html = Table(
    "message_html",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("version", SmallInteger, nullable=False),
    words("html"),
    words("remote"),
    number("trackers"),
    words("odd_links"),
    words("problem"),
)

# Small pictures of photos, made when first looked at; no bytes: none can be made. number: place among the mail's attachments.
thumbnail = Table(
    "thumbnail",
    metadata,
    Column("message", Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    number("width"),
    number("height"),
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
    flag("tidied"),
)
Index(
    "ix_sighting_untidied",
    sighting.c.place,
    sighting.c.uidvalidity,
    sighting.c.uid,
    sqlite_where=sql("tidied = 0"),
    postgresql_where=sql("tidied = 0"),
)
