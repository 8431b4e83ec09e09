"""Sessions on the desk. Only the SHA-256 of a session's secret is stored; a row that is gone ends the session at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from mailbot.model.permission import permissions
from mailbot.model.visitor import Visitor
from mailbot.record.people import preferences_of, roles_of
from mailbot.record.tables import people, preference, session

IDLE = timedelta(hours=12)  # a shift
LONGEST = timedelta(days=7)
TOUCH = timedelta(minutes=5)  # how old `seen_at` may grow before it is written again


def begin(c: Connection, hashed: str, login: str, method: str, ip: str, agent: str, now: datetime) -> int:
    values = {"hash": hashed, "login": login, "method": method, "ip": ip, "agent": agent[:300]}
    row = insert(session).values(made_at=now, seen_at=now, ends_at=now + LONGEST, **values)
    return int(c.execute(row.returning(session.c.id)).scalar_one())


def visitor(c: Connection, hashed: str, now: datetime) -> tuple[Visitor, datetime] | None:
    """Who has this session, and when it was last seen; None where it ended or its person may not come in any more."""
    wanted = select(session.c.id, session.c.seen_at, *people.c, *(column for column in preference.c if column.name != "login"))
    joined = wanted.join_from(session, people, people.c.login == session.c.login).outerjoin(
        preference, preference.c.login == people.c.login
    )
    alive = (session.c.hash == hashed, session.c.ends_at > now, session.c.seen_at > now - IDLE, people.c.active == 1)
    row = c.execute(joined.where(*alive)).mappings().one_or_none()
    if row is None:
        return None
    roles = roles_of(row)
    found = Visitor(
        login=row["login"], name=row["name"] or row["login"], roles=roles, permissions=permissions(roles),
        preferences=preferences_of(row), available=bool(row["available"]), session=row["id"],
    )  # fmt: skip
    return found, row["seen_at"]


def touch(c: Connection, session_id: int, now: datetime) -> None:
    c.execute(update(session).where(session.c.id == session_id).values(seen_at=now))


def end(c: Connection, session_id: int, login: str | None = None) -> str | None:
    """Ends one session (of this person, where one is named); answers whose it was, None where there is none."""
    where = (session.c.id == session_id,) if login is None else (session.c.id == session_id, session.c.login == login)
    return c.execute(delete(session).where(*where).returning(session.c.login)).scalar_one_or_none()


def end_of(c: Connection, hashed: str) -> None:
    c.execute(delete(session).where(session.c.hash == hashed))


def end_all(c: Connection, login: str, keep: int | None = None) -> int:
    """All of a person's sessions but `keep`; how many."""
    where = (session.c.login == login,) if keep is None else (session.c.login == login, session.c.id != keep)
    return c.execute(delete(session).where(*where)).rowcount


def tidy(c: Connection, now: datetime) -> None:
    """Forgets sessions that ended by themselves."""
    c.execute(delete(session).where((session.c.ends_at <= now) | (session.c.seen_at <= now - IDLE)))
