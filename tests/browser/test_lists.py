"""Queue, search, client, insights and outbox in real Chromium: by keyboard, without JavaScript, on a telephone, live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from mailbot.record import tickets
from mailbot.record.tables import action
from mailbot.record.tickets import LogRow
from mailbot.record.views.outbox import outbox
from tests.backends.test_queue_view import put
from tests.browser.conftest import Opened, Site

pytestmark = pytest.mark.browser


# --- keyboard ----------------------------------------------------------------------------------------------------------------------------


def row_in_focus(page: Page) -> str:
    return page.evaluate("document.activeElement.closest('[data-row]')?.dataset.row ?? ''")


def test_a_coordinator_walks_the_queue_by_keys(still: Site, sign: Opened) -> None:
    page = sign(still, "anna")
    rows = [row.get_attribute("data-row") for row in page.query_selector_all("[data-row]")]
    page.keyboard.press("j")
    assert row_in_focus(page) == rows[0]
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert row_in_focus(page) == rows[1]
    page.keyboard.press("o")
    expect(page).to_have_url(f"{still.url}/t/{rows[1]}")
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{still.url}/t/{rows[0]}")


def test_keys_lead_to_views_search_and_help(still: Site, sign: Opened) -> None:
    page = sign(still, "anna")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(f"{still.url}/?view=disputes")
    page.keyboard.press("/")
    page.keyboard.type("jko g q .")
    assert page.input_value("#find") == "jko g q ."
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_contain_text("Next and previous ticket")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(f"{still.url}/outbox")
    page.keyboard.press("j")
    assert row_in_focus(page)


def test_keys_can_be_switched_off(site: Site, sign: Opened) -> None:
    page = sign(site, "anna")
    page.evaluate("document.body.removeAttribute('data-shortcuts')")  # as the server leaves it out by the person's choice
    page.keyboard.press("j")
    page.keyboard.press("g")
    page.keyboard.press("d")
    assert row_in_focus(page) == ""
    assert page.url == f"{site.url}/"


# --- live --------------------------------------------------------------------------------------------------------------------------------


def opens(site: Site, **fields: object) -> int:
    """A new ticket, as a mail makes one; its promise lapses later than all others."""
    with site.db.transaction() as c:
        now = site.db.now(c)
        one = put(c, opened_at=now, clock_started_at=now + timedelta(hours=1), client_name="Newcomer", **fields)
        tickets.log(c, [LogRow(ticket=one.id, what="open_ticket")], now)
    return one.id


def takes(site: Site, number: int, by: str = "marco") -> None:
    with site.db.transaction() as c:
        now = site.db.now(c)
        one = tickets.get(c, number)
        assert one is not None
        tickets.save(c, [replace(one, owner=by, state="read", read_at=now)], now)
        tickets.log(c, [LogRow(ticket=number, what="take", actor=by)], now)


def order_of(page: Page) -> list[str]:
    return [row.get_attribute("data-row") or "" for row in page.query_selector_all("[data-row]")]


def is_live(page: Page) -> None:
    expect(page.locator("[data-live-state]")).to_have_text("Live.")


def test_what_is_new_announces_itself_and_moves_nothing(site: Site, sign: Opened) -> None:
    page = sign(site, "anna")
    is_live(page)
    before = order_of(page)
    page.keyboard.press("j")
    new = opens(site, owner=None)
    button = page.locator("[data-news]")
    expect(button).to_have_text("1 new · press .")
    assert order_of(page) == before
    assert row_in_focus(page) == before[0]
    expect(page.locator("#said")).to_have_text("1 new ticket")
    expect(page.locator("[data-part=tabs] [aria-current] .count")).to_have_text(str(len(before) + 1))
    page.keyboard.press(".")
    expect(page.locator(f"[data-row='{new}']")).to_contain_text("Newcomer")
    expect(button).to_be_hidden()
    assert row_in_focus(page) == before[0]


def test_a_row_that_somebody_takes_changes_where_it_stands(site: Site, sign: Opened) -> None:
    page = sign(site, "anna", "/?view=unassigned")
    is_live(page)
    before = order_of(page)
    takes(site, int(before[2]))
    expect(page.locator(f"[data-row='{before[2]}']")).to_have_class("gone")
    assert order_of(page) == before
    other = sign(site, "sofia", "/")
    is_live(other)
    mine = page.locator("[data-row]").nth(1).get_attribute("data-row") or ""
    takes(site, int(mine), "priya")
    expect(other.locator(f"[data-row='{mine}'] .owner")).to_have_text("Priya Raman")


def test_without_a_stream_the_page_asks_for_itself(site: Site, sign: Opened) -> None:
    page = sign(site, "anna", "/login")
    page.route("**/events", lambda route: route.fulfill(status=204))
    page.clock.install()
    page.goto("/")
    new = opens(site)
    page.clock.run_for(21_000)
    expect(page.locator("[data-news]")).to_be_visible()
    page.clock.run_for(1_000)
    page.locator("[data-news]").click()
    expect(page.locator(f"[data-row='{new}']")).to_be_visible()


def test_a_page_outlives_a_restart_of_the_desk(site: Site, sign: Opened) -> None:
    page = sign(site, "anna", forgiving=True)  # the console tells of the cut stream
    is_live(page)
    site.restart()
    new = opens(site)
    expect(page.locator("[data-news]")).to_have_text("1 new · press .", timeout=20_000)
    page.keyboard.press(".")
    expect(page.locator(f"[data-row='{new}']")).to_be_visible()


def test_a_poller_that_stopped_is_a_banner_on_the_open_page(site: Site, sign: Opened) -> None:
    site.poll_went_well()
    page = sign(site, "anna")
    is_live(page)
    silent = page.locator(".banner", has_text="Mailbox support has not been read since")
    expect(silent).to_have_count(0)
    at = site.server.desk.clock
    site.server.desk.clock = lambda: at() + timedelta(minutes=10)  # and nothing else happens
    expect(silent).to_have_count(1)


def test_a_reply_that_fails_is_a_banner_on_the_open_page_that_leads_to_it(site: Site, sign: Opened) -> None:
    page = sign(site, "anna")
    is_live(page)
    failed = page.locator(".banner.stop", has_text="failed or may have failed")
    before = failed.inner_text()
    with site.db.transaction() as c:
        waiting = next(row.id for row in outbox(c, ["queued"]).rows if row.kind == "email")
        c.execute(update(action).where(action.c.id == waiting).values(state="gave_up", because="550 no such user"))
    expect(failed).not_to_have_text(before)
    failed.get_by_role("link").click()
    expect(page.locator("tbody", has_text="550 no such user")).to_be_visible()


# --- without JavaScript, on a telephone --------------------------------------------------------------------------------------------------


def test_everything_works_without_javascript(site: Site, sign: Opened) -> None:
    page = sign(site, "sofia", javascript=False)
    page.click("text=Filter")
    page.select_option("select[name=kind]", "correction")
    page.get_by_role("button", name="Show").click()
    assert "kind=correction" in page.url
    kinds = {row.inner_text().split("\n")[0] for row in page.query_selector_all("tbody .sort .kind")}
    assert kinds <= {"Correction", "Amendment", "Feedback"}
    page.fill("#find", "kitchen")
    page.press("#find", "Enter")
    assert page.locator("mark").count() > 0
    page.click("nav[aria-label=Pages] a[rel=next]")
    page.goto("/outbox?state=held")
    held = page.locator("tbody tr").count()
    page.locator("tbody input[type=checkbox]").first.check()
    page.click("text=Release ticked")
    expect(page.locator(".flash.ok")).to_contain_text("will be sent")
    assert page.locator("tbody tr").count() == held - 1
    page.goto("/clients/C00001")
    page.fill("#note", "Prefers phone")
    page.click("text=Keep the note")
    expect(page.locator(".note .words")).to_have_text("Prefers phone")


def test_on_a_telephone_a_row_is_a_card_with_all_that_matters(still: Site, sign: Opened) -> None:
    page = sign(still, "anna", width=390)
    card = page.locator("[data-row]").first
    for part in (".due", ".what", ".sort", ".state", ".owner"):
        expect(card.locator(part)).to_be_visible()
    box = card.bounding_box()
    assert box is not None
    assert box["height"] <= 160
    assert box["width"] <= 390


def test_a_countdown_goes_on_while_the_page_is_open(still: Site, sign: Opened) -> None:
    page = sign(still, "anna", "/login")
    page.clock.install()
    page.goto("/")
    badge = page.locator("[data-due].info").first
    said = badge.inner_text()
    page.clock.fast_forward(30 * 60 * 1000)
    page.clock.run_for(31_000)
    assert badge.count() == 0 or badge.inner_text() != said


def test_a_stream_ends_when_its_tab_is_not_seen(still: Site, sign: Opened) -> None:
    """A browser opens six connections to one host in all: tabs in the background must hold none."""
    page = sign(still, "anna", "/login")
    page.goto("/")
    is_live(page)
    hide = "Object.defineProperty(document, 'hidden', {value: true}); document.dispatchEvent(new Event('visibilitychange'))"
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/events")):
        page.evaluate(hide)
