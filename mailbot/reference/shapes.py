"""Rows as the contract's JSON, the bodies it takes, and opaque cursors."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import sqlite3
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailbot.reference import store
from mailbot.reference.database import Database, stamp
from mailbot.reference.store import Refused

Json = dict[str, Any]
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
CAPABILITIES: Json = {
    "reopen": True, "delivery_time": True, "delivery_precision": "minute", "client_visible_comments": True, "redistribution": True,
    "close": True, "events": True, "find_by_number": True, "idempotent_posts": True, "mails_client_on_comment": False,
}  # fmt: skip


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class CommentBody(Body):
    body: Annotated[str, StringConstraints(max_length=20000)]
    visibility: Literal["client", "internal"]
    in_reply_to: str = ""
    external_id: Annotated[str, StringConstraints(max_length=128)] = ""


class ReopenBody(Body):
    reason: Literal["correction", "amendment", "feedback", "unclear"]
    comment_id: str = ""


class CloseBody(Body):
    reason: Literal["feedback", "request", "withdrawn"]
    comment_id: str = ""


class Money(Body):
    amount: Annotated[str, StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]{1,4})?$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class DeliveryBody(Body):
    due_at: str = ""
    reason: str = ""
    charge: Money | None = None
    plan: str = ""


class RedistributionBody(Body):
    requested_by: str
    quote: str
    targets: list[str] = Field(default_factory=list)
    images: list[str] = Field(default_factory=list)


def order_json(c: sqlite3.Connection, row: sqlite3.Row, secret: str, origin: str) -> Json:
    """The contract's Order; `origin` is "http://host:port" of this server."""
    client = store.person(c, row["client"])
    manager = store.person(c, client["manager"]) if client["manager"] else None
    return {
        "id": row["id"],
        "number": row["number"],
        "status": row["status"],
        "delivered_at": row["delivered_at"],
        "due_at": row["due_at"],
        "placed_at": row["placed_at"],
        "client": person_json(client),
        **({"account_manager": person_json(manager)} if manager else {}),
        "style": row["style"],
        "variables": json.loads(row["variables"]),
        "specifications": row["specifications"],
        "images": [
            {**image, "preview_url": f"{origin}{preview_path(secret, row['id'], image['id'])}"} for image in json.loads(row["images"])
        ],
        "url": f"{origin}/orders/{row['id']}",
        "product": row["product"],
        "distribution_targets": json.loads(row["targets"]),
        "time_zone": client["time_zone"],
        "charge": json.loads(row["charge"]) if row["charge"] else None,
        "plan": row["plan"],
        "deliveries": [{"at": d["at"], "images": json.loads(d["images"])} for d in store.deliveries_of(c, row["id"])],
    }


def person_json(row: sqlite3.Row) -> Json:
    return {"id": row["id"], "name": row["name"], "emails": json.loads(row["emails"])}


def comment_json(c: sqlite3.Connection, row: sqlite3.Row) -> Json:
    """The contract's Comment."""
    author: Json = {"role": row["role"]}
    if row["author"]:
        who = person_json(store.person(c, row["author"]))
        author |= {"id": who["id"], "name": who["name"], "email": next(iter(who["emails"]), "")}
    return {
        "id": row["id"],
        "order_id": row["order_id"],
        "author": author,
        "created_at": row["created_at"],
        "body": row["body"],
        "visibility": row["visibility"],
        "rejects_delivery": bool(row["rejects"]),
        "charge_answer": row["charge_answer"],
        "requests_redistribution": bool(row["redistribution"]),
        "attachments": [],
        **({"external_id": row["external_id"]} if row["external_id"] else {}),
    }


def event_json(row: sqlite3.Row) -> Json:
    """The contract's Event."""
    return {"id": f"e{row['seq']}", "type": row["type"], "order_id": row["order_id"], "at": row["at"]}


def etag(row: sqlite3.Row) -> str:
    return f'"v{row["version"]}"'


def preview_path(secret: str, order_id: str, image_id: str) -> str:
    """An address that nobody can guess, so that a page of another server may show the picture without the token."""
    seal = hmac.new(secret.encode(), f"{order_id}/{image_id}".encode(), hashlib.sha256).hexdigest()[:24]
    return f"/previews/{seal}/{order_id}/{image_id}.svg"


def cursor_text(database: Database, seq: int) -> str:
    return base64.urlsafe_b64encode(f"{database.epoch[:8]}:{seq}".encode()).decode().rstrip("=")


def cursor_seq(database: Database, cursor: str, oldest: int) -> int:
    """Raises Refused 410 for a cursor of another database, an expired one (below `oldest`) or none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        epoch, _, seq = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode("ascii").partition(":")
        if epoch == database.epoch[:8] and seq.isdigit() and oldest <= int(seq[:18]):
            return int(seq[:18])
    except (ValueError, binascii.Error):
        pass
    raise Refused(410, "this cursor is too old or not of this order system; read again by `since`")


def stored_time(text: str, name: str) -> str:
    """An RFC 3339 time as stored. Raises Refused 400."""
    try:
        if _RFC3339.fullmatch(text):
            return stamp(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        pass
    raise Refused(400, f"{name} must be an RFC 3339 time with an offset, for example 2026-03-01T09:30:00Z")
