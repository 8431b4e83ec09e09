"""People, their sessions and tokens, and the audit log (the desk's /admin and /me, `mailbot user list`, `mailbot token list`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from mailbot.record.audit import AuditRow
from mailbot.record.sessions import IDLE
from mailbot.record.tables import audit as audit_table
from mailbot.record.tables import credential, one_time_link, people, session, token
from mailbot.record.views.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """`link_until`: a one-time link waits to be used. `seen_at`: when they last used the desk, as far as their sessions tell."""

    login: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool
    available: bool
    order_system_id: str
    has_password: bool
    second_factor: bool
    sessions: int
    seen_at: datetime | None
    link_until: datetime | None

    def as_json(self) -> dict[str, Any]:
        names = ("login", "name", "email", "active", "available", "order_system_id", "has_password", "second_factor")
        return {name: getattr(self, name) for name in names} | {"roles": list(self.roles), "seen_at": rfc3339(self.seen_at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """`method`: password, password+code, link, oidc or demo."""

    id: int
    login: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    method: str
    ip: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    id: str
    login: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        return "revoked" if self.revoked_at else "ended" if self.ends_at <= now else "valid"

    def as_json(self) -> dict[str, Any]:
        times = {name: rfc3339(getattr(self, name)) for name in ("made_at", "ends_at", "used_at", "revoked_at")}
        return {"id": self.id, "login": self.login, "name": self.name, "scopes": list(self.scopes)} | times


def everybody(c: Connection, now: datetime, login: str | None = None) -> list[PersonView]:
    """By login; or this one person, where one is named."""
    lives = (session.c.login == people.c.login, session.c.ends_at > now, session.c.seen_at > now - IDLE)
    alive = select(func.count()).select_from(session).where(*lives).scalar_subquery().label("sessions")
    seen = select(func.max(session.c.seen_at)).where(session.c.login == people.c.login).scalar_subquery().label("seen_at")
    waits = (one_time_link.c.login == people.c.login, one_time_link.c.used_at.is_(None), one_time_link.c.ends_at > now)
    link = select(func.max(one_time_link.c.ends_at)).where(*waits).scalar_subquery().label("link_until")
    wanted = select(people, credential.c.password_hash, credential.c.totp_on, alive, seen, link)
    joined = wanted.outerjoin(credential, credential.c.login == people.c.login).order_by(people.c.login)
    if login is not None:
        joined = joined.where(people.c.login == login)
    return [_person(row) for row in c.execute(joined).mappings()]


def sessions(c: Connection, now: datetime, login: str | None = None, limit: int = 200) -> list[SessionView]:
    """Those that still live, the latest used first."""
    wanted = select(*(session.c[name] for name in SessionView.__slots__)).order_by(session.c.seen_at.desc(), session.c.id.desc())
    alive = wanted.where(session.c.ends_at > now, session.c.seen_at > now - IDLE).limit(limit)
    if login is not None:
        alive = alive.where(session.c.login == login)
    return [SessionView(**row) for row in c.execute(alive).mappings()]


def tokens(c: Connection, login: str | None = None) -> list[TokenView]:
    """Newest first, ended ones too."""
    wanted = select(*(token.c[name] for name in TokenView.__slots__)).order_by(token.c.made_at.desc(), token.c.id)
    if login is not None:
        wanted = wanted.where(token.c.login == login)
    return [TokenView(**dict(row) | {"scopes": tuple(row["scopes"].split())}) for row in c.execute(wanted).mappings()]


def audit(c: Connection, *, before: int | None = None, actor: str = "", what: str = "", limit: int = 100) -> list[AuditRow]:
    """Newest first; `before`: an id, for the page after it. `actor` also finds what was done to that person."""
    wanted = select(audit_table).order_by(audit_table.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(audit_table.c.id < before)
    if actor:
        wanted = wanted.where((audit_table.c.actor == actor) | (audit_table.c.object == actor))
    if what:
        wanted = wanted.where(audit_table.c.what == what)
    return [AuditRow(**row) for row in c.execute(wanted).mappings()]


def _person(row: Any) -> PersonView:
    return PersonView(
        login=row["login"], name=row["name"], email=row["email"], roles=tuple(json.loads(row["roles"] or "[]")),
        active=bool(row["active"]), available=bool(row["available"]), order_system_id=row["order_system_id"],
        has_password=bool(row["password_hash"]), second_factor=bool(row["totp_on"]), sessions=row["sessions"],
        seen_at=_time(row["seen_at"]), link_until=_time(row["link_until"]),
    )  # fmt: skip


def _time(value: Any) -> datetime | None:
    return value  # type: ignore[no-any-return]  # max() keeps the type of its column
