"""What became of an action. Made only in send/ and order_system/: now, later, never, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sent:
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Certainly not done. `not_before` where the server named a time (Retry-After)."""

    because: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Certainly not done, and will never be: a person must look (P44). `address_bad`: the recipient was refused for good. `changed`: only
    because the order is not any more as it was when it was read (412)."""

    because: str
    address_bad: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have been done (invariant I7): held for a person, never blindly repeated."""

    because: str


Outcome = Sent | TryAgain | GiveUp | Uncertain
