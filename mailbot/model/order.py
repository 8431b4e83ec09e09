"""An order as the order system tells it (the contract's Order)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailbot.model.money import Money

OrderStatus = Literal["ordered", "in_production", "delivered", "reopened", "closed", "cancelled"]
ChargeAnswer = Literal["agreed", "objected"]
Precision = Literal["minute", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: str
    name: str = ""
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderImage:
    id: str
    name: str = ""
    room: str = ""
    preview_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRound:
    """Files handed to the client at once; `images` are the ids of the images that were new or changed."""

    at: datetime
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`number` is what clients write (falls back to the id). `etag` is the answer's ETag, for If-Match. `as_of`: when it was read.

    `charge` and `plan` are what was assessed last; the client's answer to a charge is a comment (`OrderComment.charge_answer`).
    `deliveries`: oldest first; () also where the system tells none. `due_at` keeps the offset in which the system wrote it: of a system
    that knows days only, the date in it is what counts.
    """

    id: str
    number: str
    status: OrderStatus
    client: Person
    style: str = ""
    variables: tuple[tuple[str, str | float | bool], ...] = ()
    specifications: str = ""
    images: tuple[OrderImage, ...] = ()
    delivered_at: datetime | None = None
    due_at: datetime | None = None
    placed_at: datetime | None = None
    account_manager: Person | None = None
    url: str = ""
    product: str = ""
    distribution_targets: tuple[str, ...] = ()
    time_zone: str = ""
    charge: Money | None = None
    plan: str = ""
    deliveries: tuple[DeliveryRound, ...] = ()
    etag: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderComment:
    """The contract's Comment; `raw` is its JSON as it came. Three fields say which button the client pressed, and nothing more."""

    id: str
    order_id: str
    role: Literal["client", "staff", "system"]
    created_at: datetime
    body: str
    visibility: Literal["client", "internal"]
    author_id: str = ""
    author_name: str = ""
    author_email: str = ""
    rejects_delivery: bool = False
    charge_answer: ChargeAnswer | None = None
    requests_redistribution: bool = False
    external_id: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    id: str
    type: Literal["comment.created", "order.delivered", "order.status", "order.due_changed"]
    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an order system can do (the contract's Capabilities)."""

    reopen: bool = False
    delivery_time: bool = False
    delivery_precision: Precision = "minute"
    client_visible_comments: bool = False
    webhooks: bool = False
    redistribution: bool = False
    close: bool = False
    events: bool = False
    find_by_number: bool = False
    idempotent_posts: bool = False
    mails_client_on_comment: bool = False


def same_delivery(stands: datetime, wanted: datetime, precision: Precision) -> bool:
    """Whether `wanted` is set where an order's `due_at` says `stands`. A system that knows days only keeps the date that a time has in its
    own zone; the offset that it writes says which zone that is."""
    if precision == "day":
        return stands.date() == wanted.astimezone(stands.tzinfo).date()
    return abs(stands - wanted) < timedelta(minutes=1)
