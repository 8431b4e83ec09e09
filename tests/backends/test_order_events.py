"""The events feed: what follows from an event is written with the cursor, each event once, and one that nobody can read stops nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
from mailbot.record.database import Connection, Database
from mailbot.workflow.events import Write, poll_events
from mailbot.workflow.parts import Parts
from tests.backends.conftest import START, Clock
from tests.support.fake_orders import ALL, FakeOrders

MINUTE = timedelta(minutes=1)


def event(n: int, minutes: float = 0, kind: Any = "order.delivered") -> OrderEvent:
    return OrderEvent(id=f"e{n}", type=kind, order_id=f"o{n % 3}", at=START + minutes * MINUTE)


class Told:
    """Who follows the events: notes each in the very transaction that moves the cursor."""

    def __init__(self, db: Database, system: FakeOrders) -> None:
        self.system = system
        self.parts = Parts(
            db=db, company=Company(name="Studio", support_address="s@x.example", desk_name="Support"), own=OwnMarks(), live=None, holder="test",  # type: ignore[arg-type]  # no rules are needed
            order_system=system,
        )  # fmt: skip

    def poll(self) -> int:
        return poll_events(self.parts, self.system, threading.Event(), self.follow)

    def follow(self, events: Sequence[OrderEvent]) -> tuple[list[str], Write]:
        def write(c: Connection, _now: object) -> None:
            settings_store.put(c, "told", " ".join([settings_store.get(c, "told") or "", *(e.id for e in events)]).strip())

        return ["ticket:1"], write

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
    told.system.happened += [event(0), event(1)]
    healthy = told.follow

    def ill(events: Sequence[OrderEvent]) -> tuple[list[str], Write]:
        def write(c: Connection, now: Any) -> None:
            healthy(events)[1](c, now)
            raise Unavailable("the database went away")

        return [], write

    told.follow = ill  # type: ignore[method-assign]  # the fault of this test
    with pytest.raises(Unavailable):
        told.poll()
    assert told.ids == []
    told.follow = healthy  # type: ignore[method-assign]  # mended
    assert told.poll() == 2
    assert told.ids == ["e0", "e1"]


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


def test_a_system_without_a_feed_is_not_asked(db: Database) -> None:
    told = Told(db, FakeOrders())
    told.system.happened.append(event(0))
    assert told.poll() == 0


def test_two_processes_that_read_the_same_page_follow_it_once(told: Told) -> None:
    """The second finds the cursor moved while it was asking, and reads on from there."""
    told.system.happened.append(event(0))
    other = Told(told.parts.db, told.system)
    healthy = told.follow

    def slow(events: Sequence[OrderEvent]) -> tuple[list[str], Write]:
        other.poll()
        return healthy(events)

    told.follow = slow  # type: ignore[method-assign]  # the other process is faster
    assert told.poll() == 0
    assert told.ids == ["e0"]


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
