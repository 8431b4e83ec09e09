"""receive.new_messages -> record.journal.keep -> commit; only then is the server touched (I1)."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.model.message import ReceivedMessage
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.comments import new_comments
from mailbot.receive.imap import Mailbox
from mailbot.record import journal, leases, mailboxes, settings_store
from mailbot.record.database import Connection
from mailbot.workflow import left_behind
from mailbot.workflow.left_behind import LeftBehind
from mailbot.workflow.parts import Parts

MAILBOX_LEASE = 90
FULL_SCAN_EVERY = timedelta(minutes=15)
BEFORE_FIRST_POLL = timedelta(hours=24)


@dataclass(slots=True)
class Polled:
    """What one poll brought."""

    kept: int = 0
    seen_again: int = 0
    moved: int = 0
    problems: tuple[str, ...] = ()


def poll_mailbox(parts: Parts, box: Mailbox, stop: threading.Event) -> Polled | None:
    """One poll of one mailbox, None where another process holds its lease. Raises Unavailable; `box` is then unusable."""
    place = box.access.name
    if not hold_mailbox(parts, place):
        return None
    folder = box.open()
    start = _where_to_start(parts, place, folder.uidvalidity)
    with parts.db.reading() as c:
        left = left_behind.load(c, place, folder.uidvalidity)
    polled = Polled()
    listed: set[int] = set()
    for window in box.listed(start, folder.uidnext):
        if stop.is_set() or not hold_mailbox(parts, place):
            return polled
        listed.update(left.given_up().intersection(window))
        _keep_window(parts, box, window, polled, left)
    if start == 1:
        left.forget(left.given_up() - listed)  # somebody deleted or moved them
    _tidy(parts, box, folder.uidvalidity, polled, stop)
    with parts.db.transaction() as c:
        left_behind.save(c, left)
        mailboxes.seen(c, place, parts.db.now(c), None, left.told())
    polled.problems = tuple(box.problems)
    return polled


def hold_mailbox(parts: Parts, place: str) -> bool:
    """Takes or renews the lease of a mailbox (90 s on the database's clock)."""
    with parts.db.transaction() as c:
        return leases.take(c, f"mailbox:{place}", parts.holder, MAILBOX_LEASE, parts.db.now(c))


def leave_mailbox(parts: Parts, place: str) -> None:
    """Gives the lease back, so that another machine goes on at once."""
    with parts.db.transaction() as c:
        leases.release(c, f"mailbox:{place}", parts.holder)


def poll_comments(parts: Parts, system: OrderSystem, stop: threading.Event) -> int:
    """Reads order comments by the system's cursor (I10) until there are no more; returns how many were new. Raises Unavailable."""
    place = system.name
    kept, just_given = 0, False
    while not stop.is_set():
        cursor, since = _comment_cursor(parts, place)
        messages, next_cursor, more = new_comments(system, cursor, since, just_given=just_given)
        just_given = True
        with parts.db.transaction() as c:
            now = parts.db.now(c)
            kept += sum(k.new for k in journal.keep(c, messages, now))
            if next_cursor:
                settings_store.put(c, f"cursor:{place}", next_cursor)
            if messages:
                # A time of the future would leave out, after a lost cursor, all that is written until then.
                until = min(max(m.received_at for m in messages), now)
                settings_store.put(c, f"comments_until:{place}", until.isoformat())
            mailboxes.seen(c, place, now, None)
        if messages:
            parts.wake.handle.set()
        if not more:
            break
    return kept


def note_failure(parts: Parts, place: str, because: str) -> None:
    """Remembers why a source cannot be read, for the desk and `doctor`."""
    with parts.db.transaction() as c:
        mailboxes.seen(c, place, parts.db.now(c), because)


def go_live_times(parts: Parts, c: Connection) -> dict[str, datetime]:
    """By place, the time before which messages are only kept (P9): configured, else 24 h before the first poll."""
    stored = {m.place: m.go_live for m in mailboxes.places(c) if m.go_live is not None}
    return stored | dict(parts.go_live)


def _where_to_start(parts: Parts, place: str, uidvalidity: int) -> int:
    """The first UID to list: 1 after a new UIDVALIDITY (I2) and every 15 minutes, else behind the checkpoint."""
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        state = mailboxes.place_of(c, place)
        mailboxes.go_live(c, place, parts.go_live.get(place, now - BEFORE_FIRST_POLL))
        key = f"full_scan:{place}"
        last = settings_store.get(c, key)
        due = last is None or now - datetime.fromisoformat(last) >= FULL_SCAN_EVERY
        if due or state.uidvalidity != uidvalidity:
            settings_store.put(c, key, now.isoformat())
            return 1
        return state.checkpoint + 1


def _keep_window(parts: Parts, box: Mailbox, window: list[int], polled: Polled, left: LeftBehind) -> None:
    place, uidvalidity = left.place, left.uidvalidity
    with parts.db.reading() as c:
        new = sorted(set(window) - journal.known_uids(c, place, uidvalidity, window))
    arrived: set[int] = set()
    for batch in box.fetch(new):
        with _files_removed(batch), parts.db.transaction() as c:
            now = parts.db.now(c)
            kept = journal.keep(c, batch, now)
        arrived |= {m.sighting.uid for m in batch}
        polled.kept += sum(k.new for k in kept)
        polled.seen_again += sum(not k.new for k in kept)
        parts.wake.handle.set()
    left.note(new, box.unfetched)
    _advance(parts, left, window, set(new) - arrived - left.given_up())


def _advance(parts: Parts, left: LeftBehind, window: list[int], missing: set[int]) -> None:
    """Moves the checkpoint to the end of the unbroken run: a UID that did not come is asked for again next time."""
    reached = [uid for uid in window if not missing or uid < min(missing)]
    if reached:
        with parts.db.transaction() as c:
            mailboxes.advance(c, left.place, left.uidvalidity, max(reached), parts.db.now(c))


def _tidy(parts: Parts, box: Mailbox, uidvalidity: int, polled: Polled, stop: threading.Event) -> None:
    """MOVE after commit, under the lease, after a fresh look: two sessions moving the same UIDs would double them (measured)."""
    place = box.access.name
    while box.can_move and not stop.is_set():
        with parts.db.reading() as c:
            waiting = journal.untidied(c, place, uidvalidity, 500)
        if not waiting or not hold_mailbox(parts, place):
            return
        there = box.still_there(waiting)
        if there:
            box.move(there)
        with parts.db.transaction() as c:
            journal.tidied(c, place, uidvalidity, waiting)
        polled.moved += len(there)


def _comment_cursor(parts: Parts, place: str) -> tuple[str | None, datetime]:
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        live_since = mailboxes.go_live(c, place, parts.go_live.get(place, now - BEFORE_FIRST_POLL))
        until = settings_store.get(c, f"comments_until:{place}")
        since = datetime.fromisoformat(until) if until else parts.go_live.get(place, live_since)
        return settings_store.get(c, f"cursor:{place}"), since


@contextlib.contextmanager
def _files_removed(batch: Sequence[ReceivedMessage]) -> Iterator[None]:
    """Large mails lie in files until they are committed."""
    try:
        yield
    finally:
        for message in batch:
            if message.raw_path:
                with contextlib.suppress(OSError):
                    os.unlink(message.raw_path)
