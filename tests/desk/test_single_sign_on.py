"""Sign-in by an identity provider, against one on loopback: the road there and back, and every wrong answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from mailbot.config.settings import OidcSettings
from mailbot.errors import Unavailable
from mailbot.identity import Account, Provider
from mailbot.model.visitor import Origin
from mailbot.record.views import people as views
from mailbot.workflow import people
from tests.desk.conftest import BASE, World
from tests.support.identity_provider import CLIENT, SECRET, FakeProvider, provider

HERE = Origin(actor="test")
KIM = {"sub": "k-1", "email": "coordinator@studio.example", "email_verified": True, "name": "Kim Lee", "preferred_username": "kim"}


@pytest.fixture
def idp(world: World) -> Iterator[FakeProvider]:
    """A provider that the desk knows."""
    with provider() as fake:
        fake.person = dict(KIM)
        secret = world.folder / "oidc-secret"
        secret.write_text(f"{SECRET}\n")
        world.desk.provider = Provider(Account(fake.url, CLIENT, secret, "groups"))
        give_map(world, fake, {})
        yield fake


def give_map(world: World, fake: FakeProvider, role_map: dict[str, str]) -> None:
    oidc = OidcSettings(issuer=fake.url, client_id=CLIENT, client_secret_file="oidc-secret", role_map=role_map)  # type: ignore[call-arg]
    world.desk.settings = world.desk.settings.model_copy(update={"oidc": oidc})


def there(browser: TestClient, path: str = "/") -> str:
    """Follows the link to the provider and its answer; the address of the callback."""
    answer = browser.get(f"/login/sso?next={path}")
    assert answer.status_code == 303
    back = httpx2.get(answer.headers["location"]).headers["location"]
    assert back.startswith(f"{BASE}/login/sso/callback?")
    return back


def back(browser: TestClient, address: str) -> Any:
    return browser.get(address, headers={"Sec-Fetch-Site": "cross-site"})


def is_in(browser: TestClient) -> bool:
    return browser.get("/me").status_code == 200


def refused(browser: TestClient, address: str) -> str:
    """What is told after a callback that must not let in."""
    answer = back(browser, address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not is_in(browser)
    return browser.get("/login").text


def test_the_sign_in_page_offers_the_provider_first_as_a_link(world: World, idp: FakeProvider) -> None:
    page = world.browser().get("/login?next=/outbox").text
    assert '<a class="button primary whole" href="/login/sso?next=%2Foutbox">' in page
    assert page.index("Sign in with 127.0.0.1") < page.index("Password")


def test_a_person_whom_an_admin_added_comes_in_by_the_provider(world: World, idp: FakeProvider) -> None:
    browser = world.browser()
    answer = back(browser, there(browser, "/me"))
    assert answer.headers["location"] == "/me"
    assert is_in(browser)
    assert idp.asked[0]["nonce"]
    with world.db.reading() as c:
        assert [row.what for row in views.audit(c, limit=2)] == ["signed_in", "identity_linked"]


def test_the_identity_stays_linked_when_its_mail_address_changes(world: World, idp: FakeProvider) -> None:
    browser = world.browser()
    back(browser, there(browser))
    idp.person |= {"email": "viewer@studio.example"}
    again = world.browser()
    back(again, there(again))
    assert "Coordinator" in again.get("/me").text


@pytest.mark.parametrize(
    "person",
    [
        KIM | {"email": "stranger@studio.example"},
        KIM | {"email_verified": False},
        KIM | {"email_verified": "true"},
        {key: value for key, value in KIM.items() if key != "email_verified"},
        {"sub": "k-1"},
    ],
)
def test_who_is_not_known_by_a_verified_address_has_no_account(world: World, idp: FakeProvider, person: dict[str, Any]) -> None:
    idp.person = person
    browser = world.browser()
    assert "You have no account on this desk yet" in refused(browser, there(browser))


def test_a_disabled_person_is_not_let_in_by_the_provider(world: World, idp: FakeProvider) -> None:
    browser = world.browser()
    back(browser, there(browser))
    people.disable(world.db, "coordinator", HERE)
    assert "disabled" in refused(browser, there(browser))


def test_groups_decide_the_roles_every_time_and_bring_new_people(world: World, idp: FakeProvider) -> None:
    give_map(world, idp, {"Support": "coordinator", "Quality": "quality_supervisor"})
    idp.person = {
        **KIM,
        "sub": "new",
        "email": "new@studio.example",
        "preferred_username": "Viewer",
        "groups": ["Support", "Quality", "All"],
    }
    browser = world.browser()
    back(browser, there(browser))
    with world.db.reading() as c:
        person = next(p for p in views.everybody(c, world.db.now(c)) if p.email == "new@studio.example")
    assert (person.login, person.roles) == ("viewer2", ("coordinator", "quality_supervisor"))
    idp.person["groups"] = ["Quality"]
    again = world.browser()
    back(again, there(again))
    assert not is_in(browser)  # signed in with a role that is gone
    with world.db.reading() as c:
        assert views.everybody(c, world.db.now(c), "viewer2")[0].roles == ("quality_supervisor",)
    idp.person["groups"] = ["All"]
    third = world.browser()
    assert "None of your groups" in refused(third, there(third))


def test_a_provider_that_tells_only_the_subject_is_asked_for_the_rest(world: World, idp: FakeProvider) -> None:
    idp.sub_only = True
    browser = world.browser()
    back(browser, there(browser))
    assert is_in(browser)


def test_userinfo_of_somebody_else_does_not_count(world: World, idp: FakeProvider) -> None:
    idp.sub_only, idp.userinfo = True, {**KIM, "sub": "other"}
    browser = world.browser()
    assert "did not work" in refused(browser, there(browser))


@pytest.mark.parametrize(
    ("algorithm", "wrong"),
    [
        ("RS256", {"nonce": "another"}),
        ("RS256", {"nonce": None}),
        ("RS256", {"aud": "another-client"}),
        ("RS256", {"aud": ["another-client", "third"]}),
        ("RS256", {"iss": "https://evil.example"}),
        ("RS256", {"exp": 1}),
        ("RS256", {"exp": None}),
        ("RS256", {"iat": 9999999999}),
        ("RS256", {"nbf": 9999999999}),
        ("RS256", {"sub": None}),
        ("RS256", {"sub": ""}),
        ("RS256", {"azp": "another-client"}),
        ("RS256", {"at_hash": "wrong"}),
        ("none", {}),
        ("HS256", {}),
        ("RS512", {}),
    ],
    ids=str,
)
def test_an_id_token_that_is_not_right_lets_nobody_in(world: World, idp: FakeProvider, algorithm: str, wrong: dict[str, Any]) -> None:
    idp.algorithm, idp.wrong = algorithm, wrong
    browser = world.browser()
    page = refused(browser, there(browser))
    assert "Signing in did not work" in page
    assert "nonce" not in page  # why stands in the log


def test_a_token_that_another_key_signed_lets_nobody_in_and_a_new_key_of_the_provider_is_fetched(world: World, idp: FakeProvider) -> None:
    from joserfc.jwk import RSAKey

    browser = world.browser()
    back(browser, there(browser))
    old, idp.key = idp.key, RSAKey.generate_key(2048, parameters={"kid": "one"})
    idp.shown_key = old
    forged = world.browser()
    refused(forged, there(forged))
    idp.key, idp.shown_key = RSAKey.generate_key(2048, parameters={"kid": "two"}), None
    fresh = world.browser()
    back(fresh, there(fresh))
    assert is_in(fresh)


def test_the_answer_counts_in_the_browser_that_asked_and_once(world: World, idp: FakeProvider) -> None:
    first, second = world.browser(), world.browser()
    address = there(first)
    refused(second, address)  # another browser
    there(second)
    refused(second, address)  # another browser that began too: the state is not its own
    assert back(first, address).headers["location"] == "/"
    replay = world.browser()
    for cookie in first.cookies.jar:
        if cookie.name == "mailbot-sso":
            replay.cookies.set(cookie.name, cookie.value or "", domain="127.0.0.1")
    refused(replay, address)


@pytest.mark.parametrize(
    "change", [{"state": "wrong"}, {"code": "made-up"}, {"iss": "https://evil.example"}, {"error": "access_denied"}], ids=str
)
def test_an_answer_that_was_changed_on_its_way_is_refused(world: World, idp: FakeProvider, change: dict[str, str]) -> None:
    browser = world.browser()
    parts = urlsplit(there(browser))
    query = {key: value[0] for key, value in parse_qs(parts.query).items()} | change
    answer = browser.get(parts.path, params=query, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "/login"
    assert not is_in(browser)


def test_signing_in_there_may_take_ten_minutes_and_no_longer(world: World, idp: FakeProvider) -> None:
    from datetime import timedelta

    browser = world.browser()
    address = there(browser)
    now = world.desk.clock()
    world.desk.clock = lambda: now + timedelta(minutes=11)
    refused(browser, address)


def test_a_secret_that_the_provider_does_not_know_lets_nobody_in(world: World, idp: FakeProvider) -> None:
    (world.folder / "oidc-secret").write_text("another\n")
    browser = world.browser()
    refused(browser, there(browser))


def test_a_provider_that_is_down_is_said_and_the_password_still_works(world: World, idp: FakeProvider) -> None:
    idp.down = True
    answer = world.browser().get("/login/sso")
    assert (answer.status_code, "sign in by password" in answer.text) == (503, True)
    assert world.browser().get("/login").status_code == 200


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"issuer": "https://other.example"}, "calls itself"),
        ({"token_endpoint": "http://idp.example/token"}, "must be an https address"),
        ({"jwks_uri": ""}, "must be an https address"),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_named_with_the_remedy(
    world: World, idp: FakeProvider, metadata: dict[str, str], says: str
) -> None:
    idp.metadata = metadata
    assert world.desk.provider
    with pytest.raises(Unavailable, match=says):
        world.desk.provider.start(f"{BASE}/login/sso/callback")


def test_without_its_packages_the_desk_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match=r"mailbot\[oidc\]"):
        Provider(Account("https://x", "c", world.folder, "groups"))


def test_a_desk_without_a_provider_has_no_such_door(world: World) -> None:
    assert world.browser().get("/login/sso").status_code == 404
    assert world.browser().get("/login/sso/callback?code=x&state=y").status_code == 404
