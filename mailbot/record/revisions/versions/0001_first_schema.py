"""The first schema: every table as of version 0.1."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:  # noqa: PLR0915  one statement per table and index, written by Alembic
    op.create_table(
        "address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("added_by", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("bounced_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_client"), "address", ["client"], unique=False)
    op.create_table(
        "client_list",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("order_ids", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("place", "address", name=op.f("pk_client_list")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "mailbox",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("checkpoint", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("go_live", sa.BigInteger(), nullable=True),
        sa.Column("last_ok_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id_reused", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text_hash", sa.String(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_message_fingerprint")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_message_id", "message", ["message_id"], unique=False)
    op.create_index(
        "ix_message_new", "message", ["id"], unique=False, sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("ix_message_sender", "message", ["sender", "id"], unique=False)
    op.create_index(
        "ix_message_set_aside",
        "message",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'set_aside'"),
        postgresql_where=sa.text("state = 'set_aside'"),
    )
    op.create_index("ix_message_text_hash", "message", ["text_hash", "received_at"], unique=False)
    op.create_table(
        "order_fact",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", "id", name=op.f("pk_order_fact")),
    )
    op.create_index("ix_order_fact_client", "order_fact", ["client", "placed_at"], unique=False)
    op.create_index("ix_order_fact_number", "order_fact", ["place", "number"], unique=False)
    op.create_table(
        "people",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("order_system_id", sa.Text(), server_default="", nullable=False),
        sa.Column("roles", sa.String(), server_default="", nullable=False),
        sa.Column("active", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("available", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_email"), "people", ["email"], unique=False)
    op.create_index(op.f("ix_people_order_system_id"), "people", ["order_system_id"], unique=False)
    op.create_table(
        "queue_turn",
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_turn")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("client_name", sa.Text(), server_default="", nullable=False),
        sa.Column("client_address", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("order", sa.Text(), nullable=True),
        sa.Column("order_ids", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("claimed", sa.String(), nullable=True),
        sa.Column("suggested", sa.String(), nullable=True),
        sa.Column("assessed", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("facts_pending", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("trust", sa.String(), nullable=False),
        sa.Column("asked", sa.Text(), server_default="", nullable=False),
        sa.Column("flags", sa.Text(), server_default="", nullable=False),
        sa.Column("images", sa.Text(), server_default="", nullable=False),
        sa.Column("dispute_level", sa.Integer(), server_default="0", nullable=False),
        sa.Column("earlier_ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("clock_started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_client_message_at", sa.BigInteger(), nullable=False),
        sa.Column("last_auto_reply_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("delivery_time", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_client_delivered", "ticket", ["client", "delivered_at"], unique=False)
    op.create_index("ix_ticket_client_open", "ticket", ["client", "is_open", "id"], unique=False)
    op.create_index(
        "ix_ticket_facts_pending",
        "ticket",
        ["id"],
        unique=False,
        sqlite_where=sa.text("facts_pending = 1"),
        postgresql_where=sa.text("facts_pending = 1"),
    )
    op.create_index(
        "ix_ticket_new", "ticket", ["id"], unique=False, sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("ix_ticket_owner", "ticket", ["is_open", "owner", "id"], unique=False)
    op.create_index(
        "ix_ticket_promised",
        "ticket",
        ["delivery_time"],
        unique=False,
        sqlite_where=sa.text("is_open = 1 AND delivery_time IS NOT NULL"),
        postgresql_where=sa.text("is_open = 1 AND delivery_time IS NOT NULL"),
    )
    op.create_index("ix_ticket_queue", "ticket", ["is_open", "queue", "id"], unique=False)
    op.create_index("ix_ticket_state", "ticket", ["state", "id"], unique=False)
    op.create_index(
        "ix_ticket_unread",
        "ticket",
        ["clock_started_at"],
        unique=False,
        sqlite_where=sa.text("is_open = 1 AND read_at IS NULL"),
        postgresql_where=sa.text("is_open = 1 AND read_at IS NULL"),
    )
    op.create_table(
        "action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("template", sa.String(), server_default="", nullable=False),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("to", sa.Text(), server_default="", nullable=False),
        sa.Column("to_domain", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("counted", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_action_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sa.UniqueConstraint("key", name=op.f("uq_action_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_action_after",
        "action",
        ["after"],
        unique=False,
        sqlite_where=sa.text("after IS NOT NULL"),
        postgresql_where=sa.text("after IS NOT NULL"),
    )
    op.create_index(
        "ix_action_counted",
        "action",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("counted = 1"),
        postgresql_where=sa.text("counted = 1"),
    )
    op.create_index(
        "ix_action_counted_domain",
        "action",
        ["to_domain", "created_at"],
        unique=False,
        sqlite_where=sa.text("counted = 1"),
        postgresql_where=sa.text("counted = 1"),
    )
    op.create_index(
        "ix_action_counted_to",
        "action",
        ["to", "created_at"],
        unique=False,
        sqlite_where=sa.text("counted = 1"),
        postgresql_where=sa.text("counted = 1"),
    )
    op.create_index(
        "ix_action_message_id",
        "action",
        ["message_id"],
        unique=False,
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.create_index(
        "ix_action_queued",
        "action",
        ["lane", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_action_sending",
        "action",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_action_state", "action", ["state", "id"], unique=False)
    op.create_index("ix_action_ticket", "action", ["ticket", "id"], unique=False)
    op.create_index(
        "ix_action_unfinished",
        "action",
        ["ticket", "family", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_table(
        "message_chunk",
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("fk_message_chunk_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "part", name=op.f("pk_message_chunk")),
    )
    op.create_table(
        "message_detail",
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("schema", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("parsed_json", sa.Text(), server_default="", nullable=False),
        sa.Column("findings_json", sa.Text(), server_default="", nullable=False),
        sa.Column("decision_json", sa.Text(), server_default="", nullable=False),
        sa.Column("context_json", sa.Text(), server_default="", nullable=False),
        sa.Column("rules_hash", sa.String(), server_default="", nullable=False),
        sa.Column("templates_hash", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("fk_message_detail_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_message_detail")),
    )
    op.create_table(
        "sighting",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("tidied", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("fk_sighting_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("place", "uidvalidity", "uid", "comment_id", name=op.f("pk_sighting")),
    )
    op.create_index(op.f("ix_sighting_message"), "sighting", ["message"], unique=False)
    op.create_index(
        "ix_sighting_untidied",
        "sighting",
        ["place", "uidvalidity", "uid"],
        unique=False,
        sqlite_where=sa.text("tidied = 0"),
        postgresql_where=sa.text("tidied = 0"),
    )
    op.create_table(
        "ticket_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_log_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_log")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_log_ticket", "ticket_log", ["ticket", "id"], unique=False)
    op.create_table(
        "ticket_message",
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("fk_ticket_message_message"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_message_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "ticket", name=op.f("pk_ticket_message")),
    )
    op.create_index(op.f("ix_ticket_message_ticket"), "ticket_message", ["ticket"], unique=False)
    op.create_table(
        "ticket_order",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_order_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "ref", "ticket", name=op.f("pk_ticket_order")),
    )
    op.create_index("ix_ticket_order_ticket", "ticket_order", ["ticket"], unique=False)
