"""Every route of the table itself, with every role: who may come in is declared, and what is declared holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from mailbot.desk.app import MODULES, routed, undeclared
from mailbot.desk.permissions import PUBLIC, Declared, Routes
from mailbot.desk.shell import Shell
from mailbot.model.lifecycle import DESK, ROLES, SUPERVISOR, TALKS
from mailbot.model.permission import GRANTED, Permission, roles_with
from tests.desk.conftest import BASE, World, a_world

TABLE = [row for module in MODULES for row in module.declared]
PAGES = [row for row in TABLE if not row.is_api]


def name(row: Declared) -> str:
    return f"{row.method} {row.path}"


def address(row: Declared) -> str:
    """Its path with something in every place."""
    return re.sub(r"\{[^}]*\}", "1", row.path)


def ask(browser: TestClient, row: Declared, **more: object) -> tuple[int, str]:
    """Status and text. A page that fails is a fault here, whoever asks for it."""
    answer = browser.request(row.method, address(row), **more)  # type: ignore[arg-type]
    assert answer.status_code < 500 or row.path == "/readyz", answer.text
    return answer.status_code, answer.text


def lacks(answer: tuple[int, str]) -> bool:
    return answer[0] == 403 and "Your roles do not allow" in answer[1]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Streams end at once, so that every route answers."""
    with a_world(tmp_path_factory.mktemp("desk")) as world:
        world.desk.stopping.set()
        yield world


@pytest.mark.parametrize("row", PAGES, ids=name)
def test_each_role_reaches_exactly_what_it_may(ended: World, row: Declared) -> None:
    may = {role for role, permissions in GRANTED.items() if row.needs is PUBLIC or row.needs in permissions}
    assert {role for role in ROLES if not lacks(ask(ended.browser(role), row))} == may


@pytest.mark.parametrize("row", [row for row in PAGES if row.needs is not PUBLIC], ids=name)
def test_without_a_session_nothing_is_shown_or_done(ended: World, row: Declared) -> None:
    stranger = ended.browser()
    stranger.cookies.set(ended.desk.cookie, "made-up", domain="127.0.0.1")
    for browser in (ended.browser(), stranger):
        answer = browser.request(row.method, address(row))
        if row.method == "GET":
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
        else:
            assert answer.status_code == 401


@pytest.mark.parametrize("row", [row for row in PAGES if row.method != "GET"], ids=name)
@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
def test_a_form_of_another_site_does_nothing(ended: World, row: Declared, sent: dict[str, str]) -> None:
    browser = ended.browser("admin")
    browser.headers.pop("sec-fetch-site")
    status, text = ask(browser, row, headers=sent)
    assert status == 403
    assert "not sent from a page of the desk" in text


@pytest.mark.parametrize("sent", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": BASE}], ids=str)
def test_a_form_of_the_desk_is_taken_from_old_and_new_browsers(ended: World, sent: dict[str, str]) -> None:
    browser = ended.browser()
    browser.headers.pop("sec-fetch-site")
    assert browser.post("/csp", headers=sent).status_code == 204


def test_a_route_without_a_declaration_is_refused_where_it_is_written() -> None:
    routes = Routes()
    with pytest.raises(TypeError, match="declares no permission"):
        routes.get("/hole", needs=None)(lambda: None)  # type: ignore[arg-type]


def test_the_desk_does_not_start_with_a_route_that_came_past_the_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/hole")(lambda: None)
    assert undeclared(app.router.routes) == ["/hole"]
    monkeypatch.setattr("mailbot.desk.app.FastAPI", lambda **_options: app)
    with pytest.raises(RuntimeError, match="/hole"):
        routed(world.desk)


def test_no_two_routes_share_an_address() -> None:
    seen = [name(row) for row in TABLE]
    assert len(seen) == len(set(seen))


def headers_of_all(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    browser = TestClient(Shell(world.app, world.desk), base_url=BASE, follow_redirects=False)
    for row in TABLE:
        yield name(row), dict(browser.request(row.method, address(row)).headers)
    yield "no page", dict(browser.get("/nothing/here").headers)
    yield "other host", dict(browser.get("/", headers={"Host": "evil.example"}).headers)


def test_every_answer_carries_the_security_headers(ended: World) -> None:
    for place, headers in headers_of_all(ended):
        assert "'unsafe" not in headers["content-security-policy"], place
        assert "object-src 'none'" in headers["content-security-policy"], place
        assert "base-uri 'none'" in headers["content-security-policy"], place
        assert "access-control-allow-origin" not in headers, place
        assert "default-src 'none'" in headers["content-security-policy"], place
        assert headers["x-content-type-options"] == "nosniff", place
        assert headers["referrer-policy"] == "no-referrer", place
        assert headers["cross-origin-opener-policy"] == "same-origin", place
        assert headers["cross-origin-resource-policy"] == "same-origin", place
        assert "camera=()" in headers["permissions-policy"], place
        assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"]), place
        assert "server" not in headers, place
        assert "strict-transport-security" not in headers, place  # plain HTTP on loopback


def test_a_viewer_may_only_look(world: World) -> None:
    writing = {row.needs for row in PAGES if row.method != "GET"} - {PUBLIC, Permission.OWN}
    assert not writing & GRANTED["viewer"]


def test_the_desk_grants_what_the_lifecycle_of_a_ticket_allows() -> None:
    assert tuple(GRANTED) == ROLES
    assert set(roles_with(Permission.WORK)) == DESK
    assert set(roles_with(Permission.TALK)) == TALKS
    assert set(roles_with(Permission.ASSESS)) == SUPERVISOR
