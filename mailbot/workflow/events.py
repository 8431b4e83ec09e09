"""The events feed by its cursor: each event is followed before the cursor moves, so that a kill repeats and loses nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime

from mailbot.model.order import OrderEvent
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.events import NewEvents, new_events, to_remember
from mailbot.record import journal, locks, settings_store
from mailbot.workflow.parts import Parts

Follow = Callable[[OrderEvent], int]


def read_events(parts: Parts, system: OrderSystem, since: datetime, stop: threading.Event, follow: Follow) -> int:
    """Follows the feed until there is no more; the sum of what `follow` answered. `since`: where it is read from the first time.

    `follow` has transactions of its own, and must take an event that it knows already. Raises Unavailable.
    """
    done, just_given = 0, False
    while not stop.is_set():
        cursor, start, seen = _where(parts, system.name, since)
        page = new_events(system, cursor, start, seen, just_given=just_given)
        done += sum(follow(event) for event in page.events)
        _move(parts, system.name, page, cursor, start, seen)
        just_given = True
        if not page.more:
            break
    return done


def _where(parts: Parts, place: str, since: datetime) -> tuple[str | None, datetime, dict[str, datetime]]:
    with parts.db.reading() as c:
        cursor = settings_store.get(c, f"cursor:events:{place}")
        until = settings_store.get(c, f"events_until:{place}")
        seen = json.loads(settings_store.get(c, f"events_seen:{place}") or "{}")
    return cursor, datetime.fromisoformat(until) if until else since, {i: datetime.fromisoformat(at) for i, at in seen.items()}


def _move(parts: Parts, place: str, page: NewEvents, cursor: str | None, since: datetime, seen: dict[str, datetime]) -> None:
    """The cursor moves once everything on the page was followed; what nobody can read is kept with it (P7)."""
    with parts.db.transaction() as c:
        locks.hold(c, [f"events:{place}"])
        if settings_store.get(c, f"cursor:events:{place}") != cursor:
            return  # another process was faster: its cursor may be further on
        now = parts.db.now(c)
        journal.keep(c, page.unreadable, now)
        until, remembered = to_remember(seen, page.events, since, now)
        settings_store.put(c, f"cursor:events:{place}", page.next_cursor)
        settings_store.put(c, f"events_until:{place}", until.isoformat())
        settings_store.put(c, f"events_seen:{place}", json.dumps({id_: at.isoformat() for id_, at in remembered.items()}))
    if page.unreadable:
        parts.wake.handle.set()
