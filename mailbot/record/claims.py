"""Which process handles which message: attempts are counted before the work (I5), untried messages come first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from mailbot.model.message import Source
from mailbot.record import journal
from mailbot.record.columns import fixed
from mailbot.record.tables import message

CLAIM_BYTES = 16 * 1024 * 1024
MAX_ATTEMPTS = 3
KILLED = "the process was killed while it handled this message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message to handle. `attempts` counts this one. `message_id_reused`: set the flag of that name. `asked_by`: who wanted it
    handled again, "" where nobody did."""

    id: int
    source: Source
    place: str
    received_at: datetime
    attempts: int
    size: int
    raw: bytes
    message_id_reused: bool
    asked_by: str = ""


def claim(c: Connection, limit: int, now: datetime, holder: str, lease_seconds: float = 120) -> list[Claimed]:
    """The next messages in order of arrival, at most 16 MiB (or one); their attempts are counted here (I5).

    A message that was tried before comes alone, so that poison does not use up its neighbours' attempts. One that was tried
    3 times is set aside instead.
    """
    while True:
        rows = _candidates(c, limit, now)
        spent = [row for row in rows if row.attempts >= MAX_ATTEMPTS]
        for row in spent:
            journal.set_aside(c, row.id, f"handling failed {row.attempts} times: {row.last_error or KILLED}", now)
        chosen = _choice([row for row in rows if row.attempts < MAX_ATTEMPTS])
        if chosen or not spent:
            return _take(c, chosen, now, holder, lease_seconds)


def unhandled(c: Connection, place: str, limit: int) -> list[tuple[datetime, bytes]]:
    """When each message of this place was kept that still waits to be handled, and its bytes; oldest first."""
    wanted = select(message.c.id, message.c.kept_at).where(message.c.state == fixed("new"), message.c.place == place)
    kept = {row.id: row.kept_at for row in c.execute(wanted.order_by(message.c.id).limit(limit))}
    data = journal.raws(c, list(kept)) if kept else {}
    return [(kept_at, data.get(id_, b"")) for id_, kept_at in kept.items()]


def failed(c: Connection, ids: Collection[int], because: str, now: datetime) -> None:
    """Handling raised: the error is noted and the messages may be claimed again at once, one by one."""
    values = {"last_error": because, "lease_by": None, "lease_until": None, "handled_at": now}
    if ids:
        c.execute(update(message).where(message.c.id.in_(ids), message.c.state == "new").values(values))


def give_back(c: Connection, ids: Collection[int], holder: str) -> None:
    """Ends the claim without an attempt (a stop, a server that is away)."""
    mine = (message.c.id.in_(ids), message.c.state == "new", message.c.lease_by == holder)
    if ids:
        c.execute(update(message).where(*mine).values(lease_by=None, lease_until=None, attempts=message.c.attempts - 1))


def _candidates(c: Connection, limit: int, now: datetime) -> Sequence[Row[Any]]:
    """Untried messages first: one that was in hand at a kill must not be the first in hand at every start after it (I5)."""
    free = or_(message.c.lease_until.is_(None), message.c.lease_until <= now)
    waiting = select(message).where(message.c.state == fixed("new"), free)
    untried = waiting.where(message.c.attempts == 0).order_by(message.c.id).limit(limit)
    tried = waiting.where(message.c.attempts > 0).order_by(message.c.attempts, message.c.id).limit(limit)
    return c.execute(untried.with_for_update(skip_locked=True)).all() or c.execute(tried.with_for_update(skip_locked=True)).all()


def _choice(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Untried messages up to the first that was tried, or that one alone; never more than 16 MiB unless it is one message."""
    chosen: list[Row[Any]] = []
    total = 0
    for row in rows:
        total += row.size
        if chosen and (row.attempts or total > CLAIM_BYTES):
            break
        chosen.append(row)
        if row.attempts:
            break
    return chosen


def _take(c: Connection, rows: Sequence[Row[Any]], now: datetime, holder: str, lease_seconds: float) -> list[Claimed]:
    if not rows:
        return []
    ids = [row.id for row in rows]
    until = now + timedelta(seconds=lease_seconds)
    values = {"attempts": message.c.attempts + 1, "lease_by": holder, "lease_until": until}
    c.execute(update(message).where(message.c.id.in_(ids)).values(values))
    data = journal.raws(c, ids)
    return [
        Claimed(
            id=row.id, source=row.source, place=row.place, received_at=row.received_at, attempts=row.attempts + 1, size=row.size,
            raw=data.get(row.id, b""), message_id_reused=bool(row.message_id_reused), asked_by=row.asked_by,
        )
        for row in rows
    ]  # fmt: skip
