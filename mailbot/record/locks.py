"""Locks that make two machines decide one after the other on the same client, order or ticket (architecture.md, Locks)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import ARRAY, BigInteger, Connection, cast, func, select


def hold(c: Connection, keys: Iterable[str]) -> None:
    """Waits for and keeps the keys (`client:…`, `order:…`, `ticket:…`, `budget:…`) until the transaction ends.

    Nothing on SQLite, whose writer is alone. All sessions take them in the same order, so they cannot deadlock among each
    other; call it once per transaction, before any write.
    """
    numbers = sorted({_number(key) for key in keys})
    if numbers and c.dialect.name == "postgresql":
        wanted = select(func.unnest(cast(numbers, ARRAY(BigInteger))).label("number")).subquery()
        c.execute(select(func.pg_advisory_xact_lock(wanted.c.number))).all()


def _number(key: str) -> int:
    return int.from_bytes(sha256(key.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
