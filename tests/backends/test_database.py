from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from mailbot.errors import BadConfig, NotFound, Unavailable
from mailbot.record import leases, locks, migrations, outbox, settings_store
from mailbot.record.columns import Time, Words
from mailbot.record.database import Database, SteadyClock
from tests.backends.conftest import START, Clock

DIALECT = sqlite.dialect()


@given(st.datetimes(timezones=st.timezones(), allow_imaginary=False, min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001  hypothesis adds the zone
def test_a_time_comes_back_as_the_same_instant_in_utc(moment: datetime) -> None:
    column = Time()
    back = column.process_result_value(column.process_bind_param(moment, DIALECT), DIALECT)
    assert back == moment.astimezone(UTC)
    assert back is not None
    assert back.utcoffset() == timedelta(0)


@given(st.datetimes())
def test_a_time_without_a_zone_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Time().process_bind_param(moment, DIALECT)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_can_be_written(words: str) -> None:
    safe = Words().process_bind_param(words, DIALECT)
    assert safe is not None
    assert "\0" not in safe
    safe.encode()
    if "\0" not in words and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in words):
        assert safe == words


def test_the_process_clock_never_steps_back() -> None:
    moments = iter([START, START - timedelta(hours=1), START + timedelta(seconds=1)])
    clock = SteadyClock(lambda: next(moments))
    assert [clock(), clock(), clock()] == [START, START, START + timedelta(seconds=1)]


def test_now_is_one_value_per_transaction(url: str) -> None:
    db = Database(url)
    with db.transaction() as c:
        first = db.now(c)
        assert db.now(c) == first
        assert first.utcoffset() == timedelta(0)
        assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    with db.transaction() as c:
        assert db.now(c) > first
    db.close()


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    def write_and_fail() -> None:
        with db.transaction() as c:
            settings_store.put(c, "a", "1")
            outbox.get(c, 1)

    with pytest.raises(NotFound):
        write_and_fail()
    with db.reading() as c:
        assert settings_store.get(c, "a") is None


def test_the_reader_cannot_write(db: Database) -> None:
    with pytest.raises((Unavailable, DBAPIError)), db.reading() as c:
        settings_store.put(c, "a", "1")


@pytest.mark.parametrize("address", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_useless_database_address_is_told_with_the_remedy(address: str) -> None:
    with pytest.raises(BadConfig, match=r"database\.url"):
        Database(address)


def test_a_server_that_does_not_answer_is_unavailable_and_the_password_is_not_told() -> None:
    db = Database("postgresql://mailbot:secret@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="Check that PostgreSQL runs") as told, db.transaction():
        pass
    assert "secret" not in str(told.value)
    db.close()


def test_secrets_are_made_once_and_settings_overwritten(db: Database) -> None:
    with db.transaction() as c:
        first = settings_store.secret(c, "message_ids")
        settings_store.put(c, "cursor:shop", "1")
        settings_store.put(c, "cursor:shop", "2")
    with db.transaction() as c:
        assert settings_store.secret(c, "message_ids") == first
        assert len(first) == 32
        assert settings_store.secret(c, "other") != first
        assert settings_store.get(c, "cursor:shop") == "2"


def test_a_lease_belongs_to_one_holder_until_it_ends(db: Database, clock: Clock) -> None:
    with db.transaction() as c:
        assert leases.take(c, "mailbox:in", "a", 90, clock())
        assert not leases.take(c, "mailbox:in", "b", 90, clock())
        assert leases.take(c, "mailbox:in", "a", 90, clock())
        clock.pass_(seconds=60)
        assert leases.take(c, "mailbox:in", "a", 90, clock())
        clock.pass_(seconds=91)
        assert leases.take(c, "mailbox:in", "b", 90, clock())
        assert not leases.release(c, "mailbox:in", "a")
        assert leases.release(c, "mailbox:in", "b")
        assert leases.take(c, "mailbox:in", "a", 90, clock())


def test_two_deciders_on_one_client_work_one_after_the_other(db: Database) -> None:
    """Read, wait, write: without the lock both would read 0 (PostgreSQL) or fail (SQLite)."""
    ready = threading.Barrier(2)

    def count_up(keys: list[str]) -> None:
        ready.wait(10)
        for _ in range(10):
            with db.transaction() as c:
                locks.hold(c, keys)
                known = settings_store.get(c, "n") or "0"
                settings_store.put(c, "n", str(int(known) + 1))

    workers = [threading.Thread(target=count_up, args=(keys,)) for keys in (["client:a", "order:1"], ["order:1", "client:a"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    with db.reading() as c:
        assert settings_store.get(c, "n") == "20"


@pytest.mark.postgres
def test_a_notice_wakes_the_listener_after_commit(db: Database) -> None:
    if db.dialect == "sqlite":
        db.listen(threading.Event(), lambda _: None)  # returns at once
        with db.transaction() as c:
            db.notify(c, "drain")
        return
    stop, heard, connected = threading.Event(), [], threading.Event()
    got = threading.Event()

    def wake(channel: str) -> None:
        heard.append(channel)
        (got if channel else connected).set()

    listener = threading.Thread(target=db.listen, args=(stop, wake))
    listener.start()
    assert connected.wait(10)
    with db.transaction() as c:
        db.notify(c, "drain")
    assert got.wait(10)
    stop.set()
    listener.join(10)
    assert not listener.is_alive()
    assert heard == ["", "drain"]


def test_a_time_in_another_zone_is_the_same_instant(db: Database) -> None:
    east = START.astimezone(timezone(timedelta(hours=9)))
    with db.transaction() as c:
        leases.take(c, "x", "a", 0, east)
        assert c.execute(text("SELECT until FROM lease")).scalar_one() == int(START.timestamp()) * 1_000_000


@pytest.mark.engine("postgresql")  # SQLite has no connection to lose
def test_a_lost_connection_is_unavailable_and_the_next_transaction_works(db: Database) -> None:
    with pytest.raises(Unavailable), db.transaction() as c:
        c.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with db.transaction() as c:
        assert migrations._current(c) == migrations.head()
