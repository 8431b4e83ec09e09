"""API tokens: a person's, with scopes and an end. Only the hash is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from mailbot.errors import NotFound
from mailbot.model.permission import permissions, scope_permissions
from mailbot.model.visitor import Visitor
from mailbot.record.people import preferences_of, roles_of
from mailbot.record.tables import people, preference, token

TOUCH = timedelta(minutes=5)


def add(c: Connection, id_: str, hashed: str, login: str, name: str, scopes: tuple[str, ...], ends_at: datetime, now: datetime) -> None:
    values = {"id": id_, "hash": hashed, "login": login, "name": name, "scopes": " ".join(scopes)}
    c.execute(insert(token).values(**values, made_at=now, ends_at=ends_at))


def visitor(c: Connection, id_: str, now: datetime) -> tuple[Visitor, str, datetime | None] | None:
    """Who has the token of this id, its hash, and when it was last used; None where it ended. The caller compares the hash."""
    columns = (token.c.id, token.c.hash, token.c.scopes, token.c.used_at, *people.c, *(c for c in preference.c if c.name != "login"))
    wanted = select(*columns).join_from(token, people, people.c.login == token.c.login)
    joined = wanted.outerjoin(preference, preference.c.login == people.c.login)
    alive = (token.c.id == id_, token.c.revoked_at.is_(None), token.c.ends_at > now, people.c.active == 1)
    row = c.execute(joined.where(*alive)).mappings().one_or_none()
    if row is None:
        return None
    roles = roles_of(row)
    found = Visitor(
        login=row["login"], name=row["name"] or row["login"], roles=roles, preferences=preferences_of(row),
        permissions=permissions(roles) & scope_permissions(row["scopes"].split()), available=bool(row["available"]), token=id_,
    )  # fmt: skip
    return found, row["hash"], row["used_at"]


def touch(c: Connection, id_: str, now: datetime) -> None:
    c.execute(update(token).where(token.c.id == id_).values(used_at=now))


def revoke(c: Connection, id_: str, now: datetime, login: str | None = None) -> str:
    """Whose it was. Raises NotFound (also for somebody else's, where a login is named)."""
    where = (token.c.id == id_,) if login is None else (token.c.id == id_, token.c.login == login)
    whose: str | None = c.execute(select(token.c.login).where(*where)).scalar_one_or_none()
    if whose is None:
        raise NotFound(f"There is no token {id_!r}. `mailbot token list` shows them.")
    c.execute(update(token).where(*where, token.c.revoked_at.is_(None)).values(revoked_at=now))
    return whose


def revoke_all(c: Connection, login: str, now: datetime) -> int:
    return c.execute(update(token).where(token.c.login == login, token.c.revoked_at.is_(None)).values(revoked_at=now)).rowcount
