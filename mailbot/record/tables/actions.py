"""The outbox."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table
from sqlalchemy import text as sql

from mailbot.record.columns import Time, Words
from mailbot.record.tables.base import Id, flag, metadata, number, words

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
    number("attempts"),
    Column("created_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("after", Id),
    words("because"),
    words("remote_id"),
    flag("counted"),
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
