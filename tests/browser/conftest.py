"""A running desk on a filled database, and Debian's Chromium. Every page is watched: a violation of the content security policy or an
error in the console fails the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from mailbot.config import load
from mailbot.config.settings import DeskSettings
from mailbot.desk.server import DeskServer
from mailbot.model.visitor import Origin
from mailbot.record import mailboxes
from mailbot.record.database import Database
from mailbot.service import Service
from mailbot.wiring import open_service
from mailbot.workflow import sign_in
from tests.desk.conftest import CONFIG, shipped
from tests.support.desk_data import Filled, fill

TICKETS, WAITING = 400, 40


@dataclass(slots=True)
class Site:
    """A desk that answers at `url`. `at`: when its database was filled."""

    service: Service
    server: DeskServer
    filled: Filled
    at: datetime
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def db(self) -> Database:
        return self.service.db

    @property
    def url(self) -> str:
        return self.server.url.rstrip("/")

    def start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=(self._stop,), name="desk")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(20)

    def restart(self) -> None:
        """As for an update: open streams end, and the same address answers again."""
        self.stop()
        self.server.desk.stopping.clear()
        self.start()

    def poll_went_well(self) -> None:
        """As the pollers of a running service do: no banner says that mail is not read."""
        with self.db.transaction() as c:
            mailboxes.seen(c, "support", self.db.now(c), None)


Opened = Callable[..., Page]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A new one for each test that changes something."""
    yield from a_site(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of a module that only look."""
    yield from a_site(tmp_path_factory.mktemp("still"))


@pytest.fixture
def sign(chromium: Browser) -> Iterator[Opened]:
    """sign(site, "anna", path="/", width=…, dark=…, javascript=…): a page of that person, of a stranger where it is "". What the browser refused or complained of is
    told at the end."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def sign(
        site: Site, login: str = "anna", path: str = "/", *, width: int = 1280, dark: bool = False, javascript: bool = True,
        forgiving: bool = False,
    ) -> Page:  # fmt: skip
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light",
            java_script_enabled=javascript, reduced_motion="reduce", timezone_id="Europe/Stockholm",
        )  # fmt: skip
        if login:
            secret = sign_in.begin(site.db, login, "link", Origin())
            context.add_cookies([{"name": site.server.desk.cookie, "value": secret, "url": site.url}])
        page, wrong = context.new_page(), []
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda line: wrong.append(f"{page.url}: {line.text}") if line.type == "error" else None)
        opened.append((context, [] if forgiving else wrong))
        page.goto(path)
        return page

    yield sign
    complaints = []
    for context, wrong in opened:
        complaints += wrong
        context.close()
    assert complaints == []


def a_site(folder: Path) -> Iterator[Site]:
    (folder / "config.toml").write_text(CONFIG)
    settings = load(folder / "config.toml", {})
    with mock.patch("mailbot.wiring.load_live", return_value=shipped()), open_service(settings) as service:
        at = datetime.now(UTC)
        filled = fill(service.db, TICKETS, at, waiting=WAITING)
        found = Site(service, DeskServer(service, DeskSettings(listen="127.0.0.1:0")), filled, at)
        found.start()
        try:
            yield found
        finally:
            found.stop()
