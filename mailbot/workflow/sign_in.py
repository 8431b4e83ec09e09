"""Who is asking: from a session's secret to a person."""

from __future__ import annotations

import contextlib
import hashlib
import secrets

from mailbot.errors import Unavailable
from mailbot.model.visitor import Origin, Visitor
from mailbot.record import sessions
from mailbot.record.database import Database

SECRET_BYTES = 32


def who_has(db: Database, secret: str) -> Visitor | None:
    """The person of this session; None where there is none (any more). Using a session keeps it alive."""
    if not secret:
        return None
    with db.reading() as c:
        now = db.now(c)
        found = sessions.visitor(c, hashed(secret), now)
    if found is None:
        return None
    visitor, seen_at = found
    if visitor.session is not None and now - seen_at > sessions.TOUCH:
        with contextlib.suppress(Unavailable), db.transaction() as c:  # a busy database must not keep a page from being read
            sessions.touch(c, visitor.session, db.now(c))
    return visitor


def begin(db: Database, login: str, method: str, origin: Origin) -> str:
    """A new session of this person; its secret, which is nowhere else."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with db.transaction() as c:
        now = db.now(c)
        sessions.tidy(c, now)
        sessions.begin(c, hashed(secret), login, method, origin.ip, origin.agent, now)
    return secret


def hashed(secret: str) -> str:
    """Secrets of 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
