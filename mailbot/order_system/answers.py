"""Answers of an order system as model values. Whatever comes, it is a value or Unavailable with the place that is wrong.

Required members (docs/order-system.openapi.yaml) must be there; an optional one of a wrong shape is left out, and a comment or event
of a wrong shape is told beside its page, so that a fault of a bridge hides no comment. Text is free of NUL and lone surrogates.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_args

from mailbot.errors import Unavailable
from mailbot.model.money import Money
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
from mailbot.order_system.contract import CommentPage, EventPage, UnreadableItem, WrongShape

Json = dict[str, Any]
T = TypeVar("T")

STATUSES: frozenset[str] = frozenset(get_args(OrderStatus))
ROLES = frozenset({"client", "staff", "system"})
VISIBILITIES = frozenset({"client", "internal"})
CHARGE_ANSWERS: frozenset[str] = frozenset(get_args(ChargeAnswer))
EVENT_TYPES = frozenset({"comment.created", "order.delivered", "order.status", "order.due_changed"})
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def decode(body: bytes) -> Json:
    """A JSON object (RFC 8259). Raises Unavailable for everything else, whatever the bytes."""
    try:
        value = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"answer is not JSON ({str(error)[:80]})") from error
    if not isinstance(value, dict):
        raise _wrong("answer", "an object", value)
    return value


def capabilities(answer: Json) -> Capabilities:
    found = {name: _yes(answer, name, "capabilities") for name in Capabilities.__dataclass_fields__ if name != "delivery_precision"}
    day = _one_of(answer, "delivery_precision", "capabilities", frozenset({"minute", "day"})) == "day"
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
    return tuple(order(item, f"items[{n}]") for n, item in enumerate(_objects(answer, "items", "answer")))


def comment(item: Json, place: str = "comment") -> OrderComment:
    author = _object(item, "author", place)
    return OrderComment(
        id=_name(item, "id", place),
        order_id=_name(item, "order_id", place),
        role=_one_of(author, "role", f"{place}.author", ROLES),
        created_at=_time(item, "created_at", place),
        body=_text(item, "body", place),
        visibility=_one_of(item, "visibility", place, VISIBILITIES),
        author_id=_optional_text(author, "id"),
        author_name=_optional_text(author, "name"),
        author_email=_optional_text(author, "email"),
        rejects_delivery=item.get("rejects_delivery") is True,
        charge_answer=_charge_answer(item),
        requests_redistribution=item.get("requests_redistribution") is True,
        external_id=_optional_text(item, "external_id"),
        raw=_as_it_came(item),
    )


def event(item: Json, place: str = "event") -> OrderEvent | None:
    """None for a type that this version does not know: a system may tell more than we read."""
    kind = _text(item, "type", place)
    if kind not in EVENT_TYPES:
        return None
    return OrderEvent(
        id=_name(item, "id", place),
        type=_one_of(item, "type", place, EVENT_TYPES),
        order_id=_name(item, "order_id", place),
        at=_time(item, "at", place),
    )


def order(item: Json, place: str = "order") -> Order:
    """Without ETag and `as_of`: those are facts of the answer, see `seen`."""
    order_id = _name(item, "id", place)
    return Order(
        id=order_id,
        number=_optional_text(item, "number") or order_id,
        status=_one_of(item, "status", place, STATUSES),
        client=_person(_object(item, "client", place), f"{place}.client"),
        style=_text(item, "style", place),
        variables=_variables(item),
        specifications=_optional_text(item, "specifications"),
        images=tuple(_image(i, f"{place}.images[{n}]") for n, i in enumerate(_objects(item, "images", place))),
        delivered_at=_optional_time(item, "delivered_at", place),
        due_at=_optional_time(item, "due_at", place, as_written=True),
        placed_at=_optional_time(item, "placed_at", place),
        account_manager=_manager(item, place),
        url=_web_address(item, "url"),
        product=_optional_text(item, "product"),
        distribution_targets=_texts(item, "distribution_targets"),
        time_zone=_optional_text(item, "time_zone"),
        charge=_money(item, "charge"),
        plan=_optional_text(item, "plan"),
        deliveries=_deliveries(item),
    )


def seen(found: Order, etag: str, as_of: datetime | None) -> Order:
    """The order with the ETag of its answer and the time of reading (the server's Date header)."""
    return replace(found, etag=clean(etag), as_of=as_of)


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD; no database takes them."""
    return _NOT_TEXT.sub("�", text)


def _page_items(answer: Json, read: Callable[[Json, str], T], time: str) -> tuple[tuple[T, ...], tuple[UnreadableItem, ...]]:
    """(what is as the contract says, what is not). `time`: the member that says when."""
    good: list[T] = []
    bad: list[UnreadableItem] = []
    for number, item in enumerate(_list(answer, "items", "answer")):
        place = f"items[{number}]"
        try:
            if not isinstance(item, dict):
                raise _wrong(place, "an object", item)  # one way out for whatever is wrong with an item
            good.append(read(item, place))
        except Unavailable as error:
            bad.append(_unreadable(item, str(error), time))
    return tuple(good), tuple(bad)


def _unreadable(item: object, because: str, time: str) -> UnreadableItem:
    at: datetime | None = None
    name = ""
    if isinstance(item, dict):
        with contextlib.suppress(Unavailable):
            at = _time(item, time, "")
        with contextlib.suppress(Unavailable):
            name = _name(item, "id", "")
    return UnreadableItem(raw=_as_it_came(item), because=because, id=name, at=at)


def _as_it_came(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _next(answer: Json, cursor: str | None) -> tuple[str, bool]:
    following, more = _text(answer, "next_cursor", "answer"), _yes(answer, "has_more", "answer")
    if more and (following in (cursor, "")):
        # Followed blindly this would read the same page for ever.
        raise Unavailable("answer.has_more is true but answer.next_cursor does not move")
    return following, more


def _person(item: Json, place: str) -> Person:
    emails = tuple(e.lower() for e in _texts(item, "emails"))
    return Person(id=_name(item, "id", place), name=_optional_text(item, "name"), emails=emails)


def _manager(item: Json, place: str) -> Person | None:
    value = item.get("account_manager")
    return _person(value, f"{place}.account_manager") if isinstance(value, dict) else None


def _image(item: Json, place: str) -> OrderImage:
    return OrderImage(
        id=_name(item, "id", place),
        name=_optional_text(item, "name"),
        room=_optional_text(item, "room"),
        preview_url=_web_address(item, "preview_url"),
    )


def _variables(item: Json) -> tuple[tuple[str, str | float | bool], ...]:
    value = item.get("variables")
    if not isinstance(value, dict):
        return ()
    kept: list[tuple[str, str | float | bool]] = []
    for name, level in value.items():
        if isinstance(level, str):
            kept.append((clean(name), clean(level)))
        elif isinstance(level, bool | int | float):
            kept.append((clean(name), level))
    return tuple(kept)


def _charge_answer(item: Json) -> ChargeAnswer | None:
    value = item.get("charge_answer")
    return value if isinstance(value, str) and value in CHARGE_ANSWERS else None  # type: ignore[return-value]  # one of the two words


def _money(item: Json, key: str) -> Money | None:
    value = item.get(key)
    if not isinstance(value, dict):
        return None
    amount, currency = _optional_text(value, "amount"), _optional_text(value, "currency")
    return Money(Decimal(amount), currency) if _AMOUNT.fullmatch(amount) and _CURRENCY.fullmatch(currency) else None


def _deliveries(item: Json) -> tuple[DeliveryRound, ...]:
    """A round of a wrong shape is left out."""
    value = item.get("deliveries")
    found = []
    for round_ in value if isinstance(value, list) else ():
        if isinstance(round_, dict):
            with contextlib.suppress(Unavailable):
                found.append(DeliveryRound(at=_time(round_, "at", "delivery"), images=_texts(round_, "images")))
    return tuple(sorted(found, key=lambda d: d.at))


def _object(item: Json, key: str, place: str) -> Json:
    value = item.get(key)
    if not isinstance(value, dict):
        raise _wrong(f"{place}.{key}", "an object", value)
    return value


def _objects(item: Json, key: str, place: str) -> list[Json]:
    value = _list(item, key, place)
    for number, element in enumerate(value):
        if not isinstance(element, dict):
            raise _wrong(f"{place}.{key}[{number}]", "an object", element)
    return value


def _list(item: Json, key: str, place: str) -> list[Any]:
    value = item.get(key)
    if not isinstance(value, list):
        raise _wrong(f"{place}.{key}", "a list", value)
    return value


def _text(item: Json, key: str, place: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise _wrong(f"{place}.{key}", "text", value)
    return clean(value)


def _name(item: Json, key: str, place: str) -> str:
    """An id: text that is not empty and can stand in an index."""
    value = _text(item, key, place)
    if not 0 < len(value) <= 256:
        raise _wrong(f"{place}.{key}", "an id of 1 to 256 characters", value)
    return value


def _one_of(item: Json, key: str, place: str, allowed: frozenset[str]) -> Any:
    value = item.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise _wrong(f"{place}.{key}", " or ".join(sorted(allowed)), value)
    return value


def _yes(item: Json, key: str, place: str) -> bool:
    value = item.get(key)
    if not isinstance(value, bool):
        raise _wrong(f"{place}.{key}", "true or false", value)
    return value


def _time(item: Json, key: str, place: str, *, as_written: bool = False) -> datetime:
    """In UTC; `as_written` keeps the offset, whose date counts where a system knows days only."""
    value = item.get(key)
    try:
        # Without an offset nobody knows when it was (the contract asks for one).
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise ValueError  # noqa: TRY301  # one refusal for every wrong shape
        written = datetime.fromisoformat(value.upper().replace(" ", "T"))
        there = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(f"{place}.{key}", "an RFC 3339 time with an offset", value) from error
    return written if as_written else there


def _optional_time(item: Json, key: str, place: str, *, as_written: bool = False) -> datetime | None:
    return None if item.get(key) is None else _time(item, key, place, as_written=as_written)


def _optional_text(item: Json, key: str) -> str:
    value = item.get(key)
    return clean(value) if isinstance(value, str) else ""


def _web_address(item: Json, key: str) -> str:
    """Only http(s): such an address becomes a link on the desk."""
    value = _optional_text(item, key)
    return value if value.startswith(("https://", "http://")) else ""


def _texts(item: Json, key: str) -> tuple[str, ...]:
    value = item.get(key)
    return tuple(clean(v) for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _wrong(place: str, wanted: str, value: object) -> WrongShape:
    got = "nothing" if value is None else repr(value)[:60]
    return WrongShape(f"the order system's answer is not as the contract says: {place} must be {wanted}, got {clean(got)}")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
