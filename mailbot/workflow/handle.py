"""claim -> parse -> check -> gather -> transaction: locks, look up, decide, render, record. All of a batch, or nothing of it (I4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mailbot.errors import Unavailable
from mailbot.record import addresses, claims, journal, locks, outbox, tickets
from mailbot.record.database import Connection
from mailbot.workflow import compose
from mailbot.workflow.batch import Batch, begin_batch, decide_one, lock_keys, wants_of
from mailbot.workflow.gather import gather, remember
from mailbot.workflow.parts import Live, Parts, log
from mailbot.workflow.understand import NotUnderstood, Understood, hosts_of, understand

BATCH = 50
Disposition = Literal["on_ticket", "recorded", "set_aside"]


def handle(parts: Parts, limit: int = BATCH) -> int:
    """Handles one claimed batch; returns how many messages it took (0: nothing waits)."""
    with parts.db.transaction() as c:
        owed = set(parts.owed)
        claims.give_back(c, owed, parts.holder)
        claimed = claims.claim(c, limit, parts.db.now(c), parts.holder)
    parts.owed -= owed
    if not claimed:
        return 0
    live = parts.live
    good, bad = understand(claimed, live.rules.words, parts.own, parts.marks, hosts_of(parts.company))
    _put_aside(parts, bad)
    try:
        _handle_batch(parts, live, good)
    except Unavailable:
        _give_back(parts, good)
        raise
    except Exception as error:
        log.warning("batch_failed", messages=len(good), because=repr(error))
        _one_by_one(parts, live, good)
    parts.wake.drain.set()
    return len(claimed)


def _handle_batch(parts: Parts, live: Live, good: Sequence[Understood]) -> None:
    if not good:
        return
    wants = wants_of(parts, good)
    gathered = gather(parts, wants)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        locks.hold(c, lock_keys(good, wants, gathered))
        remember(parts, gathered, c, now)
        batch = begin_batch(c, parts, live, good, wants, gathered, now)
        for understood, want in zip(good, wants, strict=True):
            decide_one(batch, understood, want)
        _write(c, batch)
        parts.db.notify(c, "drain")
    for told in batch.told:
        parts.tell("handled", told)


def _write(c: Connection, batch: Batch) -> None:
    """All of the batch in a handful of statements."""
    tickets.insert(c, list(batch.opened.values()), batch.now)
    tickets.save(c, list(batch.changed.values()), batch.now)
    journal.settle(c, batch.settled, batch.now)
    outbox.queue(c, batch.actions, batch.now)
    tickets.log(c, batch.log, batch.now)
    for address in batch.bounced:
        addresses.mark_bounced(c, address, batch.now)


def _one_by_one(parts: Parts, live: Live, good: Sequence[Understood]) -> None:
    """A poison message must not use up its neighbours' attempts (I5)."""
    for position, understood in enumerate(good):
        try:
            _handle_batch(parts, live, [understood])
        except Unavailable:
            _give_back(parts, good[position:])
            raise
        except Exception as error:  # counted, shown, and set aside after three (I5, P7)
            log.error("message_failed", message=understood.claimed.id, because=repr(error))
            with parts.db.transaction() as c:
                claims.failed(c, [understood.claimed.id], f"{type(error).__name__}: {error}", parts.db.now(c))


def _give_back(parts: Parts, good: Sequence[Understood]) -> None:
    """The database is away or full: that is no fault of these messages, so no attempt is counted."""
    ids = {u.claimed.id for u in good}
    try:
        with parts.db.transaction() as c:
            claims.give_back(c, ids, parts.holder)
    except Unavailable:
        parts.owed |= ids


def _put_aside(parts: Parts, bad: Sequence[NotUnderstood]) -> None:
    if not bad:
        return
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        for one in bad:
            if one.lasting:
                journal.set_aside(c, one.claimed.id, one.because, now)
            else:
                claims.failed(c, [one.claimed.id], one.because, now)
    for one in bad:
        log.warning("message_not_understood", message=one.claimed.id, because=one.because)
        parts.tell("handled", compose.told_set_aside(one))
