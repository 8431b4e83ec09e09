"""What a client sees and does on the order page while a return is on its way: charge, delivery time, new files, redistribution."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mailbot.reference.database import Database, stamp
from mailbot.reference.views import local
from tests.support.orders import Orders
from tests.support.visitor import Visitor

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=9)
FORTY = {"amount": "40.00", "currency": "EUR"}


class Return:
    """An order of Anna (Berlin) that she sent back, and both sides of it."""

    def __init__(self, orders: Orders, anna: Visitor) -> None:
        self.orders, self.anna = orders, anna
        images = [{"id": "4589", "name": "IMG_4589.jpg", "room": "Bedroom"}, {"id": "4590", "name": "IMG_4590.jpg"}]
        self.id = orders.place(images=images, targets=["Client portal", "HomeFinder feed"])
        self.path = f"/orders/{self.id}"
        self.sets = 0

    def page(self) -> str:
        return self.anna.http.get(self.path).text

    def sent_back(self) -> Return:
        self.orders.deliver(self.id)
        self.orders.client_comments(self.id, "Correction: image 4589 is too bright.")
        return self

    def set(self, **change: Any) -> None:
        self.sets += 1
        headers = {"Idempotency-Key": f"set-{self.id}-{self.sets}-of-the-tests"}
        self.orders.call("PUT", f"/orders/{self.id}/delivery", json=change, headers=headers).raise_for_status()

    def press(self, form: str, token: str = "", **fields: Any) -> httpx2.Response:
        given = {"token": token or f"{self.id}-{self.sets}-{len(self.comments())}", **fields}
        return self.anna.http.post(f"{self.path}/{form}", data=given)

    def comments(self) -> list[dict[str, Any]]:
        """As the contract tells them."""
        items = self.orders.call("GET", f"/comments?order_id={self.id}").json()["items"]
        return list(items)

    def redistribute(self) -> None:
        body = {"requested_by": "anna", "quote": "please", "targets": ["Client portal"]}
        headers = {"Idempotency-Key": f"again-{self.id}-of-the-tests"}
        self.orders.call("POST", f"/orders/{self.id}/redistribution", json=body, headers=headers).raise_for_status()


@pytest.fixture
def back(orders: Orders, anna: Visitor) -> Return:
    return Return(orders, anna)


# ---- the charge


def test_a_client_agrees_to_a_charge_by_a_button_and_once(back: Return) -> None:
    back.sent_back().set(charge=FORTY, plan="The cords are removed.")
    assert "Charge: 40.00 EUR" in back.page()
    assert "How we proceed: The cords are removed." in back.page()
    assert "please answer" in back.anna.http.get("/").text
    for _ in range(2):  # pressed twice
        page = back.press("charge", "the-token-of-the-form", charge="40.00 EUR", answer="agreed")
        assert page.status_code == 200
    assert "You agreed." in page.text
    assert "Do you agree?" not in page.text
    assert 'name="answer"' not in page.text
    answers = [c for c in back.comments() if c["charge_answer"]]
    assert [(c["author"]["role"], c["charge_answer"], c["body"]) for c in answers] == [
        ("client", "agreed", "I agree to the charge of 40.00 EUR."),
    ]  # fmt: skip
    assert back.press("charge", charge="40.00 EUR", answer="objected", reason="no").status_code == 409


def test_a_client_objects_with_a_reason(back: Return) -> None:
    back.sent_back().set(charge=FORTY)
    assert "Please write why you object." in back.press("charge", charge="40.00 EUR", answer="objected", reason="  ").text
    page = back.press("charge", charge="40.00 EUR", answer="objected", reason="It was in the order.")
    assert "You objected." in page.text
    assert "objected to the charge" in page.text
    assert [(c["charge_answer"], c["body"]) for c in back.comments()][-1] == (
        "objected", "I object to the charge of 40.00 EUR: It was in the order.",
    )  # fmt: skip


def test_nobody_agrees_to_a_charge_that_was_changed_meanwhile(back: Return) -> None:
    back.sent_back().set(charge=FORTY)
    back.set(charge={"amount": "60.00", "currency": "EUR"})
    answer = back.press("charge", charge="40.00 EUR", answer="agreed")
    assert (answer.status_code, "changed to 60.00 EUR" in answer.text) == (409, True)
    assert [c for c in back.comments() if c["charge_answer"]] == []
    assert back.press("charge", charge="60.00 EUR", answer="yes").status_code == 400


def test_where_there_is_no_charge_there_is_nothing_to_answer(back: Return) -> None:
    assert "Charge" not in back.sent_back().page()
    assert back.press("charge", charge="40.00 EUR", answer="agreed").status_code == 409
    back.set(charge=FORTY)
    back.set(charge=None)
    assert "Charge" not in back.page()


ASKED_AGAIN: list[tuple[str, str, bool]] = [
    ("a new delivery time beside the same charge", "agreed", False),
    ("another charge", "agreed", True),
    ("the same charge after an objection", "objected", True),
    ("the same charge for the next return", "agreed", True),
]


@pytest.mark.parametrize(("what", "answer", "again"), ASKED_AGAIN, ids=[row[0] for row in ASKED_AGAIN])
def test_a_client_is_asked_again_only_for_what_was_not_agreed(back: Return, what: str, answer: str, again: bool) -> None:
    back.sent_back().set(charge=FORTY)
    back.press("charge", charge="40.00 EUR", answer=answer, reason="because")
    if "next return" in what:
        back.sent_back()
    back.set(charge={"amount": "45.00", "currency": "EUR"} if "another" in what else FORTY, due_at=stamp(SOON))
    assert ("Do you agree?" in back.page()) == again


# ---- the delivery time


def test_a_new_delivery_time_stands_in_the_clients_zone_beside_the_old_one_struck_through(back: Return) -> None:
    back.sent_back().set(due_at=stamp(SOON))
    assert "Delivery time" in back.page()
    assert "<del>" not in back.page()
    back.set(due_at=stamp(SOON + timedelta(hours=3)))
    old, new = (local(stamp(at), "Europe/Berlin")["words"] for at in (SOON, SOON + timedelta(hours=3)))
    page = re.sub(r"<time[^>]*>|</time>", "", back.page())
    assert f"<ins>{new}</ins>" in page
    assert re.search(rf"<del>.*instead of.*{re.escape(old)}</del>", page)
    assert f"Delivery time set to {old}" in page
    back.orders.deliver(back.id)
    assert "<del>" not in back.page(), "a promise that was kept is none any more"
    back.set(due_at=stamp(SOON + timedelta(hours=9)))
    assert "<del>" not in back.page(), "the next return has a promise of its own"


def test_every_time_of_the_page_can_be_read_by_a_machine(back: Return) -> None:
    back.sent_back()
    found = re.findall(r'<time datetime="([^"]*)">([^<]*)</time>', back.page())
    assert len(found) >= 3
    assert all(datetime.fromisoformat(at).tzinfo and words for at, words in found)


# ---- delivered files


def test_each_delivery_lists_its_files_and_a_changed_one_bears_its_version(back: Return) -> None:
    back.sent_back()
    back.orders.deliver(back.id, ["4590"])
    page = back.page()
    second, first = re.findall(r'<details class="round".*?</details>', page, re.DOTALL)
    assert re.findall(r"IMG_\w+\.jpg", second) == ["IMG_4590_v2.jpg"]
    assert "Delivery 2" in second
    assert "1 new file<" in second
    assert re.findall(r"IMG_\w+\.jpg", first) == ["IMG_4589.jpg", "IMG_4590.jpg"]
    told = back.orders.system().order(back.id).deliveries
    assert [d.images for d in told] == [("4589", "4590"), ("4590",)]


def test_everything_stands_in_the_order_in_which_it_happened(back: Return) -> None:
    back.sent_back().set(due_at=stamp(SOON), charge=FORTY)
    back.press("charge", charge="40.00 EUR", answer="agreed")
    back.orders.staff_comments(back.id, "Your files will be ready soon.")
    back.orders.deliver(back.id)
    back.press("redistribution", body="only 4589", target=["Client portal"])
    back.redistribute()
    back.press("comments", body="Correction: still too bright", reopen="yes")
    (thread,) = re.findall(r'<ol class="thread">.*?</ol>', back.page(), re.DOTALL)
    wanted = [
        "Delivery 1: 2 files", "Correction: image 4589", "pressed Comment and reopen", "Delivery time set to", "agreed to the charge",
        "Your files will be ready soon.", "Delivery 2: 2 new files", "Please redistribute the delivered files to Client portal.",
        "Files redistributed to Client portal", "Correction: still too bright",
    ]  # fmt: skip
    places = [thread.index(words) for words in wanted if words != "pressed Comment and reopen"]
    assert places == sorted(places)
    assert thread.count("pressed Comment and reopen") == 2
    assert "asked for by anna" not in thread, "the order system's own note is internal"


# ---- redistribution


def test_redistribution_is_asked_for_after_the_delivery_only_and_the_page_says_why(back: Return) -> None:
    assert "Your order is not delivered yet." in back.page()
    assert back.press("redistribution").status_code == 409
    assert "The new files are not delivered yet." in back.sent_back().page()
    assert back.press("redistribution").status_code == 409
    back.orders.deliver(back.id)
    assert "not sent to your systems automatically" in back.page()
    page = back.press("redistribution", target=["Client portal", "HomeFinder feed"], body="both images please")
    assert "You requested redistribution" in page.text
    assert [(c["requests_redistribution"], c["rejects_delivery"], c["body"]) for c in back.comments()][-1] == (
        True, False, "Please redistribute the delivered files to Client portal, HomeFinder feed.\nboth images please",
    )  # fmt: skip
    back.redistribute()
    page = back.anna.http.get(back.path)
    assert re.search(r"Redistributed <time[^>]*>[^<]*</time> to Client portal\.", page.text)
    assert "Request redistribution" in page.text, "the next files can be asked for again"


def test_without_systems_on_file_the_request_names_none(orders: Orders, anna: Visitor) -> None:
    back = Return(orders, anna)
    back.orders.deliver(back.id)
    back.press("redistribution")
    assert back.comments()[-1]["body"] == "Please redistribute the delivered files."


def test_nothing_can_be_pressed_on_a_cancelled_order_or_on_somebody_elses(back: Return, orders: Orders) -> None:
    back.sent_back().set(charge=FORTY)
    strange = Visitor(orders, "k2")
    for form, fields in (("charge", {"charge": "40.00 EUR", "answer": "agreed"}), ("redistribution", {}), ("comments", {"body": "a"})):
        assert strange.http.post(f"{back.path}/{form}", data={"token": "t", **fields}).status_code == 404
    strange.http.close()
    with orders.database.writing() as c:
        c.execute("UPDATE orders SET status = 'cancelled' WHERE id = ?", (back.id,))
    page = back.page()
    assert "<textarea" not in page
    assert 'name="answer"' not in page
    for form, fields in (("charge", {"charge": "40.00 EUR", "answer": "agreed"}), ("redistribution", {})):
        assert back.press(form, **fields).status_code == 409


# ---- staff


def test_staff_works_on_an_order_and_the_feed_tells_each_step(back: Return, maria: Visitor) -> None:
    start = back.orders.call("GET", "/events?limit=500").json()["next_cursor"]
    path = f"/staff{back.path}"
    maria.http.post(f"{path}/status", data={"status": "in_production"})
    maria.http.post(f"{path}/due", data={"due": "2027-01-15T15:00"})
    maria.http.post(f"{path}/status", data={"status": "delivered", "image": ["4590"]})
    events = back.orders.call("GET", f"/events?cursor={start}").json()["items"]
    assert [(e["type"], e["order_id"]) for e in events] == [
        ("order.status", back.id), ("order.due_changed", back.id), ("order.delivered", back.id), ("order.status", back.id),
    ]  # fmt: skip
    order = back.orders.system().order(back.id)
    assert order.due_at == datetime(2027, 1, 15, 14, 0, tzinfo=UTC), "as the clock in Berlin shows it"
    assert (order.status, order.deliveries[0].images) == ("delivered", ("4590",))


@pytest.mark.parametrize(
    ("form", "fields", "words"),
    [
        ("status", {"status": "lost"}, "status must be"),
        ("status", {"status": "delivered", "image": ["1"]}, "no image"),
        ("due", {"due": "tomorrow"}, "2026-12-01T15:00"),
        ("due", {"due": ""}, "due"),
    ],
)
def test_what_staff_cannot_do_is_refused_with_the_remedy(
    back: Return, maria: Visitor, form: str, fields: dict[str, Any], words: str
) -> None:
    answer = maria.http.post(f"/staff{back.path}/{form}", data=fields)
    assert (answer.status_code, words in answer.text) == (400, True)


def test_a_cancelled_order_stays_cancelled(back: Return, maria: Visitor) -> None:
    path = f"/staff{back.path}/status"
    assert "Cancelled" in maria.http.post(path, data={"status": "cancelled"}).text
    for status in ("in_production", "delivered", "cancelled"):
        assert maria.http.post(path, data={"status": status}).status_code == 409


# ---- a file of an older version

OLD = """
CREATE TABLE person (id TEXT PRIMARY KEY, role TEXT, name TEXT, emails TEXT, time_zone TEXT, manager TEXT, login_key TEXT, company TEXT);
CREATE TABLE orders (id TEXT PRIMARY KEY, number TEXT, version INTEGER DEFAULT 1, status TEXT, client TEXT, product TEXT, style TEXT,
  variables TEXT, specifications TEXT, images TEXT, targets TEXT, address TEXT, placed_at TEXT, due_at TEXT, delivered_at TEXT,
  charge TEXT, plan TEXT NOT NULL DEFAULT '');
CREATE TABLE comment (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, order_id TEXT, role TEXT, author TEXT, created_at TEXT, body TEXT,
  visibility TEXT, rejects INTEGER NOT NULL DEFAULT 0, external_id TEXT, in_reply_to TEXT, form_token TEXT);
CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT, order_id TEXT, comment_id TEXT, at TEXT);
INSERT INTO orders (id, number, status, images, delivered_at) VALUES ('o1', '1', 'delivered', '[{"id": "7"}, {"id": "8"}]', '2026-03-01T09:00:00.000000Z');
INSERT INTO orders (id, number, status, images) VALUES ('o2', '2', 'ordered', '[{"id": "9"}]');
INSERT INTO comment (id, order_id, role, body) VALUES ('c1', 'o1', 'client', 'Correction');
"""


def test_a_file_of_an_older_version_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with sqlite3.connect(path) as c:
        c.executescript(OLD)
    c.close()
    for _ in range(2):  # opened again, nothing is done again
        with Database(path).reading() as opened:
            [comment] = opened.execute("SELECT charge_answer, redistribution FROM comment").fetchall()
            assert tuple(comment) == (None, 0)
            rows = opened.execute("SELECT order_id, at, images FROM delivery").fetchall()
            assert [(r["order_id"], r["at"], json.loads(r["images"])) for r in rows] == [("o1", "2026-03-01T09:00:00.000000Z", ["7", "8"])]
