"""The company's own people, as commands and the desk's /admin change them. Every change is in the audit log."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mailbot.errors import BadInput, Conflict, Problem
from mailbot.model.lifecycle import ROLES
from mailbot.model.visitor import Origin, Preferences, Visitor
from mailbot.record import audit, people, sessions, sign_ins, tokens
from mailbot.record.database import Connection, Database
from mailbot.record.views import people as views
from mailbot.workflow.sign_in import hashed, new_secret

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def add(
    db: Database, login: str, *, name: str, email: str, roles: Collection[str], order_system_id: str, origin: Origin
) -> None:  # fmt: skip
    """Adds a person, or changes the one of that login and lets them in again. Raises BadInput."""
    _check(login, roles)
    with db.transaction() as c:
        now = db.now(c)
        known = next((p for p in people.everybody(c) if p.login == login), None)
        people.add(c, login, now, name=name, email=email, roles=roles, order_system_id=order_system_id)
        after = _words(people.person(c, login))
        audit.write(
            c, origin, "person_changed" if known else "person_added", login, now, before=_words(known) if known else "", after=after
        )


def change(db: Database, login: str, *, name: str, email: str, roles: Collection[str], order_system_id: str, origin: Origin) -> None:
    """Raises NotFound, BadInput, Conflict where nobody could manage people any more."""
    _check(login, roles)
    with db.transaction() as c:
        now = db.now(c)
        before = people.person(c, login)
        if "admin" not in roles:
            _one_admin_stays(c, login)
        people.change(c, login, name=name, email=email, roles=roles, order_system_id=order_system_id)
        if before.roles - set(roles):
            sessions.end_all(c, login)  # what was open with the lost role is closed
        audit.write(c, origin, "person_changed", login, now, before=_words(before), after=_words(people.person(c, login)))


def disable(db: Database, login: str, origin: Origin, *, even_the_last_admin: bool = False) -> None:
    """Lets a person in no longer, at once: sessions, links and tokens end. Raises NotFound, Conflict."""
    with db.transaction() as c:
        now = db.now(c)
        if not even_the_last_admin:
            _one_admin_stays(c, login)
        people.disable(c, login)
        ended, revoked = sessions.end_all(c, login), tokens.revoke_all(c, login, now)
        sign_ins.end_links(c, login)
        audit.write(c, origin, "person_disabled", login, now, after=f"{ended} sessions and {revoked} tokens ended")


def enable(db: Database, login: str, origin: Origin) -> None:
    """Raises NotFound."""
    with db.transaction() as c:
        people.enable(c, login)
        audit.write(c, origin, "person_enabled", login, db.now(c))


def make_link(db: Database, login: str, origin: Origin) -> str:
    """A one-time link's secret: who has it sets the password, within 24 hours, once. Raises NotFound, Conflict."""
    secret = new_secret()
    with db.transaction() as c:
        now = db.now(c)
        if not people.person(c, login).active:
            raise Conflict(f"{login} is disabled. Let them in first.")
        sign_ins.add_link(c, hashed(secret), login, now)
        audit.write(c, origin, "link_made", login, now)
    return secret


def drop_second_factor(db: Database, login: str, origin: Origin) -> None:
    """For somebody who lost it. Raises NotFound."""
    with db.transaction() as c:
        people.person(c, login)
        sign_ins.set_totp(c, login, None, on=False)
        audit.write(c, origin, "second_factor_off", login, db.now(c))


def prefer(db: Database, visitor: Visitor, wanted: Preferences) -> None:
    with db.transaction() as c:
        people.prefer(c, visitor.login, wanted)


def set_available(db: Database, visitor: Visitor, available: bool) -> None:
    """On shift: new tickets may be handed to this person."""
    with db.transaction() as c:
        people.set_available(c, visitor.login, available)


def everybody(db: Database) -> list[dict[str, Any]]:
    """Rows of `mailbot user list --json`."""
    with db.reading() as c:
        return [person.as_json() for person in views.everybody(c, db.now(c))]


def names(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Login -> the name that colleagues read, of rows of `everybody`."""
    return {row["login"]: row["name"] or row["login"] for row in rows}


def _check(login: str, roles: Collection[str]) -> None:
    unknown = sorted(set(roles) - set(ROLES))
    problems = []
    if not _LOGIN.fullmatch(login):
        problems.append(Problem("person", "login", f'"{login}" cannot be a login', "Use small letters, digits, . _ -, at most 64"))
    if unknown:
        problems.append(Problem("person", "roles", f"{', '.join(unknown)} is no role", f"Use {', '.join(ROLES)}"))
    if not roles:
        problems.append(Problem("person", "roles", "there is none", f"Give at least one of {', '.join(ROLES)}"))
    if problems:
        raise BadInput(problems)


def _one_admin_stays(c: Connection, without: str) -> None:
    """Else nobody could let anybody in again but from the command line."""
    admins = {p.login for p in people.everybody(c) if p.active and "admin" in p.roles}
    if admins == {without}:
        raise Conflict("This is the last admin. Give somebody else the role admin first.")


def _words(person: people.PersonRow) -> str:
    parts = (f"name {person.name}", f"email {person.email}", f"roles {' '.join(sorted(person.roles))}", f"id {person.order_system_id}")
    return ", ".join(part for part in parts if not part.endswith(" "))
