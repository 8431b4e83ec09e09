"""Sample clients, staff and orders. All names are invented; addresses lie under example domains (RFC 2606)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailbot.reference import history, store
from mailbot.reference.database import Database, stamp

FIRST_NUMBER = 10231
STAFF = (
    ("s1", "Maria Keller", "maria.keller@studio.example"),
    ("s2", "Tom Okafor", "tom.okafor@studio.example"),
    ("s3", "Ines Duarte", "ines.duarte@studio.example"),
)
# id, name, company, addresses, time zone, account manager
CLIENTS = (
    ("k1", "Anna Berger", "Berger Immobilien", ("anna@berger-immobilien.example",), "Europe/Berlin", "s1"),
    ("k2", "Pierre Lefevre", "Maison Lefevre", ("pierre@maison-lefevre.example", "bureau@maison-lefevre.example"), "Europe/Paris", "s1"),
    ("k3", "Olivia Grant", "Grant & Hale Realty", ("olivia@grant-hale.example",), "America/New_York", "s2"),
    ("k4", "Jack Moore", "Moore Property Photos", ("jack@moorephotos.example",), "Australia/Sydney", "s2"),
    ("k5", "Sofia Rossi", "Casa Rossi", ("sofia@casarossi.example",), "Europe/Rome", "s3"),
    ("k6", "Erik Lund", "Lund Bolig", ("erik@lundbolig.example",), "Europe/Copenhagen", "s3"),
    ("k7", "Grace Kim", "Harbour Homes", ("grace@harbourhomes.example",), "America/Los_Angeles", "s2"),
    ("k8", "Daniel Novak", "Novak Reality", ("daniel@novakreality.example",), "Europe/Prague", "s1"),
)  # fmt: skip
STYLES = ("Natural", "Bright and Airy", "Signature", "Twilight", "Magazine")
PRODUCTS = ("Image Enhancement", "Item Removal", "Virtual Staging", "Day to Dusk", "Floor Plan")
ROOMS = ("Living room", "Kitchen", "Bedroom", "Bathroom", "Exterior front", "Exterior garden")
NOTES = (
    "Straighten verticals. Keep the view through the windows.",
    "Warm light, no people in the picture.",
    "Remove the cables beside the desk.",
    "Replace the sky where it is grey.",
    "",
)
TARGETS = (("Client portal",), ("Client portal", "HomeFinder feed"), ("Agency system",))
ADDRESSES = ("Lindenweg 4", "12 Harbour Street", "Rue des Tilleuls 9", "88 Ocean Drive", "Via Verdi 21")
COUNT = 20


def seed(database: Path, now: datetime | None = None, orders: int = COUNT, *, past: bool = False) -> int:
    """Places sample clients and orders (numbers from 10231) in an empty file; returns how many of these, 0 where some stand.

    `past`: also returns of the last weeks, finished and under way (numbers from 10221).
    """
    at = now or datetime.now(UTC)
    opened = Database(database)
    with opened.writing() as c:
        if c.execute("SELECT count(*) FROM orders").fetchone()[0]:
            return 0
        for row in STAFF:
            store.add_person(c, {"id": row[0], "role": "staff", "name": row[1], "emails": [row[2]]})
        for person_id, name, company, emails, zone, manager in CLIENTS:
            fields = {"id": person_id, "role": "client", "name": name, "emails": list(emails), "time_zone": zone}
            store.add_person(c, {**fields, "manager": manager, "company": company})
        if past:
            history.tell(c, at)
        for n in range(orders):
            _order(c, n, orders, at)
    return orders


def _order(c: sqlite3.Connection, n: int, count: int, now: datetime) -> None:
    """Older orders are delivered, the newest few are at work or just placed."""
    placed = now - timedelta(hours=10 * (count - n), minutes=7 * (n % 5))
    number = FIRST_NUMBER + n
    # What is still at work is due soon, so that a fresh demo shows no late order.
    due = placed + timedelta(hours=9) if n < count - 4 else now + timedelta(hours=2 * (n - count) + 12)
    order_id = store.place_order(c, _fields(n, str(number), due), stamp(placed))
    if n < count - 4:
        store.deliver(c, order_id, stamp(placed + timedelta(hours=9)))
    elif n < count - 2:
        store.set_status(c, store.order(c, order_id), "in_production", stamp(placed + timedelta(hours=1)))


def _fields(n: int, number: str, due: datetime) -> dict[str, Any]:
    first_image = 4580 + 9 * n
    return {
        "number": number,
        "client": CLIENTS[n % len(CLIENTS)][0],
        "product": PRODUCTS[n % len(PRODUCTS)],
        "style": STYLES[(n * 3) % len(STYLES)],
        "variables": {"brightness": 2 + n % 3, "contrast": 3, "saturation": 2 + (n // 2) % 3, "window pull": n % 2 == 0},
        "specifications": NOTES[n % len(NOTES)],
        "images": [
            {"id": str(first_image + i), "name": f"IMG_{first_image + i}.jpg", "room": ROOMS[(n + i) % len(ROOMS)]}
            for i in range(3 + n % 4)
        ],
        "targets": list(TARGETS[n % len(TARGETS)]),
        "address": ADDRESSES[n % len(ADDRESSES)],
        "due_at": stamp(due),
    }
