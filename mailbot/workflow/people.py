"""The company's own people, as commands change them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mailbot.record import people
from mailbot.record.database import Database


def add(db: Database, login: str, *, name: str, email: str, roles: Collection[str], order_system_id: str) -> None:
    """Adds a person, or changes the one of that login and lets them in again."""
    with db.transaction() as c:
        people.add(c, login, db.now(c), name=name, email=email, roles=roles, order_system_id=order_system_id)


def disable(db: Database, login: str) -> None:
    """Raises NotFound."""
    with db.transaction() as c:
        people.disable(c, login)


def everybody(db: Database) -> list[dict[str, Any]]:
    """Rows of `mailbot user list --json`."""
    with db.reading() as c:
        return [
            {
                "login": p.login, "name": p.name, "email": p.email, "roles": sorted(p.roles), "active": p.active,
                "available": p.available, "order_system_id": p.order_system_id,
            }
            for p in people.everybody(c)
        ]  # fmt: skip
