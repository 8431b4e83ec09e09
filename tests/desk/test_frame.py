"""The frame of the desk: hosts, proxies, sizes, errors, files, health, starting and stopping."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import tomllib
from pathlib import Path

import httpx2
import pytest
from fastapi import Request, Response
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from mailbot.config.settings import DeskSettings
from mailbot.desk import app as desk_app
from mailbot.desk.app import routed
from mailbot.desk.assets import STATIC, assets, url
from mailbot.desk.desk import Desk
from mailbot.desk.guard import origin_of, safe_path
from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.server import DeskServer
from mailbot.desk.shell import MAX_BODY, Shell
from mailbot.desk.site import Here
from mailbot.errors import Conflict, NotFound, Unavailable
from mailbot.model.visitor import Origin
from mailbot.record import mailboxes
from mailbot.workflow import people
from tests.desk.conftest import BASE, World, make_world

ROOT = Path(__file__).resolve().parents[2]


# --- vendored files ---------------------------------------------------------------------------------------------------------------------


def test_files_of_others_are_what_their_publisher_made() -> None:
    vendor = STATIC / "vendor"
    named = tomllib.loads((vendor / "VENDOR.toml").read_text())["package"]
    for package in named:
        assert {"name", "version", "source", "licence", "integrity", "files"} <= package.keys()
        assert len(base64.b64decode(package["integrity"].removeprefix("sha512-"), validate=True)) == 64
        for file, wanted in package["files"].items():
            assert hashlib.sha256((vendor / file).read_bytes()).hexdigest() == wanted, file
    known = {file for package in named for file in package["files"]} | {"VENDOR.toml"}
    assert {file.name for file in vendor.iterdir()} == known


def test_the_first_load_is_at_most_100_kilobytes(world: World) -> None:
    browser = world.browser("coordinator")
    page = browser.get("/")
    names = re.findall(r'(?:src|href)="(/static/[^"#?]+[^"#]*)', page.text)
    assert any("htmx" in name for name in names)
    sizes = [len(page.content), *(len(assets()[name.split("?")[0].removeprefix("/static/")].packed) for name in set(names))]
    assert sum(sizes) <= 100 * 1024


def test_a_page_holds_no_script_style_or_handler_of_its_own() -> None:
    for file in (ROOT / "templates" / "desk").glob("*.html"):
        text = file.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=)|hx-on", text), file.name


def test_every_file_that_a_page_names_is_there() -> None:
    for file in (ROOT / "templates" / "desk").glob("*.html"):
        for name in re.findall(r'asset\("([^"]+)"\)', file.read_text()):
            assert url(name), (file.name, name)


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    used = {name for file in (ROOT / "templates" / "desk").glob("*.html") for name in re.findall(r'ui\.icon\("(\w+)"', file.read_text())}
    assert used <= known


def test_files_are_kept_for_a_year_by_their_version_and_asked_for_again_without(world: World) -> None:
    browser = world.browser()
    known = browser.get(url("desk.css"), headers={"Accept-Encoding": "gzip"})
    assert (known.status_code, known.headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in known.headers["cache-control"]
    assert browser.get("/static/desk.css?v=old").headers["cache-control"] == "no-cache"
    for name in ("none.css", "../app.py", "..%2fapp.py", "vendor/VENDOR.toml"):
        assert browser.get(f"/static/{name}").status_code == 404, name


# --- hosts, proxies, sizes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9999", "127.0.0.1", "", "desk.studio.example"])
def test_another_host_name_is_refused(world: World, host: str) -> None:
    answer = world.browser("coordinator").get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "base_url" in answer.text


def test_behind_a_proxy_only_the_configured_name_is_served_with_a_host_cookie_and_hsts(world: World) -> None:
    proxied = make_world(world.service, world.folder, listen="0.0.0.0:8080", base_url="https://desk.studio.example")
    browser = TestClient(Shell(proxied.app, proxied.desk), base_url="https://desk.studio.example", follow_redirects=False)
    answer = browser.get("/")
    assert answer.status_code == 303
    assert "max-age" in answer.headers["strict-transport-security"]
    assert proxied.desk.cookie == "__Host-mailbot"
    assert proxied.desk.origins == {"https://desk.studio.example"}
    assert browser.get("/", headers={"Host": "127.0.0.1:8080"}).status_code == 421
    assert browser.get("/healthz", headers={"Host": "10.0.0.7:8080"}).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ((), "203.0.113.9", "10.0.0.5"),
        (("10.0.0.5",), "203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/24",), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/24",), "198.51.100.1, 203.0.113.9, 10.0.0.8", "203.0.113.9"),
        (("10.0.0.5",), "<script>", ""),
        (("10.0.0.5",), "", "10.0.0.5"),
    ],
)
def test_the_address_of_a_visitor_is_believed_only_from_a_trusted_proxy(
    world: World, proxies: tuple[str, ...], forwarded: str, seen: str
) -> None:
    desk = Desk(world.service, DeskSettings(trusted_proxies=proxies), b"", 8080)
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "client": ("10.0.0.5", 4711), "state": {}})
    assert origin_of(request, desk).ip == seen


def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(world: World) -> None:
    browser = world.browser()
    assert browser.post("/csp", content=b"x" * (MAX_BODY + 1)).status_code == 413
    assert browser.post("/csp", content=iter([b"x" * 1024 * 1024] * 3)).status_code == 413
    assert browser.post("/csp", content=iter([b"x" * 1024] * 3)).status_code == 204


@pytest.mark.parametrize(
    ("given", "goes"),
    [
        ("/t/12?x=1", "/t/12?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_only_the_desk_itself_is_gone_to(given: str, goes: str) -> None:
    assert safe_path(given) == goes


# --- errors -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The desk with pages that fail in every way."""
    routes = Routes("/fail")
    errors = {"conflict": Conflict("Anna took this 8 s ago."), "missing": NotFound("There is no ticket 9."), "bug": ValueError("secret"),
              "away": Unavailable("The order system does not answer.")}  # fmt: skip

    @routes.get("/{kind}", needs=PUBLIC)
    def fail(kind: str) -> Response:
        raise errors[kind]

    @routes.get("/number/{number}", needs=PUBLIC)
    def number(number: int) -> Response:
        raise AssertionError

    monkeypatch.setattr(desk_app, "MODULES", [*desk_app.MODULES, routes])
    world.app = routed(world.desk)
    return world


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/fail/conflict", 409, "Anna took this 8 s ago."),
        ("/fail/missing", 404, "There is no ticket 9."),
        ("/fail/away", 503, "The order system does not answer."),
        ("/fail/bug", 500, "Something failed here"),
        ("/fail/number/one", 422, "number"),
        ("/none", 404, "no such page"),
    ],
)
def test_an_error_is_a_page_that_says_what_to_do(failing: World, path: str, status: int, says: str) -> None:
    browser = failing.browser(raise_server_exceptions=False)
    answer = browser.get(path)
    assert answer.status_code == status
    assert says in answer.text
    assert "secret" not in answer.text
    assert "<h1>" in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_whoever_is_signed_in_finds_the_way_back_from_a_page_that_is_not_there(world: World) -> None:
    page = world.browser("coordinator").get("/nothing/here")
    assert (page.status_code, 'href="/outbox"' in page.text, 'aria-label="Sign out"' in page.text) == (404, True, True)
    assert 'href="/outbox"' not in world.browser().get("/nothing/here").text


def test_a_refusal_is_logged_with_who_and_what(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.browser("viewer").get("/admin/people")
    world.browser("viewer").post("/logout", headers={"Sec-Fetch-Site": "cross-site"})
    told = capsys.readouterr().out
    assert re.search(r"not_allowed +login=viewer needs=people", told)
    assert re.search(r"forged .*site=cross-site", told)


def test_a_part_of_a_page_gets_its_error_as_a_part(failing: World) -> None:
    answer = failing.browser().get("/fail/conflict", headers={"HX-Request": "true"})
    assert (answer.status_code, "<html" in answer.text) == (409, False)
    assert "Anna took this" in answer.text


def test_who_lacks_a_role_is_told_which_one(world: World) -> None:
    from mailbot.desk.guard import Lacking
    from mailbot.model.permission import Permission

    assert "It needs the role Quality supervisor;" in str(Lacking(Permission.ASSESS))


def test_what_went_wrong_is_logged_with_the_number_that_the_page_shows(failing: World, capsys: pytest.CaptureFixture[str]) -> None:
    answer = failing.browser(raise_server_exceptions=False).get("/fail/bug")
    told = capsys.readouterr().out
    assert answer.headers["x-request-id"] in told
    assert "ValueError" in told


def test_the_log_names_path_and_person_but_nothing_of_the_query(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.browser("coordinator").get("/?q=annas-secret")
    told = capsys.readouterr().out
    assert "coordinator" in told
    assert "annas-secret" not in told


# --- health, sources --------------------------------------------------------------------------------------------------------------------


def test_ready_says_which_part_does_not_work(world: World) -> None:
    browser = world.browser()
    assert browser.get("/healthz").json() == {"ok": True}
    assert browser.get("/readyz").json() == {"ready": True, "wrong": []}
    world.service.beat(frozenset({"mailbox support"}))
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "wrong": ["threads"]})
    world.service.beat(frozenset())
    world.desk.stopping.set()
    assert browser.get("/readyz").json()["wrong"] == ["stopping"]


@pytest.mark.parametrize(("minutes", "stale"), [(2, False), (3, True)])
def test_a_mailbox_that_was_not_read_for_two_polls_is_a_banner_on_every_page_and_not_ready(world: World, minutes: int, stale: bool) -> None:
    with world.db.transaction() as c:
        now = world.db.now(c)
        mailboxes.seen(c, "support", now, None)
    from datetime import timedelta

    world.desk.clock = lambda: now + timedelta(minutes=minutes)
    assert world.browser().get("/readyz").json()["wrong"] == (["sources"] if stale else [])
    page = world.browser("coordinator").get("/").text
    assert ("Mailbox support has not been read since" in page) is stale


def test_the_reason_why_a_mailbox_cannot_be_read_stands_on_the_page_as_text(world: World) -> None:
    with world.db.transaction() as c:
        mailboxes.seen(c, "support", world.db.now(c), "login refused <b>now</b>")
    page = world.browser("coordinator").get("/").text
    assert "Mailbox support: login refused &lt;b&gt;now&lt;/b&gt;" in page
    assert "has never been read" in page
    assert "login refused" not in world.browser().get("/login").text


# --- sessions on the wire ---------------------------------------------------------------------------------------------------------------


def test_a_person_who_was_disabled_is_out_at_once(world: World) -> None:
    browser = world.browser("coordinator")
    assert browser.get("/").status_code == 200
    people.disable(world.db, "coordinator", Origin())
    assert browser.get("/").status_code == 303


def test_a_deep_link_is_gone_to_after_signing_in(world: World) -> None:
    answer = world.browser().get("/outbox?state=held")
    assert answer.status_code in (303, 404)
    assert world.browser().get("/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/login"


def test_a_notice_is_shown_once_and_cannot_be_made_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.post("/say", needs=PUBLIC)
    def say(visit: Here) -> Response:
        return visit.go("/", "Saved <b>it</b>.")

    monkeypatch.setattr(desk_app, "MODULES", [*desk_app.MODULES, routes])
    world.app = routed(world.desk)
    browser = world.browser("coordinator")
    assert browser.post("/say").status_code == 303
    assert "Saved &lt;b&gt;it&lt;/b&gt;." in browser.get("/").text
    assert "Saved" not in browser.get("/").text
    browser.cookies.set("mailbot-notice", "WyJvayIsICJTYXZlZCJd.00", domain="127.0.0.1")
    assert "Saved" not in browser.get("/").text


# --- the server -------------------------------------------------------------------------------------------------------------------------


def test_an_open_stream_does_not_hold_up_the_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = Routes()

    @routes.get("/stream", needs=PUBLIC)
    async def stream() -> Response:
        async def endless():  # type: ignore[no-untyped-def]
            yield b": here\n\n"
            await anyio.sleep_forever()

        import anyio

        return StreamingResponse(endless(), media_type="text/event-stream")

    monkeypatch.setattr(desk_app, "MODULES", [*desk_app.MODULES, routes])
    server = DeskServer(world.service, DeskSettings(listen="127.0.0.1:0"))
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    with httpx2.Client(timeout=10) as browser, browser.stream("GET", f"{server.url}stream") as opened:
        assert next(opened.iter_bytes()) == b": here\n\n"
        stop.set()
        thread.join(15)
        assert not thread.is_alive()
    assert server.desk.stopping.is_set()


def test_a_server_that_died_listens_again_on_its_port(world: World) -> None:
    server = DeskServer(world.service, DeskSettings(listen="127.0.0.1:0"))
    for _ in range(2):
        stop = threading.Event()
        thread = threading.Thread(target=server.run, args=(stop,))
        thread.start()
        assert httpx2.get(f"{server.url}healthz", timeout=10).status_code == 200
        stop.set()
        thread.join(15)


def test_a_port_in_use_is_told_with_the_remedy(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"cannot listen on 127.0.0.1:{port}.*listen in \[desk\]"):
            DeskServer(world.service, DeskSettings(listen=f"127.0.0.1:{port}"))


def test_pages_are_not_kept_by_browsers_or_proxies(world: World) -> None:
    assert world.browser("coordinator").get("/").headers["cache-control"] == "no-store"
    assert BASE in world.desk.origins
