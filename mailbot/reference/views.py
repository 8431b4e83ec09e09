"""Rows as the pages show them: words, local times, links."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailbot.model.contact import contact_link
from mailbot.model.finding import ClientKind
from mailbot.reference import shapes, store
from mailbot.reference.buttons import charge_words
from mailbot.reference.database import Database
from mailbot.reference.store import Row

View = dict[str, Any]
STATUS_WORDS = {
    "ordered": "Ordered", "in_production": "In production", "delivered": "Delivered", "reopened": "Reopened", "closed": "Closed",
    "cancelled": "Cancelled",
}  # fmt: skip
PRESSED = {"agreed": "agreed to the charge", "objected": "objected to the charge"}


def order_view(database: Database, row: Row, zone: str) -> View:
    """The order's own facts. `due_at` is empty where the last delivery kept (or missed) it; `due_before` is what it was before."""
    promised = (row["due_at"] or "") > (row["delivered_at"] or "")
    return {
        **{k: row[k] for k in ("id", "number", "status", "product", "style", "specifications", "address", "plan")},
        **{k: row[k] for k in ("charge_answer", "charge_comment")},
        "status_words": STATUS_WORDS[row["status"]],
        "variables": [(k, _level(v)) for k, v in json.loads(row["variables"]).items()],
        "images": [_image(database, row, i) for i in json.loads(row["images"])],
        "targets": json.loads(row["targets"]),
        "charge": charge_words(row),
        "asks_for_agreement": bool(row["charge"]) and not row["charge_answer"] and row["status"] != "cancelled",
        **{k: local(row[k], zone) for k in ("placed_at", "delivered_at")},
        **{k: local(row[k] if promised else None, zone) for k in ("due_at", "due_before")},
    }


def rounds_view(database: Database, c: Any, row: Row, zone: str) -> list[View]:
    """What was delivered, newest first: number, time, files. A file that was delivered before bears its version in its name."""
    images = {i["id"]: i for i in json.loads(row["images"])}
    versions: Counter[str] = Counter()
    rounds = []
    for number, delivery in enumerate(store.deliveries_of(c, row["id"]), 1):
        files = []
        for image_id in json.loads(delivery["images"]):
            versions[image_id] += 1
            view = _image(database, row, images.get(image_id, {"id": image_id}))
            files.append({**view, "name": _file_name(view["name"], versions[image_id]), "again": versions[image_id] > 1})
        rounds.append({"number": number, "at": local(delivery["at"], zone), "files": files})
    return rounds[::-1]


def redistribution_view(c: Any, row: Row, zone: str) -> View:
    """`may`: the button can be pressed. `asked_at`: the request that waits; `done`: what went out, newest first."""
    done = store.redistributions_of(c, row["id"])
    requests = [r["created_at"] for r in store.comments_of(c, row["id"]) if r["redistribution"]]
    last = max([d["at"] for d in done] + [row["delivered_at"] or ""])
    waits = bool(requests) and requests[-1] > last
    return {
        "may": row["status"] in ("delivered", "closed") and not waits,
        "asked_at": local(requests[-1], zone) if waits else None,
        "done": [{"at": local(d["at"], zone), "targets": json.loads(d["targets"])} for d in reversed(done)],
    }


def history_view(c: Any, row: Row, zone: str, *, internal: bool) -> list[View]:
    """Everything in the order in which it happened: comments, deliveries, delivery times, redistributions."""
    said = [comment_view(c, r, zone) for r in store.comments_of(c, row["id"]) if internal or r["visibility"] == "client"]
    delivered = [
        _happened(d["at"], zone, f"Delivery {n}: {_files(json.loads(d['images']), 'new ' if n > 1 else '')}")
        for n, d in enumerate(store.deliveries_of(c, row["id"]), 1)
    ]
    promised = [
        _happened(e["at"], zone, f"Delivery time set to {local(e['detail'], zone)['words']}")
        for e in store.times_set(c, row["id"]) if e["detail"]
    ]  # fmt: skip
    sent = [
        _happened(r["at"], zone, f"Files redistributed to {', '.join(json.loads(r['targets'])) or 'no system on file'}")
        for r in store.redistributions_of(c, row["id"])
    ]
    return sorted([*said, *delivered, *promised, *sent], key=lambda entry: str(entry["at"]["utc"]))


def comment_view(c: Any, row: Row, zone: str) -> View:
    author = store.person(c, row["author"])["name"] if row["author"] else ""
    pressed = [
        "pressed Comment and reopen" if row["rejects"] else "",
        PRESSED.get(row["charge_answer"], ""),
        "requested redistribution" if row["redistribution"] else "",
    ]
    return {
        "by": author or {"staff": "Support team", "system": "Order system"}.get(row["role"], "Client"),
        "role": row["role"], "at": local(row["created_at"], zone), "body": row["body"], "pressed": [p for p in pressed if p],
        "internal": row["visibility"] == "internal", "id": row["id"],
    }  # fmt: skip


def local(text: str | None, zone: str) -> View:
    """{"utc": as stored, "words": in the client's own time zone, named}; both "" for no time."""
    if not text:
        return {"utc": "", "words": ""}
    at = datetime.fromisoformat(text).astimezone(zone_of(zone))
    return {"utc": text, "words": f"{at:%a} {at.day} {at:%b %Y, %H:%M %Z}"}


def zone_of(name: str) -> ZoneInfo:
    """UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def utc_of(text: str, zone: str) -> datetime | None:
    """A time of a form field (no offset) as the clock in that zone shows it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def mail_links(address: str, number: str) -> list[tuple[str, str]]:
    """(keyword, mailto link) with the order's number and the keyword filled in."""
    kinds: tuple[ClientKind, ...] = get_args(ClientKind)
    return [(kind.capitalize(), contact_link(address, number, kind)) for kind in kinds]


def _happened(at: str, zone: str, words: str) -> View:
    return {"by": "", "role": "event", "at": local(at, zone), "body": words, "pressed": [], "internal": False, "id": ""}


def _files(images: list[str], new: str) -> str:
    return f"1 {new}file" if len(images) == 1 else f"{len(images)} {new}files"


def _image(database: Database, row: Row, image: View) -> View:
    preview = shapes.preview_path(database.secret, row["id"], image["id"])
    return {"id": image["id"], "name": image.get("name", ""), "room": image.get("room", ""), "preview": preview}


def _file_name(name: str, version: int) -> str:
    stem, dot, ending = name.rpartition(".")
    return name if version == 1 else f"{stem or ending}_v{version}{dot}{ending if dot else ''}"


def _level(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
