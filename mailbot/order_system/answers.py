"""Answers of an order system as model values. Whatever comes, it is a value or Unavailable with the place that is wrong.

Required members (docs/order-system.openapi.yaml) must be there; an optional one of a wrong shape is left out, and a comment or event
of a wrong shape is told beside its page, so that a fault of a bridge hides no comment. Text is free of NUL and lone surrogates.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, get_args

from mailbot.errors import Unavailable
from mailbot.model.order import (
    Capabilities,
    ChargeAnswer,
    DeliveryRound,
    Order,
    OrderComment,
    OrderEvent,
    OrderImage,
    OrderStatus,
    Person,
)
from mailbot.order_system import members
from mailbot.order_system.contract import CommentPage, EventPage, UnreadableItem

Json = members.Json
T = TypeVar("T")

STATUSES: frozenset[str] = frozenset(get_args(OrderStatus))
ROLES = frozenset({"client", "staff", "system"})
VISIBILITIES = frozenset({"client", "internal"})
CHARGE_ANSWERS: frozenset[str] = frozenset(get_args(ChargeAnswer))
EVENT_TYPES = frozenset({"comment.created", "order.delivered", "order.status", "order.due_changed"})


def decode(body: bytes) -> Json:
    """A JSON object (RFC 8259). Raises Unavailable for everything else, whatever the bytes."""
    try:
        value = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"answer is not JSON ({str(error)[:80]})") from error
    if not isinstance(value, dict):
        raise members.wrong("answer", "an object", value)
    return value


def capabilities(answer: Json) -> Capabilities:
    found = {name: members.yes(answer, name, "capabilities") for name in Capabilities.__dataclass_fields__ if name != "delivery_precision"}
    day = members.one_of(answer, "delivery_precision", "capabilities", frozenset({"minute", "day"})) == "day"
    return Capabilities(**found, delivery_precision="day" if day else "minute")


def comment_page(answer: Json, cursor: str | None) -> CommentPage:
    items, unreadable = _page_items(answer, comment, "created_at")
    following, more = _next(answer, cursor)
    return CommentPage(items=items, next_cursor=following, has_more=more, unreadable=unreadable)


def event_page(answer: Json, cursor: str | None) -> EventPage:
    items, unreadable = _page_items(answer, event, "at")
    following, more = _next(answer, cursor)
    return EventPage(items=tuple(e for e in items if e is not None), next_cursor=following, has_more=more, unreadable=unreadable)


def orders(answer: Json) -> tuple[Order, ...]:
    """All or none: an order left out would make its number one that nobody knows."""
    return tuple(order(item, f"items[{n}]") for n, item in enumerate(members.objects(answer, "items", "answer")))


def comment(item: Json, place: str = "comment") -> OrderComment:
    author = members.an_object(item, "author", place)
    return OrderComment(
        id=members.name(item, "id", place),
        order_id=members.name(item, "order_id", place),
        role=members.one_of(author, "role", f"{place}.author", ROLES),
        created_at=members.time(item, "created_at", place),
        body=members.text(item, "body", place),
        visibility=members.one_of(item, "visibility", place, VISIBILITIES),
        author_id=members.optional_text(author, "id"),
        author_name=members.optional_text(author, "name"),
        author_email=members.optional_text(author, "email"),
        rejects_delivery=item.get("rejects_delivery") is True,
        charge_answer=_charge_answer(item),
        requests_redistribution=item.get("requests_redistribution") is True,
        external_id=members.optional_text(item, "external_id"),
        raw=_as_it_came(item),
    )


def event(item: Json, place: str = "event") -> OrderEvent | None:
    """None for a type that this version does not know: a system may tell more than we read."""
    kind = members.text(item, "type", place)
    if kind not in EVENT_TYPES:
        return None
    return OrderEvent(
        id=members.name(item, "id", place),
        type=members.one_of(item, "type", place, EVENT_TYPES),
        order_id=members.name(item, "order_id", place),
        at=members.time(item, "at", place),
    )


def order(item: Json, place: str = "order") -> Order:
    """Without ETag and `as_of`: those are facts of the answer, see `seen`."""
    order_id = members.name(item, "id", place)
    return Order(
        id=order_id,
        number=members.optional_text(item, "number") or order_id,
        status=members.one_of(item, "status", place, STATUSES),
        client=_person(members.an_object(item, "client", place), f"{place}.client"),
        style=members.text(item, "style", place),
        variables=_variables(item),
        specifications=members.optional_text(item, "specifications"),
        images=tuple(_image(i, f"{place}.images[{n}]") for n, i in enumerate(members.objects(item, "images", place))),
        delivered_at=members.optional_time(item, "delivered_at", place),
        due_at=members.optional_time(item, "due_at", place, as_written=True),
        placed_at=members.optional_time(item, "placed_at", place),
        account_manager=_manager(item, place),
        url=members.web_address(item, "url"),
        product=members.optional_text(item, "product"),
        distribution_targets=members.texts(item, "distribution_targets"),
        time_zone=members.optional_text(item, "time_zone"),
        charge=members.money(item, "charge"),
        plan=members.optional_text(item, "plan"),
        deliveries=_deliveries(item),
    )


def seen(found: Order, etag: str, as_of: datetime | None) -> Order:
    """The order with the ETag of its answer and the time of reading (the server's Date header)."""
    return replace(found, etag=members.clean(etag), as_of=as_of)


def _page_items(answer: Json, read: Callable[[Json, str], T], time: str) -> tuple[tuple[T, ...], tuple[UnreadableItem, ...]]:
    """(what is as the contract says, what is not). `time`: the member that says when."""
    good: list[T] = []
    bad: list[UnreadableItem] = []
    for number, item in enumerate(members.a_list(answer, "items", "answer")):
        place = f"items[{number}]"
        try:
            if not isinstance(item, dict):
                raise members.wrong(place, "an object", item)  # one way out for whatever is wrong with an item
            good.append(read(item, place))
        except Unavailable as error:
            bad.append(_unreadable(item, str(error), time))
    return tuple(good), tuple(bad)


def _unreadable(item: object, because: str, time: str) -> UnreadableItem:
    at: datetime | None = None
    name = ""
    if isinstance(item, dict):
        with contextlib.suppress(Unavailable):
            at = members.time(item, time, "")
        with contextlib.suppress(Unavailable):
            name = members.name(item, "id", "")
    return UnreadableItem(raw=_as_it_came(item), because=because, id=name, at=at)


def _as_it_came(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _next(answer: Json, cursor: str | None) -> tuple[str, bool]:
    following, more = members.text(answer, "next_cursor", "answer"), members.yes(answer, "has_more", "answer")
    if more and (following in (cursor, "")):
        # Followed blindly this would read the same page for ever.
        raise Unavailable("answer.has_more is true but answer.next_cursor does not move")
    return following, more


def _person(item: Json, place: str) -> Person:
    emails = tuple(e.lower() for e in members.texts(item, "emails"))
    return Person(id=members.name(item, "id", place), name=members.optional_text(item, "name"), emails=emails)


def _manager(item: Json, place: str) -> Person | None:
    value = item.get("account_manager")
    return _person(value, f"{place}.account_manager") if isinstance(value, dict) else None


def _image(item: Json, place: str) -> OrderImage:
    return OrderImage(
        id=members.name(item, "id", place),
        name=members.optional_text(item, "name"),
        room=members.optional_text(item, "room"),
        preview_url=members.web_address(item, "preview_url"),
    )


def _variables(item: Json) -> tuple[tuple[str, str | float | bool], ...]:
    value = item.get("variables")
    if not isinstance(value, dict):
        return ()
    kept: list[tuple[str, str | float | bool]] = []
    for name, level in value.items():
        if isinstance(level, str):
            kept.append((members.clean(name), members.clean(level)))
        elif isinstance(level, bool | int | float):
            kept.append((members.clean(name), level))
    return tuple(kept)


def _charge_answer(item: Json) -> ChargeAnswer | None:
    value = item.get("charge_answer")
    return value if isinstance(value, str) and value in CHARGE_ANSWERS else None  # type: ignore[return-value]  # one of the two words


def _deliveries(item: Json) -> tuple[DeliveryRound, ...]:
    """A round of a wrong shape is left out."""
    value = item.get("deliveries")
    found = []
    for round_ in value if isinstance(value, list) else ():
        if isinstance(round_, dict):
            with contextlib.suppress(Unavailable):
                found.append(DeliveryRound(at=members.time(round_, "at", "delivery"), images=members.texts(round_, "images")))
    return tuple(sorted(found, key=lambda d: d.at))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
