"""Short ways to a Mailbox, an SMTP account, sample mails and actions for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mailbot.model.credential import Credential
from mailbot.model.message import ReceivedMessage
from mailbot.model.ticket import Action
from mailbot.receive.imap import Mailbox
from mailbot.receive.imap_connection import MailboxAccess
from mailbot.send.smtp_connection import SmtpAccess


def access(port: int, /, user: str = "bot@example.test", **changes: Any) -> MailboxAccess:
    values: dict[str, Any] = {
        "name": "support", "host": "127.0.0.1", "port": port, "tls": "none", "user": user, "folder": "INBOX",
        "processed_folder": "Processed", "credential": lambda: Credential("password", "secret"), "connect_seconds": 2, "read_seconds": 3,
    }  # fmt: skip
    return MailboxAccess(**{**values, **changes})


def read_all(box: Mailbox, start: int = 1) -> list[ReceivedMessage]:
    """Everything in the folder, by windows and batches."""
    state = box.open()
    return [m for window in box.listed(start, state.uidnext) for batch in box.fetch(window) for m in batch]


def mail(n: int, text: str = "please make the sky bluer", size: int = 0) -> bytes:
    head = (
        f"From: Client <client{n}@client.test>\r\nTo: bot@example.test\r\nSubject: Correction {n}\r\nMessage-ID: <{n}@client.test>\r\n\r\n"
    )
    return head.encode() + text.encode() + b"\r\n" + (b"x" * 70 + b"\r\n") * (size // 72)


def smtp_access(port: int, /, **changes: Any) -> SmtpAccess:
    values: dict[str, Any] = {
        "name": "smtp", "host": "127.0.0.1", "port": port, "tls": "none", "user": "", "credential": None, "envelope_sender": "",
        "timeout": 3, "final_reply_seconds": 5,
    }  # fmt: skip
    return SmtpAccess(**{**values, **changes})


def email_action(to: str, payload: bytes = b"Subject: Re: x\r\nMessage-ID: <1@us.test>\r\n\r\nhello\r\n", id: int = 1) -> Action:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    return Action(
        id=id, key=f"k{id}", kind="email", state="sending", ticket=1, message=1, template="ack", place="smtp", to=to,
        message_id=f"<{id}@us.test>", payload=payload, attempts=1, created_at=at, due_at=at,
    )  # fmt: skip
