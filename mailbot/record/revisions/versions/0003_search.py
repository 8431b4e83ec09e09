"""Search over tickets, notes on clients, and the indices of the desk's queue and insights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = ["read_at", "clock_started_at", "delivery_time", "owner", "kind", "assessed", "assessed_at", "dispute_level", "trust", "state", "id"]
INDICES = (
    ("ix_ticket_open", OPEN, "is_open = 1"),
    ("ix_ticket_redistribution", ["delivered_at", "id"], "state = 'delivered' AND redistribution = 'requested'"),
    ("ix_ticket_opened", ["opened_at", "id"], None),
    ("ix_ticket_closed", ["closed_at"], "closed_at IS NOT NULL"),
    ("ix_ticket_handed_over", ["delivered_at", "delivery_time"], "delivered_at IS NOT NULL"),
    ("ix_ticket_assessed", ["assessed_at", "client", "assessed", "claimed", "order"], "assessed IS NOT NULL"),
)
COLUMNS = ("client", "head", "body", "facets")
FTS5 = """
CREATE VIRTUAL TABLE ticket_search USING fts5(
  client, head, body, facets, content='ticket_text', content_rowid='ticket', columnsize=0, tokenize='unicode61 remove_diacritics 2'
)
"""
TRIGGERS = (
    "CREATE TRIGGER ticket_text_added AFTER INSERT ON ticket_text BEGIN {add}; END",
    "CREATE TRIGGER ticket_text_changed AFTER UPDATE ON ticket_text BEGIN {drop}; {add}; END",
    "CREATE TRIGGER ticket_text_gone AFTER DELETE ON ticket_text BEGIN {drop}; END",
)
ADD = "INSERT INTO ticket_search(rowid, client, head, body, facets) VALUES (new.ticket, new.client, new.head, new.body, new.facets)"
DROP = (
    "INSERT INTO ticket_search(ticket_search, rowid, client, head, body, facets)"
    " VALUES ('delete', old.ticket, old.client, old.head, old.body, old.facets)"
)
WORDS = """
ALTER TABLE ticket_text ADD COLUMN words tsvector GENERATED ALWAYS AS (
  setweight(to_tsvector('simple'::regconfig, client), 'A') || setweight(to_tsvector('simple'::regconfig, head), 'B')
  || setweight(to_tsvector('simple'::regconfig, body), 'C') || setweight(to_tsvector('simple'::regconfig, facets), 'D')
) STORED
"""


def upgrade() -> None:
    id_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name, columns, condition in INDICES:
        where = sa.text(condition) if condition else None
        op.create_index(name, "ticket", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "ticket_text",
        sa.Column("ticket", id_, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in COLUMNS),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_text_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_ticket_text")),
    )
    op.create_table(
        "client_note",
        sa.Column("id", id_, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_note")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_client_note_client", "client_note", ["client", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(WORDS)
        op.execute("CREATE INDEX ix_ticket_text_words ON ticket_text USING gin (words)")
        return
    op.execute(FTS5)
    for trigger in TRIGGERS:
        op.execute(trigger.format(add=ADD, drop=DROP))
