"""Order comments -> ReceivedMessage. The cursor is the truth (I10); a webhook only wakes whoever calls this."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from mailbot.errors import Unavailable
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.model.order import OrderComment
from mailbot.order_system.contract import CursorTooOld, OrderSystem, UnreadableItem

OVERLAP = timedelta(minutes=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Page = TypeVar("Page")


def new_comments(
    system: OrderSystem, cursor: str | None, since: datetime | None, limit: int = 100, *, just_given: bool = False
) -> tuple[list[ReceivedMessage], str, bool]:
    """(messages oldest first, cursor for the next call, whether there are more now).

    Comments of ours and of the system come too; the checks recognise them. One that is not as the contract says comes as it is, so
    that it is kept and set aside (P7). Where the cursor is too old it is read again from `since` with overlap (comments seen before
    are recognised by their fingerprint); without `since` CursorTooOld is raised. `just_given`: the cursor came with the page before.
    Raises Unavailable.
    """
    page = read_on(lambda c, s: system.comments(c, s, limit), cursor, since, just_given=just_given)
    whole = [_received(system.name, c) for c in page.items]
    return [*whole, *as_they_came(system.name, page.unreadable, [m.received_at for m in whole], since)], page.next_cursor, page.has_more


def read_on(read: Callable[[str | None, datetime | None], Page], cursor: str | None, since: datetime | None, *, just_given: bool) -> Page:
    """The page after the cursor; without one, or where it is too old, from `since` (then with overlap)."""
    try:
        return read(cursor or None, None if cursor else since)
    except CursorTooOld as error:
        if not cursor or since is None:
            raise
        if just_given:
            # From `since` the same page would come again, for ever.
            raise Unavailable(f"the order system does not know the cursor that it has just given ({error})") from error
        return read(None, since - OVERLAP)


def as_they_came(
    place: str, items: Sequence[UnreadableItem], neighbours: Sequence[datetime], since: datetime | None
) -> list[ReceivedMessage]:
    """What nobody can read, to be kept (P7). One without a time of its own arrived with its neighbours on the page, or after `since`.

    Without an id of its own its bytes are its identity, so that it is kept once.
    """
    arrived = min([*neighbours, *(i.at for i in items if i.at)], default=since or EPOCH)
    names = [i.id or f"unreadable-{hashlib.sha256(i.raw).hexdigest()[:32]}" for i in items]
    return [_kept(place, name, item.at or arrived, item.raw) for name, item in zip(names, items, strict=True)]


def fingerprint(place: str, comment_id: str) -> str:
    """Hex sha256; the length of the place keeps ("a", "bc") and ("ab", "c") apart."""
    text = f"comment\n{len(place)}\n{place}\n{comment_id}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def order_of(raw: bytes) -> str:
    """The id of the order that a kept comment is on; "" where its bytes do not say."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    order_id = found.get("order_id") if isinstance(found, dict) else None
    return order_id if isinstance(order_id, str) else ""


def _received(place: str, comment: OrderComment) -> ReceivedMessage:
    return _kept(place, comment.id, comment.created_at, comment.raw)


def _kept(place: str, name: str, at: datetime, raw: bytes) -> ReceivedMessage:
    return ReceivedMessage(
        source="order_comment",
        sighting=Sighting(place=place, comment_id=name),
        received_at=at,
        fingerprint=fingerprint(place, name),
        raw=raw,
        size=len(raw),
    )
