"""Client, insights, outbox and sources as the desk shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from mailbot.errors import NotFound
from mailbot.model.order import OrderImage, Person
from mailbot.record import addresses, facts, journal, outbox, people, tickets
from mailbot.record.database import Connection, Database
from mailbot.record.tables import client_note
from mailbot.record.views import client, insights
from mailbot.record.views.insights import Asked, Insight
from mailbot.record.views.outbox import outbox as outbox_page
from tests.backends.conftest import START
from tests.backends.makers import email, mail, order
from tests.backends.test_queue_view import counted, put

ASKED = Asked(now=START, zone=ZoneInfo("Europe/Stockholm"), answer_minutes=(5, 20))
IMAGES = (OrderImage(id="1"), OrderImage(id="2"))


def ago(**span: float) -> datetime:
    return START - timedelta(**span)


def fill_client(c: Connection) -> None:
    """C1: four orders in the year with two images each, two of them with an accepted correction, one twice."""
    manager = Person(id="m", name="Mia Manager", emails=("mia@studio.example",))
    placed = [ago(days=10), ago(days=40), ago(days=200), ago(days=364)]
    known = [order(f"o-{n}", f"1000{n}", images=IMAGES) for n in range(4)]
    facts.store(c, "shop", [replace(o, placed_at=when, account_manager=manager) for o, when in zip(known, placed, strict=True)], START)
    facts.store(c, "shop", [order("o-9", "9999", placed_at=ago(days=500))], START)
    addresses.add(c, "ann@client.example", "C1", "Ann", "kim", START)
    addresses.add(c, "old@client.example", "C1", "", "kim", START)
    addresses.mark_bounced(c, "old@client.example", START)
    right = {"assessed": "correction", "state": "delivered"}
    put(c, order="10000", assessed_at=ago(days=9), **right)
    put(c, order="10000", assessed_at=ago(days=8), **right)
    put(c, order="10001", assessed_at=ago(days=30), **right)
    put(c, order="10002", assessed="amendment", assessed_at=ago(days=90), state="closed")
    put(c, order="10003", assessed="correction", assessed_at=ago(days=400), state="closed")
    put(c, client="C2", order="1", assessed="correction", assessed_at=ago(days=9))


def test_a_client_is_shown_with_the_share_of_corrections_and_what_it_rests_on(db: Database) -> None:
    with db.transaction() as c:
        fill_client(c)
        people.add(c, "kim", START, name="Kim Lee")
        c.execute(insert(client_note).values(client="C1", at=START, actor="kim", text="prefers phone"))
    with db.reading() as c, counted(c) as statements:
        view = client.client(c, "C1", START, UTC, 20)
    assert (view.name, view.corrected.hits, view.corrected.total, view.images) == ("Ann", 2, 4, 8)
    assert [(a.address, a.bounced_at is not None) for a in view.addresses] == [("ann@client.example", False), ("old@client.example", True)]
    assert view.account_manager is not None
    assert view.account_manager.name == "Mia Manager"
    assert view.assessed == {"correction": 3, "amendment": 1}
    assert view.months[-1] == client.Month(month="2026-11", corrected=1, orders=1)
    assert view.months[-2] == client.Month(month="2026-10", corrected=1, orders=1)
    assert len(view.months) == 12
    assert [(n.actor, n.text) for n in view.notes] == [("Kim Lee", "prefers phone")]
    assert (len(view.tickets), view.open_tickets) == (5, 0)
    assert view.as_json()["corrections"]["orders"] == 4
    assert len(statements) <= 12


def test_tickets_of_a_client_come_in_pages(db: Database) -> None:
    with db.transaction() as c:
        made = [put(c, client="C7").id for _ in range(5)]
        first = client.client(c, "C7", START, UTC, 20, limit=3)
        rest = client.client(c, "C7", START, UTC, 20, limit=3, before=first.after)
    assert [r.ticket.id for r in (*first.tickets, *rest.tickets)] == made[::-1]
    assert rest.after is None


def test_a_client_that_nobody_knows_is_not_found(db: Database) -> None:
    with db.reading() as c, pytest.raises(NotFound, match="no client 'C404'"):
        client.client(c, "C404", START, UTC, 20)


def table(insight: Insight, *columns: str) -> list[tuple[Any, ...]]:
    places = [insight.columns.index(name) for name in columns]
    return [tuple(row[p] for p in places) for row in insight.rows]


def test_the_load_of_two_days_tells_what_came_what_went_and_what_waited(db: Database) -> None:
    with db.transaction() as c:
        one = put(c, opened_at=ago(hours=3, minutes=30), clock_started_at=ago(hours=3, minutes=30), read_at=ago(hours=1, minutes=30))
        tickets.read_by(c, one.id, one.clock_started_at, ago(hours=1, minutes=30), "kim")
        put(c, opened_at=ago(minutes=1), clock_started_at=ago(minutes=1))
        put(c, opened_at=ago(days=9), delivered_at=ago(hours=2), closed_at=ago(hours=1), state="closed", read_at=ago(days=9))
        put(c, opened_at=ago(days=9), closed_at=ago(hours=1), state="closed", read_at=ago(days=9))
        shown = table(insights.load(c, ASKED), "hour", "opened", "finished", "waiting")
    assert len(shown) == 48
    assert shown[-5:] == [
        ("2026-11-23T05:00:00Z", 1, 0, 1), ("2026-11-23T06:00:00Z", 0, 0, 1), ("2026-11-23T07:00:00Z", 0, 1, 0),
        ("2026-11-23T08:00:00Z", 1, 1, 1), ("2026-11-23T09:00:00Z", 0, 0, 1),
    ]  # fmt: skip


def test_how_long_clients_waited_is_told_by_the_companys_day(db: Database) -> None:
    with db.transaction() as c:
        one = put(c)
        for wait, read in ((4, ago(hours=1)), (18, ago(hours=2)), (90, ago(hours=3)), (7, ago(hours=10, minutes=30))):
            tickets.read_by(c, one.id, read - timedelta(minutes=wait), read, "kim")
        told = insights.waiting_time(c, ASKED)
    assert table(told, "day", "readings", "p50", "p99", "within_promise")[-2:] == [
        ("2026-11-22", 1, 7.0, 7.0, 1.0),  # 23:30 in Stockholm
        ("2026-11-23", 3, 18.0, 90.0, 0.6667),
    ]
    assert told.facts == {"within_promise": 0.75, "readings": 4, "promise_minutes": 20}


def test_arrivals_are_counted_by_the_companys_clock(db: Database) -> None:
    with db.transaction() as c:
        for weeks in range(4):
            put(c, opened_at=ago(weeks=weeks, hours=1))  # Monday 09:00 in Stockholm
        put(c, opened_at=ago(weeks=20))
        told = insights.arrivals(c, ASKED)
    assert [row for row in told.rows if row[2]] == [("Monday", 9, 0.5)]
    assert (len(told.rows), told.facts) == (168, {"tickets": 4})


def test_the_client_whose_corrections_are_surely_above_normal_stands_first(db: Database) -> None:
    with db.transaction() as c:
        fill_client(c)
        told = insights.corrections(c, ASKED)
    assert table(told, "client", "name", "corrected", "orders", "against_normal") == [
        ("C2", "", 1, 1, "above"),
        ("C1", "Ann", 2, 4, "above"),
    ]
    assert told.facts == {"clients": 2, "corrected": 3, "orders": 5, "share": 0.6}


@pytest.mark.parametrize(("hours", "bucket"), [(30, 0), (24, 0), (23, 1), (0.5, 5), (0, 5), (-0.5, 6), (-2, 7), (-5, 8), (-9, 9)])
def test_a_delivery_is_early_or_late_by_its_promise(db: Database, hours: float, bucket: int) -> None:
    with db.transaction() as c:
        put(c, state="delivered", delivered_at=ago(days=1), delivery_time=ago(days=1) + timedelta(hours=hours))
        put(c, state="delivered", delivered_at=ago(days=1))
        put(c, state="delivered", delivered_at=ago(days=100), delivery_time=ago(days=99))
        told = insights.promises(c, ASKED)
    assert [row[2] for row in told.rows] == [int(n == bucket) for n in range(10)]
    assert (told.facts["kept"], told.facts["deliveries"]) == (int(hours >= 0), 1)


def test_claims_stand_against_what_supervisors_decided(db: Database) -> None:
    with db.transaction() as c:
        for claimed, assessed in (
            ("correction", "correction"),
            ("correction", "amendment"),
            ("correction", "amendment"),
            (None, "feedback"),
        ):
            put(c, claimed=claimed, assessed=assessed, assessed_at=ago(days=3))
        told = insights.assessments(c, ASKED)
    assert told.rows == (("correction", 1, 2, 0), ("amendment", 0, 0, 0), ("feedback", 0, 0, 0), ("nothing", 0, 0, 1))
    assert (told.facts["agreed"], told.facts["claims"]) == (1, 3)


def test_every_insight_is_there_without_any_ticket_and_costs_few_statements(db: Database) -> None:
    for name, make in insights.INSIGHTS.items():
        with db.reading() as c, counted(c) as statements:
            empty = make(c, ASKED)
        assert empty.name == name
        assert empty.as_json()["rows"] == [dict(zip(empty.columns, row, strict=True)) for row in empty.rows]
        assert len(statements) <= 5


def test_the_outbox_shows_what_is_not_settled_page_by_page(db: Database) -> None:
    with db.transaction() as c:
        one = put(c)
        states: Sequence[Any] = ("queued", "held", "suppressed", "sent", "held")
        ids = outbox.queue(c, [email(f"k{n}", one.id, state=state) for n, state in enumerate(states)], START)
        [kept] = journal.keep(c, [mail()], START)
        journal.set_aside(c, kept.id, "no message", START)
    with db.reading() as c, counted(c) as statements:
        page = outbox_page(c, limit=3)
        said = len(statements)
        rest = outbox_page(c, before=page.after, limit=3)
        held = outbox_page(c, ["held"])
        sent = outbox_page(c, ["sent"])
    assert [a.id for a in (*page.rows, *rest.rows)] == [ids[4], ids[2], ids[1], ids[0]]
    assert (page.states["held"], page.states["queued"], page.states["gave_up"], page.aside) == (2, 1, 0, 1)
    assert ([a.id for a in held.rows], [a.id for a in sent.rows]) == ([ids[4], ids[1]], [ids[3]])
    assert (rest.after, said) == (None, 4)
