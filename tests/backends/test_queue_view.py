"""The desk's queue: what is most urgent comes first, page after page, by few statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from mailbot.model.ticket import Ticket
from mailbot.record import journal, people, tickets
from mailbot.record.database import Connection, Database
from mailbot.record.tickets import LogRow
from mailbot.record.views import queue
from mailbot.record.views.queue import QueueFilter
from tests.backends.conftest import START
from tests.backends.makers import decision, mail, settled

STEP = 20
ALL = QueueFilter(minutes=STEP)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def put(c: Connection, **fields: Any) -> Ticket:
    """A ticket as given; unread, opened at START, of nobody."""
    [id_] = tickets.reserve(c, 1)
    blank = tickets.opened(id_, decision(), "email", START, START)
    one = replace(blank, **{"owner": None, "trust": "known", **fields})
    tickets.insert(c, [one], START)
    return one


@contextmanager
def counted(c: Connection) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(c, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(c, "before_cursor_execute", note)


def test_what_was_promised_first_stands_first_and_what_waits_for_the_client_last(db: Database) -> None:
    with db.transaction() as c:
        scheduled = put(c, state="scheduled", read_at=at(1), delivery_time=at(25))
        late = put(c, clock_started_at=at(-30))
        asked = put(c, state="waiting_for_client", read_at=at(-60))
        fresh = put(c, clock_started_at=at(10))
        put(c, state="closed", read_at=at(1))
        untimed = put(c, state="read", read_at=at(2))
        asked_again = put(c, state="waiting_for_agreement", read_at=at(-60), delivery_time=at(-50), last_client_message_at=at(1))
        wanted = put(c, state="delivered", read_at=at(1), delivered_at=at(3), redistribution="requested")
        rows = queue.page(c, ALL, START).rows
    assert [(r.ticket.id, r.promise) for r in rows] == [
        (late.id, "answer"), (untimed.id, "time"), (wanted.id, "redistribution"), (scheduled.id, "delivery"), (fresh.id, "answer"),
        (asked.id, "client"), (asked_again.id, "client"),
    ]  # fmt: skip
    assert [r.due_at for r in rows] == [at(-10), at(22), at(23), at(25), at(30), START, at(1)]


def test_pages_follow_each_other_without_gap_or_repetition(db: Database) -> None:
    with db.transaction() as c:
        made = [put(c, clock_started_at=at(n // 3)).id for n in range(20)]  # several at the same moment
        made += [put(c, state="scheduled", read_at=START, delivery_time=at(STEP + n // 4)).id for n in range(20)]
        seen: list[int] = []
        after = ""
        for _ in range(20):
            page = queue.page(c, ALL, START, after=after, limit=7)
            seen += [r.ticket.id for r in page.rows]
            after = page.after
            if not after:
                break
        assert sorted(seen) == sorted(made)
        assert seen == [r.ticket.id for r in queue.page(c, ALL, START, limit=50).rows]
        assert [r.ticket.id for r in queue.page(c, ALL, START, after="no cursor", limit=3).rows] == seen[:3]


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"view": "mine", "login": "kim"}, {"owner": "kim"}),
        ({"view": "unassigned"}, {"owner": None}),
        ({"view": "supervisor"}, {"kind": "mixed", "state": "read", "read_at": START, "owner": "lee"}),
        ({"view": "supervisor"}, {"kind": "correction", "assessed": "correction", "assessed_at": at(-1), "dispute_level": 1, "owner": "lee"}),
        ({"view": "disputes"}, {"dispute_level": 2, "kind": "feedback", "owner": "lee"}),
        ({"view": "overdue"}, {"clock_started_at": at(-21), "kind": "feedback", "owner": "lee"}),
        ({"view": "overdue"}, {"read_at": START, "state": "in_work", "delivery_time": at(-1), "kind": "feedback", "owner": "lee"}),
        ({"view": "unverified"}, {"trust": "unknown", "kind": "feedback", "owner": "lee"}),
        ({"kind": "update"}, {"kind": "update", "owner": "lee"}),
        ({"queue": "production"}, {"queue": "production", "kind": "feedback", "owner": "lee"}),
        ({"flag": "urgent"}, {"flags": ("no_keyword", "urgent"), "kind": "feedback", "owner": "lee"}),
        ({"owner": "ann"}, {"owner": "ann", "kind": "feedback"}),
    ],
)  # fmt: skip
def test_a_view_shows_only_its_tickets_and_the_figures_agree(db: Database, wanted: dict[str, str], fields: dict[str, Any]) -> None:
    narrowed = QueueFilter(minutes=STEP, **wanted)  # type: ignore[arg-type]  # rows of the table above
    with db.transaction() as c:
        other = put(c, kind="feedback", owner="lee")
        one = put(c, **fields)
        shown = [r.ticket.id for r in queue.page(c, narrowed, START).rows]
        figures = queue.figures(c, narrowed, START, (START, START))
    assert other.id not in shown
    assert shown == [one.id]
    if "view" in wanted:
        assert figures.views[narrowed.view] == 1
    assert figures.views["all"] == 2


def test_the_figures_say_who_waits_how_long_and_what_is_promised_today(db: Database) -> None:
    with db.transaction() as c:
        empty = queue.figures(c, ALL, START, (at(-60), at(60)))
        put(c, clock_started_at=at(-35))
        put(c, clock_started_at=at(-5))
        put(c, state="scheduled", read_at=START, delivery_time=at(30))
        put(c, state="scheduled", read_at=START, delivery_time=at(90))
        some = queue.figures(c, ALL, START, (at(-60), at(60)))
    assert (empty.waiting, empty.oldest, empty.late, empty.promised_today, empty.capped) == (0, None, 0, 0, False)
    assert (some.waiting, some.oldest, some.late, some.promised_today, some.views["all"]) == (2, at(-35), 1, 1, 4)


def test_a_row_shows_the_clients_own_newest_words(db: Database) -> None:
    with db.transaction() as c:
        kept = [k.id for k in journal.keep(c, [mail(1, "one"), mail(2, "two", at=at(1)), mail(3, "three", at=at(2))], START)]
        people.add(c, "kim", START, name="Kim Lee")
        one = put(c, owner="kim", newest_message=kept[1])
        texts = ("the sky", "\n\n  too dark \nas before", "a colleague's note")
        journal.settle(c, [settled(id_, one.id, text=text) for id_, text in zip(kept, texts, strict=True)], START)
        [row] = queue.page(c, ALL, START).rows
    assert (row.line, row.owner_name) == ("too dark as before", "Kim Lee")
    assert row.as_json()["line"] == "too dark as before"


def test_a_queue_of_five_hundred_costs_as_many_statements_as_one_of_ten(db: Database) -> None:
    said = {}
    for many in (10, 500):
        with db.transaction() as c:
            for n in range(many):
                put(c, clock_started_at=at(n), owner="kim", newest_message=n + 1)
        with db.reading() as c, counted(c) as statements:
            assert len(queue.page(c, ALL, START, limit=many).rows) == many
            queue.figures(c, ALL, START, (START, START))
            said[many] = len(statements)
    assert said == {10: 5, 500: 5}


@pytest.mark.engine("sqlite")
def test_the_queue_reads_no_whole_table(db: Database) -> None:
    for view in queue.VIEWS:
        with db.reading() as c, counted(c) as statements:
            queue.page(c, QueueFilter(minutes=STEP, view=view, login="kim"), START, limit=50)
            queue.figures(c, QueueFilter(minutes=STEP), START, (START, START))
        with db.reading() as c:
            plans = [row[3] for s in statements if "ticket" in s for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", _blank(s))]
        walks = [p for p in plans if p.startswith("SCAN ticket")]
        assert all("USING" in p and "INDEX ix_ticket" in p for p in walks), (view, plans)


def _blank(statement: str) -> tuple[int, ...]:
    return (0,) * statement.count("?")


def test_a_note_of_the_log_is_no_word_of_the_client(db: Database) -> None:
    with db.transaction() as c:
        one = put(c)
        tickets.log(c, [LogRow(ticket=one.id, what="note", actor="kim", data={"text": "ring them"})], START)
        [row] = queue.page(c, ALL, START).rows
    assert row.line == ""
