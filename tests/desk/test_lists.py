"""Queue, search, client, insights and outbox as a browser gets them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser as Html

from mailbot.desk.queue import TABS
from mailbot.model.permission import GRANTED, Permission
from mailbot.record import journal, mailboxes, outbox, tickets
from mailbot.record.views.insights import INSIGHTS
from mailbot.record.views.outbox import actions
from mailbot.record.views.queue import VIEWS
from mailbot.workflow.handle import handle
from tests.desk.conftest import World, a_world
from tests.desk.tickets import anna_writes, with_orders
from tests.support.desk_data import Filled, fill


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Filled]]:
    """A desk with 400 tickets, 40 of them open; only looked at."""
    with a_world(tmp_path_factory.mktemp("lists")) as world:
        with world.db.reading() as c:
            now = world.db.now(c)
        filled = fill(world.db, 400, now, waiting=40)
        world.desk.clock = lambda: now
        yield world, filled


def page(world: World, path: str, login: str = "anna") -> Html:
    answer = world.browser(login).get(path)
    assert answer.status_code == 200, answer.text[:300]
    return Html(answer.text)


def text(node: Html, selector: str) -> list[str]:
    return [" ".join(one.text().split()) for one in node.css(selector)]


# --- queue -------------------------------------------------------------------------------------------------------------------------------


def test_the_queue_shows_everything_that_waits_the_earliest_promise_first(lists: tuple[World, Filled]) -> None:
    world, filled = lists
    shown = page(world, "/")
    assert sorted(int(row.attributes["data-row"] or 0) for row in shown.css("tr[data-row]")) == sorted(filled.open)
    badges = text(shown, "tbody .due")
    assert badges[0].endswith("over")
    assert badges[-1].startswith("Waits for")
    assert {"No time yet", "50 min left"} <= set(badges)
    assert text(shown, ".figures li")[0].endswith("waiting unread")
    assert shown.css_first("caption").text() == "All, the earliest promise first"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_counts_what_it_shows(lists: tuple[World, Filled], view: str) -> None:
    shown = page(lists[0], f"/?view={view}")
    counted = shown.css_first(f'.tabs a[href="{"/" if view == "all" else f"/?view={view}"}"]')
    assert counted.attributes["aria-current"] == "page"
    assert int(counted.css_first(".count").text()) == len(shown.css("tr[data-row]"))


def test_a_filter_stays_in_the_address_and_can_be_cleared(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/?view=unassigned&kind=correction&owner=nobody&flag=no&queue=coordinators")
    assert "view=disputes" in (shown.css_first('.tabs a[data-key="g d"]').attributes["href"] or "")
    assert "kind=correction" in (shown.css_first('.tabs a[data-key="g d"]').attributes["href"] or "")
    assert shown.css_first("select[name=kind] option[selected]").text() == "Correction"
    assert "Nothing fits this filter." in shown.body.text()
    assert shown.css_first(".empty a").attributes["href"] == "/?view=unassigned"


def test_an_address_that_nobody_wrote_shows_everything(lists: tuple[World, Filled]) -> None:
    world, filled = lists
    shown = page(world, "/?view=nonsense&after=nonsense")
    assert len(shown.css("tr[data-row]")) == len(filled.open)


@pytest.mark.parametrize(("view", "words"), [("mine", "You own no open ticket."), ("unverified", "Every sender is known.")])
def test_an_empty_view_says_what_that_means(world: World, view: str, words: str) -> None:
    assert words in page(world, f"/?view={view}", "coordinator").body.text()


def test_an_empty_queue_says_that_it_listens(world: World) -> None:
    with world.db.transaction() as c:
        now = world.db.now(c)
        mailboxes.seen(c, "support", now, None)
    world.desk.clock = lambda: now + timedelta(seconds=12)
    shown = page(world, "/", "coordinator").css_first(".empty")
    assert [" ".join(line.text().split()) for line in shown.css("p")] == ["Nothing waits.", "Last poll 12 s ago, 0 errors."]


def test_a_desk_that_never_read_anything_does_not_say_that_all_is_well(world: World) -> None:
    assert "Nothing was read yet, 0 errors." in page(world, "/", "coordinator").body.text()


def test_a_part_of_the_queue_is_given_to_a_page_that_is_open(lists: tuple[World, Filled]) -> None:
    answer = lists[0].browser("anna").get("/", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    parts = {part.attributes["data-part"] for part in Html(answer.text).css("[data-part]")}
    assert parts == {"banners", "figures", "tabs", "foot"}


# --- files -------------------------------------------------------------------------------------------------------------------------------


def test_the_queue_can_be_taken_along_as_a_file(lists: tuple[World, Filled]) -> None:
    world, filled = lists
    browser = world.browser("anna")
    answer = browser.get("/queue.csv?view=unassigned")
    assert re.fullmatch(r'attachment; filename="queue-unassigned-\d{8}-\d{4}\.csv"', answer.headers["content-disposition"])
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows
    assert {row["owner"] for row in rows} == {""}
    told = browser.get("/queue.json").json()
    assert sorted(row["ticket"] for row in told) == sorted(filled.open)


def test_a_cell_that_looks_like_a_formula_is_text(world: World) -> None:
    from mailbot.desk.exports import cell

    for bad in (
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u3000=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "\n=1",
        "\0=1",
    ):
        assert cell(bad).startswith("'"), repr(bad)
    assert (cell("fine"), cell(None), cell(-1.5), cell(["a", "=b"]), cell('say "x"')) == ("fine", "", "-1.5", "a =b", 'say "x"')
    with world.db.transaction() as c:
        from tests.backends.test_queue_view import put

        put(c, subject='=HYPERLINK("https://evil.example")', client_name="@evil")
    rows = list(csv.reader(io.StringIO(world.browser("coordinator").get("/queue.csv").content.decode("utf-8-sig"))))
    assert '\'=HYPERLINK("https://evil.example")' in rows[1]
    assert "'@evil" in rows[1]


# --- search ------------------------------------------------------------------------------------------------------------------------------


def test_a_search_marks_the_words_and_keeps_what_was_typed(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/search?q=purple+-feedback")
    assert shown.css_first("#find").attributes["value"] == "purple -feedback"
    assert set(text(shown, ".found mark")) == {"purple"}
    assert re.fullmatch(r"\d+ tickets", shown.css_first("h1").text())
    assert "sort=best" in (shown.css(".tabs a")[1].attributes["href"] or "")


def test_a_search_finds_clients_and_says_what_it_did_not_understand(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/search?q=client%3Anordic+kind%3Acorection")
    assert text(shown, ".clients a")[0].startswith("Nordic Nest")
    assert "Did you mean correction?" in shown.body.text()
    assert "No ticket fits." in page(lists[0], "/search?q=zebra").body.text()
    assert "What can be searched for" in page(lists[0], "/search").body.text()


def test_a_search_leads_on_page_by_page_and_as_a_file(lists: tuple[World, Filled]) -> None:
    world, _ = lists
    first = page(world, "/search?q=state%3Aclosed")
    more = first.css_first("a[rel=next]").attributes["href"] or ""
    second = page(world, more)
    ids = [{row.attributes["data-row"] for row in one.css("tr[data-row]")} for one in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 50
    assert not ids[0] & ids[1]
    assert first.css_first("h1").text() == "More than 300 tickets"
    assert len(world.browser("anna").get("/search.json?q=state%3Aclosed").json()) == 360
    assert "excerpt" in world.browser("anna").get("/search.csv?q=sky").text.splitlines()[0]


# --- client ------------------------------------------------------------------------------------------------------------------------------


def test_a_client_is_shown_with_share_interval_and_what_it_rests_on(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/clients/C00001")
    words = " ".join(shown.body.text().split())
    assert "Lindqvist Fastigheter" in shown.css_first("h1").text()
    assert re.search(r"\d+ of \d+ orders \(\d+ images\)", words)
    assert re.search(r"Between [\d.]+ % and [\d.]+ % with 95 % certainty", words)
    assert "Tom Hale" in words
    assert shown.css_first("svg.chart title").text() == "Share of corrections"
    assert lists[0].browser("anna").get("/clients/nobody%2F1").status_code == 404


def test_a_note_on_a_client_is_kept_with_its_writer(world: World) -> None:
    with world.db.transaction() as c:
        from tests.backends.test_queue_view import put

        put(c, client="A/S \u00d8rsted&1")
    browser = world.browser("coordinator")
    place = "/clients/A%2FS%20%C3%98rsted%261"
    answer = browser.post(place, data={"note": "prefers <b>phone</b>"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{place}#notes")
    shown = page(world, place, "coordinator")
    assert text(shown, ".note .words") == ["prefers <b>phone</b>"]
    assert "Coordinator" in text(shown, ".note .hint")[0]
    assert browser.post(place, data={"note": "  "}).status_code == 422
    assert browser.post(place, data={"note": "x" * 4001}).status_code == 422
    assert browser.post("/clients/nobody", data={"note": "x"}).status_code == 404


# --- insights ----------------------------------------------------------------------------------------------------------------------------


def test_every_chart_says_in_words_and_as_a_table_what_it_draws(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/insights")
    for name in INSIGHTS:
        chart = shown.css_first(f'svg[aria-labelledby="{name}-title {name}-desc"]')
        assert chart.css_first("title").text(), name
        assert chart.css_first("desc").text(), name
    assert len(shown.css(".card table")) == len(INSIGHTS)
    assert not shown.css("[style]")
    assert shown.css("circle.share.above")
    assert "came in time" in shown.body.text()


@pytest.mark.parametrize("name", INSIGHTS)
def test_an_insight_is_the_same_as_page_csv_and_json(lists: tuple[World, Filled], name: str) -> None:
    browser = lists[0].browser("anna")
    [told] = browser.get(f"/insights/{name}.json").json()
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/insights/{name}.csv").content.decode("utf-8-sig"))))
    assert len(rows) == len(told["rows"]) > 0
    assert list(rows[0]) == list(told["rows"][0])


def test_insights_of_an_empty_desk_are_no_error(world: World) -> None:
    assert page(world, "/insights", "viewer").body.text().count("Nothing to count yet.") >= 3
    assert world.browser("admin").get("/insights/nonsense.csv").status_code == 404


# --- outbox ------------------------------------------------------------------------------------------------------------------------------


def test_the_outbox_shows_what_waits_for_a_person_and_why(lists: tuple[World, Filled]) -> None:
    shown = page(lists[0], "/outbox")
    assert "550 5.1.1 no such user here" in shown.body.text()
    buttons = {b.attributes["value"] for b in shown.css("button[name=one]")}
    assert any((value or "").startswith("release O-") for value in buttons)
    assert text(page(lists[0], "/outbox?state=gave_up"), "tbody .badge") == ["Gave up", "Gave up"]
    assert "Nothing is sending." in page(lists[0], "/outbox?state=sending").body.text()
    assert not page(lists[0], "/outbox", "viewer").css("button[name=one], input[type=checkbox]")


@pytest.fixture
def waiting(world: World) -> World:
    """O-1 held, O-2 gave up, O-3 suppressed; M-1 set aside."""
    from mailbot.record.outbox import NewAction
    from tests.backends.makers import mail
    from tests.backends.test_queue_view import put

    with world.db.transaction() as c:
        now = world.db.now(c)
        one = put(c)
        for state in ("held", "queued", "suppressed"):
            outbox.queue(c, [NewAction(key=state, kind="email", to="a@b.example", payload=b"x", ticket=one.id, state=state)], now)  # type: ignore[arg-type]  # of the literal
        outbox.claim(c, "smtp", 1, now, "me")
        outbox.begin(c, 2, "me", now)
        outbox.finish(c, 2, outbox.GiveUp("no such user"), "me", now)
        [kept] = journal.keep(c, [mail()], now)
        journal.set_aside(c, kept.id, "no message", now)
    return world


@pytest.mark.parametrize(
    ("sent", "says", "states"),
    [
        ({"one": "release O-1"}, "O-1: will be sent.", {1: "queued"}),
        ({"verb": "release", "id": ["O-1", "O-3"]}, "O-1, O-3: will be sent.", {1: "queued", 3: "queued"}),
        ({"verb": "retry", "id": ["O-2"]}, "O-2: will be sent.", {2: "queued"}),
        ({"verb": "cancel", "id": ["O-1", "O-2", "O-3"]}, "cancelled", {1: "cancelled", 2: "cancelled", 3: "cancelled"}),
        ({"verb": "retry", "id": ["O-1"]}, "neither gave up nor is uncertain", {1: "held"}),
        ({"verb": "release"}, "tick the rows first", {1: "held"}),
        ({"one": "explode O-1"}, "Nothing was done", {1: "held"}),
        ({"one": "release nonsense"}, "is no id", {1: "held"}),
    ],
)  # fmt: skip
def test_a_person_decides_what_becomes_of_an_action(waiting: World, sent: dict[str, object], says: str, states: dict[int, str]) -> None:
    browser = waiting.browser("coordinator")
    answer = browser.post("/outbox?state=held", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/outbox?state=held")
    assert says in browser.get("/outbox").text
    with waiting.db.reading() as c:
        assert {id_: outbox.get(c, id_).state for id_ in states} == states


def test_what_a_person_did_with_an_action_stands_in_the_tickets_history(waiting: World) -> None:
    waiting.browser("coordinator").post("/outbox", data={"one": "release O-1"})
    with waiting.db.reading() as c:
        line = tickets.last_line(c, 1)
    assert line is not None
    assert line[1:3] == ("coordinator", "release O-1")


def test_a_message_from_before_go_live_is_listed_and_one_click_makes_a_ticket_of_it(world: World) -> None:
    """P9: nothing of it was answered; what is answered now waits for a release."""
    with_orders(world)
    with world.db.transaction() as c:
        mailboxes.go_live(c, "support", world.db.now(c))
    anna_writes(world, minutes_ago=60 * 24 * 40)
    browser = world.browser("coordinator")
    assert "Before go-live" in browser.get("/outbox").text
    listed = browser.get("/aside?view=before_go_live").text
    assert "Order 10231" in listed
    assert "Nothing is set aside." in browser.get("/aside").text
    assert browser.post("/aside?view=before_go_live", data={"id": ["M-1"]}).headers["location"] == "/aside?view=before_go_live"
    while handle(world.service.parts):
        pass
    assert "Nothing came before the go-live time." in browser.get("/aside?view=before_go_live").text
    assert "is much brighter than the ordered style" in browser.get("/t/1").text
    with world.db.reading() as c:
        states = {a.template: a.state for a in actions(c) if a.kind == "email"}
    assert states == {"acknowledgement": "held"}


def test_a_message_set_aside_is_handled_again(waiting: World) -> None:
    browser = waiting.browser("coordinator")
    assert "no message" in browser.get("/aside").text
    assert browser.post("/aside", data={"id": ["M-1"]}).headers["location"] == "/aside"
    shown = browser.get("/aside").text
    assert "M-1: will be handled again" in shown
    assert "Nothing is set aside." in shown


# --- who -----------------------------------------------------------------------------------------------------------------------------------


def test_who_may_not_export_sees_no_link_to_a_file(lists: tuple[World, Filled]) -> None:
    assert Permission.EXPORT not in GRANTED["viewer"]
    for path in ("/", "/search?q=sky", "/insights"):
        assert ".csv" not in lists[0].browser("viewer").get(path).text
        assert ".csv" in lists[0].browser("anna").get(path).text


def test_every_view_has_a_key_of_its_own() -> None:
    keys = [key for _, key in TABS.values()]
    assert tuple(TABS) == VIEWS
    assert len(set(keys)) == len(keys)


def test_json_of_the_queue_is_what_the_commands_print(lists: tuple[World, Filled]) -> None:
    row = lists[0].browser("anna").get("/queue.json").json()[0]
    assert {"ticket", "opened_at", "channel", "client", "subject", "order", "kind", "claimed", "assessed", "state", "queue", "owner", "flags",
            "read_at", "delivery_time"} <= row.keys()  # fmt: skip
    assert json.dumps(row)
