"""Clients and orders of the end-to-end tests, written straight into the reference order system's file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from mailbot.reference import store
from mailbot.reference.database import stamp
from tests.support.orders import Orders

IMAGES = [{"id": str(n), "name": f"IMG_{n:04d}.jpg", "room": "room"} for n in range(1, 61)]


def place_delivered(orders: Orders, rows: Iterable[tuple[str, str]]) -> list[str]:
    """(order number, address of its client): one client and one delivered order each; returns the order ids."""
    at = datetime.now(UTC)
    ids = []
    with orders.database.writing() as c:
        for n, (number, email) in enumerate(rows):
            person = f"a-{email}"
            store.add_person(c, {"id": person, "role": "client", "name": f"Agent {n}", "emails": [email]})
            fields = {
                "client": person, "product": "Image Enhancement", "style": "Natural", "variables": {"brightness": 3}, "number": number,
                "specifications": "", "images": IMAGES, "targets": [], "address": "", "due_at": None,
            }  # fmt: skip
            placed = store.place_order(c, fields, stamp(at - timedelta(days=2)))
            store.deliver(c, placed, stamp(at - timedelta(days=1)))
            ids.append(placed)
    return ids


def client_writes(orders: Orders, rows: Iterable[tuple[str, str, bool]]) -> list[str]:
    """(order id, words, Comment and reopen pressed); returns the comment ids."""
    now = stamp(datetime.now(UTC))
    ids = []
    with orders.database.writing() as c:
        for order_id, body, rejects in rows:
            author = store.order(c, order_id)["client"]
            new = store.NewComment(order_id=order_id, role="client", author=author, body=body, visibility="client", rejects=rejects)
            ids.append(str(store.add_comment(c, new, now)["id"]))
    return ids


def answers_on_orders(orders: Orders) -> list[str]:
    """The order id of each comment that the company posted for the client to see."""
    with orders.database.reading() as c:
        rows = c.execute("SELECT order_id FROM comment WHERE role <> 'client' AND visibility = 'client' ORDER BY seq")
        return [str(row["order_id"]) for row in rows]
