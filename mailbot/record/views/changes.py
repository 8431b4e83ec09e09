"""Has anything happened since? Three highest ids, read once a second by each desk (its live pages)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailbot.record.tables import action, message, ticket_log


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest line of history, message and action; what a browser is told, and nothing else."""

    log: int = 0
    message: int = 0
    action: int = 0

    def __str__(self) -> str:
        return f"{self.log}.{self.message}.{self.action}"


def mark(c: Connection) -> Mark:
    """One statement over three primary keys."""
    newest = (select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in (ticket_log, message, action))
    row = c.execute(select(*newest)).one()
    return Mark(*(int(value) for value in row))
