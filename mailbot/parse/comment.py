"""Order comments: the contract's Comment as JSON (order-system.openapi.yaml) to a ParsedMessage."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from mailbot.errors import Unreadable
from mailbot.model.message import Address, CommentFacts, Link, OwnMarks, ParsedMessage, ReceivedMessage
from mailbot.model.order import ChargeAnswer
from mailbot.parse import charset, header, marks

_REMEDY = "Ask the keeper of the order system what it sends, then run the comment again."
MAX_BODY = 1_000_000


def read(message: ReceivedMessage, raw: bytes, own: OwnMarks) -> ParsedMessage:
    """The body is the client's text as it stands: a comment quotes nothing, so nothing is cut from it."""
    data = _json(raw)
    author = data.get("author")
    author = author if isinstance(author, dict) else {}
    text = _text(str(data.get("body") or "")[:MAX_BODY])
    address = header.tidy(_string(author, "email")).lower()
    parsed = ParsedMessage(
        source="order_comment",
        sender=Address(header.tidy(_string(author, "name"))[:200], address if "@" in address else ""),
        date=_when(data.get("created_at")) or message.received_at,
        text=text,
        links=tuple(dict.fromkeys(Link(url=s.words, start=s.start, end=s.end) for s in marks.links(text))),
        comment=_facts(data, author),
    )
    folded = " ".join(marks.fold(text).split())
    ours = any(len(p) >= 8 and " ".join(marks.fold(p).split()) in folded for p in own.phrases)
    return replace(parsed, own_text=ours and parsed.comment is not None and parsed.comment.role != "client")


def _json(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(charset.decode(raw, "utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The order comment is no JSON ({str(error)[:80]}). {_REMEDY}") from None
    if not isinstance(data, dict):
        raise Unreadable(f"The order comment is no JSON object. {_REMEDY}")
    missing = [name for name in ("id", "order_id") if not _string(data, name)] + ["body"] * ("body" not in data)
    if missing:
        raise Unreadable(f"The order comment lacks {', '.join(missing)}. {_REMEDY}")
    return data


def _facts(data: dict[str, Any], author: dict[str, Any]) -> CommentFacts:
    """What no word of the contract says is read with care: a colleague's comment for the client is only one that says so."""
    role = _role(author)
    seen_by_client = data.get("visibility") == "client" or (role == "client" and data.get("visibility") != "internal")
    return CommentFacts(
        comment_id=_string(data, "id"),
        order_id=_string(data, "order_id"),
        role=role,
        visibility="client" if seen_by_client else "internal",
        author_id=_string(author, "id"),
        rejects_delivery=data.get("rejects_delivery") is True,
        charge_answer=_charge_answer(data),
        requests_redistribution=data.get("requests_redistribution") is True,
        external_id=_string(data, "external_id"),
    )


def _role(author: dict[str, Any]) -> Literal["client", "staff", "system"]:
    """Whoever it is, is no guess: our own comment taken for a client's would be answered, and the answer again."""
    for role in ("client", "staff", "system"):
        if author.get("role") == role:
            return role
    told = header.tidy(charset.clean(repr(author.get("role"))))[:60]
    raise Unreadable(f"The order comment's author.role must be client, staff or system, not {told}. {_REMEDY}")


def _charge_answer(data: dict[str, Any]) -> ChargeAnswer | None:
    """Which button was pressed under a charge. Text never counts as an agreement (P24)."""
    value = data.get("charge_answer")
    if value == "agreed":
        return "agreed"
    return "objected" if value == "objected" else None


def _string(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return header.tidy(charset.clean(str(value)))[:500] if isinstance(value, (str, int)) else ""


def _text(body: str) -> str:
    return marks.without_invisible(charset.clean(body).replace("\r\n", "\n").replace("\r", "\n")).strip()


def _when(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
