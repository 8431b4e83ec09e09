"""/me and /admin: what people change of themselves and admins of others, and that all of it is in the audit log."""

from __future__ import annotations

import functools
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from mailbot.model.visitor import Origin
from mailbot.record import addresses, journal, mailboxes
from mailbot.record.audit import AuditRow
from mailbot.record.views import people as views
from mailbot.record.views.outbox import actions
from mailbot.workflow import people, sign_in, tokens
from tests.backends.makers import mail
from tests.desk.conftest import World

HERE = Origin(actor="test")
MAIL = (
    "From: Anna <anna@agency.example>\nTo: support@company.example\nSubject: Correction: order 10231\n"
    "Message-ID: <1@agency.example>\n\nImage 4589 is too dark. <script>alert(1)</script>\n"
)


def log(world: World) -> list[AuditRow]:
    with world.db.reading() as c:
        return views.audit(c)


def person(world: World, login: str) -> views.PersonView:
    with world.db.reading() as c:
        [found] = views.everybody(c, world.db.now(c), login)
        return found


# --- me ---------------------------------------------------------------------------------------------------------------------------------


def test_times_are_shown_in_the_persons_own_zone(world: World) -> None:
    browser = world.browser("coordinator")
    here = re.search(r'<time datetime="(\d{4}-\d\d-\d\dT)(\d\d):\d\d:\d\dZ" title="[^"]+ (\w+)"', browser.get("/me").text)
    assert here
    assert here[3] in ("CET", "CEST")
    assert browser.post("/me/preferences", data={"time_zone": "Asia/Tokyo", "theme": "dark", "shortcuts": "yes"}).status_code == 303
    page = browser.get("/me").text
    assert " JST" in page
    assert 'data-theme="dark"' in page
    assert "data-shortcuts" in page
    wrong = browser.post("/me/preferences", data={"time_zone": "Mars/Olympus"})
    assert (wrong.status_code, "Europe/Stockholm" in wrong.text) == (422, True)


def test_single_keys_can_be_switched_off(world: World) -> None:
    browser = world.browser("coordinator")
    assert "<body data-shortcuts>" in browser.get("/me").text
    browser.post("/me/preferences", data={"theme": "auto"})
    assert "data-shortcuts" not in browser.get("/me").text


def test_who_goes_off_shift_gets_no_new_tickets(world: World) -> None:
    browser = world.browser("coordinator")
    browser.post("/me/shift", data={"available": "no"})
    with world.db.reading() as c:
        from mailbot.record.people import staff

        assert [one.on_shift for one in staff(c) if one.login == "coordinator"] == [False]
    assert "off shift" in browser.get("/").text
    browser.post("/me/shift", data={"available": "yes"})
    assert person(world, "coordinator").available


@pytest.mark.parametrize(("notices", "to"), [("yes", "coordinator@studio.example"), ("", "coordinator")])
def test_who_wants_no_mail_of_routine_finds_it_on_the_desk_only(world: World, notices: str, to: str) -> None:
    """`to` is an address only where a mail goes out."""
    world.browser("coordinator").post("/me/preferences", data={"theme": "auto", "notices": notices})
    with world.db.transaction() as c:
        addresses.add(c, "ann@client.example", "C1", "Ann", "admin", world.db.now(c))
        mailboxes.go_live(c, "INBOX", world.db.now(c) - timedelta(days=1))
        journal.keep(c, [mail(body="Correction: image 4589 is too dark", at=world.db.now(c))], world.db.now(c))
    assert world.service.handle() == 1
    with world.db.reading() as c:
        [notice] = [action for action in actions(c) if action.template == "new_ticket"]
    assert (notice.to, notice.state) == (to, "queued" if notices else "sent")


def test_a_person_ends_their_own_sessions_and_nobody_elses(world: World) -> None:
    browser, elsewhere, other = world.browser("coordinator"), world.browser("coordinator"), world.browser("viewer")
    with world.db.reading() as c:
        rows = {row.login: row.id for row in views.sessions(c, world.db.now(c))}
    assert browser.post(f"/me/sessions/{rows['viewer']}/end").status_code == 404
    assert other.get("/me").status_code == 200
    assert browser.post("/me/sessions/end-others").status_code == 303
    assert elsewhere.get("/me").status_code == 303
    assert browser.get("/me").status_code == 200
    assert log(world)[0].what == "sessions_ended"


def test_a_person_revokes_their_own_tokens_and_nobody_elses(world: World) -> None:
    mine, theirs = (
        tokens.make(world.db, login, name="x", scopes=["tickets:read"], days=1, origin=HERE).split("_")[1]
        for login in ("coordinator", "viewer")
    )
    browser = world.browser("coordinator")
    assert browser.post(f"/me/tokens/{theirs}/revoke").status_code == 404
    assert browser.post(f"/me/tokens/{mine}/revoke").status_code == 303
    with world.db.reading() as c:
        assert {token.login: token.revoked_at is None for token in views.tokens(c)} == {"coordinator": False, "viewer": True}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "", "scope": ["tickets:read"]}, "Name:"),
        ({"name": "x"}, "Scopes: there is none"),
        ({"name": "x", "scope": ["everything"]}, "everything is no scope"),
        ({"name": "x", "scope": ["tickets:read"], "days": "9999"}, "Give 1 to 366 days"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_the_remedy(world: World, given: dict[str, object], says: str) -> None:
    answer = world.browser("coordinator").post("/me/tokens", data=given)  # type: ignore[arg-type]  # httpx takes lists
    assert (answer.status_code, says in answer.text) == (422, True)


# --- admin ------------------------------------------------------------------------------------------------------------------------------


def test_an_admin_adds_a_person_who_then_comes_in(world: World) -> None:
    data = {"login": "Kim", "name": "Kim Lee", "email": "kim@studio.example", "role": ["coordinator", "viewer"], "order_system_id": "s-7"}
    shown = world.browser("admin").post("/admin/people", data=data).text
    link = re.search(r"http://127\.0\.0\.1:8080(/welcome/[\w-]{43})", shown)
    assert link
    kim = world.browser()
    words = "green horse under the bridge"
    assert kim.post(link[1], data={"password": words, "again": words}).status_code == 303
    assert "Kim Lee" in kim.get("/").text
    found = person(world, "kim")
    assert (found.roles, found.order_system_id, found.has_password) == (("coordinator", "viewer"), "s-7", True)
    assert [row.what for row in log(world)][:4] == ["signed_in", "password_set", "link_made", "person_added"]
    assert log(world)[3].actor == "admin"


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"login": "viewer", "role": ["viewer"]}, 409, "There is a person viewer already"),
        ({"login": "with space", "role": ["viewer"]}, 422, "cannot be a login"),
        ({"login": "kim"}, 422, "Roles: there is none"),
        ({"login": "kim", "role": ["owner"]}, 422, "owner is no role"),
        ({"login": "<b>", "name": "<b>x</b>", "role": ["viewer"]}, 422, "cannot be a login"),
    ],
)
def test_a_person_who_cannot_be_is_refused_and_what_was_typed_stays(world: World, given: dict[str, object], status: int, says: str) -> None:
    answer = world.browser("admin").post("/admin/people", data=given)  # type: ignore[arg-type]  # httpx takes lists
    assert (answer.status_code, says in answer.text) == (status, True)
    assert "<b>" not in answer.text


def test_whoever_loses_a_role_is_signed_out_and_has_the_rest(world: World) -> None:
    people.change(world.db, "coordinator", name="C", email="", roles=["coordinator", "admin"], order_system_id="", origin=HERE)
    browser = world.browser("coordinator")
    assert browser.get("/admin/people").status_code == 200
    world.browser("admin").post("/admin/people/coordinator", data={"name": "C", "role": ["coordinator"]})
    assert browser.get("/admin/people").status_code == 303
    assert world.browser("coordinator").get("/admin/people").status_code == 403
    changed = next(row for row in log(world) if row.what == "person_changed" and row.actor == "admin")
    assert ("admin" in changed.before, "admin" in changed.after) == (True, False)


def test_the_last_admin_stays(world: World) -> None:
    browser = world.browser("admin")
    answer = browser.post("/admin/people/admin/disable")
    assert (answer.status_code, "last admin" in answer.text) == (409, True)
    answer = browser.post("/admin/people/admin", data={"role": ["viewer"]})
    assert (answer.status_code, "last admin" in answer.text) == (422, True)


def test_disabling_a_person_ends_what_they_had_and_can_be_taken_back(world: World) -> None:
    link = people.make_link(world.db, "viewer", HERE)
    token = tokens.make(world.db, "viewer", name="x", scopes=["tickets:read"], days=1, origin=HERE)
    theirs, browser = world.browser("viewer"), world.browser("admin")
    assert browser.post("/admin/people/viewer/disable").status_code == 303
    assert theirs.get("/me").status_code == 303
    assert theirs.get(f"/welcome/{link}").status_code == 404
    assert sign_in.who_bears(world.db, token) is None
    assert "disabled" in browser.get("/admin/people/viewer").text
    assert browser.post("/admin/people/viewer/link").status_code == 409
    assert browser.post("/admin/people/viewer/enable").status_code == 303
    assert browser.post("/admin/people/viewer/link").status_code == 200
    assert sign_in.who_bears(world.db, token) is None


def test_an_admin_ends_anybodys_session_and_second_factor(world: World) -> None:
    theirs, browser = world.browser("viewer"), world.browser("admin")
    with world.db.reading() as c:
        [row] = views.sessions(c, world.db.now(c), "viewer")
    assert browser.post(f"/admin/sessions/{row.id}/end").status_code == 303
    assert theirs.get("/me").status_code == 303
    assert browser.post("/admin/people/viewer/drop-second-factor").status_code == 303
    assert [row.what for row in log(world)][:2] == ["second_factor_off", "session_ended"]
    assert browser.get("/admin/people/nobody").status_code == 404


def test_the_sources_page_shows_what_is_read_and_what_is_wrong(world: World) -> None:
    with world.db.transaction() as c:
        mailboxes.seen(c, "support", world.db.now(c), None, "folder Processed cannot be made")
    page = world.browser("admin").get("/admin").text
    assert "Mailbox support" in page
    assert "folder Processed cannot be made" in page
    assert world.service.parts.live.rules.hash[:12] in page
    assert "pw" not in re.sub(r"<[^>]+>", " ", page).split()  # the mailbox's password stays where it is


def test_the_configuration_is_not_looked_at_in_secret(world: World) -> None:
    browser = world.browser("admin")
    browser.get("/admin")
    browser.get("/admin/rules")
    assert [(row.what, row.object) for row in log(world)[:2]] == [
        ("configuration_viewed", "/admin/rules"),
        ("configuration_viewed", "/admin"),
    ]


def test_a_pasted_mail_is_explained_and_nothing_of_it_is_kept(world: World) -> None:
    browser = world.browser("admin")
    page = browser.post("/admin/rules/try", data={"mail": MAIL}).text
    assert "Open ticket, correction" in page
    assert "check.keyword" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    with world.db.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 0
    assert browser.post("/admin/rules/try", data={"mail": " "}).status_code == 422
    for odd in ("x", "\x00\x01", "\n\n\n", "From: <\n" * 500, "Subject: =?utf-8?q?x=0D=0ABcc:_e@x?=\n\nhi"):
        assert browser.post("/admin/rules/try", data={"mail": odd}).status_code in (200, 422)


def test_the_audit_log_is_read_page_by_page_and_checked(world: World) -> None:
    browser = world.browser("admin")
    for _ in range(60):
        people.make_link(world.db, "viewer", HERE)
        people.drop_second_factor(world.db, "coordinator", HERE)
    page = browser.get("/admin/audit").text
    assert page.count("<tr>") == 101
    older = re.search(r'href="(/admin/audit\?before=\d+)" rel="next"', page)
    assert older
    assert "Person added" in browser.get(older[1]).text
    only = browser.get("/admin/audit?what=link_made&actor=viewer").text
    assert only.count("<tr>") == 61
    assert "Second factor off</th>" not in only
    assert "Nothing of that kind" in browser.get("/admin/audit?actor=nobody").text
    browser.post("/admin/audit/verify")
    assert "rows, all whole" in browser.get("/admin/audit").text


def test_the_statements_of_a_page_do_not_grow_with_its_rows(world: World) -> None:
    browser = world.browser("admin")
    counts = []
    for rounds in (1, 20):
        for number in range(rounds):
            people.add(world.db, f"p{rounds}x{number}", name="", email="", roles=["viewer"], order_system_id="", origin=HERE)
            tokens.make(world.db, f"p{rounds}x{number}", name="x", scopes=["tickets:read"], days=1, origin=HERE)
            sign_in.begin(world.db, f"p{rounds}x{number}", "link", HERE)
        seen: list[str] = []
        note = functools.partial(_note, seen)
        world.desk.sources()
        event.listen(world.db._reader, "before_cursor_execute", note)
        for path in ("/me", "/admin/people", "/admin/people/viewer", "/admin/tokens", "/admin/audit"):
            assert browser.get(path).status_code == 200
        event.remove(world.db._reader, "before_cursor_execute", note)
        counts.append(len([statement for statement in seen if "mailbox" not in statement]))
    assert counts[0] == counts[1] > 0


def _note(seen: list[str], _c: object, _cursor: object, statement: str, *_more: object) -> None:
    seen.append(statement)
