"""A server that goes wrong at every step of a mail, between mails that go well over the same connection: none is lost, none comes twice.

The outcome that is recorded never says more than the server did: `Sent` was taken once, `TryAgain` and `GiveUp` were not taken, and
what nobody knows is `Uncertain`, only behind the content.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.send import smtp
from mailbot.send.smtp import SmtpLane
from tests.support.mailboxes import email_action, smtp_access
from tests.support.smtp_script import ScriptedSmtp

CLOSING = "421 4.4.2 too many mails in this session"
HOW = ("close", "reset", "silence", f"{CLOSING} and close", CLOSING, "452 4.3.1 no room", "554 5.7.1 no", "250 2.0.0 what?", "twice")
AT_DOT = ("taken, close", "taken, reset", "taken, silence", *HOW)
NEVER = {"554 5.7.1 no"}
FAULTS = [
    *[(step, how) for step in ("MAIL", "RCPT", "DATA") for how in HOW],
    *[("CONTENT", how) for how in HOW if how not in ("twice", "250 2.0.0 what?")],
    *[("DOT", how) for how in AT_DOT if how != "250 2.0.0 what?"],
]


def outcomes(lane: SmtpLane, names: str) -> dict[str, Outcome]:
    """Each mail is sent as the outbox does: again where it surely did not go out."""
    told: dict[str, Outcome] = {}
    for name in names:
        for _ in range(4):
            told[name] = lane.send(email_action(f"{name}@client.test"))
            if not isinstance(told[name], TryAgain):
                break
    return told


def lane_to(server: ScriptedSmtp) -> SmtpLane:
    return SmtpLane(smtp_access(server.port, timeout=1.5, final_reply_seconds=1.5))


@pytest.fixture(params=["right after an accepted mail", "a while after it"])
def before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right after an accepted mail nobody asks (RSET) whether the line still lives."""
    if request.param == "a while after it":
        monkeypatch.setattr(smtp, "JUST_NOW", 0.0)


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize(("step", "how"), FAULTS, ids=[f"{step}: {how}" for step, how in FAULTS])
def test_the_second_of_four_mails_meets_a_fault_and_each_is_taken_once_or_told(step: str, how: str) -> None:
    with ScriptedSmtp(step, 2, how) as server, closing(lane_to(server)) as lane:
        told = outcomes(lane, "abcd")
        took = {name: server.took[f"{name}@client.test"] for name in "abcd"}
    for name, outcome in told.items():
        assert took[name] in {Sent: {1}, Uncertain: {0, 1}}.get(type(outcome), {0}), (name, outcome, took)
    assert all(isinstance(told[name], Sent) for name in "acd"), told
    expected = GiveUp if how in NEVER else Sent
    allowed = (expected, Uncertain) if step in ("CONTENT", "DOT") or (step, how) == ("DATA", "twice") else (expected,)
    assert isinstance(told["b"], allowed), told


@pytest.mark.parametrize("how", HOW)
def test_a_line_that_goes_wrong_between_two_mails_costs_a_connection_and_no_mail(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At RSET, before the second mail is begun."""
    monkeypatch.setattr(smtp, "JUST_NOW", 0.0)
    with ScriptedSmtp("RSET", 1, how) as server, closing(lane_to(server)) as lane:
        told = outcomes(lane, "abcd")
        assert all(isinstance(outcome, Sent) for outcome in told.values()), told
        assert server.took == {f"{name}@client.test": 1 for name in "abcd"}


@pytest.mark.parametrize("how", [f"{CLOSING} and close", "close", "reset"])
def test_a_server_that_says_good_bye_behind_its_yes_took_the_mail_and_gets_the_next_one_on_a_new_line(how: str) -> None:
    """Both answers in one segment: the second waits in the buffer until the next mail is begun."""
    behind = "" if how in ("close", "reset") else f"\r\n{how.removesuffix(' and close')}"
    with ScriptedSmtp("DOT", 1, f"250 taken{behind} and close") as server, closing(lane_to(server)) as lane:
        assert [type(lane.send(email_action(f"{name}@client.test"))) for name in "ab"] == [Sent, Sent], "at the first try"
        assert (server.took["b@client.test"], server.connections) == (1, 2)


def test_a_fault_of_our_own_in_the_middle_of_a_mail_leaves_no_half_mail_on_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits for content: whatever came next over that line would be read as the mail."""
    with ScriptedSmtp("NONE", 0, "") as server, closing(lane_to(server)) as lane:
        assert isinstance(lane.send(email_action("a@client.test")), Sent)
        with monkeypatch.context() as ill:
            ill.setattr("smtplib.SMTP.send", _fails_at_content)
            with pytest.raises(MemoryError):
                lane.send(email_action("b@client.test"))
        assert isinstance(lane.send(email_action("c@client.test")), Sent)
        assert server.took == {"a@client.test": 1, "c@client.test": 1}
        assert server.connections == 2
        assert set(server.read_as_mail) == set(email_action("").payload.splitlines(keepends=True)), "no command was read as content"


def test_a_process_that_stood_still_behind_the_content_leaves_the_mail_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """It wakes when its time is over: somebody else may have had the mail sent again."""
    finish = SmtpLane._finish
    with ScriptedSmtp("NONE", 0, "") as server, closing(lane_to(server)) as lane:
        with monkeypatch.context() as paused:
            paused.setattr(SmtpLane, "_finish", lambda lane, line, end: finish(lane, line, end - 1000))
            assert isinstance(lane.send(email_action("a@client.test")), TryAgain)
        assert isinstance(lane.send(email_action("b@client.test")), Sent)
        assert server.took == {"b@client.test": 1}


def _fails_at_content(self: object, words: bytes | str) -> None:
    if b"Subject" in (words if isinstance(words, bytes) else words.encode()):
        raise MemoryError
    self.sock.sendall(words if isinstance(words, bytes) else words.encode())  # type: ignore[attr-defined]  # an smtplib.SMTP
