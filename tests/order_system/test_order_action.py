"""Rows of the outbox become calls with one Idempotency-Key for all their tries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mailbot.model.outcome import GiveUp, Outcome, Sent
from mailbot.model.ticket import Action, ActionKind
from mailbot.send.order_action import idempotency_key, perform
from tests.support.orders import Orders

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def action(kind: ActionKind, payload: Any, key: str = "") -> Action:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Action(
        id=17, key=key or f"M-9:{kind}:{hash(str(payload))}", kind=kind, state="sending", ticket=1, message=9, template="",
        place="orders", to="", message_id="", payload=raw, attempts=1, created_at=NOW, due_at=NOW,
    )  # fmt: skip


def test_the_key_is_stable_and_fits_the_contract() -> None:
    keys = {idempotency_key(text) for text in ("a", "a", "b", "", "ü" * 5000, "\ud800")}
    assert len(keys) == 5
    assert all(16 <= len(key) <= 128 and key.isascii() for key in keys)


def test_every_kind_of_action_reaches_the_order(orders: Orders) -> None:
    system = orders.system()

    def do(kind: ActionKind, **payload: Any) -> Outcome:
        return perform(system, action(kind, {"order_id": "o10231", **payload}), NOW)

    assert isinstance(do("order_comment", body="Read.", visibility="client", external_id="mb-17", in_reply_to=""), Sent)
    assert isinstance(do("reopen", reason="correction", comment_id=""), Sent)
    charge = {"amount": "12.50", "currency": "EUR"}
    due = "2026-03-02T15:00:00+01:00"
    assert isinstance(do("delivery_time", due_at=due, reason="amendment", charge=charge, plan="new sky", etag=""), Sent)
    order = system.order("o10231")
    assert (order.status, order.due_at) == ("reopened", datetime(2026, 3, 2, 14, 0, tzinfo=UTC))
    assert isinstance(do("redistribution", requested_by="anna@x.example", quote="please send again", targets=[], images=[]), Sent)
    assert isinstance(do("close", reason="feedback"), Sent)
    assert system.order("o10231").status == "delivered"


def test_the_same_row_sent_twice_acts_once(orders: Orders) -> None:
    row = action("order_comment", {"order_id": "o10232", "body": "Read.", "visibility": "internal"})
    assert perform(orders.system(), row, NOW) == perform(orders.system(), row, NOW)
    assert len(orders.comments_on("o10232")) == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("order_comment", b"not json"),
        ("order_comment", b"[]"),
        ("order_comment", {"order_id": "o10233"}),
        ("order_comment", {"order_id": "..", "body": "a", "visibility": "client"}),
        ("delivery_time", {"order_id": "o10233", "due_at": "2026-03-02T15:00:00"}),
        ("delivery_time", {"order_id": "o10233"}),
        ("email", {}),
    ],
)
def test_a_row_that_makes_no_sense_is_given_up_and_shown(orders: Orders, kind: ActionKind, payload: Any) -> None:
    assert isinstance(perform(orders.system(), action(kind, payload), NOW), GiveUp)
