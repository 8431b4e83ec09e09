"""When an action is tried again: quick at first, hourly later, and never silently for ever (P44)."""

from __future__ import annotations

from datetime import datetime, timedelta

STEPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60))
GIVE_UP_AFTER = timedelta(hours=48)


def next_try(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """`attempts` counts the ones made; None: give up, a person must look. RFC 5321 4.5.4.1 asks for days of trying; two suit a reply."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    return now + STEPS[min(max(attempts, 1), len(STEPS)) - 1]
