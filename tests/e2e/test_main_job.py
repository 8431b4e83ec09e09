"""The main job on real servers: Dovecot, an SMTP sink and the reference order system, `mailbot run --once` as a process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.agencies import answers_on_orders
from tests.e2e.company import MAILS, Workload, a_company
from tests.e2e.world import USER, World

pytestmark = pytest.mark.dovecot


@pytest.fixture(scope="module")
def handled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """100 mails and 30 order comments, handled by one `run --once`; then what is seen from outside."""
    with a_company(tmp_path_factory.mktemp("job")) as (world, work):
        work.deliver(world)
        work.comment(world)
        world.run("run", "--once")
        yield world, work


def test_every_person_has_a_ticket_or_joined_one(handled: tuple[World, Workload]) -> None:
    world, work = handled
    tickets = world.tickets()
    on_tickets = {m["message_id"] for t in tickets for m in t["messages"] if m["message_id"]}
    assert work.message_ids_of_people() <= on_tickets
    comments = {m["comment_id"] for t in tickets for m in t["messages"] if m["comment_id"]}
    assert set(work.comment_ids) <= comments
    assert world.rows("aside") == []


def test_no_robot_was_answered(handled: tuple[World, Workload]) -> None:
    world, work = handled
    answered = {r for mail in world.sink.mails() for r in mail["recipients"]}
    assert answered.isdisjoint(work.robots())
    on_tickets = {m["message_id"] for t in world.tickets() for m in t["messages"]}
    assert on_tickets.isdisjoint(work.message_ids_of_robots())


def test_every_acknowledgement_arrived_once_by_its_channel(handled: tuple[World, Workload]) -> None:
    world, work = handled
    sent = Counter(r for mail in world.sink.mails() for r in mail["recipients"])
    assert {a: n for a, n in sent.items() if a in work.new_clients()} == dict.fromkeys(work.new_clients(), 1)
    answers = Counter(answers_on_orders(world.orders))
    assert {o: answers[o] for o in work.commented_orders} == dict.fromkeys(work.commented_orders, 1)
    assert all(mail["auto_submitted"] == "auto-replied" for mail in world.sink.mails())


def test_processed_holds_every_mail_once(handled: tuple[World, Workload]) -> None:
    world, _ = handled
    assert world.dovecot.count(USER, "INBOX") == 0
    assert world.dovecot.count(USER, "Processed") == MAILS


def test_a_second_run_changes_nothing(handled: tuple[World, Workload]) -> None:
    world, _ = handled
    before = (world.tickets(), world.outbox(), len(world.sink.mails()), len(answers_on_orders(world.orders)))
    world.run("run", "--once")
    assert (world.tickets(), world.outbox(), len(world.sink.mails()), len(answers_on_orders(world.orders))) == before


def test_unknown_senders_get_exactly_the_budget_and_the_rest_is_suppressed(tmp_path: Path) -> None:
    with a_company(tmp_path, known=False, comments=0) as (world, work):
        work.deliver(world)
        world.run("run", "--once")
        budget = 60  # rules/limits.toml: unknown_domain_hour; all senders of the workload share one domain
        suppressed = [a for a in world.outbox() if a["state"] == "suppressed"]
        assert len(world.sink.mails()) == budget
        assert len(suppressed) == work.requests() - budget
        assert all("domain" in a["because"] for a in suppressed)
        assert work.message_ids_of_people() <= {m["message_id"] for t in world.tickets() for m in t["messages"]}
