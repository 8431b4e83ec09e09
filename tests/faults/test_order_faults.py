"""The order system is ill while mailbot writes to it (docs/reliability.md, row 29): the real outbox against the scripted reference system.

After each fault: nothing is lost, nothing is done twice, and what nobody can know waits for a person.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailbot.errors import Unavailable
from mailbot.model.context import Company
from mailbot.model.message import OwnMarks
from mailbot.model.order import OrderEvent
from mailbot.model.ticket import Action, ActionKind
from mailbot.order_system.http import HttpOrderSystem
from mailbot.record import migrations, outbox, tables
from mailbot.record.database import Database
from mailbot.record.outbox import NewAction
from mailbot.send.order_action import perform
from mailbot.workflow.drain import drain
from mailbot.workflow.events import read_events
from mailbot.workflow.handle import handle
from mailbot.workflow.parts import Parts
from mailbot.workflow.poll import poll_comments
from tests.support.orders import ROOT, TOKEN, Orders, running_orders

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LANE = "order_system:orders"
PAYLOADS: dict[ActionKind, dict[str, Any]] = {
    "order_comment": {"body": "We have read it.", "visibility": "client", "external_id": "mailbot-the-answer"},
    "delivery_time": {"due_at": DUE.isoformat(), "charge": {"amount": "40.00", "currency": "EUR"}, "plan": "new sky"},
    "reopen": {"reason": "correction"},
    "close": {"reason": "feedback"},
    "redistribution": {"requested_by": "anna@x.example", "quote": "please send the files again"},
}
KINDS = tuple(PAYLOADS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    with running_orders(tmp_path_factory.mktemp("orders")) as orders:
        yield orders


@pytest.fixture
def orders(running: Orders) -> Iterator[Orders]:
    yield running
    running.hang_up()
    running.faults()
    running.set(oldest_cursor=0, whole_seconds=False, forget_keys=False)


@pytest.fixture
def desk(tmp_path: Path, orders: Orders) -> Iterator[Desk]:
    yield from _desk(tmp_path, orders)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    """In front of an order system of its own, in whose feeds nobody else writes."""
    with running_orders(tmp_path / "orders") as orders:
        yield from _desk(tmp_path, orders)


def _desk(tmp_path: Path, orders: Orders) -> Iterator[Desk]:
    clock = [START]
    db = Database(f"sqlite:///{tmp_path}/mailbot.db", clock=lambda: clock[0])
    migrations.upgrade(db)
    try:
        yield Desk(orders, db, clock, orders.system(read=20))
    finally:
        db.close()


@dataclass
class Desk:
    """mailbot's outbox in front of the reference order system, with a clock that moves when the test says so."""

    orders: Orders
    db: Database
    clock: list[datetime]
    system: HttpOrderSystem
    order: str = ""
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        company = Company(name="Studio", support_address="s@x.example", desk_name="Support")
        self.parts = Parts(
            db=self.db, company=company, own=OwnMarks(), live=None, holder="desk", order_system=self.system,  # type: ignore[arg-type]  # no rules are needed
        )  # fmt: skip

    def on_an_order(self, kind: ActionKind) -> None:
        """An order in which the action has something to do, and how its events stood before."""
        self.order = self.orders.place()
        self.orders.deliver(self.order)
        if kind == "close":
            self.orders.client_comments(self.order, "Feedback: lovely")
        self.before = self._events()

    def queue(self, kind: ActionKind, key: str = "", after: str | None = None, **more: Any) -> int:
        body = json.dumps({"order_id": self.order, **PAYLOADS[kind], **more}).encode()
        if kind == "order_comment":
            body = json.dumps({**json.loads(body), "external_id": f"mailbot-{self.order}-{key}"}).encode()
        row = NewAction(key=key or f"{self.order}:{kind}", kind=kind, place="orders", to=self.order, payload=body, after_key=after)
        with self.db.transaction() as c:
            return outbox.queue(c, [row], self.clock[0])[0]

    def waits(self, fault: dict[str, Any]) -> None:
        """Patiently, except where the fault is that the answer takes too long: an answer of this busy machine is no fault."""
        self.system.capabilities()
        if fault.keys() & {"late", "delay"}:
            hasty = self.orders.system(read=0.7)
            hasty._capabilities = self.system._capabilities
            self.system = self.parts.order_system = hasty

    def drain(self) -> int:
        return drain(self.parts, LANE, lambda action, now, _end: perform(self.system, action, now), threading.Event())

    def drain_for(self, hours: int) -> None:
        """As the lane would: again and again while time goes on and something waits."""
        for _ in range(hours * 6):
            self.drain()
            self.clock[0] += timedelta(minutes=10)
            with self.db.reading() as c:
                if c.execute(select(tables.action.c.id).where(tables.action.c.state.in_(("queued", "sending")))).first() is None:
                    return

    def row(self, action_id: int) -> Action:
        with self.db.reading() as c:
            return outbox.get(c, action_id)

    def because(self, action_id: int) -> str:
        with self.db.reading() as c:
            return str(c.execute(select(tables.action.c.because).where(tables.action.c.id == action_id)).scalar_one())

    def done(self, kind: ActionKind) -> int:
        """How often the order system did it."""
        if kind == "order_comment":
            return sum(c["body"] == "We have read it." for c in self.orders.comments_on(self.order))
        if kind == "redistribution":
            with self.orders.database.reading() as c:
                return int(c.execute("SELECT count(*) FROM redistribution WHERE order_id = ?", (self.order,)).fetchone()[0])
        wanted = "order.due_changed" if kind == "delivery_time" else "order.status"
        return self._events()[len(self.before) :].count(wanted)

    def _events(self) -> list[str]:
        with self.orders.database.reading() as c:
            return [str(r[0]) for r in c.execute("SELECT type FROM event WHERE order_id = ? ORDER BY seq", (self.order,))]


NOT_DONE = {
    "500 before it acted": {"status": 500},
    "429": {"status": 429, "retry_after": 40},
    "503": {"status": 503},
    "a cut line before it acted": {"drop": "before"},
    "a proxy's page": {"body": "<html>login</html>"},
}
DONE = {
    "the answer is cut off": {"drop": "after"},
    "the answer comes too late": {"late": 1.2},
    "it acts after we stopped waiting": {"delay": 1.2},
}
FAULTS = {**NOT_DONE, **DONE}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_with_idempotency_keys_everything_arrives_once_whatever_the_fault(desk: Desk, kind: ActionKind, fault: str) -> None:
    desk.on_an_order(kind)
    row = desk.queue(kind)
    desk.waits(FAULTS[fault])
    desk.orders.faults({"method": "PUT" if kind == "delivery_time" else "POST", "path": "/api/", **FAULTS[fault]})
    desk.drain()
    assert desk.row(row).state == "queued", "it is tried again"
    assert FAULTS[fault].get("status") != 429 or desk.row(row).due_at >= START + timedelta(seconds=40)
    desk.drain_for(hours=1)
    assert (desk.row(row).state, desk.done(kind)) == ("sent", 1)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_without_idempotency_keys_nothing_is_done_twice_and_what_nobody_knows_waits_for_a_person(
    desk: Desk, kind: ActionKind, fault: str
) -> None:
    desk.orders.set(forget_keys=True)
    desk.on_an_order(kind)
    row = desk.queue(kind)
    desk.waits(FAULTS[fault])
    desk.orders.faults({"method": "PUT" if kind == "delivery_time" else "POST", "path": "/api/", **FAULTS[fault]})
    desk.drain_for(hours=1)
    state, done = desk.row(row).state, desk.done(kind)
    if state == "uncertain":
        assert kind in ("order_comment", "redistribution"), "a state or a time is simply set again"
        assert "it may have been done" in desk.because(row)
        assert fault not in ("429", "503")
        assert done <= 1
    else:
        assert (state, done) == ("sent", 1)
    assert (kind, fault) != ("order_comment", "the answer is cut off") or state == "sent", "it is found by our own mark"


@pytest.mark.parametrize("hours", [1, 7])
def test_retry_after_is_kept_up_to_six_hours_and_the_other_lanes_do_not_wait(desk: Desk, hours: int) -> None:
    desk.on_an_order("order_comment")
    row = desk.queue("order_comment")
    desk.orders.faults({"method": "POST", "path": "/api/", "status": 429, "retry_after": hours * 3600})
    desk.drain()
    assert desk.row(row).due_at == START + timedelta(hours=min(hours, 6))
    desk.clock[0] = desk.row(row).due_at - timedelta(seconds=1)
    assert desk.drain() == 0
    desk.clock[0] += timedelta(seconds=1)
    assert desk.drain() == 1
    assert (desk.row(row).state, desk.done("order_comment")) == ("sent", 1)


def test_an_order_system_that_is_away_for_two_days_makes_a_person_look(desk: Desk) -> None:
    desk.on_an_order("order_comment")
    row = desk.queue("order_comment")
    desk.orders.faults({"method": "POST", "path": "/api/", "status": 500, "times": 1000})
    desk.drain_for(hours=50)
    assert desk.row(row).state == "gave_up"
    assert "500" in desk.because(row)
    assert desk.done("order_comment") == 0


def other_time(desk: Desk, due: datetime, amount: str | None = None) -> str:
    """Another person changes the order after we read it; the ETag that we have seen."""
    seen = desk.system.order(desk.order).etag
    charge = {"charge": {"amount": amount, "currency": "EUR"}} if amount else {}
    headers = {"Idempotency-Key": f"another-person-{desk.order}"}
    desk.orders.call("PUT", f"/orders/{desk.order}/delivery", json={"due_at": due.isoformat(), **charge}, headers=headers)
    return seen


CHANGED: list[tuple[str, timedelta, str | None, str]] = [
    ("the same time and charge", timedelta(), "40.0", "sent"),
    ("another time", timedelta(hours=2), "40.00", "gave_up"),
    ("the same time without the charge", timedelta(), None, "gave_up"),
    ("the same time and another charge", timedelta(), "45.00", "gave_up"),
]


@pytest.mark.parametrize(("what", "later", "amount", "state"), CHANGED, ids=[row[0] for row in CHANGED])
def test_a_time_that_somebody_else_set_meanwhile_is_not_overwritten(
    desk: Desk, what: str, later: timedelta, amount: str | None, state: str
) -> None:
    """412. What the client would be told of a time that was not set is held for a person."""
    desk.on_an_order("delivery_time")
    row = desk.queue("delivery_time", key="time", etag=other_time(desk, DUE + later, amount))
    news = desk.queue("order_comment", key=f"news of {desk.order}", after="time")
    desk.drain_for(hours=1)
    assert desk.row(row).state == state, what
    assert desk.system.order(desk.order).due_at == DUE + later
    assert (desk.row(news).state, desk.done("order_comment")) == (("sent", 1) if state == "sent" else ("held", 0))


def test_a_plan_alone_that_stands_there_already_counts_as_set(desk: Desk) -> None:
    desk.on_an_order("delivery_time")
    seen = desk.system.order(desk.order).etag
    first = desk.queue("delivery_time", key="one", due_at=None, charge=None, etag=seen)
    second = desk.queue("delivery_time", key="two", due_at=None, charge=None, etag=seen)
    third = desk.queue("delivery_time", key="three", due_at=None, charge=None, etag=seen, plan="another")
    desk.drain_for(hours=1)
    assert [desk.row(r).state for r in (first, second, third)] == ["sent", "sent", "gave_up"]


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
@pytest.mark.parametrize("acted", [True, False], ids=["acted", "not acted"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_action_cut_off_by_a_kill_is_done_once_and_only_a_redistribution_without_keys_waits(
    desk: Desk, kind: ActionKind, acted: bool, keys: bool
) -> None:
    desk.orders.set(forget_keys=not keys)
    desk.on_an_order(kind)
    row = desk.queue(kind)
    next_one = desk.queue("order_comment", key=f"next of {desk.order}", body="The next.")
    _killed_while_sending(desk, row, acted=acted)
    desk.drain_for(hours=1)
    if kind == "redistribution" and not keys:
        assert (desk.row(row).state, desk.done(kind)) == ("uncertain", int(acted))
        assert "keeps no Idempotency-Keys" in desk.because(row)
        assert "mailbot retry" in desk.because(row)
    else:
        assert (desk.row(row).state, desk.done(kind)) == ("sent", 1)
    assert desk.row(next_one).state == "sent"


def _killed_while_sending(desk: Desk, row: int, *, acted: bool) -> None:
    """Committed as `sending` by a process that is gone now; the order system did it, or not."""
    with desk.db.transaction() as c:
        [action] = outbox.claim(c, LANE, 1, desk.clock[0], "dead")
        assert outbox.begin(c, row, "dead", desk.clock[0])
    if acted:
        perform(desk.system, action, desk.clock[0])
    desk.clock[0] += timedelta(seconds=331)


SEEN_BEFORE = DUE - timedelta(hours=8)


def _own_plan_in_between(desk: Desk) -> tuple[int, int]:
    """A delivery time whose order our own plan changed after it was read, and the news that waits for it; their rows."""
    desk.order = desk.orders.place(due_at=f"{SEEN_BEFORE:%Y-%m-%dT%H:%M:%S.000000Z}")
    desk.before = desk._events()
    seen = desk.system.order(desk.order)
    assert seen.due_at == SEEN_BEFORE
    headers = {"Idempotency-Key": f"our-own-plan-{desk.order}"}
    desk.orders.call("PUT", f"/orders/{desk.order}/delivery", json={"plan": "new sky"}, headers=headers)
    row = desk.queue("delivery_time", key=f"time of {desk.order}", etag=seen.etag, seen_due_at=SEEN_BEFORE.isoformat(), seen_charge=None)
    return row, desk.queue("order_comment", key=f"news of {desk.order}", after=f"time of {desk.order}")


def _really_killed(desk: Desk, at: str, times: int) -> None:
    """A process of its own takes the outbox's rows and dies of SIGKILL; its lease ends."""
    command = [sys.executable, "-m", "tests.faults.ill_sender", desk.db.address, desk.orders.api, TOKEN, at, str(times)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    desk.clock[0] = datetime.now(UTC) + timedelta(seconds=331)


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
@pytest.mark.parametrize(
    ("at", "times", "set_before"),
    [("after", 1, 0), ("before", 2, 0), ("after", 2, 1)],
    ids=["refused, not read again", "read again, not sent", "sent again, not recorded"],
)
def test_a_kill_between_the_refusal_and_the_second_setting_of_a_time_sets_it_once_and_the_client_hears_of_it_once(
    desk: Desk, at: str, times: int, set_before: int, keys: bool
) -> None:
    desk.orders.set(forget_keys=not keys)
    row, news = _own_plan_in_between(desk)
    _really_killed(desk, at, times)
    assert (desk.row(row).state, desk.done("delivery_time")) == ("sending", set_before)
    desk.drain_for(hours=1)
    assert (desk.row(row).state, desk.row(news).state) == ("sent", "sent")
    assert (desk.done("delivery_time"), desk.done("order_comment")) == (1, 1)
    assert desk.system.order(desk.order).due_at == DUE


@pytest.mark.parametrize("times", [1, 2], ids=["before the second setting", "after it"])
def test_a_time_that_somebody_else_sets_while_our_sender_is_dead_stands_and_a_person_decides(desk: Desk, times: int) -> None:
    row, news = _own_plan_in_between(desk)
    _really_killed(desk, "after", times)
    other_time(desk, DUE + timedelta(hours=2))
    desk.drain_for(hours=1)
    assert (desk.row(row).state, desk.row(news).state) == ("gave_up", "held")
    assert desk.system.order(desk.order).due_at == DUE + timedelta(hours=2)
    words = "somebody else set the delivery time meanwhile: 2026-11-24 17:00 UTC; it was 2026-11-24 07:00 UTC"
    assert words in desk.because(row)
    assert words in desk.because(news), "the desk shows it on the ticket, where the news waits"


def test_a_time_refused_for_another_cause_than_a_change_is_asked_for_once(desk: Desk) -> None:
    """The order has a newer version all the same: that alone is no reason to ask again."""
    row, _ = _own_plan_in_between(desk)
    desk.orders.faults({"method": "PUT", "path": "/api/", "status": 409})
    desk.drain()
    assert (desk.row(row).state, desk.done("delivery_time")) == ("gave_up", 0)
    assert "409" in desk.because(row)


def test_an_action_that_kills_its_sender_again_and_again_is_left_to_a_person(desk: Desk) -> None:
    desk.on_an_order("reopen")
    row = desk.queue("reopen")
    for _ in range(6):
        assert desk.row(row).state == "queued"
        _killed_while_sending(desk, row, acted=False)
        with desk.db.transaction() as c:
            outbox.expire(c, desk.clock[0])
            ids = [i for i, _ in outbox.interrupted(c, LANE, 5)]
            outbox.repeat(c, ids, desk.clock[0])
    desk.drain_for(hours=1)
    assert (desk.row(row).state, desk.row(row).attempts, desk.done("reopen")) == ("uncertain", 6, 0)


def test_while_nobody_knows_whether_keys_are_kept_a_redistribution_is_not_repeated(desk: Desk) -> None:
    desk.on_an_order("redistribution")
    row = desk.queue("redistribution")
    _killed_while_sending(desk, row, acted=True)
    desk.system = desk.parts.order_system = desk.orders.system(read=20)  # a new process: it has not asked yet
    desk.orders.faults({"path": "/api/v1/capabilities", "status": 503, "times": 2})
    desk.drain()
    assert desk.row(row).state == "uncertain"
    desk.orders.faults()
    desk.drain()
    assert (desk.row(row).state, desk.done("redistribution")) == ("sent", 1)


def test_a_malformed_comment_is_set_aside_and_its_neighbours_are_kept(desk: Desk) -> None:
    """P7; the next poll goes on behind it."""
    good = {"id": "c1", "order_id": "o10231", "author": {"role": "client"}, "created_at": "2026-11-23T09:00:00Z", "body": "Correction",
            "visibility": "client"}  # fmt: skip
    page = [good, {**good, "id": "c2", "author": {"role": "bot"}}, {**good, "id": "c3"}, ["what?"]]
    following = desk.system.comments(None, None, 500).next_cursor
    body = json.dumps({"items": page, "next_cursor": following, "has_more": False})
    desk.orders.faults({"path": "/api/v1/comments", "body": body})
    assert poll_comments(desk.parts, desk.system, threading.Event()) == 4
    asked_again = poll_comments(desk.parts, desk.system, threading.Event())
    assert asked_again == 0, "the cursor is behind them"
    wanted = desk.orders.client_comments("o10231", "Correction: too dark")
    assert poll_comments(desk.parts, desk.system, threading.Event()) == 1
    with desk.db.reading() as c:
        assert wanted in set(c.execute(select(tables.sighting.c.comment_id)).scalars())
    assert _aside(desk, handles=desk) == ["author.role", "no JSON object"]


def _aside(desk: Desk, handles: Desk) -> list[str]:
    """The places named in the reasons of what was set aside."""
    from mailbot.in_force import load_live

    desk.parts.live = load_live(None, None, None)
    while handle(handles.parts):
        pass
    with desk.db.reading() as c:
        t = tables.message
        reasons = list(c.execute(select(t.c.because).where(t.c.state == "set_aside").order_by(t.c.id)).scalars())
    return [next(word for word in ("author.role", "no JSON object", "lacks") if word in reason) for reason in reasons]


def test_a_cursor_that_is_too_old_loses_and_doubles_neither_comments_nor_events(fresh: Desk) -> None:
    """410."""
    desk = fresh
    desk.clock[0] = datetime.now(UTC)
    followed: list[str] = []
    begun = desk.clock[0] - timedelta(minutes=1)

    def follow(event: OrderEvent) -> int:
        followed.append(event.id)
        return 1

    order = desk.orders.place()
    desk.orders.client_comments(order, "Correction: one")
    desk.parts.go_live = {"orders": begun}
    poll_comments(desk.parts, desk.system, threading.Event())
    read_events(desk.parts, desk.system, begun, threading.Event(), follow)
    kept, seen = _comments(desk), list(followed)
    desk.orders.set(oldest_cursor=max(_seqs(desk)) + 1)
    new = desk.orders.client_comments(order, "Correction: two")
    desk.clock[0] = datetime.now(UTC)
    poll_comments(desk.parts, desk.system, threading.Event())
    read_events(desk.parts, desk.system, begun, threading.Event(), follow)
    assert set(_comments(desk)) == {*kept, new}
    assert followed[: len(seen)] == seen
    assert len(set(followed)) == len(followed) == len(seen) + 1


def test_a_system_that_knows_none_of_its_own_cursors_is_told_to_a_person_and_not_asked_for_ever(desk: Desk) -> None:
    desk.clock[0] = datetime.now(UTC)
    desk.parts.go_live = {"orders": desk.clock[0] - timedelta(minutes=1)}
    for n in range(101):
        desk.orders.client_comments("o10233", f"Feedback {n}")
    desk.orders.set(oldest_cursor=1_000_000)
    with pytest.raises(Unavailable, match="does not know the cursor that it has just given"):
        poll_comments(desk.parts, desk.system, threading.Event())
    with pytest.raises(Unavailable, match="does not know the cursor that it has just given"):
        read_events(desk.parts, desk.system, desk.clock[0] - timedelta(minutes=1), threading.Event(), lambda _event: 0)


def _seqs(desk: Desk) -> list[int]:
    """The last comment's and the last event's number."""
    with desk.orders.database.reading() as c:
        return [int(n) for n in c.execute("SELECT (SELECT max(seq) FROM comment), (SELECT max(seq) FROM event)").fetchone()]


def _comments(desk: Desk) -> list[str]:
    with desk.db.reading() as c:
        return list(c.execute(select(tables.sighting.c.comment_id).order_by(tables.sighting.c.comment_id)).scalars())
