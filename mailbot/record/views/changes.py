"""Has anything happened since? Three highest ids and how many replies failed, read once a second by each desk (its live pages)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, ScalarSelect, func, select

from mailbot.record.columns import fixed
from mailbot.record.tables import action, message, ticket_log

FAILED = ("uncertain", "gave_up")
MOST_FAILED = 200  # counted; a desk with more of them looks at the outbox anyway


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest line of history, message and action, and how many actions failed or may have: numbers, which a browser may know."""

    log: int = 0
    message: int = 0
    action: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.log}.{self.message}.{self.action}.{self.failed}"


def mark(c: Connection) -> Mark:
    """One statement over three primary keys and the index of states."""
    newest = [select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in (ticket_log, message, action)]
    row = c.execute(select(*newest, *map(_count, FAILED))).one()
    log, newest_message, newest_action, *failed = (int(value) for value in row)
    return Mark(log, newest_message, newest_action, sum(failed))


def _count(state: str) -> ScalarSelect[int]:
    some = select(action.c.id).where(action.c.state == fixed(state)).limit(MOST_FAILED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
