"""Two processes on one PostgreSQL never decide on an old state: a mail and a comment on one order are one ticket (P3)."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.agencies import answers_on_orders, client_writes, place_delivered
from tests.e2e.company import PASSWORD
from tests.e2e.world import USER, World, until
from tests.support.dovecot import Dovecot
from tests.support.orders import Orders, running_orders
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]
PAIRS = int(os.environ.get("MAILBOT_TEST_PAIRS", "500"))
LIMITS = "known_address_hour = 100000\nknown_address_day = 100000\nunknown_domain_hour = 100000\nall_hour = 100000\n"


def test_a_mail_and_a_comment_on_one_order_are_one_ticket_with_one_acknowledgement(tmp_path: Path, postgres_url: str) -> None:
    with Dovecot({USER: PASSWORD}) as dovecot, SmtpSink() as sink, running_orders(tmp_path / "orders") as orders:
        world = World(tmp_path, dovecot, sink, orders, database=postgres_url, limits=LIMITS)
        world.write_config()
        world.run("run", "--once")
        ids = place_delivered(orders, [(str(8800000 + i), f"agent{i}@agency.example") for i in range(PAIRS)])
        dovecot.deliver_many(USER, [_mail(i) for i in range(PAIRS)])
        client_writes(orders, [(order, f"Correction: the sky in image {i % 9 + 1} is grey.", True) for i, order in enumerate(ids)])
        processes = [world.start(), world.start()]
        try:
            assert until(lambda: _done(world), 240, every=2), world.log()[-3000:]
        finally:
            for process in processes:
                process.terminate()
            codes = [process.wait(40) for process in processes]
        assert codes == [0, 0]
        _one_each(world, orders)


def _mail(i: int) -> bytes:
    return (
        f"From: Agent {i} <agent{i}@agency.example>\r\nTo: {USER}\r\nSubject: Correction: order {8800000 + i}\r\n"
        f"Message-ID: <pair{i}@agency.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"Correction: the sky in image {i % 9 + 1} is grey.\r\n"
    ).encode()


def _done(world: World) -> bool:
    outbox = world.outbox()
    return sum(len(t["messages"]) for t in world.tickets()) == 2 * PAIRS and not [a for a in outbox if a["state"] in ("queued", "sending")]


def _one_each(world: World, orders: Orders) -> None:
    tickets = world.tickets()
    assert len(tickets) == PAIRS
    assert {len(t["messages"]) for t in tickets} == {2}
    by_mail = Counter(m["in_reply_to"] for m in world.sink.mails())
    by_comment = Counter(answers_on_orders(orders))
    assert sum(by_mail.values()) + sum(by_comment.values()) == PAIRS
    assert max((*by_mail.values(), *by_comment.values())) == 1
