"""One mailbox, one SMTP server and mailbot in this process or in one that dies: the stage of test_walk_faults.py, and its counts."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from mailbot import schedule
from mailbot.config import load
from mailbot.record import holders, tables
from mailbot.record.database import Database, SteadyClock
from mailbot.service import Service
from mailbot.wiring import open_service
from tests.e2e.world import ROOT, USER, World, until


@dataclass
class Firm:
    """`later` is how far mailbot's clock is ahead of ours."""

    world: World
    later: timedelta = timedelta()

    @contextlib.contextmanager
    def service(self) -> Iterator[Service]:
        """mailbot in this process, with its real config.toml."""
        with open_service(load(self.world.folder / "config.toml", {})) as service:
            if service.db.dialect == "sqlite":
                service.db._clock = SteadyClock(lambda: datetime.now(UTC) + self.later)  # the one clock there is
            yield service

    def once(self, only: frozenset[str] = schedule.ALL) -> int:
        """`mailbot run --once` in this process."""
        with self.service() as service:
            return schedule.run_once(service, only, threading.Event())

    @contextlib.contextmanager
    def running(self) -> Iterator[Service]:
        """`mailbot run` in threads of this process, stopped at the end."""
        stop = threading.Event()
        with self.service() as service:
            thread = threading.Thread(target=schedule.serve, args=(service, schedule.ALL, stop))
            thread.start()
            try:
                yield service
            finally:
                stop.set()
                thread.join(40)
            assert not thread.is_alive()

    def ill(self, place: str, how: str, *, at: str = "before", times: int = 1, lease: float = 0) -> subprocess.Popen[bytes]:
        """`mailbot run --once` in a process of its own in which the function `place` goes wrong (tests/faults/ill.py)."""
        command = [sys.executable, "-m", "tests.faults.ill", str(self.world.folder / "config.toml"), place, how, at, str(times), str(lease)]
        with (self.world.folder / "ill.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def dies(self, place: str, how: str = "kill", *, at: str = "before", times: int = 1) -> None:
        """Runs it and sees it die by the signal."""
        code = self.ill(place, how, at=at, times=times).wait(60)
        assert code < 0, f"it ended with {code}: {(self.world.folder / 'ill.log').read_text()[-3000:]}"

    def client_writes(self, n: int, *, first: int = 0, text: str = "") -> None:
        """Mails of so many different clients."""
        self.world.dovecot.deliver_many(USER, [mail(i, text) for i in range(first, first + n)])

    def append(self, raw: bytes) -> None:
        """Puts these very bytes into INBOX, without the lines that a delivery adds."""
        with self.world.dovecot.imap(USER) as client:
            answer = client.append("INBOX", None, None, raw)
            assert answer[0] == "OK", answer

    def count(self, table: Any, *where: Any) -> int:
        with self.reading() as (c, _):
            return int(c.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    @contextlib.contextmanager
    def reading(self) -> Iterator[tuple[Any, Database]]:
        db = Database(self.world.database or f"sqlite:///{self.world.folder}/mailbot.db")
        try:
            with db.reading() as c:
                yield c, db
        finally:
            db.close()

    def states(self) -> Counter[str]:
        """How many messages are in which state."""
        with self.reading() as (c, _):
            return Counter(c.execute(select(tables.message.c.state)).scalars())

    def replies(self) -> list[Any]:
        """The mails of the outbox."""
        with self.reading() as (c, _):
            return list(c.execute(select(tables.action).where(tables.action.c.kind == "email").order_by(tables.action.c.id)))

    def wait(self, condition: Callable[[], Any], seconds: float = 30) -> None:
        assert until(condition, seconds, every=0.1), f"{self.states()} {[(r.state, r.because) for r in self.replies()]}"

    def everything_is_well(
        self,
        people: int,
        *,
        machines: int = 0,
        aside: int = 0,
        uncertain: int = 0,
        copies: int = 0,
        tickets: int | None = None,
        answers: int | None = None,
    ) -> None:
        """I1-I12 as they are seen from outside: one ticket and one answer for each person, each mail once in Processed, nothing read."""
        assert self.states() == Counter(on_ticket=people, recorded=machines, set_aside=aside), "I12"
        assert self.count(tables.ticket) == (people if tickets is None else tickets), "I4"
        assert self.count(tables.ticket_message) == people
        replies = self.replies()
        assert len(replies) == (people if answers is None else answers)
        assert Counter(r.state for r in replies if r.state != "sent") == Counter(uncertain=uncertain), "I7"
        accepted = Counter(m["message_id"] for m in self.world.sink.mails())
        assert set(accepted.values()) <= {1}, "I6: a reply was accepted twice"
        assert {r.message_id for r in replies if r.state == "sent"} <= set(accepted) <= {r.message_id for r in replies}
        assert max(Counter(r.message for r in replies).values(), default=1) == 1, "a message was answered twice"
        box = self.world.dovecot
        assert box.count(USER, "INBOX") == 0, "I1"
        assert box.count(USER, "Processed") == people + machines + aside + copies
        assert [box.flagged(USER, f, flag) for f in ("INBOX", "Processed") for flag in ("SEEN", "DELETED")] == [0, 0, 0, 0], "I3"
        with self.reading() as (c, _):
            assert holders.all_holders(c) == set(), "I11"


def mail(n: int, text: str = "", message_id: str = "") -> bytes:
    """A correction by the n-th client, of an order of theirs."""
    return (
        f"From: Agent {n} <agent{n}@agency{n}.example>\r\nTo: {USER}\r\nSubject: Correction: order {8800000 + n}\r\n"
        f"Message-ID: <{message_id or f'walk{n}@agency{n}.example'}>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"{text or f'Correction: the sky in image {n % 9 + 1} is grey.'}\r\n"
    ).encode()


def write_into_maildir(home: Path, mails: list[bytes], arrived: datetime, owner: tuple[int, int]) -> None:
    """Puts mails behind the server's back: thousands in a second, with a time of arrival of our choice."""
    import os

    new = home / "Maildir" / "new"
    for n, raw in enumerate(mails):
        path = new / f"{int(arrived.timestamp())}.M{n:06d}P1.test"
        path.write_bytes(raw)
        os.utime(path, (arrived.timestamp(), arrived.timestamp()))
        os.chown(path, *owner)
