"""SIGKILL at any moment loses nothing and doubles nothing (I11): the Dovecot workload with kills, restarted each time."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.agencies import answers_on_orders
from tests.e2e.company import Workload, a_company, generator
from tests.e2e.world import USER, World, kill, until

pytestmark = pytest.mark.dovecot
KILLS = int(os.environ.get("MAILBOT_TEST_KILLS", "6"))  # 20 by hand, see docs/operations.md


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    database = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    with a_company(tmp_path, comments=10, database=database) as (world, work):
        world.run("run", "--once")  # the schema; the mailbox is still empty
        work.deliver(world)
        work.comment(world)
        moments = random.Random(20261123)
        for _ in range(KILLS):
            process = world.start()
            time.sleep(moments.uniform(0.3, 2.5))
            kill(process)
        process = world.start()
        try:
            assert until(lambda: _all_is_done(world, work), 120, every=1), f"{world.rows('aside')} {world.log()[-3000:]}"
        finally:
            process.terminate()
            assert process.wait(35) == 0
        _nothing_lost_nothing_doubled(world, work)


def _all_is_done(world: World, work: Workload) -> bool:
    on_tickets = sum(len(t["messages"]) for t in world.tickets())
    waiting = [a for a in world.outbox() if a["state"] in ("queued", "sending")]
    return world.dovecot.count(USER, "Processed") == work.mails and on_tickets == len(work.people()) + work.comments and not waiting


def _nothing_lost_nothing_doubled(world: World, work: Workload) -> None:
    make = generator()
    tickets = world.tickets()
    on_tickets = Counter(m["message_id"] for t in tickets for m in t["messages"] if m["message_id"])
    assert work.message_ids_of_people() == set(on_tickets)
    assert set(on_tickets.values()) == {1}
    opened = Counter(t["order"] for t in tickets)
    assert {n: opened[n] for n in opened if opened[n] > 1} == {}, "double tickets"
    accepted = Counter(m["message_id"] for m in world.sink.mails())
    assert max(accepted.values()) == 1, "a reply was accepted twice"
    mails = [a for a in world.outbox() if a["channel"] == "email" and a["state"] != "suppressed"]
    uncertain = {a["message_id"] for a in mails if a["state"] == "uncertain"}
    assert {a["message_id"] for a in mails} == set(accepted) | uncertain
    comments = Counter(answers_on_orders(world.orders))
    assert all(n == 1 for n in comments.values())
    on_orders = [a for a in world.outbox() if a["channel"] != "email" and a["state"] not in ("sent", "suppressed")]
    assert on_orders == [], "what the order system does is repeated with its key, and waits for nobody"
    assert world.dovecot.count(USER, "INBOX") == 0
    assert len(tickets) == len([i for i in work.people() if make.kind(i) != "reply"]) + work.comments
