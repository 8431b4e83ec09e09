"""Coming in and going out: from a password, a code, a one-time link or a token to a person, and the sessions in between."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from mailbot.errors import Conflict, NotAllowed, NotFound, TooMany, Unavailable
from mailbot.model import password_rules, totp
from mailbot.model.visitor import Origin, Visitor
from mailbot.record import audit, people, sessions, sign_ins, tokens
from mailbot.record.database import Connection, Database

SECRET_BYTES = 32
ACCOUNT_ATTEMPTS = 10  # in a quarter of an hour
NETWORK_ATTEMPTS = 100
WRONG = "Login or password is wrong."
WRONG_CODE = "This code is wrong or was used already. Wait for the next one."


@dataclass(frozen=True, slots=True)
class Half:
    """The password was right; a code of the second factor is still to come."""

    login: str


# --- who is asking ------------------------------------------------------------------------------------------------------------


def who_has(db: Database, secret: str) -> Visitor | None:
    """The person of this session; None where there is none (any more). Using a session keeps it alive."""
    if not secret:
        return None
    with db.reading() as c:
        now = db.now(c)
        found = sessions.visitor(c, hashed(secret), now)
    if found is None:
        return None
    visitor, seen_at = found
    if visitor.session is not None and now - seen_at > sessions.TOUCH:
        with contextlib.suppress(Unavailable), db.transaction() as c:  # a busy database must not keep a page from being read
            sessions.touch(c, visitor.session, db.now(c))
    return visitor


def who_bears(db: Database, given: str) -> Visitor | None:
    """The person of an API token, with what its scopes leave of their permissions."""
    parts = given.split("_", 2)
    if len(parts) != 3 or parts[0] != "mbt":
        return None
    with db.reading() as c:
        now = db.now(c)
        found = tokens.visitor(c, parts[1], now)
    if found is None or not hmac.compare_digest(found[1], hashed(given)):
        return None
    visitor, _, used_at = found
    if used_at is None or now - used_at > tokens.TOUCH:
        with contextlib.suppress(Unavailable), db.transaction() as c:
            tokens.touch(c, visitor.token, db.now(c))
    return visitor


# --- coming in ----------------------------------------------------------------------------------------------------------------


def by_password(db: Database, login: str, password: str, origin: Origin) -> str | Half:
    """A session's secret, or Half where a code must follow. Raises NotAllowed and TooMany in the same words and time for everybody."""
    from mailbot import passwords

    login = login.strip().casefold()[:100]
    _count(db, login, origin)
    with db.reading() as c:
        known = sign_ins.of_login(c, login)
    right = passwords.matches(known.password_hash if known.active else "", password[: password_rules.LONGEST + 1])
    if not right:
        _refuse(db, known, origin, "password")
    if passwords.is_weak(known.password_hash):
        anew = passwords.hashed(password)
        with db.transaction() as c:
            sign_ins.set_password(c, login, anew, db.now(c))
    return Half(login) if known.totp_on else _begin(db, login, "password", origin)


def by_code(db: Database, login: str, code: str, origin: Origin) -> str:
    """The second half. The caller has proof that the first one was right. Raises NotAllowed and TooMany."""
    _count(db, login, origin)
    with db.reading() as c:
        known, now = sign_ins.of_login(c, login), db.now(c)
    step = totp.accepted(known.totp_secret or b"", code, now, known.totp_step) if known.totp_on and known.active else None
    if step is not None:
        with db.transaction() as c:
            step = step if sign_ins.use_totp(c, login, step) else None
    if step is None:
        _refuse(db, known, origin, "code")
    return _begin(db, login, "password+code", origin)


def link_login(db: Database, link: str) -> str:
    """Whose one-time link this is. Raises NotFound where it cannot be used (any more)."""
    with db.reading() as c:
        login = sign_ins.link_login(c, hashed(link), db.now(c))
    if login is None:
        raise NotFound("This link was used already or is older than 24 hours. Ask an admin for a new one.")
    return login


def by_link(db: Database, link: str, password: str, origin: Origin, company: str) -> str | Half:
    """Sets the password, ends the link and all earlier sessions, and comes in; a second factor is asked for all the same (Half).

    Raises NotFound, NotAllowed (with the password's fault).
    """
    from mailbot import passwords

    login = link_login(db, link)
    _fit(db, login, password, company)
    stored = passwords.hashed(password)
    with db.transaction() as c:
        now = db.now(c)
        if not sign_ins.use_link(c, hashed(link), now):
            raise NotFound("This link was used meanwhile. Ask an admin for a new one.")
        _set_password(c, login, stored, None, now)
        has_factor = sign_ins.of_login(c, login).totp_on
        audit.write(c, origin.by(login), "password_set", login, now, after="by a one-time link")
    return Half(login) if has_factor else _begin(db, login, "link", origin)


def begin(db: Database, login: str, method: str, origin: Origin) -> str:
    """A session without any proof: for the demo and for tests."""
    return _begin(db, login, method, origin)


# --- one's own ------------------------------------------------------------------------------------------------------------------


def change_password(db: Database, visitor: Visitor, old: str, new: str, origin: Origin, company: str) -> None:
    """Ends all other sessions. Raises NotAllowed, TooMany."""
    from mailbot import passwords

    _sure(db, visitor, old, origin)
    _fit(db, visitor.login, new, company)
    stored = passwords.hashed(new)
    with db.transaction() as c:
        now = db.now(c)
        sign_ins.succeeded(c, _account(visitor.login), _network(origin.ip))
        _set_password(c, visitor.login, stored, visitor.session, now)
        audit.write(c, origin, "password_set", visitor.login, now)


def begin_second_factor(db: Database, visitor: Visitor, password: str, origin: Origin) -> bytes:
    """A new secret; it counts once its first code was given. Raises NotAllowed, TooMany, Conflict where a factor is on."""
    known = _sure(db, visitor, password, origin)
    if known.totp_on:
        raise Conflict("Your second factor is on already. Switch it off first.")
    with db.transaction() as c:
        sign_ins.succeeded(c, _account(visitor.login), _network(origin.ip))
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        sign_ins.set_totp(c, visitor.login, secret, on=False)
    return secret


def confirm_second_factor(db: Database, visitor: Visitor, code: str, origin: Origin) -> None:
    """Raises NotAllowed where the code is wrong, TooMany."""
    _count(db, visitor.login, origin)
    with db.transaction() as c:
        now = db.now(c)
        known = sign_ins.of_login(c, visitor.login)
        step = totp.accepted(known.totp_secret or b"", code, now, known.totp_step) if known.totp_secret else None
        if step is None or not sign_ins.use_totp(c, visitor.login, step):
            raise NotAllowed(WRONG_CODE)
        sign_ins.succeeded(c, _account(visitor.login), _network(origin.ip))
        sessions.end_all(c, visitor.login, keep=visitor.session)
        audit.write(c, origin, "second_factor_on", visitor.login, now)


def drop_second_factor(db: Database, visitor: Visitor, password: str, origin: Origin) -> None:
    """Raises NotAllowed, TooMany."""
    _sure(db, visitor, password, origin)
    with db.transaction() as c:
        now = db.now(c)
        sign_ins.succeeded(c, _account(visitor.login), _network(origin.ip))
        sign_ins.set_totp(c, visitor.login, None, on=False)
        audit.write(c, origin, "second_factor_off", visitor.login, now)


def forget(db: Database, secret: str) -> None:
    """Ends the session of this secret, where there is one: who signs in anew leaves none behind."""
    if secret:
        with db.transaction() as c:
            sessions.end_of(c, hashed(secret))


# --- going out ------------------------------------------------------------------------------------------------------------------


def sign_out(db: Database, visitor: Visitor, origin: Origin) -> None:
    with db.transaction() as c:
        if visitor.session is not None and sessions.end(c, visitor.session):
            audit.write(c, origin, "signed_out", visitor.login, db.now(c))


def end_session(db: Database, session: int, origin: Origin, login: str | None = None) -> None:
    """One's own (`login`) or, for an admin, anybody's. Raises NotFound."""
    with db.transaction() as c:
        whose = sessions.end(c, session, login)
        if whose is None:
            raise NotFound("This session has ended already.")
        audit.write(c, origin, "session_ended", whose, db.now(c))


def end_sessions(db: Database, login: str, origin: Origin, keep: int | None = None) -> int:
    """All of a person's sessions but `keep`; how many."""
    with db.transaction() as c:
        ended = sessions.end_all(c, login, keep)
        if ended:
            audit.write(c, origin, "sessions_ended", login, db.now(c), after=str(ended))
    return ended


def hashed(secret: str) -> str:
    """Secrets of 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


# --- in parts -------------------------------------------------------------------------------------------------------------------


def _count(db: Database, login: str, origin: Origin) -> None:
    """Every attempt counts before it is looked at. Raises TooMany."""
    keys: Sequence[tuple[str, int]] = ((_account(login), ACCOUNT_ATTEMPTS), (_network(origin.ip), NETWORK_ATTEMPTS))
    for key, allowed in keys:
        with db.transaction() as c:
            now = db.now(c)
            until = sign_ins.try_again_at(c, key, now, allowed)
        if until is not None:
            seconds = max(1, int((until - now).total_seconds() + 0.999))
            wait = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
            raise TooMany(f"Too many attempts. Try again in {wait}.")


def _sure(db: Database, visitor: Visitor, password: str, origin: Origin) -> sign_ins.Credential:
    """Asks for the password once more: whoever finds an open desk must not change how its person signs in."""
    from mailbot import passwords

    _count(db, visitor.login, origin)
    with db.reading() as c:
        known = sign_ins.of_login(c, visitor.login)
    if not passwords.matches(known.password_hash, password[: password_rules.LONGEST + 1]):
        raise NotAllowed("Your present password is wrong.")
    return known


def _refuse(db: Database, known: sign_ins.Credential, origin: Origin, what: str) -> NoReturn:
    """What was typed as a login is not written down where nobody has it: it may be a password."""
    with db.transaction() as c:
        audit.write(c, origin, "sign_in_refused", known.login if known.active else "nobody", db.now(c), after=what)
    raise NotAllowed(WRONG if what == "password" else WRONG_CODE)


def _begin(db: Database, login: str, method: str, origin: Origin) -> str:
    """Always a new secret: a session that was there before signing in is never taken over."""
    secret = new_secret()
    with db.transaction() as c:
        now = db.now(c)
        sign_ins.succeeded(c, _account(login), _network(origin.ip))
        sessions.tidy(c, now)
        sessions.begin(c, hashed(secret), login, method, origin.ip, origin.agent, now)
        audit.write(c, origin.by(login), "signed_in", login, now, after=method)
    return secret


def _fit(db: Database, login: str, password: str, company: str) -> None:
    with db.reading() as c:
        name = people.person(c, login).name
    fault = password_rules.fault(password, login=login, name=name, company=company)
    if fault:
        raise NotAllowed(fault)


def _set_password(c: Connection, login: str, stored: str, keep: int | None, now: datetime) -> None:
    sign_ins.set_password(c, login, stored, now)
    sessions.end_all(c, login, keep)


def _account(login: str) -> str:
    return f"account:{login}"


def _network(ip: str) -> str:
    """The /24 of IPv4 and the /48 of IPv6: what one attacker has."""
    try:
        at = ipaddress.ip_address(ip)
    except ValueError:
        return "net:unknown"
    return f"net:{ipaddress.ip_network(f'{at}/{24 if at.version == 4 else 48}', strict=False)}"
