"""Messages older than the go-live time are listed, and a person may ask for a ticket of one (P9)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("message", sa.Column("before_go_live", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("asked_by", sa.Text(), server_default="", nullable=False))
    only = sa.text("before_go_live = 1")
    op.create_index("ix_message_before_go_live", "message", ["id"], sqlite_where=only, postgresql_where=only)
    old = "state = 'recorded' AND id IN (SELECT message FROM message_detail WHERE decision_json LIKE '%\"before_go_live\"%')"
    op.execute(f"UPDATE message SET before_go_live = 1 WHERE {old}")  # noqa: S608 - our own words
