"""Column types and the few statements in which SQLite and PostgreSQL differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Table, Text, literal
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Time(TypeDecorator[datetime]):
    """An aware time as integer microseconds since 1970-01-01 UTC; a naive value raises ValueError. Comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"time without a zone: {value!r}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """Text from outside. NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD, so that no error text or subject
    can make a commit fail."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        return value


def fixed(value: str | int) -> ColumnElement[Any]:
    """The value written into the statement's text: a partial index serves a query only when its condition is no parameter."""
    return literal(value, literal_execute=True)


def insert(c: Connection, table: Table) -> Any:
    """INSERT with ON CONFLICT; both dialects spell it alike, SQLAlchemy keeps it in two classes without a common one (Any)."""
    if c.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # brings asyncio with it; SQLite does without

    return postgresql.insert(table)


def upsert(c: Connection, table: Table, rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> None:
    """Insert or overwrite whole rows, in the order of their keys: two sessions that write the same rows never deadlock."""
    if not rows:
        return
    statement = insert(c, table)
    changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    latest = {tuple(row[k] for k in keys): row for row in rows}
    c.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changes), [latest[k] for k in sorted(latest)])
