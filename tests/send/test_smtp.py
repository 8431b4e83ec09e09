"""Sending to a real SMTP server (aiosmtpd in a process of its own)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mailbot.errors import Unavailable
from mailbot.model.credential import Credential
from mailbot.model.outcome import GiveUp, Sent, TryAgain
from mailbot.send.notify import notify
from mailbot.send.smtp import SmtpLane
from tests.support.dovecot import free_port, make_certificate
from tests.support.mailboxes import email_action as action
from tests.support.mailboxes import smtp_access as smtp
from tests.support.smtp_sink import SmtpSink


@pytest.fixture(scope="module")
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        yield server


@pytest.fixture
def lane(sink: SmtpSink) -> Iterator[SmtpLane]:
    sink.clear()
    with closing(SmtpLane(smtp(sink.port))) as made:
        yield made


def test_a_mail_arrives_byte_for_byte_with_the_null_sender(sink: SmtpSink, lane: SmtpLane) -> None:
    payload = b"Subject: Re: x\r\nMessage-ID: <1@us.test>\r\n\r\n.a line with a dot\r\n..two\r\n\r\n.\r\nend\r\n"
    assert isinstance(lane.send(action("client@client.test", payload)), Sent)
    (mail,) = sink.mails()
    assert (mail["sender"], mail["recipients"], mail["raw"]) == ("", ["client@client.test"], payload)


def test_many_mails_go_over_one_connection(sink: SmtpSink, lane: SmtpLane) -> None:
    assert all(isinstance(lane.send(action(f"c{n}@client.test")), Sent) for n in range(20))
    assert (len(sink.mails()), sink.connections()) == (20, 1)


def test_a_refused_mail_between_two_accepted_ones_leaves_nothing_behind_for_the_next(sink: SmtpSink, lane: SmtpLane) -> None:
    told = [lane.send(action(to)) for to in ("first@client.test", "fail550@client.test", "second@client.test", "third@client.test")]
    assert [type(one) for one in told] == [Sent, GiveUp, Sent, Sent], told
    assert [m["recipients"] for m in sink.mails()] == [["first@client.test"], ["second@client.test"], ["third@client.test"]]
    assert sink.connections() == 1


@pytest.mark.parametrize(
    ("to", "outcome", "bad"),
    [
        ("fail450@client.test", TryAgain, None),
        ("fail550@client.test", GiveUp, True),
        ("policy550@client.test", GiveUp, False),
        ("full552@client.test", GiveUp, False),
        ("data451@client.test", TryAgain, None),
        ("data554@client.test", GiveUp, False),
        ("bye421@client.test", TryAgain, None),
        ("no address", GiveUp, True),
        ("a@b.test>\r\nRCPT TO:<other@client.test", GiveUp, True),
        ("", GiveUp, True),
    ],
)
def test_a_refusal_says_whether_to_try_again_and_the_next_mail_goes_out(
    sink: SmtpSink, lane: SmtpLane, to: str, outcome: type, bad: bool | None
) -> None:
    told = lane.send(action(to))
    assert isinstance(told, outcome), told
    if isinstance(told, GiveUp):
        assert told.address_bad is bad
    assert isinstance(lane.send(action("next@client.test")), Sent)
    assert [m["recipients"] for m in sink.mails()] == [["next@client.test"]]


def test_each_mail_has_a_bounce_address_of_its_own_where_that_is_configured(sink: SmtpSink) -> None:
    sink.clear()
    with closing(SmtpLane(smtp(sink.port, envelope_sender="verp:us.test"))) as lane:
        lane.send(action("a@client.test", id=17))
        lane.send(action("a@client.test", id=18))
    first, second = (m["sender"] for m in sink.mails())
    assert first.startswith("bounces+17.")
    assert first.endswith("@us.test")
    assert second.startswith("bounces+18.")


def test_letters_beyond_ascii_are_sent_as_they_must_be(sink: SmtpSink, lane: SmtpLane) -> None:
    assert isinstance(lane.send(action("kund@bücher.test")), Sent)
    assert isinstance(lane.send(action("kündin@client.test")), Sent)
    assert [m["recipients"] for m in sink.mails()] == [["kund@xn--bcher-kva.test"], ["kündin@client.test"]]


def test_nothing_is_sent_once_the_time_is_over(sink: SmtpSink, lane: SmtpLane) -> None:
    assert isinstance(lane.send(action("a@client.test"), deadline=time.monotonic() - 1), TryAgain)
    assert sink.mails() == []


def test_a_bare_line_feed_cannot_end_the_mail_early(sink: SmtpSink, lane: SmtpLane) -> None:
    lane.send(action("a@client.test", b"Subject: x\r\n\r\nhello\n.\nMAIL FROM:<evil@x.test>\r\n"))
    (mail,) = sink.mails()
    assert mail["raw"] == b"Subject: x\r\n\r\nhello\r\n.\r\nMAIL FROM:<evil@x.test>\r\n"


def test_starttls_checks_the_certificate(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    with SmtpSink(starttls=tmp_path) as sink:
        with closing(SmtpLane(smtp(sink.port, tls="starttls", host="localhost", ca_file=str(tmp_path / "cert.pem")))) as lane:
            assert isinstance(lane.send(action("a@client.test")), Sent)
        with closing(SmtpLane(smtp(sink.port, tls="starttls", host="localhost"))) as lane:
            told = lane.send(action("a@client.test"))
        assert isinstance(told, TryAgain)
        assert "ca_file" in told.because
        assert len(sink.mails()) == 1


def test_login_by_password_and_by_token() -> None:
    with SmtpSink(password="secret", token="t0ken") as sink:
        for credential in (Credential("password", "secret"), Credential("xoauth2", "t0ken")):
            with closing(SmtpLane(smtp(sink.port, user="bot", credential=lambda c=credential: c))) as lane:
                lane.check()
                assert isinstance(lane.send(action("a@client.test")), Sent)
        for credential in (Credential("password", "wrong1"), Credential("xoauth2", "wrong1")):
            with closing(SmtpLane(smtp(sink.port, user="bot", credential=lambda c=credential: c))) as lane:
                told = lane.send(action("a@client.test"))
                assert isinstance(told, TryAgain)
                assert "refused the login" in told.because
                assert "wrong1" not in told.because
                with pytest.raises(Unavailable, match="password or token"):
                    lane.check()
        assert len(sink.mails()) == 2


@pytest.mark.parametrize(
    ("changes", "word"), [({"port": free_port()}, "nothing listens"), ({"host": "no-such.invalid"}, "unknown"), ({"tls": "tls"}, "`tls`")]
)
def test_a_server_that_cannot_be_reached_is_named_with_the_remedy(sink: SmtpSink, changes: dict[str, Any], word: str) -> None:
    with closing(SmtpLane(smtp(sink.port, **changes))) as lane:
        told = lane.send(action("a@client.test"))
    assert isinstance(told, TryAgain)
    assert word in told.because


def test_a_notice_goes_by_mail_to_an_address_and_else_stays_at_the_desk(sink: SmtpSink, lane: SmtpLane) -> None:
    assert isinstance(notify(action("coordinator@us.test"), (), lane), Sent)
    assert len(sink.mails()) == 1
    assert notify(action("queue-corrections"), (), lane) == Sent("desk")
    assert notify(action("coordinator@us.test"), (), None) == Sent("desk")


def test_a_notice_to_a_chat_service_without_apprise_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    told = notify(action("queue"), ("json://127.0.0.1",), None)
    assert isinstance(told, GiveUp)
    assert "pip install" in told.because


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "t0ps3cret" not in repr(Credential("password", "t0ps3cret"))
