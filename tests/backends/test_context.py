from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, event, text, update

from mailbot.model.money import Money
from mailbot.model.order import DeliveryRound, OrderImage, Person
from mailbot.record import addresses, claims, context, facts, journal, outbox, people, tickets
from mailbot.record.context import LookUp
from mailbot.record.database import Database
from mailbot.record.outbox import NewAction
from mailbot.record.tables import order_fact
from tests.backends.conftest import START, Clock
from tests.backends.makers import decision, email, mails, order, settled


@contextmanager
def statements(c: Connection) -> Iterator[list[str]]:
    """The SQL that the block runs."""
    ran: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(c, "before_cursor_execute", note)
    yield ran
    event.remove(c, "before_cursor_execute", note)


@pytest.fixture
def story(db: Database) -> Database:
    """Ann (client C1) wrote <1@client.example>: ticket on order 10231, one acknowledgement sent as <ack@us.example>."""
    with db.transaction() as c:
        addresses.learn(c, [order()], "shop", START)
        facts.store(c, "shop", [order(), order("o-2", "10232", placed_at=START)], START)
        people.add(c, "kim", START, name="Kim", email="Kim@Us.example", roles=["coordinator"], order_system_id="staff-1")
        kept = journal.keep(c, mails(2), START)
        ticket = tickets.open_ticket(c, decision(), kept[0].id, "email", START, START)
        journal.settle(c, [settled(kept[0].id, ticket.id, message_id="<1@client.example>", text_hash="h1")], START)
        outbox.queue(c, [email("ack", ticket.id, counted=True)], START)
    return db


def ask(c: Connection, now: object = START, **more: object) -> context.Found:
    return context.look_up(c, [LookUp(message=99, **more)], now)[0]  # type: ignore[arg-type]  # tests pass what LookUp takes


def test_a_reply_leads_to_its_ticket_by_our_mail_and_by_the_clients_own(story: Database) -> None:
    with story.reading() as c:
        for thread in ("<ack@us.example>", "<1@client.example>"):
            found = ask(c, thread_ids=("<unknown@x>", thread))
            assert found.thread_tickets == (1,)
            assert [t.id for t in found.tickets] == [1]
        assert context.orders_of_threads(c, ["<ack@us.example>", "<no@x>"]) == {"<ack@us.example>": ["o-1"]}
        [ours] = ask(c, report_message_ids=("<ack@us.example>",)).our_mails
        assert (ours.ticket, ours.to, ours.message_id) == (1, "ann@client.example", "<ack@us.example>")


def test_tickets_are_found_by_order_and_by_client_while_they_matter(story: Database) -> None:
    later = START + timedelta(days=31)
    with story.transaction() as c:
        assert [t.id for t in ask(c, order_numbers=("10231",)).tickets] == [1]
        assert [t.id for t in ask(c, order_ids=("o-1",)).tickets] == [1]
        assert ask(c, order_ids=("10231",)).tickets == ()
        assert [t.id for t in ask(c, sender="ann@client.example").tickets] == [1]
        assert [t.id for t in ask(c, comment_author_id="C1").tickets] == [1]
        tickets.update(c, 1, 1, START, state="delivered", delivered_at=START)
        assert [t.id for t in ask(c, sender="ann@client.example", order_ids=("o-1",)).tickets] == [1]
        assert ask(c, later, sender="ann@client.example", order_ids=("o-1",)).tickets == ()
        assert [t.id for t in ask(c, later, thread_ids=("<ack@us.example>",)).tickets] == [1]


def test_the_address_book_and_the_colleagues_are_told_apart(story: Database) -> None:
    with story.transaction() as c:
        ann = ask(c, sender="ann@client.example")
        assert ann.known is not None
        assert (ann.known.client, ann.known.bounced, ann.colleague) == ("C1", False, None)
        assert ann.client_orders == ("o-2", "o-1")
        kim = ask(c, sender="kim@us.example").colleague
        assert kim is not None
        assert (kim.login, kim.open_tickets, kim.on_shift) == ("kim", 1, True)
        assert ask(c, comment_author_id="staff-1").colleague == kim
        assert context.staff(c) == (kim,)
        assert context.last_owners(c) == (("retouch", "kim"),)
        assert context.waiting(c) == 1
        people.set_available(c, "kim", available=False)
        assert not context.staff(c)[0].on_shift
        people.disable(c, "kim")
        assert ask(c, sender="kim@us.example").colleague is None
        assert [p.active for p in people.everybody(c)] == [False]


def test_the_same_words_of_the_same_client_within_a_day_are_noticed(story: Database) -> None:
    with story.reading() as c:
        assert ask(c, sender="ann@client.example", text_hash="h1").duplicate_texts == ((1, "h1"),)
        assert ask(c, comment_author_id="C1", text_hash="h1").duplicate_texts == ((1, "h1"),)
        assert ask(c, sender="bob@x.example", text_hash="h1").duplicate_texts == ()
        assert ask(c, START + timedelta(hours=25), sender="ann@client.example", text_hash="h1").duplicate_texts == ()


def test_only_counted_mails_that_go_or_went_use_up_the_allowance(story: Database) -> None:
    with story.transaction() as c:
        outbox.queue(
            c, [email("s", 1, counted=True, state="suppressed"), email("n", 1), email("o", 1, counted=True, to="o@client.example")], START
        )
        now = ask(c, START + timedelta(minutes=5), sender="ann@client.example").spent
        assert (now.address_hour, now.address_day, now.domain_hour, now.all_hour) == (1, 1, 2, 2)
        later = ask(c, START + timedelta(hours=2), sender="ann@client.example").spent
        assert (later.address_hour, later.address_day, later.domain_hour, later.all_hour) == (0, 1, 0, 0)


def test_a_batch_needs_the_same_statements_as_one_message(story: Database) -> None:
    def asks(count: int) -> list[LookUp]:
        return [
            LookUp(
                message=n, sender=f"p{n}@x.example", comment_author_id=f"c{n}", thread_ids=(f"<{n}@x>",), order_ids=(f"o{n}",),
                order_numbers=(f"{n}",), text_hash=f"h{n}", report_message_ids=(f"<r{n}@x>",),
            )
            for n in range(count)
        ]  # fmt: skip

    with story.reading() as c, statements(c) as one:
        context.look_up(c, asks(1), START)
    with story.reading() as c, statements(c) as fifty:
        context.look_up(c, asks(50), START)
    assert len(one) == len(fifty) <= 13


def test_writing_a_batch_needs_a_handful_of_statements(db: Database, clock: Clock) -> None:
    with db.transaction() as c, statements(c) as keeping:
        kept = journal.keep(c, mails(50), START)
    assert len(keeping) <= 4
    with db.transaction() as c, statements(c) as claiming:
        claims.claim(c, 50, START, "h")
    assert len(claiming) == 3
    with db.transaction() as c, statements(c) as writing:
        new = [tickets.opened(id_, decision(), "email", START, START) for id_ in tickets.reserve(c, 50)]
        tickets.insert(c, new, START)
        journal.settle(c, [settled(k.id, t.id) for k, t in zip(kept, new, strict=True)], START)
        outbox.queue(c, [email(f"k{t.id}", t.id) for t in new], START)
        tickets.log(c, [tickets.LogRow(ticket=t.id, what="opened") for t in new], START)
    assert len(writing) <= 9


@pytest.mark.engine("sqlite")  # PostgreSQL scans small tables whatever the indices are
def test_look_ups_use_an_index_however_much_the_tables_grow(story: Database) -> None:
    full = LookUp(
        message=1, sender="a@x", comment_author_id="c", thread_ids=("<a>",), order_ids=("o",), order_numbers=("1",), text_hash="h",
        report_message_ids=("<r>",),
    )  # fmt: skip
    plans: dict[str, list[str]] = {}
    with story.transaction() as c:

        def explain(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.startswith(("SELECT", "UPDATE")):
                cursor = c.connection.cursor()
                cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[arg-type]  # the driver's own tuple
                plans[statement] = [row[3] for row in cursor.fetchall()]

        event.listen(c, "before_cursor_execute", explain)
        context.look_up(c, [full], START)
        context.waiting(c)
        context.orders_of_threads(c, ["<a>"])
        journal.known_uids(c, "INBOX", 7, [1, 2])
        journal.untidied(c, "INBOX", 7, 10)
        claims.claim(c, 50, START, "h")
        outbox.claim(c, "smtp", 10, START, "h")
        outbox.next_due(c, "smtp", START)
        outbox.expire(c, START)
        tickets.waiting_for_facts(c, 10)
        facts.cached(c, "shop", ["1"], START)
        facts.client_orders(c, "shop", ["a@x"], START)
        event.remove(c, "before_cursor_execute", explain)
    assert len(plans) > 20
    small = ("SCAN people", "SCAN (subquery", "SCAN both", "SCAN anon")
    bad = {
        s: line
        for s, plan in plans.items()
        for line in plan
        if line.startswith("SCAN") and "USING" not in line and not line.startswith(small)
    }
    assert bad == {}


def test_facts_that_an_older_version_stored_are_read(db: Database) -> None:
    with db.transaction() as c:
        facts.store(c, "shop", [order(as_of=START)], START)
        old = {k: v for k, v in json.loads(facts.order_text(order(as_of=START))).items() if k not in ("charge", "plan", "deliveries")}
        c.execute(update(order_fact).values(json=json.dumps(old)))
        assert facts.cached(c, "shop", ["10231"], START) == [order(as_of=START)]


def test_facts_come_back_equal_and_only_while_fresh(db: Database) -> None:
    full = order(
        variables=(("sky", "blue"), ("count", 2), ("twilight", True)), images=(OrderImage(id="i", name="1.jpg"),), due_at=START,
        account_manager=Person(id="m", emails=("m@x",)), distribution_targets=("portal",), etag='"1"', as_of=START,
        charge=Money(Decimal("12.50"), "EUR"), plan="new sky", deliveries=(DeliveryRound(at=START, images=("i",)),),
    )  # fmt: skip
    with db.transaction() as c:
        facts.store(c, "shop", [full], START)
        assert facts.cached(c, "shop", ["10231"], START) == [full]
        assert facts.cached(c, "shop", ["o-1"], START + timedelta(seconds=601)) == []
        assert facts.cached(c, "other", ["o-1"], START) == []
        assert facts.client_orders(c, "shop", ["ann@client.example"], START) == {}
        facts.store_client_orders(c, "shop", {"Ann@client.example": [full], "no@x": []}, START)
        assert facts.client_orders(c, "shop", ["ann@client.example", "no@x"], START) == {"ann@client.example": (full,), "no@x": ()}


def test_what_a_person_entered_in_the_address_book_wins(db: Database) -> None:
    with db.transaction() as c:
        addresses.learn(c, [order()], "shop", START)
        addresses.learn(c, [order(client="C2")], "shop", START)
        assert [a.address for a in addresses.of_client(c, "C2")] == ["ann@client.example"]
        assert addresses.mark_bounced(c, "ANN@client.example", START)
        assert not addresses.mark_bounced(c, "ann@client.example", START)
        assert addresses.of_client(c, "C2")[0].bounced
        addresses.add(c, "ann@client.example", "C9", "Ann", "kim", START)
        addresses.learn(c, [order()], "shop", START)
        [ann] = addresses.of_client(c, "C9")
        assert (ann.client, ann.bounced) == ("C9", False)


def test_notices_to_two_people_do_not_wait_for_each_other(story: Database) -> None:
    rows = [NewAction(key=f"n{to}", kind="notify", to=to, ticket=1) for to in ("kim", "lee")]
    with story.transaction() as c:
        ids = outbox.queue(c, rows, START)
        assert [a.id for a in outbox.claim(c, "notify", 9, START, "h")] == ids
        assert c.execute(text("SELECT count(*) FROM action")).scalar_one() == 3
