"""Past promises of delivery, as stored, for whoever measures them (X3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPromise:
    """One delivered return. `due_at` is the first time that the client was told for it, at `set_at`; `last_due_at` the last one."""

    ticket: int
    kind: str
    product: str
    set_at: datetime
    due_at: datetime
    last_due_at: datetime
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """`waits`: when every ticket with work began to wait for production, and when it no longer did (None: it still waits)."""

    promises: tuple[PastPromise, ...]
    waits: tuple[tuple[datetime, datetime | None], ...]
