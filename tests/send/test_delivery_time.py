"""A delivery time that is refused because the order was changed: somebody else's time is never overwritten, our own plan is no obstacle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mailbot.model.outcome import GiveUp, Sent
from mailbot.send.order_action import _delivery_time

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SEEN, OTHER = NOW + timedelta(days=1), NOW + timedelta(days=2)


class System:
    """An order whose ETag is `new`; takes a time only with it."""

    def __init__(self, due_at: datetime | None, etag: str = "new") -> None:
        self.stands, self.etag, self.keys = due_at, etag, list[str]()

    def order(self, _order_id: str) -> Any:
        return SimpleNamespace(etag=self.etag, due_at=self.stands)

    def set_delivery(self, *given: Any, now: datetime) -> Any:
        *_, etag, key = given
        self.keys.append(key)
        return Sent("") if etag == self.etag else GiveUp("412")


@pytest.mark.parametrize(
    ("stands", "etag", "taken", "keys"),
    [
        (SEEN, "new", True, ["k", "k-again"]),
        (OTHER, "new", False, ["k"]),
        (None, "new", False, ["k"]),
        (SEEN, "", False, ["k"]),
    ],
    ids=["our plan changed the order", "somebody else set a time", "somebody else took the time back", "no ETag to go by"],
)
def test_a_time_is_set_again_only_over_the_one_that_was_seen(stands: datetime | None, etag: str, taken: bool, keys: list[str]) -> None:
    system = System(stands, etag)
    payload = {"order_id": "o1", "due_at": OTHER.isoformat(), "etag": "old", "seen_due_at": SEEN.isoformat()}
    outcome = _delivery_time(system, payload, "k", NOW)  # type: ignore[arg-type]  # as much of an order system as it asks
    assert isinstance(outcome, Sent) is taken
    assert system.keys == keys
