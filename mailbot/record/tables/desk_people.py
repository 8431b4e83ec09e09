"""The people of the desk: who they are, how they prove it, what they did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, String, Table

from mailbot.record.columns import Time, Words
from mailbot.record.tables.base import Id, flag, metadata, number, words

people = Table(
    "people",
    metadata,
    Column("login", String, primary_key=True),
    words("name"),
    Column("email", Words, nullable=False, index=True, server_default=""),
    Column("order_system_id", Words, nullable=False, index=True, server_default=""),
    Column("roles", String, nullable=False, server_default=""),
    flag("active", 1),
    flag("available", 1),
    Column("added_at", Time, nullable=False),
)

# How a person proves who they are. password_hash "": no password yet. totp_on 0 with a secret: not confirmed by a first code yet;
# totp_step: the time step of the last code that was taken, so that none is taken twice.
credential = Table(
    "credential",
    metadata,
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), primary_key=True),
    words("password_hash"),
    Column("password_set_at", Time),
    Column("totp_secret", LargeBinary),
    flag("totp_on"),
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
    words("ip"),
    words("agent"),
    sqlite_autoincrement=True,
)

# scopes: words with spaces between (model/permission.py).
token = Table(
    "token",
    metadata,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), nullable=False, index=True),
    words("name"),
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
    number("count"),
    Column("first_at", Time, nullable=False),
    Column("wait_until", Time, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("login", String, ForeignKey("people.login", ondelete="CASCADE"), primary_key=True),
    Column("time_zone", String, nullable=False, server_default=""),
    Column("theme", String, nullable=False, server_default="auto"),
    flag("shortcuts", 1),
    flag("notices", 1),
)

# Append-only: triggers refuse UPDATE and DELETE, each row's hash covers the one before it (record/audit.py).
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    words("actor"),
    words("ip"),
    words("request_id"),
    Column("what", String, nullable=False),
    words("object"),
    words("before"),
    words("after"),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)
