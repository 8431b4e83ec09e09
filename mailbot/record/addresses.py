"""The address book: which address belongs to which client (trust *known*)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from mailbot.model.context import KnownAddress
from mailbot.model.order import Order
from mailbot.record.columns import insert
from mailbot.record.tables import address


def learn(c: Connection, orders: Sequence[Order], place: str, now: datetime) -> None:
    """Addresses of the orders' clients. What a person entered stays as it is; unchanged rows are not written again."""
    rows = {
        email.lower(): {
            "address": email.lower(), "client": o.client.id, "name": o.client.name, "time_zone": o.time_zone, "place": place,
            "source": "order", "added_at": now,
        }
        for o in orders
        for email in o.client.emails
        if "@" in email
    }  # fmt: skip
    if not rows:
        return
    new = insert(c, address)
    names = ("client", "name", "time_zone", "place")
    differs = or_(*(address.c[name] != new.excluded[name] for name in names))
    changes = {name: new.excluded[name] for name in names}
    learned = (address.c.source == "order") & differs
    c.execute(new.on_conflict_do_update(index_elements=["address"], set_=changes, where=learned), [rows[name] for name in sorted(rows)])


def add(c: Connection, email: str, client: str, name: str, by: str, now: datetime) -> None:
    """A person says whose address it is ("belongs to client X", P43); this wins over what orders say."""
    values = {"client": client, "name": name, "source": "person", "added_by": by, "bounced_at": None}
    new = insert(c, address).values(address=email.lower(), added_at=now, **values)
    c.execute(new.on_conflict_do_update(index_elements=["address"], set_=values))


def mark_bounced(c: Connection, email: str, now: datetime) -> bool:
    """True where the address was in the book and had not bounced before."""
    fresh = (address.c.address == email.lower(), address.c.bounced_at.is_(None))
    return c.execute(update(address).where(*fresh).values(bounced_at=now)).rowcount == 1


def get(c: Connection, email: str) -> KnownAddress | None:
    row = c.execute(select(address).where(address.c.address == email.lower())).one_or_none()
    return _known(row) if row else None


def of_client(c: Connection, client: str) -> tuple[KnownAddress, ...]:
    """All addresses of a client; those that did not bounce first, then by age."""
    rows = c.execute(
        select(address).where(address.c.client == client).order_by(address.c.bounced_at.is_not(None), address.c.added_at, address.c.address)
    )
    return tuple(_known(r) for r in rows)


def _known(r: Row[Any]) -> KnownAddress:
    return KnownAddress(address=r.address, client=r.client, name=r.name, time_zone=r.time_zone, bounced=r.bounced_at is not None)
