from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.errors import Conflict, NotFound
from mailbot.model.decision import TicketChange
from mailbot.record import journal, outbox, tickets
from mailbot.record.database import Database
from mailbot.record.tickets import LogRow
from mailbot.record.views import counts, timeline
from mailbot.record.views import outbox as outbox_views
from mailbot.record.views import tickets as ticket_views
from mailbot.record.views.tickets import Filter
from tests.backends.conftest import START
from tests.backends.makers import comment, decision, email, mails, settled

LATER = START + timedelta(minutes=7)


@pytest.fixture
def ids(db: Database) -> list[int]:
    with db.transaction() as c:
        return [k.id for k in journal.keep(c, [*mails(2), comment("c1", at=LATER)], START)]


def test_a_ticket_comes_back_as_it_was_opened(db: Database, ids: list[int]) -> None:
    with db.transaction() as c:
        new = tickets.open_ticket(c, decision(images=("4589",)), ids[0], "email", START, LATER)
        assert tickets.get(c, new.id) == new
        assert (new.opened_at, new.clock_started_at, new.state, new.kind, new.order_ids) == (LATER, START, "new", "correction", ("o-1",))
        assert tickets.get(c, 999) is None


def test_an_answer_joins_its_ticket_and_starts_the_clock_anew(db: Database, ids: list[int]) -> None:
    with db.transaction() as c:
        new = tickets.open_ticket(c, decision(), ids[0], "email", START, START)
        tickets.update(c, new.id, 1, START, read_at=START, asked=("keyword",))
        change = TicketChange(kind="amendment", asked=(), add_flags=("urgent",), order_ids=("o-2",), restart_clock=True)
        joined = tickets.join(c, new.id, change, ids[1], LATER, LATER, replied=True)
        assert tickets.get(c, new.id) == joined
        assert (joined.kind, joined.asked, joined.flags, joined.order_ids) == ("amendment", (), ("urgent",), ("o-1", "o-2"))
        assert (joined.read_at, joined.clock_started_at, joined.last_auto_reply_at, joined.version) == (None, LATER, LATER, 3)
        with pytest.raises(NotFound):
            tickets.join(c, 999, change, ids[1], LATER, LATER)


def test_a_staff_reply_stops_the_clock_and_is_no_client_message(db: Database, ids: list[int]) -> None:
    with db.transaction() as c:
        new = tickets.open_ticket(c, decision(), ids[0], "email", START, START)
        after = tickets.join(c, new.id, TicketChange(staff_replied=True), ids[2], LATER, LATER)
        assert (after.read_at, after.last_client_message_at) == (LATER, START)


def test_two_people_changing_one_ticket_do_not_overwrite_each_other(db: Database, ids: list[int]) -> None:
    with db.transaction() as c:
        new = tickets.open_ticket(c, decision(), ids[0], "email", START, START)
        assert tickets.update(c, new.id, 1, START, owner="lee").version == 2
        with pytest.raises(Conflict, match="Look again"):
            tickets.update(c, new.id, 1, START, owner="kim")
        with pytest.raises(NotFound):
            tickets.update(c, 999, 1, START, owner="kim")


def test_reserved_numbers_are_never_given_twice(db: Database) -> None:
    with db.transaction() as c:
        first = tickets.reserve(c, 3)
        tickets.insert(c, [tickets.opened(n, decision(), "email", START, START) for n in first], START)
        assert not set(first) & set(tickets.reserve(c, 2))


def test_the_oldest_ticket_without_facts_is_filled_in_first(db: Database, ids: list[int]) -> None:
    with db.transaction() as c:
        pending = replace(decision(), flags=("facts_pending",))
        one = tickets.open_ticket(c, pending, ids[0], "email", START, START)
        two = tickets.open_ticket(c, pending, ids[1], "email", START, START)
        assert tickets.waiting_for_facts(c, 5) == [(one.id, ids[0]), (two.id, ids[1])]
        tickets.update(c, one.id, 1, START, flags=())
        assert tickets.waiting_for_facts(c, 5) == [(two.id, ids[1])]


@pytest.fixture
def told(db: Database, ids: list[int]) -> int:
    """A ticket with a mail and a comment, settled, logged and answered; message 2 is set aside."""
    with db.transaction() as c:
        new = tickets.open_ticket(c, decision(), ids[0], "email", START, START)
        first = settled(ids[0], new.id, message_id="<1@client.example>", findings_json='{"keyword": {}}', decision_json='{"outcome": "x"}')
        journal.settle(c, [first, settled(ids[2], new.id)], START)
        journal.set_aside(c, ids[1], "no message", START)
        tickets.log(c, [LogRow(ticket=new.id, what="opened", message=ids[0], data={"at": START})], START)
        outbox.queue(c, [email("ack", new.id), email("held", new.id, state="held")], START)
    return new.id


def test_the_ticket_list_has_the_shape_scripts_rely_on(db: Database, told: int) -> None:
    with db.reading() as c:
        [view] = ticket_views.tickets(c)
    assert view.as_json() == {
        "ticket": told, "opened_at": "2026-11-23T09:00:00Z", "channel": "email", "client": "C1", "subject": "Sky", "order": "10231",
        "kind": "correction", "claimed": None, "assessed": None, "state": "new", "queue": "retouch", "owner": "kim", "flags": [],
        "read_at": None, "delivery_time": None,
        "messages": [
            {"source": "email", "message_id": "<1@client.example>", "comment_id": ""},
            {"source": "order_comment", "message_id": "", "comment_id": "c1"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "hit"),
    [
        (Filter(open_only=True), True), (Filter(states=("new", "read")), True), (Filter(states=("closed",)), False),
        (Filter(queue="retouch", owner="kim", client="C1"), True), (Filter(owner=""), False), (Filter(order="10231"), True),
        (Filter(order="o-1"), True), (Filter(order="o-9"), False), (Filter(since=LATER), False), (Filter(before=1), False),
    ],
)  # fmt: skip
def test_tickets_can_be_filtered(db: Database, told: int, wanted: Filter, hit: bool) -> None:
    with db.reading() as c:
        assert [v.ticket.id for v in ticket_views.tickets(c, wanted)] == ([told] if hit else [])


def test_the_timeline_tells_everything_of_a_ticket(db: Database, told: int) -> None:
    with db.reading() as c:
        line = timeline.timeline(c, told)
        with pytest.raises(NotFound):
            timeline.timeline(c, 999)
    assert [(m.source, m.state, m.comment_id) for m in line.messages] == [("email", "on_ticket", ""), ("order_comment", "on_ticket", "c1")]
    assert (line.messages[0].findings, line.messages[0].decision) == ({"keyword": {}}, {"outcome": "x"})
    assert [(entry.what, entry.actor) for entry in line.log] == [("opened", "mailbot")]
    assert [a.state for a in line.actions] == ["queued", "held"]


def test_outbox_and_set_aside_messages_are_listed(db: Database, told: int) -> None:
    with db.reading() as c:
        [held] = outbox_views.actions(c, ["held"])
        shown = held.as_json()
        assert {k: shown[k] for k in ("id", "ticket", "channel", "to", "template", "message_id", "state", "attempts", "because")} == {
            "id": "O-2", "ticket": told, "channel": "email", "to": "ann@client.example", "template": "received",
            "message_id": "<held@us.example>", "state": "held", "attempts": 0, "because": "",
        }  # fmt: skip
        assert len(outbox_views.actions(c, limit=1)) == 1
        [aside] = outbox_views.aside(c)
        assert aside.as_json()["id"] == "M-2"
        assert aside.because == "no message"


def test_every_message_has_one_end_and_the_counts_tell(db: Database, told: int) -> None:
    with db.transaction() as c:
        figures = counts.counts(c)
        assert figures.messages == {"on_ticket": 2, "set_aside": 1}
        assert (figures.tickets, figures.actions) == ({"new": 1}, {"queued": 1, "held": 1})
        assert counts.broken(c) == []
        journal.retry(c, 2, START)
        journal.settle(c, [settled(2, disposition="on_ticket")], START)
        assert [b.message for b in counts.broken(c)] == [2]
