"""The company's own people: who may use the desk, who is there, who writes in the order system."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from mailbot.errors import NotFound
from mailbot.model.context import Colleague
from mailbot.model.visitor import Preferences
from mailbot.record.columns import upsert
from mailbot.record.tables import people, preference, ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """`available` is the person's own switch. `order_system_id`: under which id the order system shows their comments."""

    login: str
    name: str
    email: str
    roles: frozenset[str]
    active: bool
    available: bool
    order_system_id: str


def add(
    c: Connection, login: str, now: datetime, *, name: str = "", email: str = "", roles: Collection[str] = (),
    order_system_id: str = "",
) -> None:  # fmt: skip
    """Adds a person, or changes the one of that login and lets them in again."""
    row = {"login": login, "name": name, "email": email.lower(), "order_system_id": order_system_id, "added_at": now}
    upsert(c, people, [row | {"roles": json.dumps(sorted(roles)), "active": 1, "available": 1}], ["login"])


def disable(c: Connection, login: str) -> None:
    _set(c, login, active=0)


def set_available(c: Connection, login: str, available: bool) -> None:
    _set(c, login, available=int(available))


def everybody(c: Connection) -> tuple[PersonRow, ...]:
    return tuple(_person(row) for row in c.execute(select(people).order_by(people.c.login)).mappings())


def person(c: Connection, login: str) -> PersonRow:
    """Raises NotFound."""
    row = c.execute(select(people).where(people.c.login == login)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no person {login!r}. `mailbot user list` shows them.")
    return _person(row)


def change(c: Connection, login: str, *, name: str, email: str, roles: Collection[str], order_system_id: str) -> None:
    """All that is known of a person; whether they may come in and are on shift stays as it is."""
    _set(c, login, name=name, email=email.lower(), roles=json.dumps(sorted(roles)), order_system_id=order_system_id)


def enable(c: Connection, login: str) -> None:
    _set(c, login, active=1)


def prefer(c: Connection, login: str, wanted: Preferences) -> None:
    row = {"login": login, "time_zone": wanted.time_zone, "theme": wanted.theme}
    upsert(c, preference, [row | {"shortcuts": int(wanted.shortcuts), "notices": int(wanted.notices)}], ["login"])


def preferences_of(row: Any) -> Preferences:
    """Of a row that outer joins `preference`."""
    if row["theme"] is None:
        return Preferences()
    return Preferences(time_zone=row["time_zone"], theme=row["theme"], shortcuts=bool(row["shortcuts"]), notices=bool(row["notices"]))


def roles_of(row: Any) -> frozenset[str]:
    return frozenset(json.loads(row["roles"] or "[]"))


def staff(c: Connection) -> tuple[Colleague, ...]:
    """Every active person with the number of open tickets, by login."""
    return tuple(colleague for colleague, _ in _colleagues(c))


def writers(c: Connection, addresses: Iterable[str], author_ids: Iterable[str]) -> dict[str, Colleague]:
    """Address or order-system id -> the active colleague who bears it."""
    addresses, author_ids = {a for a in addresses if a}, {a for a in author_ids if a}
    if not addresses and not author_ids:
        return {}
    found = _colleagues(c, or_(people.c.email.in_(addresses), people.c.order_system_id.in_(author_ids)))
    by_id = {row["order_system_id"]: person for person, row in found if row["order_system_id"]}
    return {row["email"]: person for person, row in found if row["email"]} | by_id


def _colleagues(c: Connection, *where: Any) -> list[tuple[Colleague, Any]]:
    tickets = select(func.count()).select_from(ticket).where(ticket.c.is_open == 1, ticket.c.owner == people.c.login)
    quiet = preference.c.notices.label("wants_notices")
    wanted = select(people, tickets.scalar_subquery().label("open_tickets"), quiet).where(people.c.active == 1, *where)
    joined = wanted.outerjoin_from(people, preference, preference.c.login == people.c.login)
    return [
        (
            Colleague(
                login=row["login"], name=row["name"], address=row["email"], roles=frozenset(json.loads(row["roles"])),
                on_shift=bool(row["available"]), open_tickets=row["open_tickets"],
                wants_mail=row["wants_notices"] != 0,
            ),
            row,
        )
        for row in c.execute(joined.order_by(people.c.login)).mappings()
    ]  # fmt: skip


def _person(row: Any) -> PersonRow:
    return PersonRow(
        login=row["login"], name=row["name"], email=row["email"], roles=roles_of(row), active=bool(row["active"]),
        available=bool(row["available"]), order_system_id=row["order_system_id"],
    )  # fmt: skip


def _set(c: Connection, login: str, **values: int | str) -> None:
    if c.execute(update(people).where(people.c.login == login).values(**values)).rowcount != 1:
        raise NotFound(f"There is no person {login!r}. `mailbot user list` shows them.")
