"""Coming in by password, code, one-time link and token, over the wire."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from mailbot import passwords
from mailbot.model import totp
from mailbot.model.visitor import Origin
from mailbot.record import sign_ins
from mailbot.record.database import Database
from mailbot.record.views import people as views
from mailbot.workflow import audit, people, sign_in, tokens
from tests.backends.conftest import Clock
from tests.desk.conftest import BASE, World

GOOD = "green horse under the bridge"
OTHER = "yellow boats on a quiet lake"
HERE = Origin(actor="test", ip="192.0.2.1")


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time of the database and of the pages moves when the test says so."""
    clock = Clock()
    monkeypatch.setattr(world.db, "_clock", clock)
    world.desk.clock = clock
    return clock


def give_password(world: World, login: str = "coordinator", password: str = GOOD) -> None:
    sign_in.by_link(world.db, people.make_link(world.db, login, HERE), password, HERE, "Studio North")
    sign_in.end_sessions(world.db, login, HERE)


def log_in(browser: TestClient, login: str = "coordinator", password: str = GOOD, **more: str) -> int:
    return browser.post("/login", data={"login": login, "password": password, **more}).status_code


def is_in(browser: TestClient) -> bool:
    return browser.get("/me").status_code == 200


def acts(db: Database) -> list[str]:
    with db.reading() as c:
        return [row.what for row in views.audit(c)]


# --- the first time ---------------------------------------------------------------------------------------------------------------------


def test_nobody_has_a_password_before_they_set_one(world: World) -> None:
    browser = world.browser()
    for login, password in (("admin", "admin"), ("admin", ""), ("coordinator", "mailbot"), ("", "")):
        assert log_in(browser, login, password) == 401
    assert not is_in(browser)


def test_a_new_person_sets_a_password_by_a_one_time_link_and_is_in(world: World) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    browser = world.browser()
    assert "Welcome, viewer" in browser.get(f"/welcome/{link}").text
    answer = browser.post(f"/welcome/{link}", data={"password": GOOD, "again": GOOD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert is_in(browser)
    assert browser.get(f"/welcome/{link}").status_code == 404
    assert world.browser().post(f"/welcome/{link}", data={"password": OTHER, "again": OTHER}).status_code == 404
    assert log_in(world.browser(), "viewer") == 303


def test_the_link_is_stored_as_a_hash_and_ends_after_a_day(world: World, clock: Clock) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    with world.db.reading() as c:
        stored = c.exec_driver_sql("SELECT hash FROM one_time_link").scalar_one()
    assert stored == sign_in.hashed(link) != link
    clock.pass_(hours=24)
    assert world.browser().get(f"/welcome/{link}").status_code == 404


def test_the_log_never_holds_a_link_a_password_or_a_session(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    browser = world.browser()
    browser.post(f"/welcome/{link}", data={"password": GOOD, "again": GOOD})
    log_in(browser, "viewer", OTHER)
    log_in(browser, GOOD, GOOD)  # a password typed as a login
    told = capsys.readouterr().out
    with world.db.reading() as c:
        written = " ".join(str(row) for row in views.audit(c))
    for secret in (link, GOOD, OTHER, browser.cookies[world.desk.cookie]):
        assert secret not in told
        assert secret not in written


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short one 11", ""),
        ("eleven char", "at least 12 characters"),
        ("x" * 257, "at most 256"),
        ("x" * 256, "guessed first"),
        ("password2024!!", "guessed first"),
        ("P@ssw0rdP@ssw0rd", "guessed first"),
        ("qwertyuiopas", "guessed first"),
        ("123456789012", "guessed first"),
        ("abcabcabcabc", "guessed first"),
        ("viewerviewer1", "guessed first"),
        ("viewer2026!viewer", "your name or the company's"),
        ("StudioNorth2026", "your name or the company's"),
        ("mailbot-viewer!", "your name or the company's"),
        ("ёлки-палки-моталки", ""),
        ("   spaces   are fine   ", ""),
        (" ".join(f"{number}th sheep" for number in range(20)), ""),
        ("mailbot sends letters", ""),
    ],
)
def test_a_password_is_long_and_not_one_that_is_guessed_first(world: World, password: str, says: str) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    answer = world.browser().post(f"/welcome/{link}", data={"password": password, "again": password})
    assert answer.status_code == (422 if says else 303)
    assert says.replace("'", "&#39;") in answer.text
    assert password not in answer.text or not says


def test_two_passwords_that_differ_are_told_and_the_link_still_works(world: World) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    browser = world.browser()
    assert "differ" in browser.post(f"/welcome/{link}", data={"password": GOOD, "again": OTHER}).text
    assert browser.post(f"/welcome/{link}", data={"password": GOOD, "again": GOOD}).status_code == 303


# --- by password ------------------------------------------------------------------------------------------------------------------------


def test_the_right_password_lets_in_and_leads_back_to_where_one_wanted_to_go(world: World) -> None:
    give_password(world)
    browser = world.browser()
    answer = browser.get("/admin/people?x=1")
    assert answer.headers["location"] == "/login?next=%2Fadmin%2Fpeople%3Fx%3D1"
    assert 'value="/admin/people?x=1"' in browser.get(answer.headers["location"]).text
    answer = browser.post("/login", data={"login": " Coordinator ", "password": GOOD, "next": "/me"})
    assert answer.headers["location"] == "/me"
    assert browser.get("/login").headers["location"] == "/"


def test_a_password_is_looked_at_exactly_as_it_was_typed(world: World) -> None:
    give_password(world, password=f" {GOOD} ")
    for near in (GOOD, f" {GOOD}", f" {GOOD.upper()} ", f" {GOOD} x"):
        assert log_in(world.browser(), password=near) == 401
        sign_in.end_sessions(world.db, "coordinator", HERE)
        with world.db.transaction() as c:
            sign_ins.succeeded(c, "account:coordinator", "net:unknown")
    assert log_in(world.browser(), password=f" {GOOD} ") == 303


def test_nobody_is_sent_to_another_site_after_signing_in(world: World) -> None:
    give_password(world)
    answer = world.browser().post("/login", data={"login": "coordinator", "password": GOOD, "next": "//evil.example/"})
    assert answer.headers["location"] == "/"


def test_the_cookie_is_hidden_from_scripts_and_other_sites(world: World) -> None:
    give_password(world)
    answer = world.browser().post("/login", data={"login": "coordinator", "password": GOOD})
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie" and value.startswith("mailbot="))
    assert re.search(r"mailbot=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax$", cookie)


def test_a_session_that_was_there_before_is_not_taken_over(world: World) -> None:
    give_password(world)
    browser = world.browser()
    browser.cookies.set(world.desk.cookie, "planted-by-somebody", domain="127.0.0.1")
    log_in(browser)
    assert {cookie.value for cookie in browser.cookies.jar if cookie.name == world.desk.cookie} - {"planted-by-somebody"}
    planted = world.browser()
    planted.cookies.set(world.desk.cookie, "planted-by-somebody", domain="127.0.0.1")
    assert not is_in(planted)


def test_who_signs_in_anew_leaves_no_session_behind(world: World) -> None:
    give_password(world)
    browser, before = world.browser("viewer"), world.browser()
    before.cookies.set(world.desk.cookie, browser.cookies[world.desk.cookie], domain="127.0.0.1")
    assert is_in(before)
    assert log_in(browser) == 303
    assert not is_in(before)


def test_a_wrong_password_an_unknown_login_and_a_disabled_person_get_one_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    give_password(world)
    give_password(world, "viewer")
    people.disable(world.db, "viewer", HERE)
    checked: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda stored, given: (checked.append(stored), real(stored, given))[1])
    pages = []
    for login, password in (("coordinator", OTHER), ("nobody-here", OTHER), ("viewer", GOOD), ("account_manager", OTHER)):
        answer = world.browser().post("/login", data={"login": login, "password": password})
        assert answer.status_code == 401
        pages.append(answer.text.replace(login, "LOGIN").replace(answer.headers["x-request-id"], ""))
    assert len(set(pages)) == 1
    assert len(checked) == 4  # the slow hash runs every time


def test_ten_failures_lock_the_account_for_a_quarter_of_an_hour_known_or_not(world: World, clock: Clock) -> None:
    give_password(world)
    for login in ("coordinator", "nobody-here"):
        browser = world.browser()
        statuses = []
        for _ in range(14):
            statuses.append(log_in(browser, login, OTHER))
            clock.pass_(seconds=65)
        assert (statuses.count(401), statuses.count(429)) == (10, 4)
        answer = browser.post("/login", data={"login": login, "password": GOOD})
        assert (answer.status_code, "Try again in" in answer.text) == (429, True)
    clock.pass_(minutes=15)
    assert log_in(world.browser()) == 303


def test_one_network_cannot_try_many_accounts(world: World) -> None:
    browser = world.browser()
    statuses = [log_in(browser, f"person{number}", OTHER) for number in range(102)]
    assert (statuses.count(401), statuses.count(429)) == (100, 2)


def test_a_sign_in_and_a_refusal_are_in_the_audit_log_with_address_and_request(world: World) -> None:
    give_password(world)
    browser = world.browser()
    log_in(browser, "coordinator", OTHER)
    browser.post("/login", data={"login": "coordinator", "password": GOOD}, headers={"X-Forwarded-For": "203.0.113.5"})
    with world.db.reading() as c:
        signed_in, refused = views.audit(c, limit=2)
    assert (refused.what, refused.actor, refused.object) == ("sign_in_refused", "", "coordinator")
    assert (signed_in.what, signed_in.actor, signed_in.after) == ("signed_in", "coordinator", "password")
    assert "203.0.113.5" not in signed_in.ip


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    browser = world.browser("coordinator")
    secret = browser.cookies[world.desk.cookie]
    assert browser.post("/logout").headers["location"] == "/login"
    again = world.browser()
    again.cookies.set(world.desk.cookie, secret, domain="127.0.0.1")
    assert not is_in(again)
    assert acts(world.db)[0] == "signed_out"


def test_a_session_ends_after_twelve_idle_hours(world: World, clock: Clock) -> None:
    browser = world.browser("coordinator")
    clock.pass_(hours=11)
    assert is_in(browser)
    clock.pass_(hours=11)
    assert is_in(browser)
    clock.pass_(hours=12)
    assert not is_in(browser)


# --- second factor ----------------------------------------------------------------------------------------------------------------------


def code_of(words: str, clock: Clock) -> str:
    import base64

    key = words.replace(" ", "")
    return totp.code(base64.b32decode(key + "=" * (-len(key) % 8)), totp.step_at(clock.now))


def hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


def test_the_second_factor_from_set_up_to_sign_in_to_switching_off(world: World, clock: Clock) -> None:
    give_password(world)
    browser = world.browser()
    log_in(browser)
    elsewhere = world.browser("coordinator")
    assert browser.post("/me/second-factor", data={"password": OTHER}).status_code == 422
    page = browser.post("/me/second-factor", data={"password": GOOD}).text
    words = re.search(r'class="mono secret">([A-Z2-7 ]+)<', page)
    assert words
    assert browser.post("/me/second-factor/confirm", data={"code": "000000"}).status_code == 422
    assert browser.post("/me/second-factor/confirm", data={"code": code_of(words[1], clock)}).status_code == 303
    assert not is_in(elsewhere)

    clock.pass_(seconds=30)
    fresh = world.browser()
    page = fresh.post("/login", data={"login": "coordinator", "password": GOOD, "next": "/me"}).text
    assert not is_in(fresh)
    given = hidden(page)
    assert fresh.post("/login/code", data=given | {"code": "000000"}).status_code == 401
    code = code_of(words[1], clock)
    assert fresh.post("/login/code", data=given | {"code": code}).headers["location"] == "/me"
    assert is_in(fresh)
    assert world.browser().post("/login/code", data=given | {"code": code}).status_code == 401  # used already

    assert fresh.post("/me/second-factor/drop", data={"password": GOOD}).status_code == 303
    assert log_in(world.browser()) == 303


def test_a_one_time_link_does_not_lead_around_the_second_factor(world: World, clock: Clock) -> None:
    give_password(world)
    secret = sign_in.begin_second_factor(world.db, world.visitor("coordinator"), GOOD, HERE)
    sign_in.confirm_second_factor(world.db, world.visitor("coordinator"), totp.code(secret, totp.step_at(clock.now)), HERE)
    clock.pass_(seconds=30)
    browser = world.browser()
    page = browser.post(f"/welcome/{people.make_link(world.db, 'coordinator', HERE)}", data={"password": OTHER, "again": OTHER}).text
    assert not is_in(browser)
    code = totp.code(secret, totp.step_at(clock.now))
    assert browser.post("/login/code", data=hidden(page) | {"code": code}).status_code == 303
    assert is_in(browser)


def test_a_code_alone_lets_nobody_in(world: World, clock: Clock) -> None:
    give_password(world)
    sign_in.begin_second_factor(world.db, world.visitor("coordinator"), GOOD, HERE)
    until = str(clock.now.timestamp() + 300)
    for seal in ("", "0" * 32, world.desk.seal(f"half:admin:{until}")):
        data = {"login": "coordinator", "until": until, "seal": seal, "code": "123456"}
        assert "too long" in world.browser().post("/login/code", data=data).text
    late = str((clock.now - timedelta(minutes=6)).timestamp())
    data = {"login": "coordinator", "until": late, "seal": world.desk.seal(f"half:coordinator:{late}"), "code": "1"}
    assert "too long" in world.browser().post("/login/code", data=data).text


def test_codes_cannot_be_tried_one_after_the_other(world: World, clock: Clock) -> None:
    give_password(world)
    secret = sign_in.begin_second_factor(world.db, world.visitor("coordinator"), GOOD, HERE)
    sign_in.confirm_second_factor(world.db, world.visitor("coordinator"), totp.code(secret, totp.step_at(clock.now)), HERE)
    browser = world.browser()
    given = hidden(browser.post("/login", data={"login": "coordinator", "password": GOOD}).text)
    statuses = []
    for number in range(14):
        statuses.append(browser.post("/login/code", data=given | {"code": f"{number:06}"}).status_code)
        clock.pass_(seconds=20)
    assert statuses.count(401) <= 10
    assert 429 in statuses


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, the last six of its eight digits."""
    assert totp.code(b"12345678901234567890", seconds // 30) == code


# --- one's own password -----------------------------------------------------------------------------------------------------------------


def test_changing_the_password_asks_for_the_old_one_and_ends_all_other_sessions(world: World) -> None:
    give_password(world)
    browser, elsewhere = world.browser(), world.browser("coordinator")
    log_in(browser)
    wrong = browser.post("/me/password", data={"old": OTHER, "new": OTHER, "again": OTHER})
    assert (wrong.status_code, "present password is wrong" in wrong.text) == (422, True)
    assert browser.post("/me/password", data={"old": GOOD, "new": "short", "again": "short"}).status_code == 422
    assert browser.post("/me/password", data={"old": GOOD, "new": OTHER, "again": OTHER}).status_code == 303
    assert is_in(browser)
    assert not is_in(elsewhere)
    assert (log_in(world.browser()), log_in(world.browser(), password=OTHER)) == (401, 303)
    assert acts(world.db).count("password_set") == 2


def test_a_password_may_be_pasted_and_kept_by_a_password_manager(world: World) -> None:
    page = world.browser().get("/login").text
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="username"' in page
    assert "onpaste" not in page


def test_passwords_rest_as_argon2id() -> None:
    from argon2 import PasswordHasher, extract_parameters

    parameters = extract_parameters(PasswordHasher().hash("x"))
    assert (parameters.type.name, parameters.memory_cost >= 19456, parameters.time_cost >= 2) == ("ID", True, True)


# --- tokens -----------------------------------------------------------------------------------------------------------------------------


def token_of(world: World, login: str = "coordinator", scopes: tuple[str, ...] = ("tickets:read",)) -> str:
    return tokens.make(world.db, login, name="report", scopes=scopes, days=30, origin=HERE)


def test_a_token_is_shown_once_and_stored_as_a_hash(world: World) -> None:
    browser = world.browser("coordinator")
    shown = browser.post("/me/tokens", data={"name": "report", "scope": ["tickets:read"], "days": "30"}).text
    token = re.search(r"mbt_[a-z0-9]{8}_[A-Za-z0-9]{43}", shown)
    assert token
    assert token[0] not in browser.get("/me").text
    with world.db.reading() as c:
        assert c.exec_driver_sql("SELECT hash FROM token").scalar_one() == sign_in.hashed(token[0])


def test_a_token_ends_with_its_time_its_person_and_when_it_is_revoked(world: World, clock: Clock) -> None:
    first, second, third = (token_of(world) for _ in range(3))
    assert sign_in.who_bears(world.db, first)
    tokens.revoke(world.db, second.split("_")[1], HERE)
    assert sign_in.who_bears(world.db, second) is None
    assert sign_in.who_bears(world.db, first[:-1] + ("a" if first[-1] != "a" else "b")) is None
    for made_up in ("", "mbt_", "mbt__", "mbt_x_y", first.replace("mbt", "abc"), "mbt_" + first.split("_")[2]):
        assert sign_in.who_bears(world.db, made_up) is None
    people.disable(world.db, "coordinator", HERE)
    assert sign_in.who_bears(world.db, third) is None
    people.enable(world.db, "coordinator", HERE)
    assert sign_in.who_bears(world.db, third) is None
    fourth = token_of(world)
    clock.pass_(days=30)
    assert sign_in.who_bears(world.db, fourth) is None


def test_a_page_takes_no_token_and_nothing_takes_a_token_with_a_cookie(world: World) -> None:
    bearer = {"Authorization": f"Bearer {token_of(world, 'admin')}"}
    assert world.browser().get("/me", headers=bearer).headers["location"].startswith("/login")
    assert world.browser("admin").get("/me", headers=bearer).status_code == 422
    assert world.browser("admin").get("/api/v1/none", headers=bearer).status_code in (404, 422)


def test_the_whole_log_of_this_file_is_a_chain(world: World) -> None:
    give_password(world)
    log_in(world.browser(), "coordinator", OTHER)
    token_of(world)
    assert audit.verify(world.db).broken == 0
    assert BASE.startswith("http://127")


# --- the demo ---------------------------------------------------------------------------------------------------------------------------


def test_outside_of_the_demo_nobody_comes_in_without_proof(world: World) -> None:
    for path in ("/demo", "/demo?who=admin", "/demo?who=coordinator"):
        assert world.browser().get(path).status_code == 404


def test_the_demo_lets_its_people_in_from_this_machine_only(world: World) -> None:
    world.desk.demo = ("coordinator", "viewer")
    browser = world.browser(client=("127.0.0.1", 5000))
    answer = browser.get("/me")
    assert answer.headers["location"] == "/demo?to=%2Fme"
    assert browser.get("/demo?to=%2Fme").headers["location"] == "/me"
    assert "Coordinator" in browser.get("/me").text
    browser.post("/logout")
    assert "/demo?who=viewer" in browser.get("/login").text
    assert browser.get("/demo?who=viewer&to=//evil.example").headers["location"] == "/"
    assert browser.get("/demo?who=admin").status_code == 404
    assert world.browser(client=("192.0.2.7", 5000)).get("/demo").status_code == 404
    world.desk.settings = world.desk.settings.model_copy(update={"listen": "0.0.0.0:8080", "base_url": "http://127.0.0.1:8080"})
    assert browser.get("/demo").status_code == 404
