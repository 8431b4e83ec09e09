"""Claims and leases of one holder, over all tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, union, update

from mailbot.record.columns import fixed
from mailbot.record.tables import action, lease, message


def all_holders(c: Connection) -> tuple[str, ...]:
    """Everybody who holds a lease or a claim now."""
    rows = union(
        select(lease.c.holder),
        select(message.c.lease_by).where(message.c.state == fixed("new"), message.c.lease_by.is_not(None)),
        select(action.c.lease_by).where(action.c.state.in_([fixed("queued"), fixed("sending")]), action.c.lease_by.is_not(None)),
    )
    return tuple(sorted(holder for holder in c.execute(rows).scalars() if holder))


def free(c: Connection, dead: Collection[str], now: datetime) -> int:
    """Ends every lease and claim of these holders. What they had on the wire becomes uncertain (I7); returns how many that were."""
    c.execute(lease.delete().where(lease.c.holder.in_(dead)))
    c.execute(update(message).where(message.c.state == "new", message.c.lease_by.in_(dead)).values(lease_by=None, lease_until=None))
    c.execute(update(action).where(action.c.state == "queued", action.c.lease_by.in_(dead)).values(lease_by=None, lease_until=None))
    because = "the process was killed while this was being sent; nobody knows whether it was accepted"
    on_the_wire = (action.c.state == "sending", action.c.lease_by.in_(dead))
    return c.execute(update(action).where(*on_the_wire).values(state="uncertain", because=because, finished_at=now)).rowcount
