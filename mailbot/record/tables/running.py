"""What mailbot remembers of its own work: settings, secrets, leases, how each source was read last."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, Text

from mailbot.record.columns import Time
from mailbot.record.tables.base import metadata, words

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
    words("last_error"),
)
