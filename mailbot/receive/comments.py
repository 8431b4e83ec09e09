"""Order comments -> ReceivedMessage. The cursor is the truth (I10); a webhook only wakes whoever calls this."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.model.order import OrderComment
from mailbot.order_system.contract import CursorTooOld, OrderSystem

OVERLAP = timedelta(minutes=10)


def new_comments(
    system: OrderSystem, cursor: str | None, since: datetime | None, limit: int = 100
) -> tuple[list[ReceivedMessage], str, bool]:
    """(messages oldest first, cursor for the next call, whether there are more now).

    Comments of ours and of the system come too; the checks recognise them. Where the cursor is too old it is read again from
    `since` with overlap (comments seen before are recognised by their fingerprint); without `since` CursorTooOld is raised.
    Raises Unavailable.
    """
    try:
        page = system.comments(cursor or None, None if cursor else since, limit)
    except CursorTooOld:
        if not cursor or since is None:
            raise
        page = system.comments(None, since - OVERLAP, limit)
    return [_received(system.name, c) for c in page.items], page.next_cursor, page.has_more


def fingerprint(place: str, comment_id: str) -> str:
    """Hex sha256; the length of the place keeps ("a", "bc") and ("ab", "c") apart."""
    text = f"comment\n{len(place)}\n{place}\n{comment_id}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _received(place: str, comment: OrderComment) -> ReceivedMessage:
    return ReceivedMessage(
        source="order_comment",
        sighting=Sighting(place=place, comment_id=comment.id),
        received_at=comment.created_at,
        fingerprint=fingerprint(place, comment.id),
        raw=comment.raw,
        size=len(comment.raw),
    )
