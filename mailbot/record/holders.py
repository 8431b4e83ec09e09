"""Who holds claims and leases, and freeing what a dead process held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, union, update

from mailbot.record.columns import fixed
from mailbot.record.outbox import INTERRUPTED
from mailbot.record.tables import action, lease, message


def all_holders(c: Connection) -> set[str]:
    """Everyone who holds a lease, a message or an action now."""
    held = union(
        select(lease.c.holder),
        select(message.c.lease_by).where(message.c.state == fixed("new"), message.c.lease_by.is_not(None)),
        select(action.c.lease_by).where(action.c.state == fixed("queued"), action.c.lease_by.is_not(None)),
        select(action.c.lease_by).where(action.c.state == fixed("sending")),
    )
    return {str(holder) for holder in c.execute(held).scalars() if holder}


def free(c: Connection, holders: Collection[str], now: datetime) -> int:
    """Ends everything these held; attempts stay counted. Their actions on the wire become uncertain (I7): how many."""
    if not holders:
        return 0
    nobody = {"lease_by": None, "lease_until": None}
    c.execute(delete(lease).where(lease.c.holder.in_(holders)))
    c.execute(update(message).where(message.c.state == fixed("new"), message.c.lease_by.in_(holders)).values(nobody))
    c.execute(update(action).where(action.c.state == fixed("queued"), action.c.lease_by.in_(holders)).values(nobody))
    sending = (action.c.state == fixed("sending"), action.c.lease_by.in_(holders))
    return c.execute(update(action).where(*sending).values(state="uncertain", because=INTERRUPTED, finished_at=now, **nobody)).rowcount
