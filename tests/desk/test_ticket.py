"""The ticket page: what a coordinator sees of a return, and what each button does, without any script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from mailbot.model.act import Act
from mailbot.model.outcome import GiveUp, Uncertain
from mailbot.record import drafts, facts, tickets
from mailbot.record.tables import action, ticket
from mailbot.send.order_action import perform
from mailbot.workflow.acts import act
from mailbot.workflow.drain import drain
from tests.backends.test_queue_view import put
from tests.desk.conftest import World, a_world
from tests.desk.tickets import anna_writes, with_orders


@pytest.fixture
def returned(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        with_orders(world)
        anna_writes(world)
        yield world


def version(page: str) -> str:
    found = re.search(r'data-version="(\d+)"', page)
    assert found
    return found[1]


def press(browser: TestClient, verb: str, **fields: str) -> object:
    page = browser.get("/t/1").text
    return browser.post("/t/1/act", data={"verb": verb, "version": version(page), **fields})


def state(world: World) -> str:
    with world.db.reading() as c:
        found = tickets.get(c, 1)
    assert found
    return found.state


def test_a_coordinator_sees_the_clients_words_beside_the_order_and_the_client(returned: World) -> None:
    page = returned.browser("coordinator").get("/t/1").text
    for words in (
        "is much brighter than the ordered style",
        "Natural",
        "Blue sky in windows",
        "Brightness",
        "<dt>Window pull</dt><dd>yes</dd>",
        "Maria Lind",
        "Anna Berg",
        "4589",
    ):
        assert words in page
    assert "the client has waited for a person" in page
    assert "check" in page.lower()


def test_taking_a_ticket_reads_it_and_can_be_taken_back(returned: World) -> None:
    browser = returned.browser("coordinator")
    answer = press(browser, "take")
    assert (answer.status_code, answer.headers["location"]) == (303, "/t/1")  # type: ignore[attr-defined]
    page = browser.get("/t/1").text
    assert "It is yours." in page
    assert ">Undo" in page
    assert state(returned) == "read"
    press(browser, "undo")
    assert state(returned) == "new"


def test_two_people_on_one_ticket_the_second_is_told_kindly_and_loses_no_word(returned: World) -> None:
    mine, page = returned.browser("quality_supervisor"), ""
    page = mine.get("/t/1").text
    act(returned.service.parts, Act(verb="take", ticket=1), "coordinator")
    given = {"kind": "correction", "reason": "The style is darker", "plan": "Darken 4589"}
    answer = mine.post("/t/1/act", data={"verb": "assess", "version": version(page), **given})
    assert answer.status_code == 409
    assert "Somebody else changed ticket #1 since it was read (coordinator: take)" in answer.text
    assert "The style is darker" in answer.text
    assert "Darken 4589" in answer.text
    assert state(returned) == "read"
    with returned.db.reading() as c:
        assert drafts.of_person(c, 1, "quality_supervisor") == {"assess": "Darken 4589"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verb": "fly"}, "is no act"),
        ({"verb": "assess", "kind": "gift"}, "is no kind"),
        ({"verb": "assess", "kind": "amendment", "charge": "much"}, "is no amount with a currency"),
        ({"verb": "delivery_time", "due": "soon"}, "is no time"),
        ({"verb": "merge", "other": "that one"}, "is no ticket"),
        ({"verb": "split", "parts": "sky: 1"}, "begins with no kind"),
    ],
)
def test_wrong_input_is_named_with_its_remedy_and_nothing_is_done(returned: World, fields: dict[str, str], said: str) -> None:
    answer = returned.browser("quality_supervisor").post("/t/1/act", data=fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert state(returned) == "new"


def test_the_history_names_people_and_tells_times_as_people_do(returned: World) -> None:
    """A login is what one types; a colleague has a name."""
    parts = returned.service.parts
    act(parts, Act(verb="take", ticket=1), "coordinator")
    due = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=5)
    given = {"kind": "correction", "reason": "The style is darker", "plan": "Darken 4589", "due_at": due}
    act(parts, Act(verb="assess", ticket=1, **given), "quality_supervisor")
    page = returned.browser("coordinator").get("/t/1").text
    lines = [re.sub(r"<[^>]+>", "", line) for line in re.findall(r'<p class="event.*?</p>', page)]
    assert any("Coordinator takes it and has read it" in line for line in lines)
    assessed = next(line for line in lines if "Quality_Supervisor assessed it as correction" in line)
    assert due.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%d %b, %H:%M").lstrip("0") in assessed
    assert "set by hand" in assessed
    assert "The mail, for colleagues on the order" in page


def test_a_merge_is_taken_back_by_a_button(returned: World) -> None:
    with returned.db.transaction() as c:
        other = put(c, client="anna", opened_at=returned.db.now(c), clock_started_at=returned.db.now(c))
    press(returned.browser("coordinator"), "merge", other=str(other.id))
    assert state(returned) == "closed"
    browser = returned.browser("coordinator")
    assert 'value="undo"' in browser.get("/t/1").text
    press(browser, "undo")
    assert state(returned) == "new"


def test_what_the_role_may_not_is_refused_with_the_role_that_is_needed(returned: World) -> None:
    answer = press(returned.browser("coordinator"), "assess", kind="correction", reason="x", plan="y")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert "quality_supervisor" in answer.text  # type: ignore[attr-defined]
    assert press(returned.browser("viewer"), "note", text="x").status_code == 403  # type: ignore[attr-defined]


def test_an_account_manager_finds_only_the_note_on_a_ticket_of_another_managers_client(returned: World) -> None:
    """The order names Maria. A dispute is every Account Manager's."""
    browser = returned.browser("account_manager")
    page = browser.get("/t/1").text
    assert 'value="note"' in page
    assert 'value="reply"' not in page
    answer = press(browser, "reply", text="Dear Anna")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert "Maria Lind" in answer.text  # type: ignore[attr-defined]
    with returned.db.transaction() as c:
        c.execute(update(ticket).values(dispute_level=1))
    assert 'value="reply"' in browser.get("/t/1").text


def test_a_preview_shows_both_roads_and_records_nothing(returned: World) -> None:
    given = {"kind": "correction", "reason": "The style is darker", "plan": "Darken 4589", "preview": "yes"}
    answer = press(returned.browser("quality_supervisor"), "assess", **given)
    page = answer.text  # type: ignore[attr-defined]
    assert "Mail to anna@agency.example" in page
    assert "On the order" in page
    assert page.count("assessed your return as a Correction. It is free of charge.") == 2
    assert state(returned) == "new"


def test_what_is_typed_is_kept_on_the_server(returned: World) -> None:
    browser = returned.browser("coordinator")
    assert "Kept" in browser.post("/t/1/draft", data={"verb": "reply", "text": "Dear Anna, we"}).text
    assert "Dear Anna, we" in browser.get("/t/1").text
    assert "Dear Anna, we" not in returned.browser("quality_supervisor").get("/t/1").text
    press(browser, "reply", text="Dear Anna, we are on it.")
    with returned.db.reading() as c:
        assert drafts.of_person(c, 1, "coordinator") == {}


def test_people_on_the_same_ticket_see_each_other_and_that_it_changed(returned: World) -> None:
    mine, theirs = returned.browser("coordinator"), returned.browser("quality_supervisor")
    seen = version(mine.get("/t/1").text)
    theirs.get("/t/1/now?version=1&writing=yes")
    assert "Quality_Supervisor is writing" in mine.get(f"/t/1/now?version={seen}").text
    act(returned.service.parts, Act(verb="note", ticket=1, text="look"), "coordinator")
    assert "has changed since you opened it" in mine.get(f"/t/1/now?version={seen}").text


def test_a_ticket_that_does_not_exist_says_no_more(returned: World) -> None:
    assert returned.browser("coordinator").get("/t/999").status_code == 404


@pytest.mark.parametrize("whose", ["ours", "somebody else's"])
def test_a_time_that_the_order_system_refuses_as_changed_is_a_persons_decision_only_if_somebody_else_set_it(
    returned: World, whose: str
) -> None:
    """Our own plan changes the order's version too; a second person's time is named on the ticket and in the outbox."""
    system = with_orders(returned)
    seen, others = datetime(2026, 11, 30, 9, 0, tzinfo=UTC), datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
    system.orders["o10231"] = order = replace(system.orders["o10231"], due_at=seen, etag="v1")
    with returned.db.transaction() as c:
        facts.store(c, "shop", [order], returned.db.now(c))
    browser = returned.browser("quality_supervisor")
    press(browser, "take")
    press(browser, "assess", kind="correction", reason="The style is darker", plan="Darken 4589")
    press(browser, "delivery_time", due="2026-12-01T15:00")
    if whose != "ours":
        system.orders["o10231"] = replace(order, due_at=others, etag="v2")
    with returned.db.transaction() as c:  # the seconds in which an act can be taken back are over
        c.execute(update(action).values(due_at=returned.db.now(c)))
    while drain(returned.service.parts, "order_system:shop", lambda row, now, _end: perform(system, row, now), threading.Event()):
        pass
    words = "somebody else set the delivery time meanwhile: 2026-11-30 18:00 UTC; it was 2026-11-30 09:00 UTC when this one was decided"
    for page in ("/t/1", "/outbox"):
        assert (words in browser.get(page).text.replace("&#39;", "'")) is (whose != "ours"), page
    wanted = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert system.orders["o10231"].due_at == (wanted if whose == "ours" else others)


@pytest.mark.parametrize("outcome", [GiveUp("the order system refuses: 409 the order is cancelled"), Uncertain("the line was cut")])
def test_a_plan_that_the_order_system_did_not_take_is_told_on_the_ticket(returned: World, outcome: GiveUp | Uncertain) -> None:
    """Nothing that the client hears waits for it, and production would work by the old plan (P44)."""
    browser = returned.browser("quality_supervisor")
    press(browser, "take")
    press(browser, "assess", kind="correction", reason="The style is darker", plan="Darken 4589")
    said = "Delivery time, charge and plan on the order"
    assert said not in browser.get("/t/1").text
    with returned.db.transaction() as c:
        c.execute(update(action).values(due_at=returned.db.now(c)))
    while drain(returned.service.parts, "order_system:shop", lambda *_: outcome, threading.Event()):
        pass
    page = browser.get("/t/1").text
    assert said in page
    assert outcome.because in page
    assert ("not done" if isinstance(outcome, GiveUp) else "uncertain") in page.partition(said)[2][:200]
