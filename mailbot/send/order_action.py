"""An outbox row of the order-system family -> one call -> its outcome (I8: every call bears the same Idempotency-Key at every try)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mailbot.errors import NotFound, Unavailable
from mailbot.model.money import Money
from mailbot.model.order import Order
from mailbot.model.outcome import GiveUp, Outcome, TryAgain
from mailbot.model.ticket import Action
from mailbot.order_system.contract import OrderSystem

Json = dict[str, Any]


def perform(system: OrderSystem, action: Action, now: datetime) -> Outcome:
    """`action.payload` is a JSON object: order_comment {order_id, body, visibility, external_id, in_reply_to}; reopen and close
    {order_id, reason, comment_id}; delivery_time {order_id, due_at, reason, charge {amount, currency}, plan, etag, seen_due_at,
    seen_charge}; redistribution {order_id, requested_by, quote, targets, images}. What may be left out in the contract may be left
    out here.
    """
    send = _CALLS.get(action.kind)
    if send is None:
        return GiveUp(f"{action.kind} is no action of an order system")
    try:
        payload = json.loads(action.payload)
        return send(system, payload, idempotency_key(action.key), now)
    except NotFound as error:
        return GiveUp(str(error))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        # Our own fault, and no repetition mends it: a person must see it.
        return GiveUp(f"O-{action.id} cannot be read as {action.kind}: {type(error).__name__} {error}")


def idempotency_key(action_key: str) -> str:
    """43 characters, the same for the same outbox key."""
    return "mb-" + hashlib.sha256(action_key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _order_comment(system: OrderSystem, payload: Json, key: str, now: datetime) -> Outcome:
    return system.post_comment(
        payload["order_id"],
        payload["body"],
        payload["visibility"],
        payload.get("external_id") or key,
        key,
        payload.get("in_reply_to") or "",
        now=now,
    )


def _reopen(system: OrderSystem, payload: Json, key: str, now: datetime) -> Outcome:
    return system.reopen(payload["order_id"], payload.get("reason") or "unclear", payload.get("comment_id") or "", key, now=now)


def _close(system: OrderSystem, payload: Json, key: str, now: datetime) -> Outcome:
    return system.close(payload["order_id"], payload["reason"], payload.get("comment_id") or "", key, now=now)


def _delivery_time(system: OrderSystem, payload: Json, key: str, now: datetime) -> Outcome:
    """A version conflict is no refusal where time and charge are still those that were seen: our own plan or comment changed the order, a
    moment before. Then it is set once more, by the version that stands now; what somebody else set is a person's to decide.

    A kill between the two leaves nothing to remember: the next try meets the same conflict, or finds the time set.
    """
    etag = payload.get("etag") or ""
    outcome = _set_delivery(system, payload, etag, key, now)
    if not (isinstance(outcome, GiveUp) and outcome.changed) or "seen_due_at" not in payload:
        return outcome
    try:
        order = system.order(payload["order_id"])
    except Unavailable as error:
        return TryAgain(str(error))
    if order.etag in ("", etag):
        return outcome
    if theirs := _somebody_else_set(payload, order):
        return GiveUp(f"{theirs} Look at the order: set the delivery time on the ticket once more, or cancel this one", changed=True)
    return _set_delivery(system, payload, order.etag, _key_for(key, order.etag), now)


def _set_delivery(system: OrderSystem, payload: Json, etag: str, key: str, now: datetime) -> Outcome:
    return system.set_delivery(
        payload["order_id"],
        _aware(payload.get("due_at")),
        payload.get("reason") or "",
        _money(payload.get("charge")),
        payload.get("plan") or "",
        etag,
        key,
        now=now,
    )


def _somebody_else_set(payload: Json, order: Order) -> str:
    """What stands on the order that was not there when this was decided, as a sentence; "" for nothing that this would overwrite."""
    seen, seen_charge = _aware(payload["seen_due_at"]), _money(payload.get("seen_charge"))
    if order.due_at != seen:
        return f"somebody else set the delivery time meanwhile: {_told(order.due_at)}; it was {_told(seen)} when this one was decided."
    if payload.get("charge") and order.charge != seen_charge:
        return f"somebody else set the charge meanwhile: {order.charge or 'none'}; it was {seen_charge or 'none'} when this was decided."
    return ""


def _told(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "none"


def _key_for(key: str, etag: str) -> str:
    """Another condition is another request: a system that keeps refusals under their key must not answer with the refusal of the first."""
    return f"{key}-{hashlib.sha256(etag.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _redistribution(system: OrderSystem, payload: Json, key: str, now: datetime) -> Outcome:
    targets, images = tuple(payload.get("targets") or ()), tuple(payload.get("images") or ())
    return system.redistribute(payload["order_id"], payload["requested_by"], payload["quote"], targets, images, key, now=now)


def _money(value: Json | None) -> Money | None:
    return Money(Decimal(value["amount"]), value["currency"]) if value else None


def _aware(value: str | None) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"the delivery time {value} has no offset")
    return at.astimezone(UTC)


_CALLS: dict[str, Callable[[OrderSystem, Json, str, datetime], Outcome]] = {
    "order_comment": _order_comment,
    "reopen": _reopen,
    "close": _close,
    "delivery_time": _delivery_time,
    "redistribution": _redistribution,
}
