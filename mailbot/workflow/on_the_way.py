"""Comments that were kept and are not handled yet: news of their orders wait for them, those of all other orders do not.

What was written first is handled first: the comment may open the ticket that must hear of the delivery, or, handled after it, look like
a complaint about what was delivered. Events that wait are remembered apart from the feed, whose cursor moves on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from mailbot.model.order import OrderEvent
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.comments import order_of
from mailbot.record import claims, locks, settings_store
from mailbot.record.database import Connection
from mailbot.workflow.parts import Parts

PATIENCE = timedelta(minutes=30)
MOST = 500


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Order id -> when the first comment on it was kept that is not handled yet; as of `now`."""

    since: Mapping[str, datetime]
    now: datetime

    def holds(self, order_id: str, *, has_ticket: bool) -> bool:
        """A comment that nobody handles for half an hour keeps no ticket's client waiting; an order without a ticket has nobody to tell."""
        kept_at = self.since.get(order_id)
        return kept_at is not None and (not has_ticket or self.now - kept_at < PATIENCE)


def on_the_way(parts: Parts, system: OrderSystem) -> OnTheWay | None:
    """None where so many comments wait that the feed must wait too (a first start)."""
    with parts.db.reading() as c:
        kept = claims.unhandled(c, system.name, MOST + 1)
        now = parts.db.now(c)
    if len(kept) > MOST:
        return None
    since: dict[str, datetime] = {}
    for kept_at, raw in kept:
        since.setdefault(order_of(raw), kept_at)
    since.pop("", None)  # nobody can read it: it is set aside
    return OnTheWay(since, now)


def owed(parts: Parts, system: OrderSystem) -> list[OrderEvent]:
    """Events that waited for a comment, in the order of the feed."""
    with parts.db.reading() as c:
        return _owed(c, system.name)


def owe(parts: Parts, system: OrderSystem, event: OrderEvent) -> None:
    """Remembered before the cursor moves past it; one that is remembered already stays as it is."""
    _change(parts, system.name, lambda known: known if event.id in {e.id for e in known} else [*known, event])


def paid(parts: Parts, system: OrderSystem, event: OrderEvent) -> None:
    _change(parts, system.name, lambda known: [e for e in known if e.id != event.id])


def _change(parts: Parts, place: str, change: Callable[[list[OrderEvent]], list[OrderEvent]]) -> None:
    with parts.db.transaction() as c:
        locks.hold(c, [f"events:{place}"])
        rows = [asdict(e) | {"at": e.at.isoformat()} for e in change(_owed(c, place))]
        settings_store.put(c, f"events_owed:{place}", json.dumps(rows))


def _owed(c: Connection, place: str) -> list[OrderEvent]:
    rows = json.loads(settings_store.get(c, f"events_owed:{place}") or "[]")
    return [OrderEvent(**row | {"at": datetime.fromisoformat(row["at"])}) for row in rows]
