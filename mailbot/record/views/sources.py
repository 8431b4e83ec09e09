"""What is read: mailboxes and order systems, with their last success and their last trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from mailbot.record.tables import mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """`last_error` "": the last poll found nothing wrong."""

    place: str
    last_ok_at: datetime | None = None
    last_error: str = ""


def sources(c: Connection) -> tuple[SourceView, ...]:
    """Every place that was ever read, by name."""
    rows = c.execute(select(mailbox.c.place, mailbox.c.last_ok_at, mailbox.c.last_error).order_by(mailbox.c.place))
    return tuple(SourceView(place=row.place, last_ok_at=row.last_ok_at, last_error=row.last_error) for row in rows)
