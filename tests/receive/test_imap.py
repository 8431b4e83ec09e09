"""Reading a real mailbox (Dovecot)."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailbot.errors import Unavailable
from mailbot.model.credential import Credential
from mailbot.model.fingerprint import fingerprint
from mailbot.receive.fetch import uid_set
from mailbot.receive.imap import Mailbox
from tests.support.dovecot import Dovecot, free_port
from tests.support.fake_imap import FakeImap
from tests.support.mailboxes import access, mail, read_all

pytestmark = pytest.mark.dovecot


@pytest.fixture
def box(dovecot: Dovecot, user: str) -> Iterator[Mailbox]:
    mailbox = Mailbox(access(dovecot.imap_port, user))
    yield mailbox
    mailbox.close()


def test_every_mail_is_read_whole_with_place_and_time_and_nothing_is_marked_read(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(120)])
    messages = read_all(box)
    assert [m.sighting.uid for m in messages] == list(range(1, 121))
    assert [m.raw for m in messages] == dovecot.raws(user)
    assert {(m.sighting.place, m.sighting.uidvalidity > 0, m.source) for m in messages} == {("support", True, "email")}
    assert all(m.received_at.tzinfo is not None and m.size == len(m.raw) and m.fingerprint == fingerprint(m.raw) for m in messages)
    assert dovecot.flagged(user) == 0


def test_mails_that_somebody_else_read_are_found_all_the_same(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(5)])
    with dovecot.imap(user) as other:
        other.store("1:*", "+FLAGS", "\\Seen \\Answered")
    assert len(read_all(box)) == 5


def test_only_mails_from_the_start_on_are_listed_even_when_the_last_lies_before_it(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(3)])
    state = box.open()
    assert (state.uidnext, state.exists) == (4, 3)
    assert list(box.listed(2, state.uidnext)) == [[2, 3]]
    assert list(box.listed(4, state.uidnext)) == []
    assert list(box.listed(22, 0)) == []  # `22:*` answers 3


def test_a_large_mail_comes_in_a_file_with_the_same_bytes_and_fingerprint(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(1), mail(2, size=3_000_000), mail(3)])
    small, large, last = read_all(box)
    assert large.raw == b""
    assert large.raw_path is not None
    raw = Path(large.raw_path).read_bytes()
    os.unlink(large.raw_path)
    assert raw == dovecot.raws(user)[1]
    assert (large.size, large.fingerprint) == (len(raw), fingerprint(raw))
    assert small.raw_path is last.raw_path is None


def test_a_mail_expunged_between_list_and_fetch_is_absent_and_no_error(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(4)])
    state = box.open()
    (uids,) = box.listed(1, state.uidnext)
    with dovecot.imap(user) as other:
        other.store("2", "+FLAGS", "\\Deleted")
        other.expunge()
    assert [m.sighting.uid for batch in box.fetch(uids) for m in batch] in ([1, 3, 4], [1, 2, 3, 4])
    assert box.still_there(uids) == [1, 3, 4]
    assert not box.unfetched


def test_moved_mails_lie_in_the_processed_folder_once(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(30)])
    read_all(box)
    assert box.can_move
    box.move(box.still_there(list(range(1, 21))))
    assert (dovecot.count(user), dovecot.count(user, "Processed")) == (10, 20)


def test_mails_that_another_session_took_are_no_error(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(4)])
    other = Mailbox(access(dovecot.imap_port, user))
    read_all(box)
    read_all(other)
    other.move([1, 2])
    box.move([1, 2, 3])
    other.close()
    left = box.still_there([1, 2, 3, 4])
    assert 1 not in left
    assert dovecot.count(user, "Processed") + dovecot.count(user) == 4


def test_a_new_uidvalidity_is_told_when_the_folder_is_opened_again(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(n) for n in range(3)])
    before = box.open()
    box.close()
    dovecot.set_uidvalidity(user, before.uidvalidity + 1000)
    after = read_all(box)
    assert {m.sighting.uidvalidity for m in after} == {before.uidvalidity + 1000}
    assert len(after) == 3


def test_the_processed_folder_is_made_again_when_somebody_deleted_it(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    dovecot.deliver_many(user, [mail(1), mail(2)])
    read_all(box)
    box.move([1])
    with dovecot.imap(user) as other:
        other.delete("Processed")
    box.move([2])
    assert (dovecot.count(user), dovecot.count(user, "Processed")) == (0, 1)


def test_waiting_ends_when_a_mail_comes(dovecot: Dovecot, user: str, box: Mailbox) -> None:
    box.open()
    timer = threading.Timer(0.2, dovecot.deliver, (user, mail(1)))
    timer.start()
    assert box.wait(20, threading.Event())
    timer.join()
    assert len(read_all(box)) == 1


def test_waiting_ends_when_the_time_is_up_or_the_service_stops_and_the_connection_lives_on(box: Mailbox) -> None:
    box.open()
    assert not box.wait(0.3, threading.Event())
    stopped = threading.Event()
    stopped.set()
    assert not box.wait(60, stopped)
    box.noop()


def test_a_server_without_idle_is_waited_for_without_it() -> None:
    with FakeImap({1: mail(1)}, capabilities="IMAP4rev1 MOVE UIDPLUS") as server, closing(Mailbox(access(server.port))) as box:
        box.open()
        assert not box.wait(0.1, threading.Event())
        assert not any(line.startswith("IDLE") for line in server.seen)


def test_a_notice_that_arrives_in_pieces_is_a_hint_and_the_next_poll_reads_the_mail() -> None:
    with FakeImap({1: mail(1)}) as server, closing(Mailbox(access(server.port))) as box:
        box.open()
        server.notice = b"* 1 FETCH "
        assert box.wait(5, threading.Event())
        assert [m.raw for m in read_all(box)] == [mail(1)]


def test_without_move_mails_are_copied_and_only_they_are_expunged() -> None:
    with FakeImap({1: mail(1), 2: mail(2)}, capabilities="IMAP4rev1 UIDPLUS") as server, closing(Mailbox(access(server.port))) as box:
        read_all(box)
        box.move([1])
        assert [line.split(" (")[0] for line in server.seen[-3:]] == [
            "UID COPY 1 Processed",
            "UID STORE 1 +FLAGS.SILENT",
            "UID EXPUNGE 1",
        ] or ([line for line in server.seen if "EXPUNGE" in line] == ["UID EXPUNGE 1"])
        assert list(server.mails) == [2]


def test_a_server_that_can_neither_move_nor_expunge_single_mails_keeps_them() -> None:
    with FakeImap({1: mail(1)}, capabilities="IMAP4rev1") as server, closing(Mailbox(access(server.port))) as box:
        box.open()
        assert not box.can_move
        assert "stay where they are" in box.problems[0]
        box.move([1])
        assert list(server.mails) == [1]


def test_mails_under_numbers_far_apart_are_found_without_asking_for_every_number() -> None:
    with FakeImap({5: mail(1), 2_000_000: mail(2)}) as server, closing(Mailbox(access(server.port))) as box:
        assert [m.sighting.uid for m in read_all(box)] == [5, 2_000_000]
        assert sum("SEARCH" in line for line in server.seen) < 60


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"credential": lambda: Credential("password", "pa55word-of-nobody")}, ("refused the login: [AUTHENTICATIONFAILED]", "password")),
        ({"folder": "Nowhere"}, ("'Nowhere'", "`folder`")),
        ({"host": "no-such-host.invalid"}, ("unknown", "`host`")),
        ({"port": free_port()}, ("nothing listens", "`port`")),
        ({"tls": "tls"}, ("TLS failed", "`tls`")),
    ],
)
def test_what_cannot_be_opened_is_named_with_its_remedy(
    dovecot: Dovecot, user: str, changes: dict[str, object], words: tuple[str, ...]
) -> None:
    with pytest.raises(Unavailable) as told:
        Mailbox(access(dovecot.imap_port, user, **changes)).open()
    assert all(word in str(told.value) for word in words), str(told.value)
    assert "pa55word" not in str(told.value)


def test_tls_and_starttls_check_the_certificate() -> None:
    with Dovecot(tls=True) as server:
        server.deliver("bot@example.test", mail(1))
        for tls, port in (("tls", server.imaps_port), ("starttls", server.imap_port)):
            box = Mailbox(access(port, tls=tls, host="localhost", ca_file=server.ca_file))
            assert len(read_all(box)) == 1
            box.close()
            with pytest.raises(Unavailable, match="ca_file"):
                Mailbox(access(port, tls=tls, host="localhost")).open()
    assert ssl.HAS_SNI


def test_a_refused_token_is_fetched_anew_once(dovecot: Dovecot, user: str) -> None:
    class Source:
        asked = 0

        def __call__(self) -> Credential:
            self.asked += 1
            return Credential("password", "old" if self.asked == 1 else "secret")

        def refused(self) -> bool:
            return True

    source = Source()
    box = Mailbox(access(dovecot.imap_port, user, credential=source))
    box.open()
    box.close()
    assert source.asked == 2


def test_uids_are_written_as_ranges() -> None:
    assert uid_set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"
    assert uid_set([4]) == "4"
