"""Coming in, /me and /admin in real Chromium: the first day of a new colleague, by keyboard, light and dark, wide and narrow."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from mailbot.model import totp
from mailbot.model.visitor import Origin
from mailbot.workflow import people, sign_in, tokens
from tests.browser.conftest import Opened, Site

pytestmark = pytest.mark.browser
HERE = Origin(actor="test")
GOOD = "green horse under the bridge"
MAIL = "From: Anna <anna@agency.example>\nSubject: Correction: order 10231\nMessage-ID: <1@agency.example>\n\nImage 4589 is too dark."
PAGES = {
    "me": "/me", "sources": "/admin", "rules": "/admin/rules", "people": "/admin/people", "a person": "/admin/people/boss",
    "tokens": "/admin/tokens", "audit log": "/admin/audit", "nothing found": "/admin/audit?actor=nobody",
}  # fmt: skip


@pytest.fixture(scope="module")
def staffed(still: Site) -> Site:
    """With an admin who has everything that these pages can show."""
    people.add(
        still.db, "boss", name="Bo Boss", email="boss@studio.example", roles=["admin", "coordinator"], order_system_id="", origin=HERE
    )
    sign_in.by_link(still.db, people.make_link(still.db, "boss", HERE), GOOD, HERE, "Studio North")
    people.make_link(still.db, "anna", HERE)
    tokens.make(still.db, "boss", name="weekly report", scopes=["tickets:read"], days=90, origin=HERE)
    return still


def faults(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def is_wide(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") > width)


def test_pages_of_people_flow_anew_on_the_narrowest_screen(staffed: Site, sign: Opened) -> None:
    """WCAG 1.4.10; other widths and schemes: test_every_page.py."""
    width = 320
    page = sign(staffed, "boss", width=width, forgiving=True)  # a 404 is a complaint of the console
    for name, path in {**PAGES, "not found": "/nothing"}.items():
        page.goto(path)
        for closed in page.query_selector_all("details:not([open]) > summary"):
            closed.click()
        assert faults(page) == [], f"{name}, {width} px"
        assert not is_wide(page, width), f"{name} is wider than {width} px"
        keys = [one.get_attribute("data-key") for one in page.query_selector_all("[data-key]")]
        assert len(keys) == len(set(keys)), name
    page.goto("/admin/rules")
    page.fill("#mail", MAIL)
    page.click("text=What would happen?")
    expect(page.locator("#found h2")).to_have_text("Open ticket, correction")
    assert faults(page) == []
    assert not is_wide(page, width)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_door_keeps_anybody_out(staffed: Site, chromium: Browser, dark: bool) -> None:
    context = chromium.new_context(base_url=staffed.url, color_scheme="dark" if dark else "light", viewport={"width": 390, "height": 800})
    page = context.new_page()
    for path in ("/login", f"/welcome/{people.make_link(staffed.db, 'anna', HERE)}"):
        page.goto(path)
        assert faults(page) == [], path
        assert not is_wide(page, 390), path
    page.goto("/login")
    page.fill("#f-login", "boss")
    page.fill("#f-password", "wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Login or password is wrong")).to_be_visible()
    expect(page.locator("#f-password")).to_be_focused()
    assert faults(page) == []
    context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_second_factor_keeps_nobody_out_who_has_it(site: Site, chromium: Browser, dark: bool) -> None:
    """Switched on with an app's code, asked for at the next sign-in; each page on the way may be read by everybody."""
    people.add(site.db, "kim", name="Kim Lee", email="", roles=["coordinator"], order_system_id="", origin=HERE)
    sign_in.by_link(site.db, people.make_link(site.db, "kim", HERE), GOOD, HERE, "Studio North")
    context = chromium.new_context(base_url=site.url, color_scheme="dark" if dark else "light", viewport={"width": 390, "height": 800})
    page = context.new_page()
    knocks(page)
    page.goto("/me")
    page.fill("#factor-password", GOOD)
    page.locator("#factor-password").press("Enter")
    key = page.locator(".secret").inner_text().replace(" ", "").strip()
    assert faults(page) == []
    assert not is_wide(page, 390)
    page.fill("#f-code", "000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="code")).to_be_visible()
    assert faults(page) == []
    secret, now = base64.b32decode(key + "=" * (-len(key) % 8)), datetime.now(UTC)
    page.fill("#f-code", totp.code(secret, totp.step_at(now)))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="on")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    knocks(page)
    expect(page.locator("h1")).to_have_text("Your code")
    assert faults(page) == []
    assert not is_wide(page, 390)
    page.fill("#f-code", totp.code(secret, totp.step_at(now) + 1))  # each code lets in once; the app's next is taken early
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Queue")
    context.close()


def knocks(page: Page) -> None:
    page.goto("/login")
    page.fill("#f-login", "kim")
    page.fill("#f-password", GOOD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_first_day_of_a_colleague_by_keyboard_only(site: Site, chromium: Browser) -> None:
    people.add(site.db, "kim", name="Kim Lee", email="", roles=["coordinator"], order_system_id="", origin=HERE)
    link = people.make_link(site.db, "kim", HERE)
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"/welcome/{link}")
    page.keyboard.type(GOOD)
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Your password is set")).to_be_visible()
    page.wait_for_load_state()  # keys are a comfort of the script, which comes after the words
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys on this page")).to_be_visible()
    assert page.locator("#keys dt").count() >= 4
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url(f"{site.url}/me")
    page.locator("#f-theme").select_option("dark")
    page.locator("#f-shortcuts-yes").uncheck()
    page.locator("#f-theme").press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.keyboard.press("?")
    expect(page).to_have_url(f"{site.url}/me")  # single keys are off
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert wrong == []
    context.close()


def test_everything_of_people_works_without_javascript(site: Site, sign: Opened) -> None:
    people.add(site.db, "boss", name="Bo", email="", roles=["admin"], order_system_id="", origin=HERE)
    page = sign(site, "boss", "/admin/people", javascript=False)
    page.fill("#f-login", "nina")
    page.fill("#f-name", "Nina")
    page.get_by_role("button", name="Add, and make a one-time link").click()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/welcome/[\w-]{43}", page.locator("#once").input_value())
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("p.flash")).to_contain_text("nina may not come in any more")
    page.get_by_role("button", name="Let in again").click()
    expect(page.locator("p.flash")).to_contain_text("nina may come in again")


def test_a_page_that_stays_open_over_a_sign_out_elsewhere_says_so(site: Site, sign: Opened) -> None:
    page = sign(site, "anna", "/me", forgiving=True)
    sign_in.end_sessions(site.db, "anna", HERE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")
    expect(page.get_by_text("nothing typed is lost")).to_be_visible()
