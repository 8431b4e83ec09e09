"""Who works on what alone, for a while: a mailbox, a tick. Ends by itself when its holder dies."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_

from mailbot.record.columns import insert
from mailbot.record.tables import lease


def take(c: Connection, name: str, holder: str, seconds: float, now: datetime) -> bool:
    """True where the lease was free, had ended, or is the holder's already; it then lasts `seconds` from now."""
    statement = insert(c, lease).values(name=name, holder=holder, until=now + timedelta(seconds=seconds))
    free = or_(lease.c.holder == holder, lease.c.until <= now)
    changes = {"holder": statement.excluded.holder, "until": statement.excluded.until}
    wanted = statement.on_conflict_do_update(index_elements=["name"], set_=changes, where=free).returning(lease.c.name)
    return c.execute(wanted).first() is not None  # drivers count no inserted rows alike


def release(c: Connection, name: str, holder: str) -> bool:
    """False where it was not the holder's any more."""
    return c.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder)).rowcount == 1
