"""One return from the first word to the Account Manager, on a real Dovecot, an SMTP sink and the reference order system; once in peace,
once with SIGKILL at random moments. The client's mails and the order page hold exactly the expected messages, in order, each once."""

from __future__ import annotations

import email
import email.policy
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailbot.record.database import Database
from mailbot.record.views.outbox import actions
from mailbot.record.views.tickets import Filter, tickets
from mailbot.reference import store
from mailbot.reference.buttons import charge_words
from mailbot.reference.database import stamp
from tests.e2e.agencies import place_delivered
from tests.e2e.world import PASSWORD, USER, World, kill, until
from tests.support.dovecot import Dovecot
from tests.support.orders import running_orders
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.dovecot
KILLS = int(os.environ.get("MAILBOT_TEST_KILLS", "6"))  # 20 by hand, see docs/operations.md
ANN = "ann@agency.example"
MANAGER = "maria@studio.example"
PEOPLE = (("kim", "coordinator"), ("sam", "quality_supervisor"), ("bo", "quality_supervisor"))

# What the client reads, in order: by mail, and on the order.
SAID = (
    ("order", "Thank you for your message. It has reached us"),
    ("both", "We have read your message about order"),
    ("both", "assessed your return as an Amendment, with a charge of EUR 40.00"),
    ("order", "Thank you, now we have everything we need."),
    ("both", "We deliver by"),
    ("both", "and we will not make it. We are sorry."),
    ("both", "The delivery time has changed: we deliver by"),
    ("both", "The new files for order"),
    ("both", "have been sent again to"),
    ("order", "We see that you do not agree. Another Quality Supervisor"),
    ("both", "assessed your return as a Correction. It is free of charge."),
)
BY_MAIL = [words for road, words in SAID if road == "both"]
ON_ORDER = [words for _, words in SAID]


@dataclass
class Return:
    """The order of Ann, and everybody who does something with it. `order` is its id."""

    world: World
    order: str
    killer: Callable[[], None] = lambda: None
    db: Database = field(init=False)

    def __post_init__(self) -> None:
        self.db = Database(self.world.database or f"sqlite:///{self.world.folder}/mailbot.db")

    def tickets(self) -> list[dict[str, Any]]:
        """As `mailbot tickets --json`, without the second that a command takes to start."""
        with self.db.reading() as c:
            return [v.as_json() for v in tickets(c, Filter(limit=100))]

    def outbox(self) -> list[dict[str, Any]]:
        with self.db.reading() as c:
            return [v.as_json() for v in actions(c)]

    def client(self, words: str, **pressed: Any) -> None:
        """Ann writes on her order and presses a button."""
        with self.world.orders.database.writing() as c:
            found = store.order(c, self.order)
            if "charge_answer" in pressed:
                pressed["charge"] = charge_words(found)
            new = store.NewComment(order_id=self.order, role="client", author=found["client"], body=words, visibility="client", **pressed)
            store.add_comment(c, new, stamp(datetime.now(UTC)))

    def staff_delivers(self) -> None:
        with self.world.orders.database.writing() as c:
            store.deliver(c, self.order, stamp(datetime.now(UTC)))

    def act(self, *arguments: str, refused: str = "") -> None:
        """A command of a person; `refused`: it must fail and say so."""
        done = self.world.run(*arguments, check=not refused, timeout=90)
        if refused:
            assert done.returncode == 1
            assert refused in done.stderr

    def ticket(self, number: int) -> dict[str, Any]:
        return next((t for t in self.tickets() if t["ticket"] == number), {})

    def first(self) -> int:
        """The number of the first ticket. A kill between taking a number and writing its ticket leaves a gap in PostgreSQL."""
        assert until(lambda: self.killer() or self.tickets(), 120, every=0.3), self.world.log()[-3000:]
        return int(min(t["ticket"] for t in self.tickets()))

    def waits_for(self, number: int, **fields: Any) -> None:
        """Until the ticket is so; the service may be killed meanwhile."""

        def holds() -> bool:
            self.killer()
            found = self.ticket(number)
            return bool(found) and all(found[k] == v for k, v in fields.items())

        assert until(holds, 120, every=0.3), f"{fields}: {self.ticket(number)}\n{self.world.log()[-3000:]}"

    def hears(self, count: int) -> None:
        """Until the client has read so many lines of SAID by both roads (or an uncertain mail stands for one)."""
        mails = sum(road == "both" for road, _ in SAID[:count])

        def heard() -> bool:
            self.killer()
            return len(self.on_order()) >= count and len(self.by_mail()) + len(self.uncertain()) >= mails

        assert until(heard, 120, every=0.3), f"{self.on_order()} {self.by_mail()}\n{self.outbox()}\n{self.world.log()[-2000:]}"

    def by_mail(self) -> list[str]:
        return [_body(m) for m in self.world.sink.mails() if ANN in m["recipients"]]

    def on_order(self) -> list[str]:
        with self.world.orders.database.reading() as c:
            return [r["body"] for r in store.comments_of(c, self.order) if r["role"] != "client" and r["visibility"] == "client"]

    def told_manager(self) -> list[str]:
        return [m["subject"] for m in self.world.sink.mails() if MANAGER in m["recipients"]]

    def uncertain(self) -> list[dict[str, Any]]:
        return [a for a in self.outbox() if a["state"] == "uncertain"]


def play(r: Return) -> None:
    """The whole return; `hears(n)`: the client has read the first n lines of SAID."""
    soon = datetime.now(UTC)
    r.client("Correction: image 3 is too dark, and the sky is missing.", rejects=True)
    first = r.first()
    ticket = str(first)
    r.waits_for(first, state="new")
    r.hears(1)
    r.act("take", ticket, "--as", "kim")
    r.hears(2)
    r.act("assess", ticket, "amendment", "--as", "kim", "--reason", "x", "--plan", "y", refused="needs the role quality_supervisor")
    r.act("assess", ticket, "amendment", "--as", "sam", "--reason", "No sky was ordered", "--plan", "Sky on 3", "--charge", "40 EUR")
    r.hears(3)
    r.act("delivery-time", ticket, "--as", "kim", refused="waiting for agreement")
    r.client("Agreed.", charge_answer="agreed")
    r.waits_for(first, state="assessed")
    r.hears(4)
    soon = datetime.now(UTC) + timedelta(seconds=20)
    r.act("delivery-time", ticket, soon.isoformat(), "--as", "kim")
    r.hears(5)
    r.hears(6)  # nobody set a new time: the watch tells the client before the promise lapses
    r.act("delivery-time", ticket, (datetime.now(UTC) + timedelta(hours=3)).isoformat(), "--as", "kim", "--reason", "More windows")
    r.hears(7)
    r.staff_delivers()
    r.waits_for(first, state="delivered")
    r.hears(8)
    r.client("Please send the new files to our portal.", redistribution=True)
    _redistributed(r)
    r.client("Correction: image 3 is still too dark!", rejects=True)
    last = _dispute(r)
    r.hears(10)
    dispute = ("assess", str(last), "correction", "--reason", "Too dark indeed", "--plan", "Brighten 3")
    r.act(*dispute, "--as", "sam", refused="another supervisor decides")
    r.act(*dispute, "--as", "bo")
    r.hears(11)
    assert until(lambda: any("Dispute" in s for s in r.told_manager()), 60, every=0.3)


def _redistributed(r: Return) -> None:
    """The wish is a ticket of its own (the first one is over); a person triggers it."""
    assert until(lambda: r.killer() or any(t["kind"] == "request" for t in r.tickets()), 90, every=0.3), r.tickets()
    wish = next(t["ticket"] for t in r.tickets() if t["kind"] == "request")
    r.act("redistribute", str(wish), "--as", "kim")
    assert until(lambda: r.killer() or any("have been sent again to" in w for w in r.on_order()), 90, every=0.3), r.outbox()
    r.act("close", str(wish), "--as", "kim", "--reason", "done")


def _dispute(r: Return) -> int:
    assert until(lambda: r.killer() or any("dispute" in t["flags"] for t in r.tickets()), 90, every=0.3), r.tickets()
    return int(next(t["ticket"] for t in r.tickets() if "dispute" in t["flags"]))


def everything_was_said_once_and_in_order(r: Return) -> None:
    """Acknowledgements of the wish for redistribution stand between; everything else is exactly SAID."""
    on_order = [w for w in r.on_order() if "You asked for a redistribution" not in w]
    assert len(on_order) == len(ON_ORDER), "\n---\n".join(on_order)
    assert [words for words, text in zip(ON_ORDER, on_order, strict=True) if words not in text] == []
    mails = r.by_mail()
    accepted = {m["message_id"] for m in r.world.sink.mails()}
    lost = [a for a in r.uncertain() if a["message_id"] not in accepted]  # one that was accepted just before the kill is both
    assert len(set(mails)) == len(mails), "a mail was accepted twice"
    found = [max((n for n, words in enumerate(BY_MAIL) if words in text), default=-1) for text in mails]
    assert -1 not in found
    assert found == sorted(found), "out of order"
    assert len(mails) + len([a for a in lost if a["channel"] == "email" and a["to"] == ANN]) == len(BY_MAIL), f"{found} {lost}"
    assert [a for a in r.outbox() if a["state"] in ("queued", "sending", "gave_up", "held")] == []


@contextmanager
def company(folder: Path, database: str = "") -> Iterator[Return]:
    with Dovecot({USER: PASSWORD}) as dovecot, SmtpSink() as sink, running_orders(folder / "orders") as orders:
        [order] = place_delivered(orders, [("7000001", ANN)])
        replies = "undo_seconds = 0\nbundle_seconds = 0"
        world = World(folder, dovecot, sink, orders, database=database, replies=replies)
        config = world.write_config()
        text = config.read_text().replace(
            'desk_name = "Studio support"',
            f'desk_name = "Studio support"\naccount_manager = {{ name = "Maria Lind", email = "{MANAGER}" }}',
        )
        config.write_text(text)
        for login, role in PEOPLE:
            world.run("user", "add", login, "--role", role)
        staged = Return(world, order)
        try:
            yield staged
        finally:
            staged.db.close()


def test_a_whole_return_from_the_first_word_to_the_account_manager(tmp_path: Path) -> None:
    with company(tmp_path) as r:
        service = r.world.start()
        try:
            play(r)
        finally:
            service.terminate()
            assert service.wait(35) == 0
        everything_was_said_once_and_in_order(r)
        assert r.uncertain() == []


@pytest.mark.parametrize("engine", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_whole_return_under_kills_loses_and_doubles_nothing(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    database = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    with company(tmp_path, database) as r:
        moments, stop = random.Random(20261125), threading.Event()
        running: list[subprocess.Popen[bytes]] = [r.world.start()]

        def kill_at_random_moments() -> None:
            for _ in range(KILLS):
                if stop.wait(moments.uniform(1.0, 6.0)):
                    return
                kill(running[-1])
                running.append(r.world.start())

        killer = threading.Thread(target=kill_at_random_moments)
        killer.start()
        try:
            play(r)
            killer.join(KILLS * 10)
            time.sleep(0.5)
        finally:
            stop.set()
            killer.join()
            running[-1].terminate()
            assert running[-1].wait(35) == 0
        assert len(running) == KILLS + 1
        r.world.run("run", "--once", check=False)
        everything_was_said_once_and_in_order(r)


def _body(mail: dict[str, Any]) -> str:
    parsed = email.message_from_bytes(mail["raw"], policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("plain",))
    return str(part.get_content()) if part else ""
