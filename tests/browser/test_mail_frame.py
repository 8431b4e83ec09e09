"""A client's mail on the running desk, in real Chromium: what a coordinator sees of it, and what it can do there (nothing)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route

from mailbot.desk.server import DeskServer
from mailbot.model.visitor import Origin
from mailbot.workflow import sign_in
from tests.browser.hostile_html import VECTORS
from tests.desk.conftest import World, a_world
from tests.desk.mails import arrived, mail, picture, with_related

pytestmark = pytest.mark.browser
HTML = """
<p style="color:red">The sky is too dark here:</p><p><img src="cid:shot" alt="screenshot"></p>
<p><a href="https://client.example/album">our album</a> <a href="https://evil.example/x">https://dropbox.com/s/1</a></p>
<p><img src="https://pictures.example/logo.png" alt="Logo"><img src="https://t.example/open.gif" width="1" height="1"></p>
"""


@dataclass(slots=True)
class Seen:
    """What the browser asked for outside of the desk, and what it complained about."""

    outside: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture(scope="module")
def desk(world: World) -> Iterator[DeskServer]:
    server = DeskServer(world.service, world.desk.settings.model_copy(update={"listen": "127.0.0.1:0"}))
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,), daemon=True)
    thread.start()
    yield server
    stop.set()
    thread.join()


@pytest.fixture
def context(chromium: Browser, world: World, desk: DeskServer) -> Iterator[BrowserContext]:
    made = chromium.new_context()
    cookie = sign_in.begin(world.db, "quality_supervisor", "link", Origin())
    made.add_cookies([{"name": desk.desk.cookie, "value": cookie, "url": desk.url}])
    yield made
    made.close()


def watched(context: BrowserContext, desk: DeskServer) -> tuple[Page, Seen]:
    """Whatever leaves for another place is answered here with an empty picture."""
    seen = Seen()

    def outside(route: Route, request: Request) -> None:
        seen.outside.append(request.url)
        route.fulfill(status=200, content_type="image/png", body=picture("PNG", (20, 20)))

    def said(message: ConsoleMessage) -> None:
        if message.type == "log" and "/ran" in message.text:
            seen.ran.append(message.text)
        elif message.type == "error":
            seen.refused.append(message.text)

    context.route(lambda url: not url.startswith(desk.url), outside)
    context.on("console", said)
    return context.new_page(), seen


def opened(page: Page, desk: DeskServer, ticket: int, message: int) -> None:
    page.goto(f"{desk.url}t/{ticket}")
    page.locator(f"#m{message} summary", has_text="As it was sent").click()
    page.frame_locator(f"iframe[name=mail-{message}]").locator("body").wait_for()


def test_a_coordinator_sees_the_mail_as_it_was_sent_with_its_own_pictures_only(
    context: BrowserContext, world: World, desk: DeskServer
) -> None:
    ticket, message = arrived(world.service, with_related(mail(html=HTML), picture("PNG", (300, 200)), "shot"))
    page, seen = watched(context, desk)
    opened(page, desk, ticket, message)
    frame = page.frame_locator(f"iframe[name=mail-{message}]")
    shot = frame.get_by_alt_text("screenshot")
    shot.scroll_into_view_if_needed()
    box = shot.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (300, 200)
    assert frame.get_by_text("The sky is too dark here").locator("..").count() == 1
    assert "[evil.example]" in frame.locator("body").inner_text()
    assert "says dropbox.com" in page.locator(f"#m{message}").inner_text()
    assert (seen.outside, seen.refused, seen.ran) == ([], [], [])


def test_pictures_elsewhere_are_loaded_when_a_person_asks_and_trackers_never(
    context: BrowserContext, world: World, desk: DeskServer
) -> None:
    ticket, message = arrived(world.service, with_related(mail(html=HTML), picture("PNG"), "shot"))
    page, seen = watched(context, desk)
    opened(page, desk, ticket, message)
    assert seen.outside == []
    with page.expect_response("https://pictures.example/logo.png"):
        page.locator(f"#m{message}").get_by_text("Load once").click()
    assert seen.outside == ["https://pictures.example/logo.png"]
    opened(page, desk, ticket, message)
    assert seen.outside == ["https://pictures.example/logo.png"]
    assert seen.refused == []


def test_a_link_opens_in_a_tab_that_knows_nothing_of_the_desk(context: BrowserContext, world: World, desk: DeskServer) -> None:
    ticket, message = arrived(world.service, with_related(mail(html=HTML), picture("PNG"), "shot"))
    page, seen = watched(context, desk)
    context.route("https://client.example/album", lambda route: route.fulfill(content_type="text/html", body="<p>album"))
    opened(page, desk, ticket, message)
    with context.expect_page() as tab:
        page.frame_locator(f"iframe[name=mail-{message}]").get_by_text("our album").click()
    tab.value.wait_for_load_state()
    assert tab.value.evaluate("[window.opener, document.referrer, window.origin]") == [None, "", "https://client.example"]
    assert seen.refused == []


def test_photos_are_shown_small_beside_their_names(context: BrowserContext, world: World, desk: DeskServer) -> None:
    made = mail()
    for n, colour in enumerate(("red", "green", "blue")):
        made.add_attachment(picture("JPEG", (1200, 900), colour), maintype="image", subtype="jpeg", filename=f"IMG_{n}.jpg")
    ticket, message = arrived(world.service, made)
    page, seen = watched(context, desk)
    page.goto(f"{desk.url}t/{ticket}")
    page.locator(f"#m{message} .files").scroll_into_view_if_needed()
    page.wait_for_function(
        "m => [...document.querySelectorAll(`#m${m} .files img`)].filter(i => i.complete && i.naturalWidth === 320).length === 3",
        arg=message,
    )
    with page.expect_download() as download:
        page.locator(f"#m{message} .files a").first.click()
    assert download.value.suggested_filename == "IMG_0.jpg"
    assert (seen.outside, seen.refused) == ([], [])


@pytest.mark.parametrize("group", sorted({vector.group for vector in VECTORS}))
def test_hostile_mails_do_nothing_on_the_running_desk(context: BrowserContext, world: World, desk: DeskServer, group: str) -> None:
    """The whole road: mail, parser, cleaning, storage, page, frame. Pictures elsewhere stay unloaded."""
    html = "<hr>".join(vector.filled("canary.example") for vector in VECTORS if vector.group == group)
    ticket, message = arrived(world.service, mail(html=f"<p>before</p>{html}"))
    page, seen = watched(context, desk)
    opened(page, desk, ticket, message) if group != "bomb" else page.goto(f"{desk.url}t/{ticket}")
    page.wait_for_load_state("networkidle")
    assert (seen.outside, seen.ran, seen.refused) == ([], [], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_with_everything_in_it_can_be_used_by_everybody(
    chromium: Browser, world: World, desk: DeskServer, scheme: Literal["light", "dark"]
) -> None:
    """axe finds nothing; at 390 pixels nothing is cut off."""
    made = with_related(
        mail(html=HTML, text="Correction: image 4589 is too dark, see https://client.example/a\n\n> quoted"), picture("PNG"), "shot"
    )
    made.add_attachment(picture(), maintype="image", subtype="jpeg", filename="IMG_4589.jpg")
    made.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="invoice.pdf.exe")
    ticket, message = arrived(world.service, made)
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 390, "height": 900})
    cookie = sign_in.begin(world.db, "quality_supervisor", "link", Origin())
    context.add_cookies([{"name": desk.desk.cookie, "value": cookie, "url": desk.url}])
    page, seen = watched(context, desk)
    opened(page, desk, ticket, message)
    page.evaluate("m => document.querySelectorAll(`#m${m} details`).forEach(d => (d.open = true))", message)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page, context={"include": [[f"#m{message}"]]})
    assert found.violations_count == 0, found.generate_report()
    assert seen.refused == []
    context.close()
