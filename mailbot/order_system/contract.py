"""What every adapter offers. Reads raise Unavailable (with `retry_after`) or NotFound; effects raise nothing, they return an Outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from mailbot.errors import MailbotError, Unavailable
from mailbot.model.money import Money
from mailbot.model.order import Capabilities, Order, OrderComment, OrderEvent
from mailbot.model.outcome import Outcome

ReopenReason = Literal["correction", "amendment", "feedback", "unclear"]
CloseReason = Literal["feedback", "request", "withdrawn"]
Visibility = Literal["client", "internal"]


class WrongShape(Unavailable):
    """The order system answers, and not as the contract says; the text names the place. The same question brings the same answer."""


class CursorTooOld(MailbotError):
    """The order system no longer knows this cursor (410): read again by time, with overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableItem:
    """A comment or event that is not as the contract says. `raw`: its JSON as it came; `because` names the place.

    `id` is "" and `at` None where they cannot be read.
    """

    raw: bytes
    because: str
    id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPage:
    """Comments after a cursor, oldest first; `next_cursor` continues after the last one, also when there was none.

    One that is not as the contract says hides none of its neighbours: it is in `unreadable`, and must be kept before the cursor moves.
    """

    items: tuple[OrderComment, ...]
    next_cursor: str
    has_more: bool
    unreadable: tuple[UnreadableItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """As CommentPage. Events of a type that we do not know are left out."""

    items: tuple[OrderEvent, ...]
    next_cursor: str
    has_more: bool
    unreadable: tuple[UnreadableItem, ...] = ()


class OrderSystem(Protocol):
    """One outside order system. Safe to use from several threads.

    `timeout` (seconds, for the whole call) overrides the adapter's own limits. `key` is the Idempotency-Key (16 to 128 characters,
    the same for every try of one action). `now` only turns a Retry-After into a time.
    """

    @property
    def name(self) -> str:
        """The place in sightings, settings and logs; stable over restarts."""

    def capabilities(self, *, timeout: float | None = None) -> Capabilities: ...

    def comments(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> CommentPage:
        """After `cursor`; without one at or after `since`; without both from the beginning. Raises CursorTooOld."""

    def events(self, cursor: str | None, since: datetime | None, limit: int = 100, *, timeout: float | None = None) -> EventPage:
        """As `comments`."""

    def order(self, order_id: str, *, timeout: float | None = None) -> Order: ...

    def find_orders(
        self,
        *,
        client_email: str | None = None,
        client_id: str | None = None,
        number: str | None = None,
        limit: int = 20,
        timeout: float | None = None,
    ) -> tuple[Order, ...]:
        """By exactly one of the three, newest first; nobody known gives ()."""

    def find_comment(self, external_id: str, *, timeout: float | None = None) -> OrderComment | None:
        """The comment that we posted with this `external_id`."""

    def post_comment(
        self, order_id: str, body: str, visibility: Visibility, external_id: str, key: str, in_reply_to: str = "", *, now: datetime
    ) -> Outcome:
        """Sent carries the comment's id.

        It is called again after a try that nobody knows the end of: a system without Idempotency-Keys is first asked for `external_id`.
        """

    def reopen(self, order_id: str, reason: ReopenReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        """An order that is open already counts as Sent."""

    def close(self, order_id: str, reason: CloseReason, comment_id: str, key: str, *, now: datetime) -> Outcome:
        """Back to delivered; an order that is delivered already counts as Sent."""

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
        """Only if the order still bears `etag` ("" = whatever it bears). If not: Sent where the same time and charge stand, else GiveUp
        with `changed`; no other refusal bears that mark."""

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
        """Only after an explicit request (`quote`: the client's words). Empty `targets` or `images`: all."""
