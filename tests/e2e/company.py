"""The workload of the end-to-end tests: the mails of bench-peers, orders of their senders, order comments of other clients."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.e2e.agencies import client_writes, place_delivered
from tests.e2e.world import PASSWORD, USER, World
from tests.support.dovecot import Dovecot
from tests.support.orders import running_orders
from tests.support.smtp_sink import SmtpSink

MAILS = 100
COMMENTS = 30
PEERS = Path(os.environ.get("BENCH_PEERS", Path(__file__).resolve().parents[3] / "shared" / "bench-peers"))


def generator() -> ModuleType:
    """The mail generator of bench-peers; skipped with a reason where it is not there, never on CI."""
    if not (PEERS / "gen_mails.py").exists():
        if os.environ.get("CI"):
            pytest.fail(f"the workload {PEERS.name} is missing")
        pytest.skip("the shared bench workload (gen_mails.py) is not on this machine; set BENCH_PEERS")
    if str(PEERS) not in sys.path:
        sys.path.insert(0, str(PEERS))
    import gen_mails

    return gen_mails


@dataclass
class Workload:
    """Which mails and comments there are, and who must be answered."""

    mails: int = MAILS
    comments: int = COMMENTS
    comment_ids: list[str] = field(default_factory=list)
    commented_orders: list[str] = field(default_factory=list)

    def deliver(self, world: World) -> None:
        make = generator()
        for i in range(self.mails):
            if make.kind(i) == "auto":
                world.dovecot.deliver(USER, make.mail(i), "")
        world.dovecot.deliver_many(USER, [make.mail(i) for i in self.people()])

    def comment(self, world: World) -> None:
        """Each on an order of its own; ten reject the delivery, ten are plain, ten say nothing of a keyword."""
        words = ("Correction: image 3 is too dark.", "Amendment: please add a blue sky in image 2.", "the lawn in image 1 is still brown")
        numbers = [(str(7700000 + i), f"agent{i}@agency{i}.example") for i in range(self.comments)]
        self.commented_orders = place_delivered(world.orders, numbers)
        rows = [(order, words[i % 3], i % 3 == 0) for i, order in enumerate(self.commented_orders)]
        self.comment_ids = client_writes(world.orders, rows)

    def people(self) -> list[int]:
        return [i for i in range(self.mails) if generator().kind(i) != "auto"]

    def new_clients(self) -> set[str]:
        """Those who wrote a new request: exactly one acknowledgement each."""
        make = generator()
        parents = {make.parent(i) for i in self.people() if make.kind(i) == "reply"}  # they also asked for news, and got it
        return {make.sender(i) for i in self.people() if make.kind(i) != "reply" and i not in parents}

    def requests(self) -> int:
        """How many mails open a ticket: one automatic answer each."""
        return sum(generator().kind(i) != "reply" for i in self.people())

    def message_ids_of_people(self) -> set[str]:
        return {generator().msgid(i) for i in self.people()}

    def message_ids_of_robots(self) -> set[str]:
        return {generator().msgid(i) for i in range(self.mails) if generator().kind(i) == "auto"}

    def robots(self) -> set[str]:
        return {
            a
            for i in range(self.mails)
            if generator().kind(i) == "auto"
            for a in (generator().sender(i), f"mailer-daemon@mx{i}.client.example")
        }


@contextlib.contextmanager
def a_company(
    folder: Path, *, mails: int = MAILS, comments: int = COMMENTS, known: bool = True, **world: Any
) -> Iterator[tuple[World, Workload]]:
    """Servers, configuration and (where `known`) an order for each sender of the mails."""
    make = generator()
    with Dovecot({USER: PASSWORD}) as dovecot, SmtpSink() as sink, running_orders(folder / "orders") as orders:
        work = Workload(mails=mails, comments=comments)
        if known:
            place_delivered(orders, [(str(make.order(i)), make.sender(i)) for i in range(mails) if make.kind(i) not in ("auto", "reply")])
        here = World(folder, dovecot, sink, orders, **world)
        here.write_config()
        yield here, work
