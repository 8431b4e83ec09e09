"""From an identity of the identity provider to a person of the desk, and to a session."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailbot.errors import NotAllowed
from mailbot.model.visitor import Identity, Origin
from mailbot.record import audit, people, sessions, sign_ins
from mailbot.record.database import Connection, Database
from mailbot.workflow import sign_in

NO_ACCOUNT = "You have no account on this desk yet. Ask an admin to add you with your mail address."
NO_ROLE = "None of your groups has a role on this desk. Ask an admin."


def come_in(db: Database, named: Identity, role_map: Mapping[str, str], origin: Origin) -> str:
    """A session's secret. Raises NotAllowed with what to do.

    The identity is (issuer, subject); a mail address only links it once, to somebody who was added by hand. With a `role_map` the
    groups decide: who has a mapped group comes in (and is added at the first time), with just those roles, every time.
    """
    roles = frozenset(role_map[group] for group in named.groups if group in role_map)
    if role_map and not roles:
        raise NotAllowed(NO_ROLE)
    with db.transaction() as c:
        login = sign_ins.login_of_identity(c, named.issuer, named.subject) or _link(c, db, named, roles, origin)
        person = people.person(c, login)
        if not person.active:
            raise NotAllowed("Your account is disabled. Ask an admin.")
        if roles and roles != person.roles:
            people.change(c, login, name=person.name, email=person.email, roles=roles, order_system_id=person.order_system_id)
            if person.roles - roles:
                sessions.end_all(c, login)
            before, after = " ".join(sorted(person.roles)), " ".join(sorted(roles))
            audit.write(c, origin.by(login), "person_changed", login, db.now(c), before=before, after=f"{after} (by groups)")
    return sign_in.begin(db, login, "oidc", origin)


def _link(c: Connection, db: Database, named: Identity, roles: frozenset[str], origin: Origin) -> str:
    """The person whom an admin added with this verified address, else a new one where groups give a role."""
    now = db.now(c)
    found = [person for person in people.everybody(c) if named.email and person.email == named.email]
    if len(found) == 1:
        login = found[0].login
    elif roles and not found:
        login = _free_login(c, named)
        people.add(c, login, now, name=named.name, email=named.email, roles=roles)
        audit.write(c, origin.by(login), "person_added", login, now, after=f"roles {' '.join(sorted(roles))} (by groups)")
    else:
        raise NotAllowed(NO_ACCOUNT)
    sign_ins.link_identity(c, named.issuer, named.subject, login, now)
    audit.write(c, origin.by(login), "identity_linked", login, now, after=f"{named.issuer} {named.subject}")
    return login


def _free_login(c: Connection, named: Identity) -> str:
    """Never one that somebody has: a name that the provider gives must not be anybody else's account."""
    wish = re.sub(r"[^a-z0-9._-]", "", named.login.partition("@")[0].casefold()).lstrip("._-")[:50] or "person"
    taken = {person.login for person in people.everybody(c)}
    return next(name for name in (wish, *(f"{wish}{number}" for number in range(2, len(taken) + 3))) if name not in taken)
