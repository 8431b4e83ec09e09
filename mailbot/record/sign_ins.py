"""How people prove who they are: passwords, second factors, one-time links, identities, and how often somebody tried in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from mailbot.record import locks
from mailbot.record.columns import insert, upsert
from mailbot.record.tables import credential, identity, one_time_link, people, sign_in_failure

LINK_LIVES = timedelta(hours=24)
WINDOW = timedelta(minutes=15)  # in which failures are counted together, and the longest wait
FORGET = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`totp_secret` None: no second factor was ever begun; `totp_on`: it is asked for. `active`: the person may come in."""

    login: str
    active: bool = False
    password_hash: str = ""
    password_set_at: datetime | None = None
    totp_secret: bytes | None = None
    totp_on: bool = False
    totp_step: int = 0


def of_login(c: Connection, login: str) -> Credential:
    """Of nobody where the login is unknown: an empty one, that no password fits."""
    columns = [column for column in credential.c if column.name != "login"]
    wanted = select(people.c.active, *columns).join_from(people, credential, credential.c.login == people.c.login, isouter=True)
    row = c.execute(wanted.where(people.c.login == login)).mappings().one_or_none()
    if row is None:
        return Credential(login=login)
    return Credential(
        login=login, active=bool(row["active"]), password_hash=row["password_hash"] or "", password_set_at=row["password_set_at"],
        totp_secret=row["totp_secret"], totp_on=bool(row["totp_on"]), totp_step=row["totp_step"] or 0,
    )  # fmt: skip


def set_password(c: Connection, login: str, hashed: str, now: datetime) -> None:
    upsert(c, credential, [{"login": login, "password_hash": hashed, "password_set_at": now}], ["login"])


def set_totp(c: Connection, login: str, secret: bytes | None, *, on: bool) -> None:
    upsert(c, credential, [{"login": login, "totp_secret": secret, "totp_on": int(on), "totp_step": 0}], ["login"])


def use_totp(c: Connection, login: str, step: int) -> bool:
    """Marks a step's code as used and the factor as confirmed; False where another request used it first."""
    fresh = (credential.c.login == login, credential.c.totp_step < step)
    return c.execute(update(credential).where(*fresh).values(totp_step=step, totp_on=1)).rowcount == 1


# --- one-time links -----------------------------------------------------------------------------------------------------------


def add_link(c: Connection, hashed: str, login: str, now: datetime) -> None:
    """A new link ends the earlier ones of that person."""
    c.execute(delete(one_time_link).where(one_time_link.c.login == login))
    c.execute(insert(c, one_time_link).values(hash=hashed, login=login, made_at=now, ends_at=now + LINK_LIVES))


def link_login(c: Connection, hashed: str, now: datetime) -> str | None:
    """Whose link this is, as long as it can be used."""
    unused = (one_time_link.c.hash == hashed, one_time_link.c.used_at.is_(None), one_time_link.c.ends_at > now, people.c.active == 1)
    wanted = select(people.c.login).join_from(one_time_link, people, people.c.login == one_time_link.c.login)
    return c.execute(wanted.where(*unused)).scalar_one_or_none()


def end_links(c: Connection, login: str) -> None:
    c.execute(delete(one_time_link).where(one_time_link.c.login == login))


def use_link(c: Connection, hashed: str, now: datetime) -> bool:
    """False where it was used meanwhile."""
    unused = (one_time_link.c.hash == hashed, one_time_link.c.used_at.is_(None), one_time_link.c.ends_at > now)
    return c.execute(update(one_time_link).where(*unused).values(used_at=now)).rowcount == 1


# --- identities of an identity provider -----------------------------------------------------------------------------------------


def login_of_identity(c: Connection, issuer: str, subject: str) -> str | None:
    wanted = select(identity.c.login).where(identity.c.issuer == issuer, identity.c.subject == subject)
    return c.execute(wanted).scalar_one_or_none()


def link_identity(c: Connection, issuer: str, subject: str, login: str, now: datetime) -> None:
    c.execute(insert(c, identity).values(issuer=issuer, subject=subject, login=login, linked_at=now))


# --- how often -------------------------------------------------------------------------------------------------------------------


def try_again_at(c: Connection, key: str, now: datetime, allowed: int) -> datetime | None:
    """Counts one attempt, as failed until `succeeded` says otherwise, so that attempts at one moment count too.

    None: go on. Else the attempt is not counted and must wait: from the fourth failure in a row 2, 4, 8 ... seconds, from
    `allowed` on a quarter of an hour.
    """
    locks.hold(c, [f"sign-in:{key}"])
    row = c.execute(select(sign_in_failure).where(sign_in_failure.c.key == key)).mappings().one_or_none()
    if row and row["wait_until"] > now:
        return row["wait_until"]  # type: ignore[no-any-return]  # a column of type Time
    known = row if row and row["first_at"] > now - WINDOW else None
    count = 1 + (known["count"] if known else 0)
    values = {"count": count, "first_at": known["first_at"] if known else now, "wait_until": now + _wait(count, allowed)}
    upsert(c, sign_in_failure, [{"key": key, **values}], ["key"])
    c.execute(delete(sign_in_failure).where(sign_in_failure.c.first_at < now - FORGET))
    return None


def succeeded(c: Connection, account: str, network: str) -> None:
    """The account starts anew; the network gets this one attempt back."""
    c.execute(delete(sign_in_failure).where(sign_in_failure.c.key == account))
    c.execute(update(sign_in_failure).where(sign_in_failure.c.key == network).values(count=sign_in_failure.c.count - 1))


def _wait(count: int, allowed: int) -> timedelta:
    if count >= allowed:
        return WINDOW
    return timedelta(seconds=2 ** (count - 3)) if count > 3 and allowed <= 20 else timedelta(0)
