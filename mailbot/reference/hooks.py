"""Webhooks out (Standard Webhooks): they only say that something happened. What was not taken is tried again; a lost one loses nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2

from mailbot.reference import store
from mailbot.reference.database import Database

PAUSES = (1.0, 5.0, 30.0, 120.0)
TYPES = {"comment.created": "order.comment.created", "order.delivered": "order.delivered"}


@dataclass(frozen=True, slots=True)
class Hooks:
    """`secret`: "whsec_" and base64, as the receiver has it."""

    url: str
    secret: str = field(repr=False)

    def run(self, database: Database, seq: int, done: threading.Event) -> None:
        """Tells of every event after `seq`, oldest first, until `done` or the receiver answers 410."""
        tries = 0
        with httpx2.Client(timeout=5, trust_env=False) as client:
            while not done.wait(0.2 if tries == 0 else PAUSES[min(tries, len(PAUSES)) - 1]):
                with database.reading() as c:
                    rows, _, _ = store.events_after(c, seq, 20, {})
                for row in rows:
                    status = self._tell(client, row) if row["type"] in TYPES else 204
                    if status == 410:
                        return
                    if not 200 <= status < 300:
                        tries += 1
                        break
                    seq, tries = row["seq"], 0

    def _tell(self, client: httpx2.Client, row: store.Row) -> int:
        """The receiver's status; 0 where it cannot be reached."""
        data = {"order_id": row["order_id"], **({"comment_id": row["comment_id"]} if row["comment_id"] else {})}
        body = json.dumps({"type": TYPES[row["type"]], "timestamp": row["at"], "data": data}).encode()
        headers = signed(self.secret, f"msg_{row['seq']}", datetime.now(UTC), body)
        try:
            return client.post(self.url, content=body, headers=headers).status_code
        except httpx2.HTTPError:
            return 0


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks, and the content type."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seal = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(seal).decode(),
        "content-type": "application/json",
    }
