"""The file: one SQLite database in WAL mode. Times are RFC 3339 text in UTC with microseconds, so that text order is time order."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS person (
  id TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('client', 'staff')), name TEXT NOT NULL,
  emails TEXT NOT NULL, time_zone TEXT NOT NULL DEFAULT 'UTC', manager TEXT REFERENCES person(id),
  login_key TEXT NOT NULL UNIQUE, company TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, version INTEGER NOT NULL DEFAULT 1,
  status TEXT NOT NULL CHECK (status IN ('ordered', 'in_production', 'delivered', 'reopened', 'closed', 'cancelled')),
  client TEXT NOT NULL REFERENCES person(id), product TEXT NOT NULL, style TEXT NOT NULL, variables TEXT NOT NULL,
  specifications TEXT NOT NULL, images TEXT NOT NULL, targets TEXT NOT NULL, address TEXT NOT NULL DEFAULT '',
  placed_at TEXT NOT NULL, due_at TEXT, delivered_at TEXT, charge TEXT, plan TEXT NOT NULL DEFAULT '',
  due_before TEXT, charge_at TEXT, charge_answer TEXT, charge_comment TEXT);
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), at TEXT NOT NULL, images TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_order ON delivery (order_id);
CREATE INDEX IF NOT EXISTS orders_of_client ON orders (client, placed_at);
-- AUTOINCREMENT under one writer: seq grows in the order of commits and is never used twice, so a cursor misses nothing.
CREATE TABLE IF NOT EXISTS comment (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL REFERENCES orders(id),
  role TEXT NOT NULL CHECK (role IN ('client', 'staff', 'system')), author TEXT REFERENCES person(id), created_at TEXT NOT NULL,
  body TEXT NOT NULL, visibility TEXT NOT NULL CHECK (visibility IN ('client', 'internal')), rejects INTEGER NOT NULL DEFAULT 0,
  external_id TEXT UNIQUE, in_reply_to TEXT, form_token TEXT UNIQUE,
  charge_answer TEXT CHECK (charge_answer IN ('agreed', 'objected')), redistribution INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS comment_order ON comment (order_id);
CREATE INDEX IF NOT EXISTS comment_time ON comment (created_at);
CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, order_id TEXT NOT NULL, comment_id TEXT, at TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS event_time ON event (at);
CREATE INDEX IF NOT EXISTS event_order ON event (order_id);
CREATE TABLE IF NOT EXISTS redistribution (
  id INTEGER PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), requested_by TEXT NOT NULL, quote TEXT NOT NULL,
  targets TEXT NOT NULL, images TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, etag TEXT NOT NULL, at TEXT NOT NULL);
"""

# A file of an older version lacks these columns, and knows only when an order was delivered last.
FIRST_DELIVERIES = """
INSERT INTO delivery (order_id, at, images)
SELECT id, delivered_at, (SELECT json_group_array(json_extract(value, '$.id')) FROM json_each(images)) FROM orders
WHERE delivered_at IS NOT NULL AND id NOT IN (SELECT order_id FROM delivery)
"""
ADDED = {
    "orders": ("due_before TEXT", "charge_at TEXT", "charge_answer TEXT", "charge_comment TEXT"),
    "comment": ("charge_answer TEXT", "redistribution INTEGER NOT NULL DEFAULT 0"),
    "event": ("detail TEXT NOT NULL DEFAULT ''",),
}


class Database:
    """A connection per use; readers never wait for the one writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.whole_seconds = False  # tests: as systems that store times without fractions
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as c:
            c.execute("PRAGMA journal_mode = WAL")
            c.executescript(SCHEMA)
        with self.writing() as c:
            _catch_up(c)
            for name in ("epoch", "secret"):
                c.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, secrets.token_hex(16)))
        with self.reading() as c:
            found = dict(tuple(row) for row in c.execute("SELECT name, value FROM setting"))
        self.epoch, self.secret = str(found["epoch"]), str(found["secret"])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view."""
        with self._open() as c:
            c.execute("BEGIN")
            yield c

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writer; commits at the end, rolls back on an exception."""
        with self._open() as c:
            c.execute("BEGIN IMMEDIATE")
            try:
                yield c
            except BaseException:
                c.execute("ROLLBACK")
                raise
            c.execute("COMMIT")

    def now(self) -> str:
        """The time as stored."""
        return stamp(datetime.now(UTC).replace(microsecond=0) if self.whole_seconds else datetime.now(UTC))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        c = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            c.row_factory = sqlite3.Row
            c.execute("PRAGMA foreign_keys = ON")
            yield c
        finally:
            c.close()


def stamp(at: datetime) -> str:
    """As stored and as answered: always UTC, always six digits of fraction."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _catch_up(c: sqlite3.Connection) -> None:
    for table, columns in ADDED.items():
        known = {row[1] for row in c.execute(f"PRAGMA table_info({table})")}
        for column in columns:
            if column.partition(" ")[0] not in known:
                c.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    c.execute(FIRST_DELIVERIES)
