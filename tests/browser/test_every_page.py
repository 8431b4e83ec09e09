"""Every page of the route table in real Chromium: nobody is kept out (axe), nothing is refused by the browser, nothing is wider than a
telephone, and the first load is small."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, Request

from mailbot.desk.app import MODULES
from mailbot.model.visitor import Origin
from mailbot.workflow import people
from tests.browser.conftest import Opened, Site, a_site
from tests.browser.studio import take_returns_in

pytestmark = pytest.mark.browser
FIRST_LOAD = 100_000  # bytes as transferred, with headers: document, style, scripts, icons
TICKETS = (
    "unread", "at work", "a mail with everything in it", "waits for agreement", "delivered, redistribution requested", "over", "a dispute",
    "unverified", "not in English",
)  # fmt: skip
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/", "/?view=disputes", "/?view=mine&kind=update&flag=not_english"),
    "/t/{ticket}": tuple(f"/t/<{name}>" for name in TICKETS),
    "/search": ("/search", "/search?q=kitchen", "/search?q=zebra+kind%3Anone"),
    "/clients/{client:path}": ("/clients/holmvik", "/clients/C00001"),
    "/insights": ("/insights",),
    "/outbox": ("/outbox", "/outbox?state=held", "/outbox?state=gave_up"),
    "/aside": ("/aside",),
    "/me": ("/me",),
    "/admin": ("/admin",),
    "/admin/rules": ("/admin/rules",),
    "/admin/people": ("/admin/people",),
    "/admin/people/{login}": ("/admin/people/anna",),
    "/admin/tokens": ("/admin/tokens",),
    "/admin/audit": ("/admin/audit",),
    "/login": ("/login",),
    "/welcome/{link}": ("/welcome/<link>",),
}
"""Path of the table -> addresses that show it; <name> is a ticket, <link> a one-time link. Sign-in pages are seen by strangers."""
FOR_STRANGERS = {"/login", "/welcome/{link}"}
OTHERS = {
    "/static/{name:path}": "text/css", "/healthz": "application/json", "/readyz": "application/json", "/poll": "application/json",
    "/queue.csv": "text/csv", "/queue.json": "application/json", "/search.csv": "text/csv", "/search.json": "application/json",
    "/insights/{name}.csv": "text/csv", "/insights/{name}.json": "application/json", "/events": "text/event-stream",
    "/t/{ticket}/m/{message}/raw": "message/rfc822", "/t/{ticket}/m/{message}/a/{number}": "image/jpeg",
    "/t/{ticket}/m/{message}/a/{number}/small": "image/jpeg", "/t/{ticket}/m/{message}/cid/{key}": "image/jpeg",
    "/demo": "leads elsewhere", "/login/sso": "leads elsewhere", "/login/sso/callback": "leads elsewhere", "/t/{ticket}/now": "part of a page", "/t/{ticket}/m/{message}": "inside of a frame",
}  # fmt: skip
"""What is no page, and what it is instead. The frame of a mail is looked at inside of its ticket's page."""
REFUSED = {
    "/welcome/used-up": 404,
    "/t/99999": 404,
    "/nothing/here": 404,
    "/insights/nonsense.csv": 404,
    "/t/word": 422,
    "/?after=nonsense": 200,
}


ONLY_VIOLATIONS = {"resultTypes": ["violations"]}


def preview(page: Page) -> None:
    page.fill("#f-reply-text", "Dear Clara, we bring the lamp back today.")
    page.locator("form", has=page.locator("#f-reply-text")).get_by_role("button", name="Preview").click()


def wrong_charge(page: Page) -> None:
    page.get_by_label("Correction: free").check()
    page.fill("#f-assess-reason", "It differs from the order.")
    page.fill("#f-assess-charge", "much")
    page.locator("form", has=page.locator("#f-assess-reason")).get_by_role("button", name="Assess").click()


def try_a_mail(page: Page) -> None:
    page.fill("textarea[name=mail]", "From: a@b.example\nSubject: Order 70230\n\nCorrection: image 4589 is too dark, please brighten it.\n")
    page.locator("form", has=page.locator("textarea[name=mail]")).get_by_role("button").click()


def make_a_token(page: Page) -> None:
    form = page.locator("form[action='/me/tokens']")
    form.locator("input[type=text], input:not([type])").first.fill("My script")
    form.get_by_role("button").click()


def too_late(page: Page) -> None:
    """A colleague was faster: what is typed here is of an older version."""
    form = page.locator("form", has=page.locator("#f-note-text"))
    form.locator("input[name=version]").evaluate("field => { field.value = 1 }")
    page.fill("#f-note-text", "Clara rang again.")
    form.get_by_role("button", name="Note").click()
    assert page.locator("#f-note-text").input_value() == "Clara rang again."


ANSWERS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "a preview": ("/t/<at work>", preview), "a wrong charge": ("/t/<unread>", wrong_charge),
    "a version of yesterday": ("/t/<waits for agreement>", too_late), "a mail that is tried": ("/admin/rules", try_a_mail),
    "a new token, shown once": ("/me", make_a_token),
}  # fmt: skip
"""Where, and what is pressed."""


@dataclass(frozen=True, slots=True)
class Studio:
    site: Site
    tickets: dict[str, int]
    link: str

    def address(self, pattern: str) -> str:
        for name, number in self.tickets.items():
            pattern = pattern.replace(f"<{name}>", str(number))
        return pattern.replace("<link>", self.link)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    for site in a_site(tmp_path_factory.mktemp("studio")):
        site.poll_went_well()
        yield Studio(site, take_returns_in(site), people.make_link(site.db, "vic", Origin()))


def test_every_route_is_a_page_that_is_looked_at_or_no_page() -> None:
    """A new route is named above."""
    table = {row.path for module in MODULES for row in module.declared if row.method == "GET" and not row.is_api}
    assert table == set(PAGES) | set(OTHERS)
    assert not set(PAGES) & set(OTHERS)


def all_open(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(part => (part.open = true))")


def look(page: Page, where: str) -> list[str]:
    """What is wrong with the page, light and dark, wide and on a telephone: for axe, or wider than the telephone."""
    wrong = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in PICTURES:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=ONLY_VIOLATIONS).response["violations"]
            wrong += [f"{where}, {width} px, {scheme}: {v['id']}: {n['html']} {n['failureSummary']}" for v in found for n in v["nodes"]]
        needed = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{where} needs {needed} px of {width}"] if needed > width else []
    return wrong


@pytest.mark.parametrize("path", PAGES)
def test_no_page_keeps_anybody_out(studio: Studio, sign: Opened, path: str) -> None:
    page = sign(studio.site, "" if path in FOR_STRANGERS else "olga", studio.address(PAGES[path][0]))
    wrong: list[str] = []
    for pattern in PAGES[path]:
        page.goto(studio.address(pattern))
        all_open(page)
        wrong += look(page, pattern)
    assert wrong == []


def unexpected(page: Page) -> list[str]:
    """What the browser complains of from now on, without the status that an error page has."""
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" and "Failed to load resource" not in line.text else None)
    return said


def test_no_answer_keeps_anybody_out(studio: Studio, sign: Opened) -> None:
    """Errors, and what forms answer."""
    page = sign(studio.site, "olga", forgiving=True)
    said, wrong = unexpected(page), []
    for address, status in REFUSED.items():
        answer = page.goto(address)
        assert answer
        assert answer.status == status
        wrong += look(page, address)
    for name, (address, press) in ANSWERS.items():
        page.goto(studio.address(address))
        all_open(page)
        press(page)
        wrong += look(page, name)
    stranger = sign(studio.site, "", "/login", forgiving=True)
    stranger.fill("input[name=login]", "anna")
    stranger.fill("input[name=password]", "wrong")
    stranger.click("main form button")
    wrong += look(stranger, "a wrong password")
    clock = studio.site.server.desk.clock
    studio.site.server.desk.clock = lambda: clock() + timedelta(minutes=30)
    page.goto("/")
    studio.site.server.desk.clock = clock
    assert page.locator(".banner.stop").count() > 0
    wrong += look(page, "a mailbox that is not read")
    assert (wrong, said) == ([], [])


def test_the_first_load_of_every_page_is_small(studio: Studio, sign: Opened) -> None:
    """Pictures of mails are the client's, and come later."""
    stranger, page = sign(studio.site, "", "/login"), sign(studio.site, "olga", "/me")
    large = {}
    for path, patterns in PAGES.items():
        for pattern in patterns:
            size, names = first_load(stranger if path in FOR_STRANGERS else page, studio.address(pattern))
            assert {"desk.css", "htmx.min.js"} <= names
            if size > FIRST_LOAD:
                large[pattern] = size
    assert large == {}


def first_load(page: Page, address: str) -> tuple[int, set[str]]:
    """Bytes as transferred with an empty cache, and the names of the static files."""
    session = page.context.new_cdp_session(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    done: list[Request] = []

    def noted(request: Request) -> None:
        done.append(request)

    page.on("requestfinished", noted)
    page.goto(address, wait_until="load")
    page.remove_listener("requestfinished", noted)
    session.detach()
    ours = [r for r in done if (r.is_navigation_request() and r.frame == page.main_frame) or "/static/" in r.url]
    sizes = [r.sizes() for r in ours]
    return sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes), {names_of(r) for r in ours}


def names_of(request: Request) -> str:
    """Without the digest of its content."""
    return urlsplit(request.url).path.rsplit("/", 1)[-1]


# --- the README's picture ----------------------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
PICTURES: dict[Literal["light", "dark"], Path] = {"light": ROOT / "docs/desk-light.png", "dark": ROOT / "docs/desk-dark.png"}
SIZE = (1280, 860)


if os.environ.get("MAILBOT_PICTURES"):  # draws docs/desk-*.png anew; no test that is skipped where nobody asks for it

    def test_the_desk_is_drawn_for_the_readme(studio: Studio, sign: Opened) -> None:
        page = sign(studio.site, "sofia", studio.address("/t/<at work>"))
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        page.wait_for_function("() => [...document.querySelectorAll('.files img')].every(one => one.complete && one.naturalWidth)")
        for scheme, file in PICTURES.items():
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=file)


def test_the_readme_shows_the_desk_light_and_dark() -> None:
    words = (ROOT / "README.md").read_text(encoding="utf-8")
    assert '<source media="(prefers-color-scheme: dark)" srcset="docs/desk-dark.png">' in words
    assert 'src="docs/desk-light.png"' in words
    for file in PICTURES.values():
        with Image.open(file) as picture:
            assert (picture.format, picture.size) == ("PNG", SIZE)
        assert file.stat().st_size <= 200_000
