"""One member of an answer of an order system: its value in the contract's kind, or WrongShape with its place.

What is optional is left out where it has another kind. Text is free of NUL and lone surrogates.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mailbot.model.money import Money
from mailbot.order_system.contract import WrongShape

Json = dict[str, Any]
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def an_object(item: Json, key: str, place: str) -> Json:
    value = item.get(key)
    if not isinstance(value, dict):
        raise wrong(f"{place}.{key}", "an object", value)
    return value


def objects(item: Json, key: str, place: str) -> list[Json]:
    value = a_list(item, key, place)
    for number, element in enumerate(value):
        if not isinstance(element, dict):
            raise wrong(f"{place}.{key}[{number}]", "an object", element)
    return value


def a_list(item: Json, key: str, place: str) -> list[Any]:
    value = item.get(key)
    if not isinstance(value, list):
        raise wrong(f"{place}.{key}", "a list", value)
    return value


def text(item: Json, key: str, place: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise wrong(f"{place}.{key}", "text", value)
    return clean(value)


def name(item: Json, key: str, place: str) -> str:
    """An id: text that is not empty and can stand in an index."""
    value = text(item, key, place)
    if not 0 < len(value) <= 256:
        raise wrong(f"{place}.{key}", "an id of 1 to 256 characters", value)
    return value


def one_of(item: Json, key: str, place: str, allowed: frozenset[str]) -> Any:
    value = item.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise wrong(f"{place}.{key}", " or ".join(sorted(allowed)), value)
    return value


def yes(item: Json, key: str, place: str) -> bool:
    value = item.get(key)
    if not isinstance(value, bool):
        raise wrong(f"{place}.{key}", "true or false", value)
    return value


def time(item: Json, key: str, place: str, *, as_written: bool = False) -> datetime:
    """In UTC; `as_written` keeps the offset, whose date counts where a system knows days only."""
    value = item.get(key)
    try:
        # Without an offset nobody knows when it was (the contract asks for one).
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise ValueError  # noqa: TRY301  # one refusal for every wrong shape
        written = datetime.fromisoformat(value.upper().replace(" ", "T"))
        there = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong(f"{place}.{key}", "an RFC 3339 time with an offset", value) from error
    return written if as_written else there


def optional_time(item: Json, key: str, place: str, *, as_written: bool = False) -> datetime | None:
    return None if item.get(key) is None else time(item, key, place, as_written=as_written)


def optional_text(item: Json, key: str) -> str:
    value = item.get(key)
    return clean(value) if isinstance(value, str) else ""


def web_address(item: Json, key: str) -> str:
    """Only http(s): such an address becomes a link on the desk."""
    value = optional_text(item, key)
    return value if value.startswith(("https://", "http://")) else ""


def texts(item: Json, key: str) -> tuple[str, ...]:
    value = item.get(key)
    return tuple(clean(v) for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def money(item: Json, key: str) -> Money | None:
    value = item.get(key)
    if not isinstance(value, dict):
        return None
    amount, currency = optional_text(value, "amount"), optional_text(value, "currency")
    return Money(Decimal(amount), currency) if _AMOUNT.fullmatch(amount) and _CURRENCY.fullmatch(currency) else None


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD; no database takes them."""
    return _NOT_TEXT.sub("�", text)


def wrong(place: str, wanted: str, value: object) -> WrongShape:
    got = "nothing" if value is None else repr(value)[:60]
    return WrongShape(f"the order system's answer is not as the contract says: {place} must be {wanted}, got {clean(got)}")
