"""What a person is writing on a ticket and who else has it open: kept on the server, so that nothing typed is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from mailbot.record.columns import upsert
from mailbot.record.tables import draft, people, presence

HERE = timedelta(seconds=40)
TOUCH = timedelta(seconds=20)  # an open page asks every 15 s: being here is written at every second time


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody else who has the ticket open; `writing`: and types."""

    login: str
    name: str
    writing: bool


def save(c: Connection, ticket: int, login: str, field: str, text: str, now: datetime) -> None:
    """An empty text ends the draft. `field` names the form: reply, note, assess."""
    mine = (draft.c.ticket == ticket, draft.c.login == login, draft.c.field == field)
    if not text.strip():
        c.execute(delete(draft).where(*mine))
        return
    row = {"ticket": ticket, "login": login, "field": field, "text": text, "saved_at": now}
    upsert(c, draft, [row], ["ticket", "login", "field"])


def of_person(c: Connection, ticket: int, login: str) -> dict[str, str]:
    """Field -> text."""
    rows = c.execute(select(draft.c.field, draft.c.text).where(draft.c.ticket == ticket, draft.c.login == login))
    return {row.field: row.text for row in rows}


def is_noted(c: Connection, ticket: int, login: str, writing: bool, now: datetime) -> bool:
    """It stands there already, lately enough, that this person is here, and whether they type."""
    mine = (presence.c.ticket == ticket, presence.c.login == login, presence.c.writing == int(writing), presence.c.seen_at > now - TOUCH)
    return c.execute(select(presence.c.seen_at).where(*mine)).first() is not None


def here(c: Connection, ticket: int, login: str, writing: bool, now: datetime) -> None:
    row = {"ticket": ticket, "login": login, "seen_at": now, "writing": int(writing)}
    upsert(c, presence, [row], ["ticket", "login"])


def others(c: Connection, ticket: int, login: str, now: datetime) -> tuple[Present, ...]:
    """Who else has it open now."""
    name = func.coalesce(func.nullif(people.c.name, ""), presence.c.login)
    wanted = select(presence.c.login, name, presence.c.writing).outerjoin(people, people.c.login == presence.c.login)
    there = (presence.c.ticket == ticket, presence.c.login != login, presence.c.seen_at >= now - HERE)
    rows = c.execute(wanted.where(*there).order_by(presence.c.login))
    return tuple(Present(login=row[0], name=row[1], writing=bool(row[2])) for row in rows)
