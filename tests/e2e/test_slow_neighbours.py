"""One source that is down or slow never delays another (architecture.md, threads and gather)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.agencies import place_delivered
from tests.e2e.company import PASSWORD
from tests.e2e.world import USER, World, until
from tests.support.dovecot import Dovecot, free_port
from tests.support.orders import running_orders
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.dovecot


def test_a_dead_mailbox_and_a_slow_order_system_do_not_delay_the_other_mailbox(tmp_path: Path) -> None:
    with Dovecot({USER: PASSWORD}) as dovecot, SmtpSink() as sink, running_orders(tmp_path / "orders") as orders:
        dead = (
            f'[[mailbox]]\nname = "dead"\nhost = "127.0.0.1"\nport = {free_port()}\ntls = "none"\nuser = "x@studio.example"\n'
            f'password_file = "{tmp_path}/password"'
        )
        world = World(tmp_path, dovecot, sink, orders, extra=dead)
        world.write_config()
        place_delivered(orders, [("6600001", "ann@agency.example")])
        world.run("run", "--once", check=False)
        orders.faults({"delay": 30, "times": 1000})
        process = world.start()
        try:
            assert until(lambda: "running" in world.log(), 20), world.log()
            time.sleep(3)
            dovecot.deliver(USER, _mail(), "ann@agency.example")
            # Far below the 30 s of the order system; by hand it is below 3 s (docs/operations.md), which no shared machine promises.
            assert until(lambda: len(sink.mails()) == 1, 12), world.log()
        finally:
            process.terminate()
            process.wait(40)
        assert world.tickets()[0]["flags"], "the ticket says that facts are awaited"


def _mail() -> bytes:
    return (
        f"From: Ann <ann@agency.example>\r\nTo: {USER}\r\nSubject: Correction: order 6600001\r\nMessage-ID: <slow@agency.example>\r\n"
        "\r\nCorrection: image 3 is too dark.\r\n"
    ).encode()
