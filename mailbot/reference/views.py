"""Rows as the pages show them: words, local times, links."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailbot.reference import shapes, store
from mailbot.reference.database import Database
from mailbot.reference.store import Row

STATUS_WORDS = {
    "ordered": "Ordered", "in_production": "In production", "delivered": "Delivered", "reopened": "Reopened", "closed": "Closed",
    "cancelled": "Cancelled",
}  # fmt: skip
KEYWORDS = ("Correction", "Amendment", "Feedback")


def order_view(database: Database, row: Row, zone: str) -> dict[str, Any]:
    images = [
        {"id": i["id"], "room": i.get("room", ""), "preview": shapes.preview_path(database.secret, row["id"], i["id"])}
        for i in json.loads(row["images"])
    ]
    return {
        **{k: row[k] for k in ("id", "number", "status", "product", "style", "specifications", "address", "plan")},
        "status_words": STATUS_WORDS[row["status"]],
        "variables": [(k, _level(v)) for k, v in json.loads(row["variables"]).items()],
        "images": images,
        "targets": json.loads(row["targets"]),
        "charge": json.loads(row["charge"]) if row["charge"] else None,
        **{k: _local(row[k], zone) for k in ("placed_at", "delivered_at")},
        # A time that the last delivery kept (or missed) promises nothing any more.
        "due_at": _local(row["due_at"], zone) if (row["due_at"] or "") > (row["delivered_at"] or "") else "",
    }


def comment_view(c: Any, row: Row, zone: str) -> dict[str, Any]:
    author = store.person(c, row["author"])["name"] if row["author"] else ""
    by = author or {"staff": "Support team", "system": "Order system"}.get(row["role"], "Client")
    return {
        "by": by, "role": row["role"], "at": _local(row["created_at"], zone), "body": row["body"], "rejects": bool(row["rejects"]),
        "internal": row["visibility"] == "internal", "id": row["id"],
    }  # fmt: skip


def _level(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _local(text: str | None, zone: str) -> str:
    """In the client's own time zone, named."""
    if text is None:
        return ""
    try:
        local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = datetime.fromisoformat(text).astimezone(UTC)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def mail_links(address: str, number: str) -> list[tuple[str, str]]:
    """(keyword, mailto link) with the order's number and the keyword filled in."""
    return [
        (word, f"mailto:{quote(address)}?" + urlencode({"subject": f"{word}: order {number}", "body": f"{word}: "}, quote_via=quote))
        for word in KEYWORDS
    ]
