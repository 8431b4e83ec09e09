"""Messages, decisions and orders for the tests of the record."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from mailbot.model.decision import Decision, TicketChange
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.model.order import Order, Person
from mailbot.record.journal import Settled
from mailbot.record.outbox import NewAction
from tests.backends.conftest import START


def mail(
    uid: int = 1, body: str = "hello", *, message_id: str = "", place: str = "INBOX", at: datetime = START, **more: Any
) -> ReceivedMessage:
    raw = f"Message-ID: {message_id}\r\nFrom: ann@client.example\r\n\r\n{body}".encode()
    values: dict[str, Any] = {
        "source": "email",
        "sighting": Sighting(place=place, uidvalidity=7, uid=uid),
        "received_at": at,
        "raw": raw,
        "fingerprint": sha256(raw).hexdigest(),
        "size": len(raw),
    }
    return ReceivedMessage(**values | more)


def comment(comment_id: str = "c1", *, at: datetime = START) -> ReceivedMessage:
    return ReceivedMessage(
        source="order_comment",
        sighting=Sighting(place="shop", comment_id=comment_id),
        received_at=at,
        fingerprint=f"comment:shop:{comment_id}",
        raw=b'{"id": "%s"}' % comment_id.encode(),
        size=12,
    )


def mails(count: int) -> list[ReceivedMessage]:
    return [mail(n, f"text {n}", message_id=f"<{n}@client.example>") for n in range(1, count + 1)]


def decision(client: str = "C1", *, order: str | None = "10231", ids: tuple[str, ...] = ("o-1",), **change: Any) -> Decision:
    values: dict[str, Any] = {"client": client, "client_address": "ann@client.example", "subject": "Sky", "order": order, "order_ids": ids}
    return Decision(outcome="open_ticket", kind="correction", queue="retouch", owner="kim", change=TicketChange(**values | change))


def settled(id_: int, ticket: int | None = None, **more: Any) -> Settled:
    values: dict[str, Any] = {"disposition": "on_ticket" if ticket else "recorded", "sender": "ann@client.example", "text": "the sky"}
    return Settled(id=id_, ticket=ticket, **values | more)


def email(key: str, ticket: int | None = 1, **more: Any) -> NewAction:
    values: dict[str, Any] = {"to": "ann@client.example", "payload": b"mail", "template": "received", "message_id": f"<{key}@us.example>"}
    return NewAction(key=key, kind="email", ticket=ticket, **values | more)


def order(id_: str = "o-1", number: str = "10231", client: str = "C1", **more: Any) -> Order:
    values: dict[str, Any] = {
        "placed_at": START - timedelta(days=3),
        "client": Person(id=client, name="Ann", emails=("Ann@Client.example",)),
    }
    return Order(id=id_, number=number, status="delivered", **values | more)
