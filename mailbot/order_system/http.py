"""The adapter for every system that answers the contract (docs/order-system.openapi.yaml)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from mailbot.errors import NotFound, Unavailable
from mailbot.model.money import Money
from mailbot.model.order import Capabilities, Order, OrderComment, same_delivery
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain
from mailbot.order_system import answers
from mailbot.order_system.contract import CloseReason, CommentPage, CursorTooOld, EventPage, ReopenReason, Visibility
from mailbot.order_system.outcomes import Look, Repeat, later, outcome
from mailbot.order_system.wire import Answer, NoAnswer, Wire, unavailable

CAPABILITIES_FRESH = 600.0
Json = dict[str, Any]


class HttpOrderSystem:
    """`url` is the base of the contract's paths. Limits in seconds."""

    def __init__(self, name: str, url: str, token: str, *, connect: float = 5.0, read: float = 20.0) -> None:
        self._name = name
        self._wire = Wire(url, token, connect, read)
        self._lock = threading.Lock()
        self._capabilities: tuple[float, Capabilities] | None = None

    @property
    def name(self) -> str:
        return self._name

    def close_connections(self) -> None:
        """Ends the pool; the adapter cannot be used afterwards."""
        self._wire.close()

    # ---- reads

    def capabilities(self, *, timeout: float | None = None) -> Capabilities:
        """Read at most every ten minutes; the last ones stay in force while the system is down."""
        with self._lock:
            known = self._capabilities
        if known and time.monotonic() - known[0] < CAPABILITIES_FRESH:
            return known[1]
        try:
            found = self._read_capabilities(timeout)
        except Unavailable:
            if known:
                return known[1]
            raise
        with self._lock:
            self._capabilities = (time.monotonic(), found)
        return found

    def comments(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> CommentPage:
        return answers.comment_page(self._read("/comments", _page(cursor, since, limit), timeout), cursor)

    def events(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> EventPage:
        return answers.event_page(self._read("/events", _page(cursor, since, limit), timeout), cursor)

    def order(self, order_id: str, *, timeout: float | None = None) -> Order:
        answer = _readable(self._wire.call("GET", _path(order_id), timeout=timeout))
        return answers.seen(answers.order(answers.decode(answer.body)), answer.etag, answer.at)

    def find_orders(
        self,
        *,
        client_email: str | None = None,
        client_id: str | None = None,
        number: str | None = None,
        limit: int = 20,
        timeout: float | None = None,
    ) -> tuple[Order, ...]:
        given = {"client_email": client_email, "client_id": client_id, "number": number}
        params = {k: v for k, v in given.items() if v is not None}
        answer = _readable(self._wire.call("GET", "/orders", params={**params, "limit": str(limit)}, timeout=timeout))
        return tuple(answers.seen(o, "", answer.at) for o in answers.orders(answers.decode(answer.body)))

    def find_comment(self, external_id: str, *, timeout: float | None = None) -> OrderComment | None:
        page = answers.comment_page(self._read("/comments", {"external_id": external_id}, timeout), None)
        # Compared here too: a bridge that does not know the parameter answers with everything.
        return next((c for c in page.items if c.external_id == external_id), None)

    # ---- effects

    def post_comment(
        self, order_id: str, body: str, visibility: Visibility, external_id: str, key: str, in_reply_to: str = "", *, now: datetime
    ) -> Outcome:
        payload: Json = {"body": body, "visibility": visibility, "external_id": external_id}
        if in_reply_to:
            payload["in_reply_to"] = in_reply_to

        def ours() -> str | None:
            found = self.find_comment(external_id)
            return found.id if found else None

        def clash(_: Answer) -> Outcome | None:
            # 409 also says that a comment bears our external_id already: then it was posted before.
            found = ours()
            return None if found is None else Sent(found)

        effect = _Effect(
            method="POST",
            path=f"{_path(order_id)}/comments",
            payload=payload,
            what="comments that the client sees",
            able=lambda c: visibility == "internal" or c.client_visible_comments,
            look=ours,
            look_first=True,
            on={409: clash},
        )
        return self._act(effect, key, now)

    def reopen(self, order_id: str, reason: ReopenReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        payload = {"reason": reason, **({"comment_id": comment_id} if comment_id else {})}
        effect = _Effect(
            method="POST",
            path=f"{_path(order_id)}/reopen",
            payload=payload,
            what="reopening",
            able=lambda c: c.reopen,
            look=self._state(order_id, lambda o: o.status in ("reopened", "in_production", "ordered")),
            harmless=True,
        )
        return self._act(effect, key, now)

    def close(self, order_id: str, reason: CloseReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        payload = {"reason": reason, **({"comment_id": comment_id} if comment_id else {})}
        effect = _Effect(
            method="POST",
            path=f"{_path(order_id)}/close",
            payload=payload,
            what="setting an order back",
            able=lambda c: c.close,
            look=self._state(order_id, lambda o: o.status in ("delivered", "closed")),
            harmless=True,
        )
        return self._act(effect, key, now)

    def set_delivery(
        self,
        order_id: str,
        due_at: datetime | None,
        reason: str,
        charge: Money | None,
        plan: str,
        etag: str,
        key: str,
        *,
        now: datetime,
    ) -> Outcome:
        payload: Json = {
            **({"due_at": due_at.astimezone(UTC).isoformat()} if due_at else {}),
            **({"reason": reason} if reason else {}),
            **({"charge": {"amount": str(charge.amount), "currency": charge.currency}} if charge else {}),
            **({"plan": plan} if plan else {}),
        }
        if not payload:
            return GiveUp("nothing to set: neither a delivery time nor a charge, plan or reason")
        stands = self._state(order_id, lambda o: self._stands(o, due_at, charge, plan))

        def changed(answer: Answer) -> Outcome:
            if stands() is not None:
                return Sent()
            return GiveUp(f"the order was changed since it was read, look at it again ({answer.says})", changed=True)

        effect = _Effect(
            method="PUT",
            path=f"{_path(order_id)}/delivery",
            payload=payload,
            what="delivery times",
            able=lambda c: c.delivery_time,
            look=stands,
            harmless=True,
            headers={"If-Match": etag} if etag else {},
            on={412: changed},
        )
        return self._act(effect, key, now)

    def redistribute(
        self,
        order_id: str,
        requested_by: str,
        quote: str,
        targets: tuple[str, ...],
        images: tuple[str, ...],
        key: str,
        *,
        now: datetime,
    ) -> Outcome:
        payload = {"requested_by": requested_by, "quote": quote, "targets": list(targets), "images": list(images)}
        effect = _Effect(
            method="POST",
            path=f"{_path(order_id)}/redistribution",
            payload=payload,
            what="redistribution",
            able=lambda c: c.redistribution,
        )
        return self._act(effect, key, now)

    # ---- how effects end

    def _act(self, effect: _Effect, key: str, now: datetime) -> Outcome:
        try:
            can = self.capabilities()
            if not effect.able(can):
                return GiveUp(f"this order system does not know {effect.what}")
            if effect.look and effect.look_first and not can.idempotent_posts and (found := effect.look()) is not None:
                return Sent(found)
            answer = self._wire.call(effect.method, effect.path, json=effect.payload, headers=_headers(effect, key))
            if isinstance(answer, Answer) and answer.status in effect.on and (own := effect.on[answer.status](answer)):
                return own
        except Unavailable as error:  # of a look: the call itself raises nothing
            return TryAgain(str(error), later(error.retry_after, now))
        return outcome(answer, now, Repeat(idempotent=can.idempotent_posts, harmless=effect.harmless, look=effect.look))

    def _read(self, path: str, params: Mapping[str, str], timeout: float | None) -> Json:
        return answers.decode(_readable(self._wire.call("GET", path, params=params, timeout=timeout)).body)

    def _read_capabilities(self, timeout: float | None) -> Capabilities:
        try:
            return answers.capabilities(self._read("/capabilities", {}, timeout))
        except (NotFound, CursorTooOld) as error:
            raise Unavailable(f"nothing at this address answers the contract ({error}). Check order_system.url.") from error

    def _state(self, order_id: str, holds: Callable[[Order], bool]) -> Look:
        return lambda: "" if holds(self.order(order_id)) else None

    def _stands(self, order: Order, due_at: datetime | None, charge: Money | None, plan: str) -> bool:
        """What was to be set is there already. A plan counts where it comes alone: not every system shows it."""
        if due_at is None and charge is None:
            return plan != "" and order.plan == plan
        if due_at is not None and (order.due_at is None or not same_delivery(order.due_at, due_at, self.capabilities().delivery_precision)):
            return False
        return charge is None or order.charge == charge


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """One call that changes something. `able`: whether the system can do `what`. `on`: statuses with a meaning of their own.

    `look_first`: where the system keeps no Idempotency-Keys we look for our own mark before every post.
    """

    method: Literal["POST", "PUT"]
    path: str
    payload: Mapping[str, Any]
    what: str
    able: Callable[[Capabilities], bool]
    look: Look | None = None
    look_first: bool = False
    harmless: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    on: Mapping[int, Callable[[Answer], Outcome | None]] = field(default_factory=dict)


def _headers(effect: _Effect, key: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **effect.headers}


def _readable(answer: Answer | NoAnswer) -> Answer:
    if isinstance(answer, Answer) and answer.ok:
        return answer
    if isinstance(answer, Answer) and answer.status == 404:
        raise NotFound(f"the order system knows no such thing ({answer.says})")
    if isinstance(answer, Answer) and answer.status == 410:
        raise CursorTooOld(f"the order system no longer knows the cursor ({answer.says})")
    raise unavailable(answer)


def _page(cursor: str | None, since: datetime | None, limit: int) -> dict[str, str]:
    if cursor is not None:
        return {"cursor": cursor, "limit": str(limit)}
    if since is not None:
        return {"since": since.astimezone(UTC).isoformat(), "limit": str(limit)}
    return {"limit": str(limit)}


def _path(order_id: str) -> str:
    # "." and ".." would be eaten by URL normalisation and lead to another path; no real id is one.
    if order_id in ("", ".", ".."):
        raise NotFound(f"{order_id!r} is no order id")
    return f"/orders/{quote(order_id, safe='')}"
