"""Who is asking, and from where. Made by `workflow.sign_in` from a session or a token, read by every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailbot.model.permission import Permission

Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a person chose in /me. `time_zone` "": the company's."""

    time_zone: str = ""
    theme: Theme = "auto"
    shortcuts: bool = True
    notices: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person who signed in. `session`: the row of their session, None where a token speaks for them; `token`: its id."""

    login: str
    name: str
    roles: frozenset[str]
    permissions: frozenset[Permission]
    preferences: Preferences
    available: bool = True
    session: int | None = None
    token: str = ""

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom an identity provider names. Only (issuer, subject) names a person for good; `email` "" where it was not verified."""

    issuer: str
    subject: str
    login: str
    name: str
    email: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an act came from, for the audit log. `ip` "": the command line."""

    actor: str = ""
    ip: str = ""
    request_id: str = ""
    agent: str = ""

    def by(self, actor: str) -> Origin:
        return Origin(actor=actor, ip=self.ip, request_id=self.request_id, agent=self.agent)
