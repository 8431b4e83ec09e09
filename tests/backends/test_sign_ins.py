"""How people come in, on both engines: sessions, failed attempts, links, tokens, the audit log."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailbot.model.visitor import Origin, Preferences
from mailbot.record import audit, people, sessions, sign_ins, tokens
from mailbot.record.database import Database
from mailbot.record.views import people as views
from tests.backends.conftest import START, Clock

HERE = Origin(actor="ann", ip="192.0.2.7", request_id="r1")


@pytest.fixture
def ann(db: Database) -> str:
    with db.transaction() as c:
        people.add(c, "ann", START, name="Ann", email="ann@us.example", roles=["coordinator"])
    return "ann"


def test_a_session_lives_while_it_is_used_and_seven_days_at_most(db: Database, clock: Clock, ann: str) -> None:
    with db.transaction() as c:
        sessions.begin(c, "h", ann, "password", "192.0.2.7", "Firefox", clock.now)

    def is_in() -> bool:
        with db.transaction() as c:
            found = sessions.visitor(c, "h", clock.now)
            if found:
                sessions.touch(c, found[0].session or 0, clock.now)
            return found is not None

    for _ in range(15):  # 165 h, a look every 11 h
        clock.pass_(hours=11)
        assert is_in()
    clock.pass_(hours=4)
    assert not is_in()
    with db.transaction() as c:
        sessions.begin(c, "h2", ann, "password", "", "", clock.now)
        assert sessions.visitor(c, "h2", clock.now + timedelta(hours=12)) is None
        assert sessions.visitor(c, "other", clock.now) is None
        sessions.tidy(c, clock.now + timedelta(hours=13))
        assert views.sessions(c, clock.now) == []


def test_a_session_knows_the_roles_and_preferences_of_now(db: Database, ann: str) -> None:
    with db.transaction() as c:
        sessions.begin(c, "h", ann, "password", "", "", START)
        people.change(c, ann, name="", email="a@us.example", roles=["viewer"], order_system_id="")
        people.prefer(c, ann, Preferences(time_zone="Asia/Tokyo", theme="dark", shortcuts=False, notices=False))
        found, _ = sessions.visitor(c, "h", START) or (None, None)
        assert found is not None
        assert (found.name, found.roles, found.preferences.time_zone, found.preferences.shortcuts) == (
            "ann",
            {"viewer"},
            "Asia/Tokyo",
            False,
        )
        people.disable(c, ann)
        assert sessions.visitor(c, "h", START) is None


def test_a_session_is_ended_by_its_person_or_by_anybody_who_may(db: Database, ann: str) -> None:
    with db.transaction() as c:
        people.add(c, "bob", START, roles=["admin"])
        first, second, third = (sessions.begin(c, name, ann, "link", "", "", START) for name in ("1", "2", "3"))
        assert sessions.end(c, first, "bob") is None
        assert sessions.end(c, first, ann) == ann
        assert sessions.end_all(c, ann, keep=third) == 1
        assert [row.id for row in views.sessions(c, START, ann)] == [third]
        assert sessions.end(c, second) is None


@pytest.mark.parametrize(("allowed", "waits"), [(10, [0, 0, 0, 2, 4, 8, 16, 32, 64, 900]), (100, [0] * 10)])
def test_each_failed_attempt_makes_the_next_one_wait_longer(db: Database, clock: Clock, allowed: int, waits: list[int]) -> None:
    for wait in waits:
        with db.transaction() as c:
            assert sign_ins.try_again_at(c, "account:ann", clock.now, allowed) is None
        if wait:
            clock.pass_(seconds=wait - 1)
            with db.transaction() as c:
                until = sign_ins.try_again_at(c, "account:ann", clock.now, allowed)
            assert until == clock.now + timedelta(seconds=1)
            clock.pass_(seconds=1)


def test_after_a_quarter_of_an_hour_or_a_success_attempts_are_counted_anew(db: Database, clock: Clock) -> None:
    def attempt() -> bool:
        with db.transaction() as c:
            return sign_ins.try_again_at(c, "account:ann", clock.now, 10) is None

    assert [attempt() for _ in range(5)] == [True, True, True, True, False]
    clock.pass_(minutes=16)
    assert [attempt() for _ in range(4)] == [True, True, True, True]
    with db.transaction() as c:
        sign_ins.succeeded(c, "account:ann", "net:192.0.2.0/24")
    assert [attempt() for _ in range(4)] == [True, True, True, True]


def test_attempts_at_one_moment_all_count(db: Database) -> None:
    passed: list[bool] = []
    ready = threading.Barrier(8)

    def attempt() -> None:
        ready.wait(10)
        with db.transaction() as c:
            passed.append(sign_ins.try_again_at(c, "account:ann", START, 10) is None)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(passed) == 4


def test_a_one_time_link_is_used_once_and_ends_after_a_day_or_by_a_new_one(db: Database, ann: str) -> None:
    with db.transaction() as c:
        sign_ins.add_link(c, "old", ann, START)
        sign_ins.add_link(c, "new", ann, START)
        assert sign_ins.link_login(c, "old", START) is None
        assert sign_ins.link_login(c, "new", START + timedelta(hours=24)) is None
        assert sign_ins.link_login(c, "new", START) == ann
        assert sign_ins.use_link(c, "new", START)
        assert not sign_ins.use_link(c, "new", START)
        assert sign_ins.link_login(c, "new", START) is None


def test_a_code_of_the_second_factor_is_taken_once(db: Database, ann: str) -> None:
    with db.transaction() as c:
        sign_ins.set_totp(c, ann, b"secret", on=False)
        assert not sign_ins.of_login(c, ann).totp_on
        assert sign_ins.use_totp(c, ann, 7)
        assert not sign_ins.use_totp(c, ann, 7)
        assert not sign_ins.use_totp(c, ann, 6)
        assert sign_ins.use_totp(c, ann, 8)
        known = sign_ins.of_login(c, ann)
        assert (known.totp_on, known.totp_secret, known.totp_step) == (True, b"secret", 8)
        assert sign_ins.of_login(c, "nobody") == sign_ins.Credential(login="nobody")


def test_a_token_may_what_both_its_scopes_and_its_person_may(db: Database, ann: str) -> None:
    with db.transaction() as c:
        tokens.add(c, "t1", "h", ann, "report", ("tickets:assess", "tickets:read"), START + timedelta(days=1), START)
        found = tokens.visitor(c, "t1", START)
        assert found is not None
        assert sorted(p.name for p in found[0].permissions) == ["SEE"]
        assert tokens.visitor(c, "t1", START + timedelta(days=1)) is None
        assert tokens.revoke(c, "t1", START) == ann
        assert tokens.visitor(c, "t1", START) is None
        assert [(t.id, t.scopes, t.state(START)) for t in views.tokens(c, ann)] == [("t1", ("tickets:assess", "tickets:read"), "revoked")]


def test_the_list_of_people_takes_one_statement(db: Database, ann: str) -> None:
    with db.transaction() as c:
        sessions.begin(c, "h", ann, "link", "", "", START)
        sign_ins.add_link(c, "l", ann, START)
        sign_ins.set_password(c, ann, "$argon2id$x", START)
        [person] = views.everybody(c, START)
        assert (person.sessions, person.seen_at, person.link_until) == (1, START, START + timedelta(hours=24))
        assert (person.has_password, person.second_factor, person.roles) == (True, False, ("coordinator",))


# --- the audit log ------------------------------------------------------------------------------------------------------------


def logged(db: Database, count: int) -> None:
    with db.transaction() as c:
        for number in range(count):
            audit.write(c, HERE, "exported", f"list {number}", START, before="ä\0\udcff", after="b")


def test_a_log_that_nobody_touched_is_whole(db: Database) -> None:
    with db.reading() as c:
        assert audit.verify(c).rows == 0
    logged(db, 3)
    with db.reading() as c:
        found = audit.verify(c)
        assert (found.rows, found.broken, found.last, len(found.hash)) == (3, 0, 3, 64)
        assert [row.id for row in views.audit(c, limit=2)] == [3, 2]
        assert [row.id for row in views.audit(c, before=2)] == [1]
        assert [row.id for row in views.audit(c, actor="list 1")] == [2]
        assert [row.id for row in views.audit(c, actor="ann", what="exported")] == [3, 2, 1]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'bob'", "DELETE FROM audit WHERE id = 2"])
def test_the_database_refuses_to_change_the_log(db: Database, statement: str) -> None:
    logged(db, 3)
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as c:
        c.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("UPDATE audit SET actor = 'bob' WHERE id = 2", 2, "it was changed"),
        ("DELETE FROM audit WHERE id = 2", 3, "1 rows before it are missing"),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 1) WHERE id = 2", 2, "it was changed"),
        ("UPDATE audit SET prev_hash = hash WHERE id = 3", 3, "it does not follow the row before it"),
        ("UPDATE audit SET at = at + 1 WHERE id = 1", 1, "it was changed"),
    ],
)
def test_who_gets_around_that_is_found(db: Database, statement: str, broken: int, why: str) -> None:
    logged(db, 3)
    off = (
        ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
        if db.dialect == "sqlite"
        else ["ALTER TABLE audit DISABLE TRIGGER audit_append_only"]
    )
    with db.transaction() as c:
        for one in [*off, statement]:
            c.execute(text(one))
    with db.reading() as c:
        found = audit.verify(c)
    assert (found.broken, found.why) == (broken, why)


def test_two_processes_that_write_at_once_make_one_chain(db: Database) -> None:
    threads = [threading.Thread(target=logged, args=(db, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.reading() as c:
        assert (audit.verify(c).rows, audit.verify(c).broken) == (80, 0)
