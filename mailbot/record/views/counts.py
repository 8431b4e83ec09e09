"""Figures over all, and what reconciliation compares (I12, X4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, exists, func, select

from mailbot.record.tables import action, message, sighting, ticket, ticket_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """State -> number, absent states are 0."""

    messages: dict[str, int]
    tickets: dict[str, int]
    actions: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A message that ended in none of the three ends, or in two (I12)."""

    message: int
    what: str


def counts(c: Connection) -> Counts:
    return Counts(messages=_by_state(c, message), tickets=_by_state(c, ticket), actions=_by_state(c, action))


def broken(c: Connection) -> list[Broken]:
    """What breaks I12 by the database alone; empty is the proof."""
    on = exists().where(ticket_message.c.message == message.c.id)
    lost = select(message.c.id).where(message.c.state == "on_ticket", ~on)
    unseen = select(message.c.id).where(~exists().where(sighting.c.message == message.c.id))
    return [
        *(Broken(message=id_, what="settled as on a ticket, but it is on none") for id_ in c.execute(lost).scalars()),
        *(Broken(message=id_, what="kept, but seen nowhere") for id_ in c.execute(unseen).scalars()),
    ]


def _by_state(c: Connection, table: Table) -> dict[str, int]:
    state: Column[Any] = table.c.state
    return {str(row[0]): int(row[1]) for row in c.execute(select(state, func.count()).group_by(state))}
