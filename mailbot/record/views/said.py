"""What our own mails and order comments say, read back from the bytes that were fixed when they were recorded."""

from __future__ import annotations

import email
import email.policy
import json
from email.message import EmailMessage

from sqlalchemy import Connection, select

from mailbot.record.tables import action


def said(c: Connection, ticket: int) -> dict[int, str]:
    """Action id -> its text, of the mails, order comments and notices of a ticket."""
    wanted = select(action.c.id, action.c.kind, action.c.payload).where(
        action.c.ticket == ticket, action.c.kind.in_(("email", "order_comment"))
    )
    return {row.id: _text(row.kind, bytes(row.payload)) for row in c.execute(wanted)}


def _text(kind: str, payload: bytes) -> str:
    if not payload:
        return ""
    if kind == "order_comment":
        return str(json.loads(payload).get("body", ""))
    mail = email.message_from_bytes(payload, policy=email.policy.default)
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return str(body.get_content()) if body is not None else ""
