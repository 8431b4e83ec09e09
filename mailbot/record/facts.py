"""Orders as they were last read: a cache in front of the order system, and the lists of clients' orders."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, or_, select

from mailbot.model.money import Money
from mailbot.model.order import DeliveryRound, Order, OrderImage, Person
from mailbot.record.columns import EPOCH, upsert
from mailbot.record.tables import client_list, order_fact

TIMES = ("delivered_at", "due_at", "placed_at", "as_of")


def cached(c: Connection, place: str, names: Collection[str], now: datetime, fresh_seconds: float = 600) -> list[Order]:
    """The orders with these ids or numbers that were read within `fresh_seconds`; `as_of` says when."""
    if not names:
        return []
    t = order_fact
    fresh = (t.c.place == place, or_(t.c.id.in_(names), t.c.number.in_(names)), t.c.as_of >= now - timedelta(seconds=fresh_seconds))
    return [order_from(text) for text in c.execute(select(t.c.json).where(*fresh).order_by(t.c.id)).scalars()]


def store(c: Connection, place: str, orders: Sequence[Order], now: datetime) -> None:
    """Overwrites what was known of these orders; `now` is the time of reading where an order names none."""
    rows = [
        {
            "place": place, "id": o.id, "number": o.number, "client": o.client.id, "placed_at": o.placed_at or EPOCH,
            "as_of": o.as_of or now, "json": order_text(replace(o, as_of=o.as_of or now)), "images": len(o.images),
        }
        for o in orders
    ]  # fmt: skip
    upsert(c, order_fact, rows, ["place", "id"])


def store_client_orders(c: Connection, place: str, lists: Mapping[str, Sequence[Order]], now: datetime) -> None:
    """What the order system just listed for each address, newest first; an empty list is an answer too."""
    rows = [
        {"place": place, "address": email.lower(), "as_of": now, "order_ids": json.dumps([o.id for o in orders])}
        for email, orders in lists.items()
    ]
    upsert(c, client_list, rows, ["place", "address"])
    store(c, place, [o for orders in lists.values() for o in orders], now)


def client_orders(
    c: Connection, place: str, addresses: Collection[str], now: datetime, fresh_seconds: float = 600
) -> dict[str, tuple[Order, ...]]:
    """Address -> the orders last listed for it, if that was within `fresh_seconds`; other addresses are absent."""
    t, f = client_list, order_fact
    fresh = (t.c.place == place, t.c.address.in_(addresses), t.c.as_of >= now - timedelta(seconds=fresh_seconds))
    listed = {row.address: json.loads(row.order_ids) for row in c.execute(select(t).where(*fresh))} if addresses else {}
    ids = {id_ for order_ids in listed.values() for id_ in order_ids}
    rows = c.execute(select(f.c.id, f.c.json).where(f.c.place == place, f.c.id.in_(ids))) if ids else ()
    orders = {row.id: order_from(row.json) for row in rows}
    return {name: tuple(orders[id_] for id_ in order_ids if id_ in orders) for name, order_ids in listed.items()}


def order_text(order: Order) -> str:
    """An Order as JSON; `order_from` reads it back to an equal value, and rows that were written before a field existed."""
    return json.dumps(asdict(order), default=_plain, separators=(",", ":"))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def order_from(text: str) -> Order:
    values: dict[str, Any] = json.loads(text)
    manager, charge = values["account_manager"], values.get("charge")
    return Order(
        **values
        | {name: datetime.fromisoformat(values[name]) if values[name] else None for name in TIMES}
        | {
            "client": _person(values["client"]),
            "account_manager": _person(manager) if manager else None,
            "variables": tuple((name, value) for name, value in values["variables"]),
            "images": tuple(OrderImage(**image) for image in values["images"]),
            "distribution_targets": tuple(values["distribution_targets"]),
            "charge": Money(Decimal(charge["amount"]), charge["currency"]) if charge else None,
            "deliveries": tuple(_delivery(d) for d in values.get("deliveries", ())),
        }
    )


def _person(values: dict[str, Any]) -> Person:
    return Person(**values | {"emails": tuple(values["emails"])})


def _delivery(values: dict[str, Any]) -> DeliveryRound:
    return DeliveryRound(at=datetime.fromisoformat(values["at"]), images=tuple(values["images"]))
