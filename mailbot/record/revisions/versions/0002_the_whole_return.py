"""The whole return: assessment, charge, agreement, promise, redistribution on the ticket; how long clients waited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIMES = (
    "assessed_at", "agreement_asked_at", "reminded_at", "delivery_time_set_at", "warned_at", "late_told_at", "next_news_at", "closed_at",
)  # fmt: skip  # columns by type
IDS = ("newest_message", "confirmed_message", "merged_into", "split_from")
WORDS = ("assessed_by", "decider")
TEXTS = {
    "reason": sa.Text(), "plan": sa.Text(), "charge_amount": sa.String(), "charge_currency": sa.String(), "agreement_quote": sa.Text(),
    "redistribution_quote": sa.Text(), "redistribution_trust": sa.String(),
}  # fmt: skip  # columns by type


def upgrade() -> None:
    id_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in TIMES:
        op.add_column("ticket", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in IDS:
        op.add_column("ticket", sa.Column(name, id_, nullable=True))
    for name in WORDS:
        op.add_column("ticket", sa.Column(name, sa.Text(), nullable=True))
    for name, type_ in TEXTS.items():
        op.add_column("ticket", sa.Column(name, type_, server_default="", nullable=False))
    for name in ("agreement", "redistribution"):
        op.add_column("ticket", sa.Column(name, sa.String(), server_default="none", nullable=False))
    op.add_column("ticket", sa.Column("escalation", sa.Integer(), server_default="0", nullable=False))
    op.add_column("action", sa.Column("about", sa.String(), server_default="", nullable=False))
    for name, column, condition in (
        ("ix_ticket_agreement", "agreement_asked_at", "state = 'waiting_for_agreement'"),
        ("ix_ticket_delivered", "delivered_at", "state = 'delivered'"),
    ):
        op.create_index(name, "ticket", [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    op.create_table(
        "reading",
        sa.Column("id", id_, nullable=False),
        sa.Column("ticket", id_, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_reading_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reading_ticket"), "reading", ["ticket"], unique=False)
    op.create_index(op.f("ix_reading_read_at"), "reading", ["read_at"], unique=False)
