"""Has anything happened since, and what went wrong? Three highest ids and three counts, read once a second by each desk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, ScalarSelect, Table, func, select

from mailbot.record.columns import fixed
from mailbot.record.tables import action, message, ticket_log

MOST = 200  # counted of what went wrong; a desk with more of them looks at the lists anyway


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest line of history, message and action, and how many actions and messages wait for a person's help: numbers only, which
    a browser may know."""

    log: int = 0
    message: int = 0
    action: int = 0
    uncertain: int = 0
    gave_up: int = 0
    set_aside: int = 0

    def __str__(self) -> str:
        return f"{self.log}.{self.message}.{self.action}.{self.uncertain}.{self.gave_up}.{self.set_aside}"


def mark(c: Connection) -> Mark:
    """One statement over three primary keys and the indices of states."""
    newest = [select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in (ticket_log, message, action)]
    wrong = [_count(action, "uncertain"), _count(action, "gave_up"), _count(message, "set_aside")]
    return Mark(*(int(value) for value in c.execute(select(*newest, *wrong)).one()))


def _count(table: Table, state: str) -> ScalarSelect[int]:
    some = select(table.c.id).where(table.c.state == fixed(state)).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
