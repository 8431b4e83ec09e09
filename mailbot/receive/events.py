"""The events feed of an order system, read by its cursor: what happened on orders without a comment (delivered, status, due time)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from mailbot.model.message import ReceivedMessage
from mailbot.model.order import OrderEvent
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.comments import OVERLAP, as_they_came, read_on


class NewEvents(NamedTuple):
    """`events` oldest first, each once. `unreadable` is to be kept, and so set aside (P7), before the cursor moves."""

    events: tuple[OrderEvent, ...]
    next_cursor: str
    more: bool
    unreadable: tuple[ReceivedMessage, ...]


def new_events(
    system: OrderSystem,
    cursor: str | None,
    since: datetime | None,
    seen: Collection[str] = (),
    limit: int = 100,
    *,
    just_given: bool = False,
) -> NewEvents:
    """Events after the cursor without those of `seen` (ids, see `to_remember`). `since`: the time of the newest event that was read.

    Where the cursor is too old the feed is read again from `since` with overlap; without `since` CursorTooOld is raised.
    `just_given`: the cursor came with the page before. Raises Unavailable.
    """
    page = read_on(lambda c, s: system.events(c, s, limit), cursor, since, just_given=just_given)
    once = {e.id: e for e in page.items if e.id not in seen}
    broken = as_they_came(f"{system.name}:events", page.unreadable, [e.at for e in page.items], since)
    return NewEvents(tuple(once.values()), page.next_cursor, page.has_more, tuple(broken))


def to_remember(
    seen: Mapping[str, datetime], events: Sequence[OrderEvent], since: datetime, now: datetime
) -> tuple[datetime, dict[str, datetime]]:
    """(the next `since`, ids and times of the events that an overlap from there can bring again).

    `since` never goes back, and never into the future: a clock that is wrong there must not hide, after a lost cursor, what happens
    until that time.
    """
    until = min(max((e.at for e in events), default=since), now)
    until = max(until, since)
    known = {**seen, **{e.id: e.at for e in events}}
    return until, {i: at for i, at in known.items() if at >= until - OVERLAP}
