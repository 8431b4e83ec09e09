"""Looking at things that must not be looked at in secret, and whether the log is whole."""

from __future__ import annotations

from mailbot.model.visitor import Origin
from mailbot.record import audit
from mailbot.record.audit import Verified, What
from mailbot.record.database import Database

__all__ = ["What", "note", "verify"]


def note(db: Database, origin: Origin, what: What, of: str, *, before: str = "", after: str = "") -> None:
    """Adds a row: a configuration view, an export, a raw source."""
    with db.transaction() as c:
        audit.write(c, origin, what, of, db.now(c), before=before, after=after)


def verify(db: Database) -> Verified:
    with db.reading() as c:
        return audit.verify(c)
