"""News of orders while something is wrong with one of them: the others' clients hear theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.errors import Unavailable
from mailbot.model.order import Order
from mailbot.record.views.timeline import timeline
from mailbot.workflow import order_news
from tests.returns.stage import Stage, stage

WALK = 'about = "two returns"\n[[orders]]\n[[orders]]\nid = "o10232"\nnumber = "10232"\n'
SENT_BACK = (
    {"comment": "Correction: image 4589 is too bright.", "reopen": True},
    {"comment": "Correction: too dark.", "reopen": True, "on": "10232"},
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Stage]:
    """Two returns on two orders, assessed and in work."""
    (tmp_path / "walk.toml").write_text(WALK + "[[step]]\nlater = '0s'\n")
    with stage(tmp_path, f"sqlite:///{tmp_path}/walk.db") as played:
        for number, step in enumerate(SENT_BACK, 1):
            played.play(step)
            assess = {"act": "assess", "ticket": number, "as": "sam", "kind": "correction", "reason": "yes", "plan": "do it"}
            played.play(assess)
        played.world.later(minutes=3)
        yield played


def test_an_order_in_a_wrong_shape_costs_its_own_news_only(two: Stage) -> None:
    two.world.system.broken = {"o10231"}
    two.play({"event": "due +5h", "on": "10231"})
    came = two.play({"event": "delivered", "on": "10232", "ticket": 2})
    assert came["state"] == "delivered"
    assert "delivered email" in came["tells"]
    assert two.world.ticket(1).delivery_time is None


def test_files_of_an_order_in_a_wrong_shape_are_told_all_the_same(two: Stage) -> None:
    """The event itself says enough."""
    two.world.system.broken = {"o10231"}
    assert two.play({"event": "delivered", "on": "10231"})["state"] == "delivered"


def test_a_fault_of_ours_with_one_ticket_is_shown_on_it_and_the_feed_goes_on(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = order_news.of_event

    def ill(event: Any, *rest: Any) -> Any:
        if event.order_id == "o10231":
            raise ZeroDivisionError("a fault of ours")
        return healthy(event, *rest)

    monkeypatch.setattr(order_news, "of_event", ill)
    two.play({"event": "delivered", "on": "10231"})
    assert two.play({"event": "delivered", "on": "10232", "ticket": 2})["state"] == "delivered"
    assert two.world.ticket(1).state != "delivered"
    with two.world.db.reading() as c:
        [shown] = [line for line in timeline(c, 1).log if line.what == "order_news_failed"]
    assert shown.data == {"news": "order order.delivered", "because": "ZeroDivisionError: a fault of ours"}


def test_an_order_system_that_goes_away_in_between_is_asked_again_and_nothing_is_left_out(
    two: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = two.world.system
    healthy = system.order

    def away(_order_id: str, *, timeout: float | None = None) -> Order:
        raise Unavailable("The order system does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(system, "order", away)
        with pytest.raises(Unavailable):
            two.play({"event": "delivered", "on": "10231"})
    assert system.order == healthy
    assert two.world.ticket(1).state != "delivered"
    two.follow()
    assert two.world.ticket(1).state == "delivered"
