"""An order system in memory that behaves as the contract says: one fake for all tests that run the workflow without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mailbot.errors import NotFound, Unavailable
from mailbot.model.money import Money
from mailbot.model.order import Capabilities, Order, OrderComment, OrderEvent
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain
from mailbot.order_system.contract import (
    CloseReason,
    CommentPage,
    CursorTooOld,
    EventPage,
    ReopenReason,
    UnreadableItem,
    Visibility,
    WrongShape,
)

ALL = Capabilities(reopen=True, close=True, client_visible_comments=True, find_by_number=True, idempotent_posts=True)


@dataclass
class FakeOrders:
    """`down`: every call fails. `calls` names every effect that was done, once per Idempotency-Key. `happened` is the events feed; a
    cursor below `oldest_cursor` is too old. `broken`: orders that are told in a wrong shape.
    """

    orders: dict[str, Order] = field(default_factory=dict)
    can: Capabilities = ALL
    name: str = "shop"
    down: bool = False
    feed: list[OrderComment] = field(default_factory=list)
    happened: list[OrderEvent | UnreadableItem] = field(default_factory=list)
    oldest_cursor: int = 0
    broken: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, orders: Iterable[Order], can: Capabilities = ALL) -> FakeOrders:
        return cls(orders={o.id: o for o in orders}, can=can)

    def client_writes(self, comment_id: str, raw: bytes, at: datetime) -> None:
        """A comment as it lies in the feed, readable or not."""
        self.feed.append(
            OrderComment(id=comment_id, order_id="", role="client", created_at=at, body="", visibility="client", raw=raw),
        )

    def capabilities(self, *, timeout: float | None = None) -> Capabilities:
        self._up()
        return self.can

    def comments(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> CommentPage:
        self._up()
        start = int(cursor) if cursor else 0
        items = [c for c in self.feed[start:] if cursor or since is None or c.created_at >= since][:limit]
        return CommentPage(items=tuple(items), next_cursor=str(len(self.feed)), has_more=False)

    def events(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> EventPage:
        self._up()
        if cursor and int(cursor) < self.oldest_cursor:
            raise CursorTooOld("The order system no longer knows this cursor.")
        start = int(cursor) if cursor else 0
        after = [(n, e) for n, e in enumerate(self.happened[start:], start + 1) if cursor or since is None or _at(e) >= since]
        page = after[:limit]
        bad = tuple(e for _, e in page if isinstance(e, UnreadableItem))
        items = tuple(e for _, e in page if isinstance(e, OrderEvent))
        following = str(page[-1][0] if len(after) > limit else len(self.happened))
        return EventPage(items=items, next_cursor=following, has_more=len(after) > limit, unreadable=bad)

    def order(self, order_id: str, *, timeout: float | None = None) -> Order:
        self._up()
        if order_id not in self.orders:
            raise NotFound(f"There is no order {order_id}.")
        if order_id in self.broken:
            raise WrongShape("The order system's answer is not as the contract says: order.client must be an object, got nothing")
        return self.orders[order_id]

    def find_orders(
        self, *, client_email: str | None = None, client_id: str | None = None, number: str | None = None, limit: int = 20,
        timeout: float | None = None,
    ) -> tuple[Order, ...]:  # fmt: skip
        self._up()
        fits = [
            o for o in self.orders.values()
            if client_email in o.client.emails or client_id == o.client.id or number == o.number
        ]  # fmt: skip
        return tuple(fits[::-1][:limit])

    def find_comment(self, external_id: str, *, timeout: float | None = None) -> OrderComment | None:
        self._up()
        return next((c for c in self.feed if c.external_id == external_id), None)

    def post_comment(
        self, order_id: str, body: str, visibility: Visibility, external_id: str, key: str, in_reply_to: str = "", *, now: datetime
    ) -> Outcome:  # fmt: skip
        """What we post is in the feed like any other comment, written by the system."""
        wire = {
            "id": f"ours-{len(self.feed)}", "order_id": order_id, "author": {"role": "system", "name": "mailbot"}, "body": body,
            "created_at": now.isoformat(), "visibility": visibility, "rejects_delivery": False, "external_id": external_id,
            "in_reply_to": in_reply_to,
        }  # fmt: skip
        posted = OrderComment(
            id=str(wire["id"]), order_id=order_id, role="system", created_at=now, body=body, visibility=visibility,
            external_id=external_id, raw=json.dumps(wire).encode(),
        )  # fmt: skip
        outcome = self._once(order_id, key, f"{visibility} comment on {order_id}")
        if isinstance(outcome, Sent) and outcome.remote_id == "":
            self.feed.append(posted)
        return outcome

    def reopen(self, order_id: str, reason: ReopenReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        outcome = self._once(order_id, key, f"reopen {order_id}")
        if isinstance(outcome, Sent):
            self.orders[order_id] = replace(self.orders[order_id], status="reopened")
        return outcome

    def close(self, order_id: str, reason: CloseReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        outcome = self._once(order_id, key, f"close {order_id}")
        if isinstance(outcome, Sent):
            self.orders[order_id] = replace(self.orders[order_id], status="delivered")
        return outcome

    def set_delivery(
        self, order_id: str, due_at: datetime | None, reason: str, charge: Money | None, plan: str, etag: str, key: str,
        *, now: datetime,
    ) -> Outcome:  # fmt: skip
        if etag and order_id in self.orders and self.orders[order_id].etag != etag:
            return GiveUp("the order was changed since it was read", changed=True)
        outcome = self._once(order_id, key, f"set delivery of {order_id}")
        if isinstance(outcome, Sent):
            order = self.orders[order_id]
            after = replace(order, due_at=due_at or order.due_at, charge=charge or order.charge, plan=plan or order.plan)
            self.orders[order_id] = replace(after, etag=f"{order.etag}+" if order.etag else "")
        return outcome

    def redistribute(
        self, order_id: str, requested_by: str, quote: str, targets: tuple[str, ...], images: tuple[str, ...], key: str,
        *, now: datetime,
    ) -> Outcome:  # fmt: skip
        return self._once(order_id, key, f"redistribute {order_id}")

    def _up(self) -> None:
        if self.down:
            raise Unavailable("The order system does not answer.")

    def _once(self, order_id: str, key: str, call: str) -> Outcome:
        if self.down:
            return TryAgain("The order system does not answer.")
        if order_id not in self.orders:
            return GiveUp(f"There is no order {order_id}.")
        if key in self.done:
            return Sent(self.done[key])
        self.done[key] = f"{len(self.done) + 1}"
        self.calls.append(call)
        return Sent()


def _at(event: OrderEvent | UnreadableItem) -> datetime:
    return event.at or datetime.max.replace(tzinfo=UTC)
