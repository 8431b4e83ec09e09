"""What goes wrong around a running mailbot: database, order system, clock, machines, files of the operator (docs/reliability.md)."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from mailbot import schedule
from mailbot.__main__ import main
from mailbot.errors import Unavailable
from mailbot.record import database as database_module
from mailbot.record import mailboxes, migrations, outbox, tables
from mailbot.record.database import SteadyClock
from mailbot.service import Service
from mailbot.workflow import handle, poll
from tests.e2e.agencies import client_writes, place_delivered
from tests.e2e.world import PASSWORD, USER, World, until
from tests.faults.firm import Firm, mail, write_into_maildir
from tests.support.dovecot import Dovecot
from tests.support.fake_imap import FakeImap
from tests.support.faultproxy import FaultProxy
from tests.support.orders import running_orders
from tests.support.postgres import Cluster
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.dovecot
PATIENT = "known_address_hour = 100000\nunknown_address_hour = 100000\nunknown_address_day = 100000\nunknown_domain_hour = 100000\n"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Dovecot, SmtpSink]]:
    with Dovecot({USER: PASSWORD}) as dovecot, SmtpSink() as sink:
        yield dovecot, sink


@pytest.fixture
def firm(tmp_path: Path, servers: tuple[Dovecot, SmtpSink]) -> Firm:
    dovecot, sink = servers
    dovecot.empty(USER)
    sink.clear()
    world = World(tmp_path, dovecot, sink)
    world.write_config()
    return Firm(world)


def test_thousands_of_old_mails_on_the_first_start_are_kept_without_an_answer_and_a_kill_costs_nothing(firm: Firm) -> None:
    """Row 21, small: no `since`, so only the last day is answered (P9)."""
    old, fresh = int(os.environ.get("MAILBOT_TEST_OLD_MAILS", "1500")), 3
    config = firm.world.folder / "config.toml"
    config.write_text(config.read_text().replace("since = 2020-01-01T00:00:00Z\n", "", 1))
    firm.client_writes(fresh, first=old)
    home = firm.world.dovecot.base / "home" / USER
    owner = home.stat()
    long_ago = datetime.now(UTC) - timedelta(days=30)
    write_into_maildir(home, [mail(n) for n in range(old)], long_ago, (owner.st_uid, owner.st_gid))
    firm.dies("mailbot.record.journal:keep", at="after", times=8)
    kept = firm.count(tables.message)
    assert 0 < kept < old + fresh
    process = firm.ill("mailbot.record.journal:keep", "kill", times=100_000)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a child's high-water mark begins at its parent's
    assert used.ru_maxrss < max(250_000, inherited + 20_000), "KiB of memory"
    firm.everything_is_well(fresh, machines=old)
    assert len(firm.world.sink.mails()) == fresh


def test_an_auto_responder_without_any_header_gets_a_few_answers_and_no_more(firm: Firm) -> None:
    """Row 24: two programs that answer each other end at the limits (I9)."""
    firm.client_writes(1)
    rounds = 12
    for n in range(rounds):
        assert firm.once() == 0
        answered = [m for m in firm.world.sink.mails() if m["recipients"] == ["agent0@agency0.example"]]
        told = answered[-1]["message_id"]
        text = f"Thank you for your mail. We have put it on our list as number {n}. How may we help you with the image?"
        firm.append(mail(0, text, f"auto{n}@agency0.example").replace(b"Date:", f"In-Reply-To: {told}\r\nDate:".encode(), 1))
        if n % 3 == 2:  # not in the thread either
            firm.append(mail(0, f"{text} again", f"auto-{n}@agency0.example"))
    assert firm.once() == 0
    limit = 5  # rules/limits.toml, unknown_address_hour
    assert 1 <= len(firm.world.sink.mails()) <= limit
    assert firm.states()["new"] == 0


def test_a_database_that_another_program_locks_loses_no_mail_and_counts_no_attempt(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 25: locked at the commit of keeping, and at the commit of tickets."""
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 1)
    firm.client_writes(3)
    with firm.service() as service:
        stop = threading.Event()
        with _locked(firm), pytest.raises(Unavailable, match="no other program holds the file"):
            service.polls(stop)[0]()
        assert firm.world.dovecot.count(USER) == 3
        assert schedule.run_once(service, frozenset({"poll"}), stop) == 0
        for _ in range(3):
            _lock_in_the_middle(firm, monkeypatch, service)
        assert schedule.run_once(service, schedule.ALL, stop) == 0
    assert firm.count(tables.message, tables.message.c.attempts > 1) == 0
    firm.everything_is_well(3)


def _lock_in_the_middle(firm: Firm, monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    healthy = handle.gather
    with contextlib.ExitStack() as locks, monkeypatch.context() as patch:

        def ill(*args: Any) -> Any:
            locks.enter_context(_locked(firm))
            return healthy(*args)

        patch.setattr(handle, "gather", ill)
        with pytest.raises(Unavailable):
            service.handle()


@contextlib.contextmanager
def _locked(firm: Firm) -> Iterator[None]:
    """Another program writes for a long time."""
    with contextlib.closing(sqlite3.connect(firm.world.folder / "mailbot.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("at", ["keeping", "handling"])
def test_a_full_disk_loses_no_mail_and_work_goes_on_when_there_is_room(firm: Firm, at: str) -> None:
    """Row 25: the mail stays on the server, or waits with all its attempts."""
    big = "Correction: the sky in image 2 is grey. " + "The lawn is brown, too. " * 8000
    firm.client_writes(3, text=big)
    stop = threading.Event()
    with firm.service() as service:
        if at == "handling":
            assert schedule.run_once(service, frozenset({"poll"}), stop) == 0
        room = _fill_the_disk(service)
        if at == "keeping":
            assert schedule.run_once(service, frozenset({"poll"}), stop) == 1
            assert firm.world.dovecot.count(USER) == 3
        else:
            for _ in range(5):
                with pytest.raises(Unavailable, match="the disk is not full"):
                    service.handle()
        assert firm.world.sink.mails() == []
        room.set()
        service.db.close()
        assert schedule.run_once(service, schedule.ALL, stop) == 0
    firm.everything_is_well(3)


def _fill_the_disk(service: Service) -> threading.Event:
    """New connections of the writer may use no further page until the event is set."""
    service.db.close()
    room = threading.Event()

    @event.listens_for(service.db._writer, "connect")
    def connect(connection: Any, _record: object) -> None:
        if not room.is_set():
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages}")

    return room


def test_an_order_system_that_is_ill_delays_its_comments_and_no_mail(tmp_path: Path, servers: tuple[Dovecot, SmtpSink]) -> None:
    """Row 29: posts wait and arrive once, mails go."""
    dovecot, sink = servers
    dovecot.empty(USER)
    sink.clear()
    with running_orders(tmp_path / "orders") as orders:
        world = World(tmp_path, dovecot, sink, orders)
        world.write_config()
        firm = Firm(world)
        [order] = place_delivered(orders, [("8899001", "someone@studio-client.example")])
        client_writes(orders, [(order, "Correction: image 3 is too dark.", True)])
        firm.client_writes(2)
        orders.faults({"method": "POST", "path": "/api/", "status": 503, "times": 1000})
        firm.once()
        assert len(sink.mails()) == 2
        before = [c for c in orders.comments_on(order) if c["role"] != "client"]
        assert before == []
        orders.faults({"method": "POST", "path": "/api/", "drop": "after", "times": 1})  # taken, and the answer lost
        for hours in (1, 8, 16):
            firm.later = timedelta(hours=hours)
            firm.once()
        answers = [c for c in orders.comments_on(order) if c["role"] != "client" and c["visibility"] == "client"]
        assert len(answers) == 1, answers
        assert {m["recipients"][0] for m in sink.mails()} == {"agent0@agency0.example", "agent1@agency1.example"}


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
@pytest.mark.parametrize("at", ["before", "after"])
def test_a_kill_while_we_answer_on_an_order_answers_once_and_waits_for_nobody(
    tmp_path: Path, servers: tuple[Dovecot, SmtpSink], at: str, keys: bool
) -> None:
    """Unlike a mail: the key, or our own mark on the order, says whether it arrived (I8)."""
    dovecot, sink = servers
    dovecot.empty(USER)
    with running_orders(tmp_path / "orders") as orders:
        orders.set(forget_keys=not keys)
        world = World(tmp_path, dovecot, sink, orders)
        world.write_config()
        firm = Firm(world)
        [order] = place_delivered(orders, [("8899002", "someone@studio-client.example")])
        client_writes(orders, [(order, "Correction: image 3 is too dark.", True)])
        firm.dies("mailbot.senders:Poster.send", at=at)
        assert firm.once() == 0
        assert len([c for c in orders.comments_on(order) if c["role"] != "client" and c["visibility"] == "client"]) == 1
    state = tables.action.c.state
    assert firm.count(tables.action, tables.action.c.kind == "order_comment", state == "sent") == 1
    assert firm.count(tables.action, state.in_(("uncertain", "sending", "gave_up", "held"))) == 0


def test_a_clock_that_steps_back_an_hour_stops_nothing_in_a_running_process(firm: Firm) -> None:
    """Row 31: time stands still until the clock has caught up."""
    clock = [datetime.now(UTC)]
    firm.client_writes(2)
    with firm.service() as service:
        service.db._clock = SteadyClock(lambda: clock[0])
        stop = threading.Event()
        schedule.run_once(service, frozenset({"poll"}), stop)
        clock[0] -= timedelta(hours=1)
        schedule.run_once(service, frozenset({"handle"}), stop)
        clock[0] -= timedelta(hours=1)
        assert schedule.run_once(service, schedule.ALL, stop) == 0
    firm.everything_is_well(2)


def test_a_process_that_starts_after_the_clock_stepped_back_doubles_nothing_and_is_done_when_the_clock_has_caught_up(firm: Firm) -> None:
    """Row 31: what is due "in an hour" waits, at the longest, for that hour."""
    firm.client_writes(2)
    firm.dies("mailbot.record.outbox:claim")
    firm.later = timedelta(hours=-1)
    assert firm.once() == 0
    firm.client_writes(1, first=2)
    assert firm.once() == 0
    firm.later = timedelta(seconds=5)
    assert firm.once() == 0
    firm.everything_is_well(3)


def test_a_paused_process_that_wakes_after_its_lease_finds_its_mails_handled_and_changes_nothing(firm: Firm) -> None:
    """Row 32: it stood between reading and writing."""
    firm.client_writes(3)
    process = firm.ill("mailbot.workflow.handle:gather", "pause", at="after", lease=1)
    _is_stopped(process)
    firm.later = timedelta(minutes=2)
    assert firm.once() == 0
    assert len(firm.world.sink.mails()) == 3
    process.send_signal(signal.SIGCONT)
    assert process.wait(30) == 0
    assert firm.once() == 0
    firm.everything_is_well(3)


def test_a_process_paused_before_the_wire_wakes_after_its_lease_and_the_reply_goes_out_once(firm: Firm) -> None:
    """Row 32: meanwhile it is uncertain, and nobody else sends it (I6, I7); who wakes knows that it did not, and it is sent anew."""
    firm.client_writes(1)
    process = firm.ill("mailbot.send.smtp:SmtpLane.send", "pause", lease=1)
    _is_stopped(process)
    firm.later = timedelta(minutes=2)
    assert firm.once() == 0
    assert [r.state for r in firm.replies()] == ["uncertain"]
    assert firm.world.sink.mails() == []
    process.send_signal(signal.SIGCONT)
    assert process.wait(30) == 1, "what it could not send is named"
    assert ([r.state for r in firm.replies()], firm.world.sink.mails()) == (["queued"], [])
    firm.later = timedelta(minutes=4)
    assert firm.once() == 0
    firm.everything_is_well(1)


def test_a_process_paused_before_the_wire_sends_nothing_after_a_person_had_the_reply_sent_again(firm: Firm) -> None:
    """Row 32: without a look at the time the client would get it twice."""
    firm.client_writes(1)
    process = firm.ill("mailbot.send.smtp:SmtpLane.send", "pause", lease=1)
    _is_stopped(process)
    firm.later = timedelta(minutes=2)
    assert firm.once() == 0
    [reply] = firm.replies()
    assert reply.state == "uncertain"
    with firm.reading() as (_, db), db.transaction() as c:
        outbox.retry(c, reply.id, db.now(c))
    firm.later = timedelta(minutes=4)
    assert firm.once() == 0
    assert len(firm.world.sink.mails()) == 1
    process.send_signal(signal.SIGCONT)
    assert process.wait(30) == 1, "what it could not send is named"
    firm.everything_is_well(1)


def _is_stopped(process: subprocess.Popen[bytes]) -> None:
    stat = Path(f"/proc/{process.pid}/stat")
    assert until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", 30)


@pytest.mark.postgres
def test_postgresql_restarts_under_a_running_service_and_nothing_is_lost_or_doubled(
    firm: Firm, postgres_cluster: Cluster, postgres_url: str
) -> None:
    """Row 33."""
    firm.world.database = postgres_url
    firm.world.write_config()
    with firm.running():
        firm.client_writes(2)
        firm.wait(lambda: firm.states()["on_ticket"] == 2)
        postgres_cluster.restart()
        firm.client_writes(2, first=2)
        time.sleep(0.3)
        postgres_cluster.restart()
        firm.wait(lambda: _all_sent(firm, 4), 60)
    firm.everything_is_well(4)


def _all_sent(firm: Firm, replies: int) -> bool:
    sent = [r for r in firm.replies() if r.state == "sent"]
    return len(sent) == replies and firm.world.dovecot.count(USER) == 0


@pytest.mark.postgres
def test_a_machine_cut_off_from_the_database_in_the_middle_of_a_batch_is_replaced_and_ends_with_a_message(
    firm: Firm, postgres_url: str
) -> None:
    """Row 34: the other machine waits for the lease, does the work, and the first one writes nothing."""
    with FaultProxy(int(postgres_url.rpartition(":")[2].partition("/")[0])) as wire:
        firm.world.database = postgres_url.replace(postgres_url.rpartition(":")[2].partition("/")[0], str(wire.port))
        firm.world.write_config()
        firm.client_writes(2)
        process = firm.ill("mailbot.workflow.handle:gather", "pause", at="after", lease=1)
        _is_stopped(process)
        wire.refuse = True
        wire.cut_all()
        firm.world.database = postgres_url
        firm.world.write_config()
        time.sleep(1.1)
        assert firm.once() == 0
        process.send_signal(signal.SIGCONT)
        assert process.wait(40) == 1
        assert "Check that PostgreSQL runs" in (firm.world.folder / "ill.log").read_text()
    firm.everything_is_well(2)


@pytest.mark.parametrize("kind", ["rules", "templates"])
def test_a_broken_file_of_rules_or_templates_leaves_the_old_set_in_force_and_is_told_once(firm: Firm, kind: str) -> None:
    """Row 35."""
    folder = firm.world.folder / kind
    folder.mkdir(exist_ok=True)
    config = firm.world.folder / "config.toml"
    if kind == "templates":
        config.write_text(f'{config.read_text()}\n[templates]\npath = "{folder}"\n')
    broken = folder / ("limits.toml" if kind == "rules" else "snippets/cost.txt")
    broken.parent.mkdir(exist_ok=True)
    heard: list[Any] = []
    with firm.service() as service:
        service.parts.tell = lambda what, facts: heard.append((what, dict(facts)))
        before = service.parts.live
        broken.write_text("all_hour = minus one\n" if kind == "rules" else "{{ no_such_fact }} {% if %}")
        for _ in range(3):
            service.reload()
        assert service.parts.live is before
        assert [what for what, _ in heard] == ["rules_broken"]
        assert f"{broken.parent.name}/{broken.name}" in heard[0][1]["because"]
        firm.client_writes(1)
        assert schedule.run_once(service, schedule.ALL, threading.Event()) == 0
        broken.unlink()
        (firm.world.folder / "rules" / "limits.toml").write_text("all_hour = 17\n")
        service.reload()
        assert (service.broken, service.parts.live is before) == ("", False)
    firm.everything_is_well(1)


def test_a_mail_that_the_server_cannot_give_holds_its_neighbours_back_for_no_poll_and_the_checkpoint_for_three(firm: Firm) -> None:
    """It is told to a person, stays in the folder, and is asked for again at each full look at the mailbox."""
    mails = {n: mail(n) for n in range(1, 5)}
    with FakeImap(dict(mails)) as server:
        server.on_fetch = _gives_no_text(server, 2)
        firm.world.dovecot = SimpleNamespace(imap_port=server.port)
        firm.world.write_config()
        with firm.service() as service:
            _poll(service)
            assert (firm.count(tables.message), _checkpoint(service)) == (3, 1)
            _poll(service)
            _poll(service)
            state = _state(service)
            assert state.checkpoint == 2
            assert "UID 2" in state.last_error
            assert state.last_ok_at is not None
            asked = sum("FETCH" in line for line in server.seen)
            _poll(service)
            assert sum("FETCH" in line for line in server.seen) == asked, "it is not asked for at every poll"
            assert "UID 2" in _state(service).last_error
            server.on_fetch = lambda _uids, _items: b""
            firm.later = poll.FULL_SCAN_EVERY + timedelta(seconds=1)
            _poll(service)
            assert (firm.count(tables.message), _state(service).last_error) == (4, "")


def _gives_no_text(server: FakeImap, ill: int) -> Any:
    def answer(uids: list[int], items: str) -> bytes:
        if "BODY" not in items or ill not in uids:
            return b""
        whole = [(u, server.mails[u]) for u in uids if u != ill]
        rest = b"".join(b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (u, u, len(raw), raw) for u, raw in whole)
        return b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (ill, ill) + rest

    return answer


def _poll(service: Service) -> None:
    service.polls(threading.Event())[0]()


def _state(service: Service) -> mailboxes.Place:
    with service.db.reading() as c:
        return mailboxes.place_of(c, "support")


def _checkpoint(service: Service) -> int:
    return _state(service).checkpoint


def test_a_thread_that_dies_is_named_and_started_again(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy, deaths = Service.handle, []

    def ill(service: Service) -> int:
        if not deaths:
            deaths.append(1)
            raise ZeroDivisionError("a fault of ours")
        return healthy(service)

    monkeypatch.setattr(Service, "handle", ill)
    with firm.running() as service:
        assert until(lambda: service.stalled == {"handle 1"}, 5), "nobody is told"
        firm.client_writes(1)
        firm.wait(lambda: firm.states()["on_ticket"] == 1 and len(firm.world.sink.mails()) == 1)
        assert until(lambda: not service.stalled, 5)
        firm.wait(lambda: firm.world.dovecot.count(USER) == 0)
    firm.everything_is_well(1)


BAD_DATABASES = {
    "newer": ("", 2, "newer mailbot"),
    "no database": ("", 1, "file is not a database"),
    "no folder": ("sqlite:////dev/null/here/mailbot.db", 2, "cannot be made"),
    "nobody listens": ("postgresql://postgres@127.0.0.1:1/none", 1, "Check that PostgreSQL runs"),
}


@pytest.mark.parametrize("fault", BAD_DATABASES)
def test_a_start_without_a_usable_database_ends_with_one_message_and_its_remedy(firm: Firm, fault: str) -> None:
    url, code, remedy = BAD_DATABASES[fault]
    file = firm.world.folder / "mailbot.db"
    if fault == "newer":
        with firm.service() as service, service.db.transaction() as c:
            c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    if fault == "no database":
        file.write_bytes(b"this is a text, and no database at all\n" * 100)
    firm.world.database = url
    firm.world.write_config()
    firm.client_writes(1)
    done = firm.world.run("run", "--once", check=False, timeout=60)
    assert done.returncode == code, done.stderr
    assert remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert firm.world.dovecot.count(USER) == 1


def test_a_database_of_an_older_mailbot_is_not_touched_and_the_remedy_is_named(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with firm.service():
        pass
    newer = firm.world.folder / "revisions"
    shutil.copytree(migrations.REVISIONS, newer)
    (newer / "versions" / "9999_next.py").write_text(NEXT.replace("HEAD", migrations.head()))
    monkeypatch.setattr(migrations, "REVISIONS", newer)
    assert main(["--config", str(firm.world.folder / "config.toml"), "run", "--once"]) == 2
    assert "mailbot db upgrade" in capsys.readouterr().err


NEXT = """
revision = "9999"
down_revision = "HEAD"


def upgrade():
    pass
"""
