"""Orders as they were last read: a cache in front of the order system, and the client's recent orders."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from mailbot.model.order import Order, OrderImage, Person
from mailbot.record.columns import EPOCH, upsert
from mailbot.record.tables import address, order_fact

TIMES = ("delivered_at", "due_at", "placed_at", "as_of")


def cached(
    c: Connection, place: str, now: datetime, *, ids: Collection[str] = (), numbers: Collection[str] = (),
    fresh_seconds: float = 600,
) -> list[Order]:  # fmt: skip
    """The orders among these that were read within `fresh_seconds`; `as_of` says when."""
    if not ids and not numbers:
        return []
    t = order_fact
    named = or_(t.c.id.in_(ids), t.c.number.in_(numbers))
    fresh = (t.c.place == place, named, t.c.as_of >= now - timedelta(seconds=fresh_seconds))
    return [order_from(text) for text in c.execute(select(t.c.json).where(*fresh).order_by(t.c.id)).scalars()]


def store(c: Connection, place: str, orders: Sequence[Order], now: datetime) -> None:
    """Overwrites what was known of these orders; `now` is the time of reading where an order names none."""
    rows = [
        {
            "place": place, "id": o.id, "number": o.number, "client": o.client.id, "placed_at": o.placed_at or EPOCH,
            "as_of": o.as_of or now, "json": order_text(replace(o, as_of=o.as_of or now)),
        }
        for o in orders
    ]  # fmt: skip
    upsert(c, order_fact, rows, ["place", "id"])


def client_orders(c: Connection, place: str, *, client: str = "", email: str = "", limit: int = 20) -> list[Order]:
    """The client's orders that were ever read, newest first; the client by id, or by an address of the book."""
    t = order_fact
    owner = t.c.client == client if client else t.c.client.in_(select(address.c.client).where(address.c.address == email.lower()))
    rows = c.execute(select(t.c.json).where(t.c.place == place, owner).order_by(t.c.placed_at.desc()).limit(limit))
    return [order_from(text) for text in rows.scalars()]


def order_text(order: Order) -> str:
    """An Order as JSON; `order_from` reads it back to an equal value."""
    return json.dumps(asdict(order), default=datetime.isoformat, separators=(",", ":"))


def order_from(text: str) -> Order:
    values: dict[str, Any] = json.loads(text)
    manager = values["account_manager"]
    return Order(
        **values
        | {name: datetime.fromisoformat(values[name]) if values[name] else None for name in TIMES}
        | {
            "client": _person(values["client"]),
            "account_manager": _person(manager) if manager else None,
            "variables": tuple((name, value) for name, value in values["variables"]),
            "images": tuple(OrderImage(**image) for image in values["images"]),
            "distribution_targets": tuple(values["distribution_targets"]),
        }
    )


def _person(values: dict[str, Any]) -> Person:
    return Person(**values | {"emails": tuple(values["emails"])})
