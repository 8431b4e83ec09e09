"""What goes wrong while a mail is sent (docs/reliability.md; the numbers are the rows there)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from mailbot.model.outcome import Sent, TryAgain, Uncertain
from mailbot.send.smtp import SmtpLane
from tests.support.faultproxy import FaultProxy
from tests.support.mailboxes import email_action, smtp_access
from tests.support.smtp_sink import SmtpSink


@pytest.fixture(scope="module")
def server() -> Iterator[SmtpSink]:
    with SmtpSink() as made:
        yield made


@pytest.fixture
def sink(server: SmtpSink) -> SmtpSink:
    server.clear()
    return server


@pytest.fixture
def proxy(sink: SmtpSink) -> Iterator[FaultProxy]:
    with FaultProxy(sink.port) as made:
        yield made


@pytest.fixture
def lane(proxy: FaultProxy) -> Iterator[SmtpLane]:
    with closing(SmtpLane(smtp_access(proxy.port, timeout=1, final_reply_seconds=1))) as made:
        yield made


def test_a_lost_answer_to_the_final_dot_is_uncertain(sink: SmtpSink, proxy: FaultProxy, lane: SmtpLane) -> None:
    """Row 22: the server has the mail."""
    proxy.swallow_when["down"] = b"250 2.0.0 OK queued"
    assert isinstance(lane.send(email_action("a@client.test")), Uncertain)
    assert len(sink.mails()) == 1


def test_a_line_cut_instead_of_the_last_answer_is_uncertain(sink: SmtpSink, lane: SmtpLane) -> None:
    """Row 22."""
    assert isinstance(lane.send(email_action("drop-after-data@client.test")), Uncertain)
    assert len(sink.mails()) == 1
    assert isinstance(lane.send(email_action("next@client.test")), Sent)


def test_a_slow_last_answer_is_uncertain_and_a_patient_sender_gets_it(sink: SmtpSink, proxy: FaultProxy, lane: SmtpLane) -> None:
    """Row 26 seen from the sender."""
    assert isinstance(lane.send(email_action("slow@client.test")), Uncertain)
    with closing(SmtpLane(smtp_access(proxy.port, final_reply_seconds=20))) as patient:
        assert isinstance(patient.send(email_action("slow@client.test")), Sent)


@pytest.mark.parametrize("word", [b"FROM:", b"TO:", b"DATA\r\n"])
def test_a_line_cut_before_the_content_is_surely_not_sent(sink: SmtpSink, proxy: FaultProxy, lane: SmtpLane, word: bytes) -> None:
    proxy.cut_when["up"] = word
    assert isinstance(lane.send(email_action("a@client.test")), TryAgain)
    assert sink.mails() == []
    assert isinstance(lane.send(email_action("a@client.test")), Sent)


def test_a_connection_that_the_server_closed_between_two_mails_is_made_anew(sink: SmtpSink, proxy: FaultProxy, lane: SmtpLane) -> None:
    """Row 23."""
    assert isinstance(lane.send(email_action("a@client.test")), Sent)
    proxy.cut_all()
    assert isinstance(lane.send(email_action("b@client.test")), Sent)
    assert [m["recipients"][0] for m in sink.mails()] == ["a@client.test", "b@client.test"]


def test_refusals_in_the_middle_of_a_batch_harm_no_other_mail(sink: SmtpSink, lane: SmtpLane) -> None:
    """Row 23."""
    wishes = ["a", "fail450", "b", "fail550", "c", "bye421", "d", "full552", "data451", "e"]
    outcomes = {w: type(lane.send(email_action(f"{w}@client.test"))).__name__ for w in wishes}
    assert outcomes == {
        "a": "Sent", "fail450": "TryAgain", "b": "Sent", "fail550": "GiveUp", "c": "Sent", "bye421": "TryAgain", "d": "Sent",
        "full552": "GiveUp", "data451": "TryAgain", "e": "Sent",
    }  # fmt: skip
    assert [m["recipients"][0][0] for m in sink.mails()] == ["a", "b", "c", "d", "e"]


def test_a_reset_at_connect_and_a_silent_server_are_tried_again(sink: SmtpSink, proxy: FaultProxy, lane: SmtpLane) -> None:
    proxy.refuse = True
    assert isinstance(lane.send(email_action("a@client.test")), TryAgain)
    proxy.refuse = False
    proxy.blackhole = True
    assert isinstance(lane.send(email_action("a@client.test")), TryAgain)
    proxy.blackhole = False
    assert isinstance(lane.send(email_action("a@client.test")), Sent)
    assert len(sink.mails()) == 1


def test_a_server_that_drips_its_answers_is_cut_off_at_the_deadline() -> None:
    """Each line is in time, the conversation is not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            conn, _ = listener.accept()
            with conn:
                try:
                    conn.sendall(b"220 hello\r\n")
                    while True:
                        conn.sendall(b"250-and one more\r\n")
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with closing(SmtpLane(smtp_access(listener.getsockname()[1]))) as lane:
            assert isinstance(lane.send(email_action("a@client.test"), deadline=began + 1), TryAgain)
        assert time.monotonic() - began < 10
        thread.join(5)


def test_the_content_is_not_begun_when_too_little_time_is_left_for_the_answer(sink: SmtpSink, lane: SmtpLane) -> None:
    """Row 32: a sender that was paused finds its lease over."""
    assert isinstance(lane.send(email_action("a@client.test"), deadline=time.monotonic() + 0.9), TryAgain)
    assert sink.mails() == []
