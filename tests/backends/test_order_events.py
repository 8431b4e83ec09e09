"""The events feed: the cursor moves behind what was followed, each event comes once, and one that nobody can read stops nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mailbot.errors import Unavailable
from mailbot.model.context import Company
from mailbot.model.message import OwnMarks
from mailbot.model.order import OrderEvent
from mailbot.order_system.contract import UnreadableItem
from mailbot.receive import events as receive_events
from mailbot.receive.events import new_events, to_remember
from mailbot.record import settings_store, tables
from mailbot.record.database import Database
from mailbot.workflow.events import read_events
from mailbot.workflow.parts import Parts
from tests.backends.conftest import START, Clock
from tests.support.fake_orders import ALL, FakeOrders

MINUTE = timedelta(minutes=1)


def event(n: int, minutes: float = 0, kind: Any = "order.delivered") -> OrderEvent:
    return OrderEvent(id=f"e{n}", type=kind, order_id=f"o{n % 3}", at=START + minutes * MINUTE)


class Told:
    """Who follows the events, and notes the id of each in a transaction of its own."""

    def __init__(self, db: Database, system: FakeOrders) -> None:
        self.system = system
        company = Company(name="Studio", support_address="s@x.example", desk_name="Support")
        self.parts = Parts(db=db, company=company, own=OwnMarks(), live=None, holder="test", order_system=system)  # type: ignore[arg-type]  # no rules are needed

    def poll(self) -> int:
        return read_events(self.parts, self.system, START - MINUTE, threading.Event(), lambda event: self.follow(event))  # noqa: PLW0108  # tests put another in its place

    def follow(self, event: OrderEvent) -> int:
        with self.parts.db.transaction() as c:
            settings_store.put(c, "told", f"{settings_store.get(c, 'told') or ''} {event.id}".strip())
        return 1

    @property
    def ids(self) -> list[str]:
        with self.parts.db.reading() as c:
            return (settings_store.get(c, "told") or "").split()


@pytest.fixture
def told(db: Database) -> Told:
    from dataclasses import replace

    return Told(db, FakeOrders(can=replace(ALL, events=True)))


def test_every_event_is_followed_once_and_in_order_over_many_pages(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_events.new_events, "__defaults__", ((), 4))
    told.system.happened += [event(n) for n in range(11)]
    assert told.poll() == 11
    told.system.happened += [event(11), event(12)]
    assert told.poll() == 2
    assert told.poll() == 0
    assert told.ids == [f"e{n}" for n in range(13)]


def test_a_fault_while_following_leaves_the_cursor_where_it_was(told: Told) -> None:
    told.system.happened += [event(0), event(1), event(2)]
    healthy = told.follow

    def ill(event: OrderEvent) -> int:
        if event.id == "e1":
            raise Unavailable("the order system went away")
        return healthy(event)

    told.follow = ill  # type: ignore[method-assign]  # the fault of this test
    with pytest.raises(Unavailable):
        told.poll()
    assert told.ids == ["e0"]
    told.follow = healthy  # type: ignore[method-assign]  # mended
    assert told.poll() == 3
    assert told.ids == ["e0", "e0", "e1", "e2"], "one may be followed again, none is left out"


def test_after_a_lost_cursor_the_feed_is_read_again_by_time_and_nothing_is_followed_twice(told: Told, clock: Clock) -> None:
    clock.pass_(minutes=60)
    told.system.happened += [event(n, minutes=n) for n in range(30)]
    assert told.poll() == 30
    told.system.oldest_cursor = 100
    told.system.happened += [event(30, minutes=29), event(31, minutes=31)]  # one was committed late with an earlier time
    assert told.poll() == 2
    told.system.oldest_cursor = 0
    assert told.poll() == 0
    assert told.ids == [f"e{n}" for n in range(32)]


def test_an_event_from_the_future_hides_nothing_after_a_lost_cursor(told: Told, clock: Clock) -> None:
    clock.pass_(minutes=5)
    told.system.happened += [event(0, minutes=1), event(1, minutes=600_000)]
    told.poll()
    told.system.oldest_cursor = 100
    told.system.happened.append(event(2, minutes=4))
    told.poll()
    assert told.ids == ["e0", "e1", "e2"]


def test_an_event_that_nobody_can_read_is_kept_once_and_the_others_go_on(told: Told) -> None:
    bad = UnreadableItem(raw=b'{"id":"e1","type":"order.delivered"}', because="items[1].order_id must be text", id="e1")
    told.system.happened += [event(0), bad, event(2)]
    assert told.poll() == 2
    told.system.oldest_cursor = 100
    told.poll()
    assert told.ids == ["e0", "e2"]
    with told.parts.db.reading() as c:
        [row] = c.execute(select(tables.message.c.place, tables.message.c.state, tables.message.c.size)).all()
    assert tuple(row) == ("shop:events", "new", len(bad.raw))


def test_a_process_that_was_slower_takes_the_cursor_of_the_faster_one_nothing_back(told: Told) -> None:
    told.system.happened += [event(0), event(1)]
    other = Told(told.parts.db, told.system)
    healthy = told.follow

    def slow(event: OrderEvent) -> int:
        told.system.happened += [] if len(told.system.happened) > 2 else [OrderEvent(id="e9", type=event.type, order_id="o9", at=event.at)]
        other.poll()
        return healthy(event)

    told.follow = slow  # type: ignore[method-assign]  # the other process is faster
    told.poll()
    told.follow = healthy  # type: ignore[method-assign]
    before = told.ids
    assert told.poll() == 0, "the cursor stands behind e9"
    assert told.ids == before
    assert set(before) == {"e0", "e1", "e9"}


def test_an_event_that_comes_twice_on_a_page_is_one() -> None:
    system = FakeOrders(happened=[event(1), event(1), event(2)])
    assert [e.id for e in new_events(system, None, None).events] == ["e1", "e2"]
    assert [e.id for e in new_events(system, None, None, {"e1"}).events] == ["e2"]


def test_only_what_an_overlap_can_bring_again_is_remembered() -> None:
    hour = START + 60 * MINUTE
    since, seen = to_remember({}, [event(1, 0), event(2, 8)], START - MINUTE, hour)
    assert (since, seen.keys()) == (START + 8 * MINUTE, {"e1", "e2"})
    since, seen = to_remember(seen, [event(3, 12)], since, hour)
    assert (since, seen.keys()) == (START + 12 * MINUTE, {"e2", "e3"})
    assert to_remember(seen, [event(4, 3)], since, hour)[0] == since, "an older one takes nothing back"
    assert to_remember({}, [], since, hour) == (since, {})
