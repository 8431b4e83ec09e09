"""A coordinator's day on a running `mailbot demo`: by keyboard only, without JavaScript, on a phone; two people on one ticket; and a
desk that is started again while a page is open."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mailbot.config.settings import DeskSettings
from mailbot.desk.server import DeskServer
from mailbot.model.visitor import Origin
from mailbot.workflow import sign_in
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
Person = Callable[..., Page]


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The address of a demo's desk, once its first clients have written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailbot", "demo", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    url, opened, lines = "", 0, []
    for line in process.stdout:
        lines.append(line)
        found = re.search(r"^\s+desk\s+(http://\S+)", line)
        url = found[1] if found else url
        opened += "opens ticket" in line
        if url and opened >= 6:
            break
    assert url, "".join(lines)
    drained = threading.Thread(target=process.stdout.read, daemon=True)
    drained.start()
    yield url
    process.terminate()
    process.wait(40)
    drained.join(5)
    process.stdout.close()


@pytest.fixture
def person(chromium: Browser, demo: str) -> Iterator[Person]:
    """person("kim", width=…, javascript=…): a page of that person of the demo. A complaint of the browser fails the test."""
    contexts, wrong = [], []

    def come_in(who: str, **options: object) -> Page:
        context = chromium.new_context(
            base_url=demo, viewport={"width": options.pop("width", 1280), "height": 900}, java_script_enabled=options.pop("javascript", True),  # type: ignore[typeddict-item]  # numbers
            reduced_motion="reduce",
        )  # fmt: skip  # the browser's options
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" and "409" not in line.text else None)
        page.goto(f"/demo?who={who}")
        return page

    yield come_in
    for context in contexts:
        context.close()
    assert wrong == []


def tickets(page: Page, words: str) -> str:
    """The address of the first ticket of the queue whose row holds these words."""
    page.goto("/")
    row = page.locator(".list tbody tr", has_text=words).first
    href = row.locator("a[href^='/t/']").first.get_attribute("href")
    assert href
    return href


def test_the_whole_day_by_keyboard_only(person: Person) -> None:
    """See what waits, open, take, note, assess, promise a time, deliver, next: no mouse."""
    kim, sam = person("kim"), person("sam")
    kim.keyboard.press("j")
    kim.keyboard.press("o")
    kim.wait_for_url("**/t/*")
    kim.goto(ticket := tickets(kim, "10239"))
    kim.keyboard.press("c")
    expect(kim.locator(".flash")).to_contain_text("It is yours.")
    kim.keyboard.press("n")
    kim.keyboard.type("The client means the first picture.")
    kim.keyboard.press("Control+Enter")
    expect(kim.locator(".entry.note")).to_contain_text("first picture")
    sam.goto(ticket)
    if sam.locator("summary[data-key='s']").locator("xpath=..").get_attribute("open") is None:
        sam.keyboard.press("s")
    sam.keyboard.press("1")
    sam.keyboard.type("The style is calmer than what was delivered.")
    sam.keyboard.press("Tab")
    sam.keyboard.type("Bring it back to the ordered style")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator(".flash")).to_contain_text("Assessed.")
    kim.goto(ticket)
    if kim.locator("summary[data-key='d']").locator("xpath=..").get_attribute("open") is None:
        kim.keyboard.press("d")
    kim.locator("#f-delivery_time-due").focus()
    kim.keyboard.press("Control+Enter")
    expect(kim.locator(".flash")).to_contain_text("The delivery time is set.")
    expect(kim.locator(".promise")).to_contain_text("promised for")
    kim.keyboard.press("z")
    expect(kim.locator(".flash")).to_contain_text("Taken back.")
    kim.locator("#f-delivery_time-due").focus()
    kim.keyboard.press("Control+Enter")
    expect(kim.locator(".flash")).to_contain_text("The delivery time is set.")
    kim.keyboard.press("f")
    expect(kim.locator(".flash")).to_contain_text("Delivered.")
    kim.keyboard.press("u")
    kim.wait_for_url(re.compile(r"/$"))
    kim.keyboard.press("/")
    kim.keyboard.type("order:10239")
    kim.keyboard.press("Enter")
    expect(kim.locator("main")).to_contain_text("10239")
    kim.keyboard.press("Escape")
    kim.locator("main").focus()
    kim.keyboard.press("?")
    expect(kim.locator("dialog#keys")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "javascript", "order"), [(1280, False, "10244"), (390, True, "10242")], ids=["without-javascript", "on-a-phone"]
)
def test_the_whole_day_by_touch(person: Person, width: int, javascript: bool, order: str) -> None:
    kim, sam = person("kim", width=width, javascript=javascript), person("sam", width=width, javascript=javascript)
    kim.goto(ticket := tickets(kim, order))
    kim.get_by_role("button", name="Take").click()
    expect(kim.locator(".flash")).to_contain_text("It is yours.")
    if javascript:
        assert kim.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the phone"
    sam.goto(ticket)
    form = sam.locator("details.do", has=sam.locator("input[value=assess]"))
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.get_by_label("Amendment").check()
    form.get_by_label("Why (the client reads it)").fill("It was not on the order.")
    form.get_by_label("How to proceed").fill("As the client asks")
    form.get_by_label("Charge", exact=True).fill("25 EUR")
    form.get_by_role("button", name="Preview").click()
    preview = sam.locator("#preview")
    expect(preview).to_contain_text("with a charge of EUR 25.00")
    expect(preview).to_contain_text("Mail to")
    expect(preview).to_contain_text("On the order")
    form = sam.locator("details.do", has=sam.locator("input[value=assess]"))
    form.get_by_role("button", name="Assess").click()
    expect(sam.locator(".flash")).to_contain_text("Assessed.")
    expect(sam.locator("main")).to_contain_text("25 EUR")
    kim.goto("/outbox")
    expect(kim.locator("main")).to_contain_text("News")


def test_two_people_on_one_ticket_the_second_loses_no_word(person: Person) -> None:
    kim, sam = person("kim"), person("sam")
    address = tickets(kim, "10245")
    kim.goto(address)
    sam.goto(address)
    form = sam.locator("details.do", has=sam.locator("input[value=assess]"))
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.get_by_label("Correction").check()
    form.get_by_label("Why (the client reads it)").fill("The lawn is still brown.")
    form.get_by_label("How to proceed").fill("Green lawn")
    kim.get_by_role("button", name="Take").click()
    expect(kim.locator(".flash")).to_contain_text("It is yours.")
    form.get_by_role("button", name="Assess").click()
    expect(sam.locator("main")).to_contain_text("Somebody else changed ticket")
    expect(sam.get_by_label("Why (the client reads it)")).to_have_value("The lawn is still brown.")
    for _ in range(4):  # the demo's client may write again meanwhile: one more conflict, and still no word is lost
        form = sam.locator("details.do", has=sam.locator("input[value=assess]"))
        expect(form.get_by_label("How to proceed")).to_have_value("Green lawn")
        with sam.expect_navigation():
            form.get_by_role("button", name="Assess").click()
        if sam.locator(".flash").count():
            break
    expect(sam.locator(".flash")).to_contain_text("Assessed.")


@contextlib.contextmanager
def serving(site: Site, listen: str) -> Iterator[DeskServer]:
    """Another desk on the same database."""
    server, stop = DeskServer(site.service, DeskSettings(listen=listen)), threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        thread.join(20)


def test_a_desk_that_is_started_again_goes_on_where_the_page_is(site: Site, chromium: Browser) -> None:
    """The page stays, keeps what is typed, and the next press works: sessions and drafts are in the database."""
    context = chromium.new_context(reduced_motion="reduce")
    with serving(site, "127.0.0.1:0") as first:
        url = first.url.rstrip("/")
        context.add_cookies([{"name": first.desk.cookie, "value": sign_in.begin(site.db, "anna", "link", Origin()), "url": url}])
        page = context.new_page()
        page.goto(f"{url}/")
        page.goto(url + str(page.locator("a[href^='/t/']").first.get_attribute("href")))
        page.locator("summary[data-key='n']").click()
        page.locator("#f-note-text").fill("Typed before the restart")
    with serving(site, url.removeprefix("http://")):
        page.locator("#f-note-text").press("Control+Enter")
        expect(page.locator(".entry.note").last).to_contain_text("Typed before the restart")
    context.close()
