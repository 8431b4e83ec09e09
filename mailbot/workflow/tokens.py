"""API tokens: `mbt_<id>_<secret>`, shown once."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from mailbot.errors import BadInput, Conflict, Problem
from mailbot.model.permission import SCOPES
from mailbot.model.visitor import Origin
from mailbot.record import audit, people, tokens
from mailbot.record.database import Database
from mailbot.record.views import people as views
from mailbot.workflow.sign_in import hashed

LONGEST_DAYS = 366
_LETTERS = string.ascii_letters + string.digits
_SECRET_LETTERS = 43  # 256 bits


def make(db: Database, login: str, *, name: str, scopes: Collection[str], days: int, origin: Origin) -> str:
    """A new token of this person; the only moment at which it can be read. Raises BadInput, NotFound, Conflict."""
    _check(name, scopes, days)
    id_ = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
    given = f"mbt_{id_}_{''.join(secrets.choice(_LETTERS) for _ in range(_SECRET_LETTERS))}"
    with db.transaction() as c:
        now = db.now(c)
        if not people.person(c, login).active:
            raise Conflict(f"{login} is disabled. Let them in first.")
        tokens.add(c, id_, hashed(given), login, name, tuple(sorted(scopes)), now + timedelta(days=days), now)
        audit.write(c, origin, "token_made", login, now, after=f"{id_} {name}: {' '.join(sorted(scopes))}, {days} days")
    return given


def revoke(db: Database, id_: str, origin: Origin, login: str | None = None) -> None:
    """One's own (`login`) or, for an admin, anybody's. Raises NotFound."""
    with db.transaction() as c:
        now = db.now(c)
        whose = tokens.revoke(c, id_, now, login)
        audit.write(c, origin, "token_revoked", whose, now, after=id_)


def everyones(db: Database) -> list[dict[str, Any]]:
    """Rows of `mailbot token list --json`."""
    with db.reading() as c:
        now = db.now(c)
        return [token.as_json() | {"state": token.state(now)} for token in views.tokens(c)]


def _check(name: str, scopes: Collection[str], days: int) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    problems = []
    if not name.strip() or len(name) > 100:
        problems.append(Problem("token", "name", "is missing or too long", "Say what it is for, in at most 100 characters"))
    if unknown or not scopes:
        what = f"{', '.join(unknown)} is no scope" if unknown else "there is none"
        problems.append(Problem("token", "scopes", what, f"Give some of {', '.join(SCOPES)}"))
    if not 1 <= days <= LONGEST_DAYS:
        problems.append(Problem("token", "days", f"{days} is no span", f"Give 1 to {LONGEST_DAYS} days"))
    if problems:
        raise BadInput(problems)
