"""Roles and what each may do: the one table that desk, API and commands ask. A person may hold several roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from mailbot.model.lifecycle import Role


class Permission(StrEnum):
    """Named by what a person does; the value is what an error page says of it."""

    SEE = "look at tickets, clients and messages"
    SEE_RAW = "look at the raw source of a message"
    WORK = "write notes and replies, hand tickets over"
    TALK = "take tickets, ask clients, set delivery times"
    ASSESS = "assess a ticket and set a charge"
    MANAGE = "decide who decides a dispute"
    RELEASE = "release, retry and cancel what waits in the outbox"
    INSIGHTS = "look at insights"
    EXPORT = "export lists"
    PEOPLE = "manage people and their sessions"
    TOKENS = "manage API tokens"
    CONFIGURATION = "look at the configuration, rules and templates"
    AUDIT = "look at the audit log"
    OWN = "change one's own settings"


_DESK = frozenset({Permission.OWN, Permission.SEE, Permission.WORK, Permission.INSIGHTS, Permission.EXPORT})
_TALKS = _DESK | {Permission.TALK, Permission.RELEASE}
GRANTED: dict[Role, frozenset[Permission]] = {
    "coordinator": _TALKS,
    "quality_supervisor": _TALKS | {Permission.ASSESS, Permission.MANAGE, Permission.SEE_RAW},
    "account_manager": _DESK | {Permission.MANAGE},
    "admin": frozenset(Permission) - {Permission.WORK, Permission.TALK, Permission.ASSESS, Permission.MANAGE, Permission.RELEASE},
    "viewer": frozenset({Permission.OWN, Permission.SEE, Permission.INSIGHTS}),
}
SCOPES: dict[str, frozenset[Permission]] = {
    "tickets:read": frozenset({Permission.SEE}),
    "tickets:write": frozenset({Permission.WORK, Permission.TALK, Permission.MANAGE}),
    "tickets:assess": frozenset({Permission.ASSESS}),
    "outbox:write": frozenset({Permission.RELEASE}),
    "insights:read": frozenset({Permission.INSIGHTS}),
    "export:read": frozenset({Permission.EXPORT}),
}
"""What a token may do at most; its person's roles limit it further. No scope manages people, tokens or the desk itself."""


def permissions(roles: Collection[str]) -> frozenset[Permission]:
    """What these roles may do together; unknown roles may nothing."""
    return frozenset[Permission]().union(*(may for role, may in GRANTED.items() if role in roles))


def scope_permissions(scopes: Iterable[str]) -> frozenset[Permission]:
    return frozenset[Permission]().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def roles_with(permission: Permission) -> tuple[str, ...]:
    """Who may do this, as an error page names them."""
    return tuple(role for role, may in GRANTED.items() if permission in may)


def role_words(role: str) -> str:
    """A role as people read it."""
    return role.replace("_", " ").capitalize()
