"""The http adapter against the running reference order system, with faults (reliability.md, 29)."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mailbot.errors import BadConfig, NotFound, Unavailable
from mailbot.model.money import Money
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.order_system.contract import CursorTooOld
from mailbot.order_system.http import HttpOrderSystem
from mailbot.receive.comments import new_comments
from mailbot.receive.events import new_events
from tests.support.orders import TOKEN, Orders

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def post(system: HttpOrderSystem, order_id: str, mark: str, body: str = "We have read your message.") -> Outcome:
    return system.post_comment(order_id, body, "client", mark, f"key-of-{mark}-0123456789", now=NOW)


def without_idempotency(system: HttpOrderSystem) -> HttpOrderSystem:
    """As a system that ignores Idempotency-Keys (research/ux.md, section 4: none of the real ones has them for notes)."""
    import dataclasses

    can = system.capabilities()
    assert system._capabilities
    system._capabilities = (system._capabilities[0], dataclasses.replace(can, idempotent_posts=False))
    return system


def test_an_order_is_found_by_number_by_client_and_by_id(orders: Orders) -> None:
    system = orders.system()
    (by_number,) = system.find_orders(number="10231")
    assert (by_number.number, by_number.client.name, by_number.status) == ("10231", "Anna Berger", "delivered")
    assert dict(by_number.variables)["window pull"] is True
    assert by_number.account_manager
    assert by_number.account_manager.name == "Maria Keller"
    by_mail = system.find_orders(client_email="ANNA@berger-immobilien.example")
    assert [o.number for o in by_mail][-1] == "10231"
    read = system.order(by_number.id)
    assert read.etag.startswith('"v')
    assert read.as_of is not None
    assert system.find_orders(number="no-such") == ()
    with pytest.raises(NotFound):
        system.order("no-such")
    with pytest.raises(NotFound):
        system.order("../capabilities")


def test_every_comment_is_read_once_by_the_cursor(orders: Orders) -> None:
    system = orders.system()
    start = system.comments(None, None, 500)
    wanted = [orders.client_comments("o10232", f"Correction {n} – naïve 图像") for n in range(7)]
    got, cursor, more = [], start.next_cursor, True
    while more:
        messages, cursor, more = new_comments(system, cursor, None, limit=3)
        got += [m.sighting.comment_id for m in messages]
    assert got == wanted
    assert new_comments(system, cursor, None)[0] == []


def test_comments_of_the_same_second_are_not_skipped_by_time_or_cursor(orders: Orders) -> None:
    orders.set(whole_seconds=True)
    system = orders.system()
    since = datetime.now(UTC).replace(microsecond=0)
    start = system.comments(None, None, 500).next_cursor
    for n in range(6):
        assert isinstance(post(system, "o10233", f"same-second-{n}"), Sent)
    page = system.comments(None, since, 2)
    seen = [c.external_id for c in page.items]
    while page.has_more:
        page = system.comments(page.next_cursor, None, 2)
        seen += [c.external_id for c in page.items]
    assert [s for s in seen if s.startswith("same-second")] == [f"same-second-{n}" for n in range(6)]
    assert len(system.comments(start, None, 500).items) == 6


def test_a_cursor_that_is_too_old_falls_back_to_time_with_overlap(orders: Orders) -> None:
    system = orders.system()
    before = datetime.now(UTC)
    wanted = orders.client_comments("o10234", "Feedback: lovely")
    cursor = system.comments(None, None, 500).next_cursor
    orders.set(oldest_cursor=10_000)
    with pytest.raises(CursorTooOld):
        new_comments(system, cursor, None)
    messages, following, _ = new_comments(system, cursor, before)
    assert wanted in [m.sighting.comment_id for m in messages]
    orders.set(oldest_cursor=0)
    assert new_comments(system, following, None)[0] == []


def test_a_received_comment_is_the_contracts_json(orders: Orders) -> None:
    system = orders.system("studio")
    start = system.comments(None, None, 500).next_cursor
    comment = orders.client_comments("o10235", "Amendment: blue sky in 4616")
    ((message,), _, _) = new_comments(system, start, None)
    assert (message.source, message.sighting.place, message.sighting.comment_id) == ("order_comment", "studio", comment)
    assert b'"rejects_delivery":true' in message.raw
    assert message.size == len(message.raw)
    assert message.received_at.tzinfo is not None
    again = new_comments(orders.system("studio"), start, None)[0][0]
    other = new_comments(orders.system("second"), start, None)[0][0]
    assert again.fingerprint == message.fingerprint != other.fingerprint


def test_events_tell_of_deliveries_and_new_times(orders: Orders) -> None:
    system = orders.system()
    start = system.events(None, None, 500).next_cursor
    order_id = orders.place()
    orders.deliver(order_id)
    page = system.events(start, None, 10)
    assert [(e.type, e.order_id) for e in page.items] == [
        ("order.status", order_id),
        ("order.delivered", order_id),
        ("order.status", order_id),
    ]


def test_a_malformed_comment_hides_none_of_its_page_and_is_kept_as_it_came(orders: Orders) -> None:
    good = {
        "id": "c1", "order_id": "o1", "author": {"role": "client"}, "created_at": "2026-03-01T09:00:00Z", "body": "Correction",
        "visibility": "client",
    }  # fmt: skip
    bad: list[tuple[Any, str, str]] = [
        ({**good, "id": "c2", "created_at": "today"}, "c2", "items[1].created_at"),
        ({**good, "id": "c3", "author": {"role": "bot"}}, "c3", "items[2].author.role"),
        ({**good, "id": 7}, "", "items[3].id"),
        ("a comment", "", "items[4] must be an object"),
        (None, "", "items[5] must be an object"),
    ]
    page = {"items": [good, *(b for b, _, _ in bad), {**good, "id": "c9"}], "next_cursor": "after-them", "has_more": False}
    orders.faults(*[{"path": "/api/v1/comments", "body": json.dumps(page)}] * 3)
    read = orders.system().comments(None, None)
    assert [c.id for c in read.items] == ["c1", "c9"]
    assert [(json.loads(u.raw), u.id) for u in read.unreadable] == [(b, name) for b, name, _ in bad]
    assert all(place in u.because for u, (_, _, place) in zip(read.unreadable, bad, strict=True))
    messages, cursor, _ = new_comments(orders.system(), "here", None)
    assert (cursor, len(messages), len({m.fingerprint for m in messages})) == ("after-them", 7, 7)
    assert {m.received_at for m in messages} == {datetime(2026, 3, 1, 9, tzinfo=UTC)}
    assert [m.fingerprint for m in new_comments(orders.system(), "here", None)[0]] == [m.fingerprint for m in messages]


def test_a_page_of_nothing_but_malformed_comments_moves_the_cursor_with_them(orders: Orders) -> None:
    orders.faults({"path": "/api/v1/comments", "body": '{"items": [{}], "next_cursor": "x", "has_more": false}'})
    since = datetime(2026, 3, 1, 8, tzinfo=UTC)
    ((message,), cursor, _) = new_comments(orders.system(), "here", since)
    assert (message.raw, message.received_at, cursor) == (b"{}", since, "x")


def test_a_malformed_event_hides_none_of_its_page(orders: Orders) -> None:
    good = {"id": "e1", "type": "order.status", "order_id": "o1", "at": "2026-03-01T09:00:00Z"}
    page = {"items": [{**good, "at": 5}, good, {**good, "id": "e3", "type": 5}], "next_cursor": "x", "has_more": False}
    orders.faults({"path": "/api/v1/events", "body": json.dumps(page)})
    read = new_events(orders.system(), None, None)
    assert [e.id for e in read.events] == ["e1"]
    assert [json.loads(m.raw)["id"] for m in read.unreadable] == ["e1", "e3"]
    assert {m.sighting.place for m in read.unreadable} == {"orders:events"}


READ_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"status": 500}, "500"),
    ({"status": 503, "retry_after": 7}, "503"),
    ({"status": 429, "retry_after": 7}, "429"),
    ({"status": 401}, "token_file"),
    ({"status": 302}, "order_system.url"),
    ({"delay": 1.5}, "in time"),
    ({"drop": "before"}, "broke"),
    ({"drop": "after"}, "broke"),
    ({"body": "<html>proxy</html>"}, "not JSON"),
    ({"body": "[" * 100_000}, "not JSON"),
    ({"body": '{"items": {}, "next_cursor": "x", "has_more": false}'}, "answer.items"),
    ({"body": '{"items": [], "next_cursor": null, "has_more": false}'}, "answer.next_cursor"),
    ({"body": '{"items": [], "next_cursor": "", "has_more": true}'}, "does not move"),
    ({"body": '{"items": [], "next_cursor": NaN, "has_more": true}'}, "not JSON"),
]


@pytest.mark.parametrize(("fault", "words"), READ_FAULTS, ids=[w + str(n) for n, (_, w) in enumerate(READ_FAULTS)])
def test_a_fault_while_reading_is_unavailable_and_names_its_place(orders: Orders, fault: dict[str, Any], words: str) -> None:
    system = orders.system(read=0.8)
    orders.faults({"path": "/api/v1/comments", **fault})
    with pytest.raises(Unavailable) as raised:
        system.comments(None, None)
    assert words in str(raised.value)
    assert raised.value.retry_after == fault.get("retry_after")
    system.comments(None, None)  # and the next read works


def test_a_date_in_retry_after_is_measured_by_the_servers_own_clock(orders: Orders) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    orders.faults({"path": "/api/v1/comments", "status": 503, "retry_after": until})
    with pytest.raises(Unavailable) as raised:
        orders.system().comments(None, None)
    assert raised.value.retry_after is not None
    assert 60 <= raised.value.retry_after <= 95  # the Date header may be some seconds old


def test_a_call_with_its_own_limit_does_not_wait_longer(orders: Orders) -> None:
    orders.faults({"path": "/api/v1/orders", "delay": 3})
    begun = datetime.now(UTC)
    with pytest.raises(Unavailable):
        orders.system(read=20).find_orders(number="10231", timeout=0.3)
    assert datetime.now(UTC) - begun < timedelta(seconds=2.5)


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"late": 1.5}, {"status": 500}, {"drop": "before"}, {"body": "<html>"}])
def test_a_comment_whose_answer_is_lost_is_tried_again_and_stands_once(orders: Orders, fault: dict[str, Any]) -> None:
    system = orders.system(read=0.8)
    system.capabilities()
    mark = f"lost-{sorted(fault.items())}"[:60]
    orders.faults({"method": "POST", **fault})
    assert isinstance(post(system, "o10236", mark), TryAgain)
    assert isinstance(post(system, "o10236", mark), Sent)
    assert [c["external_id"] for c in orders.comments_on("o10236")].count(mark) == 1


def test_without_idempotency_a_lost_answer_is_looked_up_by_our_own_mark(orders: Orders) -> None:
    system = without_idempotency(orders.system(read=0.8))
    orders.faults({"method": "POST", "drop": "after"})
    outcome = post(system, "o10237", "mark-1")
    comment = system.find_comment("mark-1")
    assert comment
    assert outcome == Sent(comment.id)
    assert post(system, "o10237", "mark-1") == Sent(comment.id)
    assert len(orders.comments_on("o10237")) == 1


def test_without_idempotency_a_post_that_nobody_can_find_is_uncertain(orders: Orders) -> None:
    system = without_idempotency(orders.system(read=0.8))
    orders.faults({"method": "POST", "drop": "before"})
    assert isinstance(post(system, "o10238", "mark-2"), Uncertain)
    orders.faults({"method": "POST", "drop": "before"})
    outcome = system.redistribute("o10238", "anna@x.example", "please resend", (), (), "key-of-redistribution", now=NOW)
    assert isinstance(outcome, Uncertain)


def test_what_was_never_sent_is_tried_again_later(orders: Orders) -> None:
    system = orders.system()
    system.capabilities()
    orders.faults({"method": "POST", "status": 429, "retry_after": 40})
    assert post(system, "o10239", "busy") == TryAgain("the order system answers 429 fault on purpose", NOW + timedelta(seconds=40))
    nobody = orders.system(url="http://127.0.0.1:9/api/v1")
    assert isinstance(post(nobody, "o10239", "busy"), TryAgain)
    refused = orders.system(token="another-token")
    assert isinstance(post(refused, "o10239", "busy"), TryAgain)


def test_what_the_system_refuses_is_given_up_with_its_words(orders: Orders) -> None:
    system = orders.system()
    assert isinstance(post(system, "no-such", "m"), GiveUp)
    cancelled = orders.place()
    with orders.database.writing() as c:
        c.execute("UPDATE orders SET status = 'cancelled' WHERE id = ?", (cancelled,))
    outcome = system.reopen(cancelled, "correction", "", "key-of-the-reopening", now=NOW)
    assert isinstance(outcome, GiveUp)
    assert "is cancelled" in outcome.because
    assert isinstance(system.post_comment("o10231", "a", "client", "x1", "short", now=NOW), GiveUp)


def test_our_comment_that_stands_already_counts_as_sent(orders: Orders) -> None:
    system = orders.system()
    first = post(system, "o10240", "twice")
    second = system.post_comment("o10240", "We have read it.", "client", "twice", "another-key-0123456789", now=NOW)
    assert isinstance(first, Sent)
    assert second == first
    assert len(orders.comments_on("o10240")) == 1


def test_two_posts_at_once_make_one_comment(orders: Orders) -> None:
    system = orders.system()
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(post(system, "o10241", "at-once"))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], Sent)
    assert len(orders.comments_on("o10241")) == 1


def test_reopening_and_closing_again_changes_nothing(orders: Orders) -> None:
    system = orders.system()
    for n in range(2):
        assert isinstance(system.reopen("o10242", "correction", "", f"reopen-number-{n}-0000", now=NOW), Sent)
        assert system.order("o10242").status == "reopened"
    for n in range(2):
        assert isinstance(system.close("o10242", "feedback", "", f"close-number-{n}-00000", now=NOW), Sent)
        assert system.order("o10242").status == "delivered"


def test_a_delivery_time_is_not_set_over_another_ones_change(orders: Orders) -> None:
    system = orders.system()
    seen = system.order("o10243")
    due = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def put(at: datetime, etag: str, key: str) -> Outcome:
        return system.set_delivery("o10243", at, "correction", Money(Decimal("12.50"), "EUR"), "plan", etag, key, now=NOW)

    assert isinstance(put(due, seen.etag, "key-first-0123456789"), Sent)
    assert isinstance(put(due, seen.etag, "key-first-0123456789"), Sent)  # the same try again
    assert system.order("o10243").due_at == due
    assert isinstance(put(due, seen.etag, "key-second-0123456789"), Sent)  # 412, and the same time stands there
    later = put(due + timedelta(hours=1), seen.etag, "key-third-01234567890")
    assert isinstance(later, GiveUp)
    assert "changed since" in later.because
    orders.faults({"method": "GET", "status": 500})
    assert isinstance(put(due, seen.etag, "key-fourth-0123456789"), TryAgain)


def test_capabilities_stay_in_force_while_the_system_is_down(orders: Orders) -> None:
    system = orders.system()
    assert system.capabilities().idempotent_posts
    assert system._capabilities
    system._capabilities = (float("-inf"), system._capabilities[1])
    orders.faults({"path": "/api/v1/capabilities", "status": 500})
    assert system.capabilities().reopen


def test_an_address_that_is_none_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadConfig) as raised:
        HttpOrderSystem("orders", "orders.example/api", TOKEN)
    assert "Write https://host" in str(raised.value)


def test_an_address_where_something_else_answers_is_tried_again_and_named(orders: Orders) -> None:
    elsewhere = orders.system(url=orders.url)
    outcome = post(elsewhere, "o10231", "elsewhere")
    assert isinstance(outcome, TryAgain)
    assert "order_system.url" in outcome.because


DAYS: list[tuple[str, str, str, type[Outcome]]] = [
    ("midnight of that date there is the evening before in UTC", "2026-12-01T00:00:00+01:00", "2026-12-01T17:00:00+01:00", Sent),
    ("shortly after midnight there it is still the day before in UTC", "2026-12-01T00:00:00+01:00", "2026-12-01T00:30:00+01:00", Sent),
    ("the next date there, in the same day of UTC", "2026-12-02T00:00:00+01:00", "2026-12-01T17:00:00+01:00", GiveUp),
    ("the date before there, in the same day of UTC", "2026-12-01T00:00:00+01:00", "2026-12-02T00:15:00+01:00", GiveUp),
    ("the evening there is the next date in UTC", "2026-12-01T00:00:00-08:00", "2026-12-01T17:00:00-08:00", Sent),
    ("a system that keeps the dates of UTC", "2026-12-02T00:00:00Z", "2026-12-01T17:00:00-08:00", Sent),
    ("another time of the same date", "2026-12-01T23:59:00+01:00", "2026-12-01T09:00:00+01:00", Sent),
]


@pytest.mark.parametrize(("why", "stands", "wanted", "outcome"), DAYS, ids=[row[0] for row in DAYS])
def test_a_system_that_knows_days_is_compared_by_its_own_date(
    orders: Orders, why: str, stands: str, wanted: str, outcome: type[Outcome]
) -> None:
    """412 while the day that we want stands there already, or does not."""
    system = orders.system()
    able = orders.call("GET", "/capabilities").json() | {"delivery_precision": "day"}
    order = orders.call("GET", "/orders/o10231").json() | {"due_at": stands}
    orders.faults(
        {"method": "GET", "path": "/api/v1/capabilities", "body": json.dumps(able)},
        {"method": "GET", "path": "/api/v1/orders/", "body": json.dumps(order)},
        {"method": "PUT", "path": "/api/v1/orders/", "status": 412},
    )
    told = system.set_delivery("o10231", datetime.fromisoformat(wanted), "", None, "", '"v0"', "key-of-a-day-0123456789", now=NOW)
    assert isinstance(told, outcome), why
