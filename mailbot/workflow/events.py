"""The events feed -> what follows from it, in the transaction that moves the cursor: a kill between the two repeats, and loses nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from mailbot.model.order import OrderEvent
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.events import NewEvents, new_events, to_remember
from mailbot.record import journal, locks, settings_store
from mailbot.record.database import Connection
from mailbot.workflow.parts import Parts
from mailbot.workflow.poll import BEFORE_FIRST_POLL

Write = Callable[[Connection, datetime], None]
Follow = Callable[[Sequence[OrderEvent]], tuple[Collection[str], Write]]


def poll_events(parts: Parts, system: OrderSystem, stop: threading.Event, follow: Follow) -> int:
    """Reads the feed until there is no more; returns how many events were new (0 where the system has no feed). Raises Unavailable.

    `follow` is called outside any transaction, so that it may ask the order system. What it returns: the locks that it needs beside
    those of the events' orders (`ticket:7`), and what writes in the cursor's transaction.
    """
    if not system.capabilities().events:
        return 0
    found, just_given = 0, False
    while not stop.is_set():
        cursor, since, seen = _where(parts, system.name)
        read = new_events(system, cursor, since, seen, just_given=just_given)
        keys, write = follow(read.events) if read.events else ((), None)
        with parts.db.transaction() as c:
            locks.hold(c, {f"events:{system.name}", *(f"order:{e.order_id}" for e in read.events), *keys})
            if settings_store.get(c, f"cursor:events:{system.name}") != cursor:
                continue  # another process was faster
            now = parts.db.now(c)
            journal.keep(c, read.unreadable, now)
            if write:
                write(c, now)
            _move(c, system.name, read, to_remember(seen, read.events, since, now))
        found, just_given = found + len(read.events), True
        if read.unreadable:
            parts.wake.handle.set()
        if not read.more:
            break
    return found


def _where(parts: Parts, place: str) -> tuple[str | None, datetime, dict[str, datetime]]:
    with parts.db.transaction() as c:
        live_since = journal.go_live(c, place, parts.go_live.get(place, parts.db.now(c) - BEFORE_FIRST_POLL))
        until = settings_store.get(c, f"events_until:{place}")
        seen = json.loads(settings_store.get(c, f"events_seen:{place}") or "{}")
        since = datetime.fromisoformat(until) if until else parts.go_live.get(place, live_since)
        cursor = settings_store.get(c, f"cursor:events:{place}")
    return cursor, since, {i: datetime.fromisoformat(at) for i, at in seen.items()}


def _move(c: Connection, place: str, read: NewEvents, remembered: tuple[datetime, Mapping[str, datetime]]) -> None:
    settings_store.put(c, f"cursor:events:{place}", read.next_cursor)
    if read.events:
        until, seen = remembered
        settings_store.put(c, f"events_until:{place}", until.isoformat())
        settings_store.put(c, f"events_seen:{place}", json.dumps({i: at.isoformat() for i, at in seen.items()}))
