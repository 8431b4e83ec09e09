"""How far each place was read (a mailbox, or an order system's comments), since when it is live, how its last poll ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, or_, select

from mailbot.record import columns
from mailbot.record.tables import mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a place was read. `uidvalidity` 0: never read. `checkpoint`: the highest UID below which all are kept."""

    place: str
    uidvalidity: int = 0
    checkpoint: int = 0
    go_live: datetime | None = None
    last_ok_at: datetime | None = None
    last_error: str = ""


def place_of(c: Connection, place: str) -> Place:
    row = c.execute(select(mailbox).where(mailbox.c.place == place)).mappings().one_or_none()
    return Place(**row) if row else Place(place=place)


def places(c: Connection) -> tuple[Place, ...]:
    """Every place that was ever read."""
    rows = c.execute(select(mailbox).order_by(mailbox.c.place)).mappings()
    return tuple(Place(**row) for row in rows)


def advance(c: Connection, place: str, uidvalidity: int, checkpoint: int, now: datetime) -> None:
    """Sets epoch and checkpoint; within an epoch it never goes back (a slow second poller cannot undo the first)."""
    t = mailbox
    new = columns.insert(c, t).values(place=place, uidvalidity=uidvalidity, checkpoint=checkpoint, last_ok_at=now)
    forward = or_(t.c.uidvalidity != uidvalidity, t.c.checkpoint < checkpoint)
    changes = {"uidvalidity": uidvalidity, "checkpoint": checkpoint}
    c.execute(new.on_conflict_do_update(index_elements=["place"], set_=changes, where=forward))


def go_live(c: Connection, place: str, since: datetime) -> datetime:
    """The place's go-live time: the stored one, else `since`, which is then stored (P9)."""
    t = mailbox
    new = columns.insert(c, t).values(place=place, go_live=since)
    c.execute(new.on_conflict_do_update(index_elements=["place"], set_={"go_live": since}, where=t.c.go_live.is_(None)))
    return cast(datetime, c.execute(select(t.c.go_live).where(t.c.place == place)).scalar_one())


def seen(c: Connection, place: str, now: datetime, error: str | None, problem: str = "") -> None:
    """A poll ended well (`error` None) or failed; a failure leaves the time of the last success. `problem`: what a person must mend
    although the poll ended well."""
    values: dict[str, Any] = {"last_error": error} if error is not None else {"last_error": problem, "last_ok_at": now}
    new = columns.insert(c, mailbox).values(place=place, **values)
    c.execute(new.on_conflict_do_update(index_elements=["place"], set_=values))
