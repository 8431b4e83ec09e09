"""What goes wrong between us and a mail server (docs/reliability.md; the numbers are the rows there)."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from mailbot.errors import Unavailable
from mailbot.receive.imap import Mailbox
from tests.support.dovecot import Dovecot
from tests.support.fake_imap import FakeImap
from tests.support.faultproxy import FaultProxy
from tests.support.mailboxes import access, mail, read_all

USER = "bot@example.test"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with Dovecot({USER: "secret", "full@example.test": "secret"}) as made:
        yield made


@pytest.fixture
def dovecot(server: Dovecot) -> Dovecot:
    server.empty(USER)
    return server


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[FaultProxy]:
    with FaultProxy(dovecot.imap_port) as made:
        yield made


@pytest.mark.dovecot
def test_a_line_cut_in_the_middle_of_a_mail_leaves_no_half_mail_and_the_next_try_reads_all(dovecot: Dovecot, proxy: FaultProxy) -> None:
    """Row 13."""
    dovecot.deliver_many(USER, [mail(n, size=20_000) for n in range(20)])
    with closing(Mailbox(access(proxy.port))) as box:
        state = box.open()
        (window,) = box.listed(1, state.uidnext)
        proxy.cut_after["down"] = 150_000
        whole = {m.raw for batch in box.fetch(window) for m in batch}
        assert whole == set(dovecot.raws(USER))
        assert proxy.connections == 2
    assert dovecot.flagged(USER) == 0


@pytest.mark.dovecot
def test_a_server_that_goes_away_in_the_middle_of_a_mail_is_told_and_the_mailbox_thrown_away(dovecot: Dovecot, proxy: FaultProxy) -> None:
    """Row 13."""
    dovecot.deliver_many(USER, [mail(n, size=20_000) for n in range(20)])
    with closing(Mailbox(access(proxy.port))) as box:
        state = box.open()
        (window,) = box.listed(1, state.uidnext)
        proxy.cut_after["down"] = 150_000
        proxy.refuse = True
        with pytest.raises(Unavailable):
            list(box.fetch(window))
        with pytest.raises(Unavailable, match="open the mailbox again"):
            box.noop()


@pytest.mark.dovecot
def test_a_server_that_closes_while_we_wait_is_noticed_at_once(dovecot: Dovecot, proxy: FaultProxy) -> None:
    """Row 14: no spinning."""
    with closing(Mailbox(access(proxy.port))) as box:
        box.open()
        threading.Timer(0.2, proxy.cut_all).start()
        used = time.process_time()
        with pytest.raises(Unavailable):
            box.wait(60, threading.Event())
        assert time.process_time() - used < 1


@pytest.mark.dovecot
def test_a_half_open_line_is_noticed_when_waiting_ends_and_the_mail_is_found_afterwards(dovecot: Dovecot, proxy: FaultProxy) -> None:
    """Row 15."""
    with closing(Mailbox(access(proxy.port, read_seconds=1))) as box:
        box.open()
        proxy.blackhole = True
        dovecot.deliver(USER, mail(1))
        with pytest.raises(Unavailable):
            box.wait(0.5, threading.Event())
        proxy.blackhole = False
        assert len(read_all(box)) == 1


@pytest.mark.dovecot
def test_a_notice_that_comes_letter_by_letter_never_hides_the_mail(dovecot: Dovecot, proxy: FaultProxy) -> None:
    """Row 16."""
    proxy.chunk["down"] = 1
    with closing(Mailbox(access(proxy.port))) as box:
        box.open()
        proxy.delay["down"] = 0.02
        threading.Timer(0.1, dovecot.deliver, (USER, mail(1))).start()
        with suppress(Unavailable):  # where the pieces were lost, the line is made anew
            assert box.wait(10, threading.Event())
        proxy.delay["down"] = 0.0
        assert len(read_all(box)) == 1


def test_a_tls_handshake_that_nobody_answers_ends_in_time() -> None:
    """Row 17."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no answer within"):
            Mailbox(access(silent.getsockname()[1], tls="tls", connect_seconds=0.5)).open()
        assert time.monotonic() - began < 10


def _broken_for(server: FakeImap, bad: int, answer: bytes | None) -> None:
    def odd(uids: list[int], items: str) -> bytes | None:
        if bad not in uids or "SIZE" in items:
            return b""
        if answer is None:
            return None
        return b"".join(answer if uid == bad else server.honest(uid, items) for uid in uids)

    server.on_fetch = odd


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"* 3 FETCH (UID 3 BODY[] {5}\r\nhello))\r\n", id="a parenthesis too many"),
        pytest.param(b"* 3 FETCH (UID 3 BODY[] (\r\n", id="an open list"),
        pytest.param(b"* 3 FETCH (UID 3 BODY[] NIL)\r\n", id="no text"),
        pytest.param(b"* 3 FETCH (UID 3 BODY[] {5}\r\nhello and more\r\nmore)\r\n", id="a length too short"),
        pytest.param(b"FETCH (UID 3 \r\nBODY[] hello)\r\n", id="an answer split in two"),
        pytest.param(None, id="the server dies of it"),
    ],
)
def test_one_mail_that_the_server_garbles_holds_up_no_other(answer: bytes | None) -> None:
    """Row 18."""
    with FakeImap({n: mail(n) for n in range(1, 51)}) as server, closing(Mailbox(access(server.port))) as box:
        _broken_for(server, 3, answer)
        messages = read_all(box)
        assert [m.sighting.uid for m in messages] == [n for n in range(1, 51) if n != 3]
        assert [m.raw for m in messages] == [server.mails[m.sighting.uid] for m in messages]
        assert list(box.unfetched) == [3]
        assert "UID 3" in box.problems[0]


def test_reading_goes_on_with_the_next_window_after_a_mail_that_the_server_dies_of() -> None:
    with FakeImap({n: mail(n) for n in range(1, 1201)}) as server, closing(Mailbox(access(server.port))) as box:
        _broken_for(server, 3, None)
        assert len(read_all(box)) == 1199
        assert list(box.unfetched) == [3]


def test_a_server_that_breaks_off_at_every_mail_is_given_up() -> None:
    with FakeImap({n: mail(n) for n in range(1, 51)}) as server, closing(Mailbox(access(server.port))) as box:
        server.on_fetch = lambda _uids, items: b"" if "SIZE" in items else None
        with pytest.raises(Unavailable):
            read_all(box)


def test_a_bad_date_of_arrival_or_a_missing_size_costs_no_mail() -> None:
    with FakeImap({1: mail(1), 2: mail(2)}) as server, closing(Mailbox(access(server.port))) as box:
        answers = b'* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE "99-Foo-2026")\r\n* 2 FETCH (UID 2)\r\n'
        server.on_fetch = lambda _uids, items: answers if "SIZE" in items else b""
        messages = read_all(box)
        assert [m.raw for m in messages] == [server.mails[1], server.mails[2]]
        assert all(m.received_at.tzinfo is not None for m in messages)


def test_another_folder_under_the_same_name_after_a_break_is_never_mixed_up() -> None:
    """Row 6."""
    with FakeImap({n: mail(n) for n in range(1, 4)}) as server, closing(Mailbox(access(server.port))) as box:

        def renewed(uids: list[int], items: str) -> bytes | None:
            if "SIZE" in items:
                return b""
            server.uidvalidity += 1
            return None

        server.on_fetch = renewed
        with pytest.raises(Unavailable, match="made anew"):
            read_all(box)


@pytest.mark.parametrize("text", ["[EXPUNGEISSUED] Some of the requested messages no longer exist"])
def test_a_mail_that_another_poller_moved_first_is_no_error(text: str) -> None:
    """Row 12."""
    with FakeImap({1: mail(1)}) as server, closing(Mailbox(access(server.port))) as box:
        read_all(box)
        server.refuse["MOVE"] = text
        box.move([1])
        box.noop()


def test_a_full_mailbox_is_told_and_the_mails_stay() -> None:
    """Row 27."""
    with FakeImap({1: mail(1)}) as server, closing(Mailbox(access(server.port))) as box:
        read_all(box)
        server.refuse["MOVE"] = "[OVERQUOTA] Quota exceeded"
        with pytest.raises(Unavailable, match="Quota exceeded"):
            box.move([1])
        assert list(server.mails) == [1]


def test_a_processed_folder_that_cannot_be_made_leaves_the_mails_where_they_are() -> None:
    """Row 27."""
    with FakeImap({1: mail(1)}) as server, closing(Mailbox(access(server.port))) as box:
        server.refuse["LIST"] = "[NOPERM] no"
        assert len(read_all(box)) == 1
        assert not box.can_move
        assert "processed_folder" in box.problems[0]


@pytest.mark.dovecot
def test_a_password_that_changes_while_we_are_logged_in_is_named_and_comes_back(dovecot: Dovecot) -> None:
    """Row 28."""
    with closing(Mailbox(access(dovecot.imap_port))) as box:
        box.open()
        dovecot.set_password(USER, "changed")
        box.close()
        try:
            with pytest.raises(Unavailable, match="refused the login"):
                box.open()
        finally:
            dovecot.set_password(USER, "secret")
        assert box.open().exists == 0


@pytest.mark.dovecot
def test_a_mail_of_fifty_megabytes_is_read_without_the_memory_for_it(dovecot: Dovecot) -> None:
    """Row 20."""
    dovecot.deliver_many(USER, [mail(1, size=50_000_000), mail(2)])
    with closing(Mailbox(access(dovecot.imap_port, read_seconds=30))) as box:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a high-water mark; delivering has raised it already
        large, small = read_all(box)
        assert large.raw_path is not None
        assert os.path.getsize(large.raw_path) == large.size > 50_000_000
        os.unlink(large.raw_path)
        assert small.raw
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.dovecot
def test_two_pollers_that_move_one_after_the_other_leave_each_mail_once(dovecot: Dovecot) -> None:
    """Row 12, as far as the mailbox goes: the lease that keeps them apart is the caller's."""
    dovecot.deliver_many(USER, [mail(n) for n in range(40)])
    with closing(Mailbox(access(dovecot.imap_port))) as one, closing(Mailbox(access(dovecot.imap_port))) as two:
        uids = [m.sighting.uid for m in read_all(one)]
        read_all(two)
        lease = threading.Lock()

        def tidy(box: Mailbox) -> None:
            for start in range(0, 40, 10):
                with lease:
                    box.move(box.still_there(uids[start : start + 10]))

        threads = [threading.Thread(target=tidy, args=(box,)) for box in (one, two)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert (dovecot.count(USER), dovecot.count(USER, "Processed")) == (0, 40)
