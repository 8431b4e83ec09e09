"""News of orders while something is wrong with one of them: the others' clients hear theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mailbot.errors import Unavailable
from mailbot.model.order import Order, OrderEvent
from mailbot.record.views.timeline import timeline
from mailbot.workflow import events, on_the_way, order_news
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
        played.world.send()
        played.world.poll_again()
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


def kept_only(stage: Stage, number: str, words: str, name: str) -> None:
    """A client's comment that is kept and that nobody has handled yet."""
    wire = {
        "id": name, "order_id": f"o{number}", "created_at": stage.world.clock[0].isoformat(), "visibility": "client", "body": words,
        "author": {"role": "client", "id": "anna", "name": "Anna", "email": "anna@agency.example"}, "rejects_delivery": False,
    }  # fmt: skip
    stage.world.keep(json.dumps(wire).encode(), "order_comment")


def delivered(stage: Stage, number: str, ticket: int) -> dict[str, Any]:
    return files_told(stage.play({"event": "delivered", "on": number, "ticket": ticket}))


def files_told(came: dict[str, Any]) -> dict[str, Any]:
    """What came of a step, of all mails only those that tell of the files."""
    return came | {"tells": [told for told in came["tells"] if told == "delivered email"]}


def test_a_comment_on_another_order_at_every_look_keeps_nobody_from_hearing_of_the_files(two: Stage) -> None:
    """On a busy day each poll brings a comment, if only one of our own."""
    kept_only(two, "10232", "Any news?", "c90")
    assert "delivered email" in delivered(two, "10231", 1)["tells"]


def test_files_handed_out_after_a_comment_are_told_once_that_comment_is_handled(two: Stage) -> None:
    """Handled the other way round, the words would look like a complaint about the new files."""
    kept_only(two, "10231", "It is still too bright, please darken it more.", "c91")
    came = delivered(two, "10231", 1)
    assert (came["state"], came["tells"]) == ("assessed", [])
    assert delivered(two, "10232", 2)["state"] == "delivered", "the feed goes on for others"
    two.world.work()
    two.follow()
    came = files_told(two._came({"ticket": 1}))
    assert (came["state"], came["dispute_level"]) == ("delivered", 0)
    assert came["tells"] == ["delivered email"]
    two.follow()
    assert files_told(two._came({"ticket": 1}))["tells"] == []


def test_the_comment_that_opens_the_ticket_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "walk.toml").write_text(WALK + "[[step]]\nlater = '0s'\n")
    with stage(tmp_path, f"sqlite:///{tmp_path}/walk.db") as played:
        kept_only(played, "10231", "Correction: image 4589 is too bright.", "c92")
        played.world.system.orders["o10231"] = replace(played.world.system.orders["o10231"], status="in_production")
        played.world.later(seconds=5)
        event = OrderEvent(id="e1", type="order.delivered", order_id="o10231", at=played.world.clock[0])
        played.world.system.happened.append(event)
        played.follow()
        played.world.later(minutes=60)
        played.follow()
        assert on_the_way.owed(played.world.parts, played.world.system) == [event], "nobody else can be told"
        played.world.work()
        played.follow()
        assert on_the_way.owed(played.world.parts, played.world.system) == []
        with played.world.db.reading() as c:
            assert [line.what for line in timeline(c, 1).log if line.actor == "order system"] == ["order_order_delivered"]


def test_a_comment_that_nobody_handles_holds_news_back_for_half_an_hour_and_not_for_ever(two: Stage) -> None:
    kept_only(two, "10231", "Any news?", "c93")
    assert delivered(two, "10231", 1)["tells"] == []
    two.world.later(minutes=29)
    two.follow()
    assert files_told(two._came({"ticket": 1}))["tells"] == []
    two.world.later(minutes=1)
    two.follow()
    assert "delivered email" in files_told(two._came({"ticket": 1}))["tells"]


@pytest.mark.parametrize("raw", [b'{"id": "c94", "order_id": 7}', b'{"id": "c94"', b'["c94"]', b'{"id": "c94", "order_id": "o10231"'])
def test_a_comment_that_nobody_can_read_holds_nothing_back(two: Stage, raw: bytes) -> None:
    two.world.keep(raw, "order_comment")
    assert "delivered email" in delivered(two, "10231", 1)["tells"]


def test_a_kill_between_remembering_an_event_and_the_cursor_tells_it_once(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_only(two, "10231", "Any news?", "c95")
    with monkeypatch.context() as killed:
        killed.setattr(events, "_move", _killed)
        with pytest.raises(KeyboardInterrupt):
            delivered(two, "10231", 1)
    two.follow()
    assert len(on_the_way.owed(two.world.parts, two.world.system)) == 1
    two.world.work()
    two.follow()
    assert files_told(two._came({"ticket": 1}))["tells"] == ["delivered email"]


def _killed(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_a_system_without_events_is_read_again_for_all_orders_but_the_one_whose_comment_waits(two: Stage) -> None:
    two.world.system.can = replace(two.world.system.can, events=False)
    two.world.parts.capabilities = None
    kept_only(two, "10231", "It is still too bright.", "c96")
    now = two.world.clock[0]
    for number in ("10231", "10232"):
        order = two.world.system.orders[f"o{number}"]
        two.world.system.orders[f"o{number}"] = replace(order, status="delivered", delivered_at=now)
    two.follow()
    assert [two.world.ticket(n).state for n in (1, 2)] == ["assessed", "delivered"]
    two.world.work()
    two.world.later(minutes=6)
    two.follow()
    assert two.world.ticket(1).state == "delivered"


def test_more_comments_than_can_be_looked_at_let_the_feed_wait(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first start with years of comments: tickets come first."""
    monkeypatch.setattr(on_the_way, "MOST", 1)
    kept_only(two, "10232", "One.", "c97")
    kept_only(two, "10232", "Two.", "c98")
    assert delivered(two, "10231", 1)["tells"] == []
    two.world.work()
    two.follow()
    assert "delivered email" in files_told(two._came({"ticket": 1}))["tells"]
