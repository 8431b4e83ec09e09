"""What goes wrong while a mail walks from the mailbox to its answer (docs/reliability.md; the numbers are the rows there).

After each fault the same is counted: tickets, outbox, accepted mails, Processed, and that nothing was marked as read.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mailbot.parse import guard
from mailbot.record import tables
from mailbot.service import Service
from mailbot.workflow import understand
from tests.e2e.world import PASSWORD, USER, World
from tests.faults.firm import Firm, mail
from tests.support.dovecot import Dovecot
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.dovecot


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


KILLS = {
    "row 1: fetched, not committed": ("mailbot.record.journal:keep", "after"),
    "row 2: committed, not moved": ("mailbot.receive.imap:Mailbox.move", "before"),
    "moved, not noted": ("mailbot.receive.imap:Mailbox.move", "after"),
    "row 3: moved, not parsed": ("mailbot.workflow.understand:parse_guarded", "before"),
    "row 4: tickets without actions": ("mailbot.record.outbox:queue", "before"),
    "row 4: actions without a commit": ("mailbot.record.tickets:log", "after"),
    "recorded, not sent": ("mailbot.record.outbox:claim", "before"),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_kill_at_a_named_moment_loses_and_doubles_nothing(firm: Firm, moment: str) -> None:
    place, at = KILLS[moment]
    firm.client_writes(4)
    firm.dies(place, at=at)
    assert firm.once() == 0
    firm.everything_is_well(4)


@pytest.mark.parametrize(("place", "at"), [("mailbot.send.smtp:SmtpLane.send", "after"), ("mailbot.send.smtp:SmtpLane.send", "before")])
def test_a_kill_while_a_reply_is_on_the_wire_holds_it_for_a_person_and_never_sends_it_twice(firm: Firm, place: str, at: str) -> None:
    """Row 26: nobody knows whether it was accepted (I7)."""
    firm.client_writes(3)
    firm.dies(place, at=at)
    assert firm.once() == 0
    firm.everything_is_well(3, uncertain=1)
    assert len(firm.world.sink.mails()) == (3 if at == "after" else 2)


def test_a_lost_answer_to_our_reply_holds_it_and_the_other_clients_get_theirs(firm: Firm) -> None:
    """Row 22: the server cuts the line after it took the mail."""
    firm.client_writes(2)
    lost = mail(7).replace(b"agent7@agency7.example>", b"drop-after-data@agency7.example>", 1)
    firm.world.dovecot.deliver(USER, lost)
    assert firm.once() == 0
    firm.everything_is_well(3, uncertain=1)
    assert len(firm.world.sink.mails()) == 3


def test_a_new_uidvalidity_after_a_kill_shows_every_mail_again_and_none_is_handled_twice(firm: Firm) -> None:
    """Row 5: kept, not yet moved, then the server counts anew."""
    firm.client_writes(3)
    firm.dies("mailbot.receive.imap:Mailbox.move")
    firm.world.dovecot.set_uidvalidity(USER, 4_000_000_000)
    assert firm.once() == 0
    firm.everything_is_well(3)


def test_the_same_bytes_twice_are_one_message_and_both_leave_the_inbox(firm: Firm) -> None:
    """Row 9: a mail server that delivers a mail twice, and one that comes again a day later."""
    for _ in range(2):
        firm.append(mail(1))
    assert firm.once() == 0
    firm.append(mail(1))
    assert firm.once() == 0
    firm.everything_is_well(1, copies=2)


def test_the_same_message_id_with_other_words_is_another_message(firm: Firm) -> None:
    """Row 10: nothing is thrown away because a program uses one Message-ID for all its mails (I2)."""
    for n in (1, 2):
        firm.append(mail(n, message_id="always-the-same@agency.example"))
    assert firm.once() == 0
    firm.everything_is_well(2)
    assert firm.count(tables.message, tables.message.c.message_id_reused == 1) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: Correction\r\n\r\nCorrection: the sky in image 2 is grey.\r\n",
        b"\r\nCorrection: the sky in image 2 is grey.\r\n",
        b"Correction: the sky in image 2 is grey.",
    ],
    ids=["no sender, no date, no id", "no header at all", "no blank line"],
)
def test_a_mail_without_headers_comes_to_a_person_and_is_answered_to_nobody(firm: Firm, raw: bytes) -> None:
    """Row 11."""
    firm.append(raw)
    assert firm.once() == 0
    states = firm.states()
    assert (states["new"], sum(states.values())) == (0, 1)
    assert firm.world.sink.mails() == []
    firm.everything_is_well(states["on_ticket"], machines=states["recorded"], aside=states["set_aside"], answers=0)


def test_two_pollers_on_one_mailbox_bring_each_mail_once(firm: Firm) -> None:
    """Row 12: the lease lets one of them move. A process polls a mailbox by one thread only, as `run` does."""
    firm.client_writes(30)
    stop = threading.Event()

    def poll_thrice(service: Service) -> None:
        for poll in service.polls(stop) * 3:
            poll()

    with firm.service() as one, firm.service() as other:
        threads = [threading.Thread(target=poll_thrice, args=(service,)) for service in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert firm.once() == 0
    firm.everything_is_well(30)


def test_mails_that_a_colleague_has_read_or_flagged_are_handled_all_the_same(firm: Firm) -> None:
    """Row 7 (I3)."""
    firm.client_writes(3)
    with firm.world.dovecot.imap(USER) as client:
        client.store("1:*", "+FLAGS", "\\Seen \\Flagged")
    assert firm.once() == 0
    with firm.world.dovecot.imap(USER, "Processed") as client:
        client.store("1:*", "-FLAGS", "\\Seen")
    firm.everything_is_well(3)


def test_a_mail_that_breaks_our_parser_is_set_aside_after_three_tries_and_its_neighbours_are_answered(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 19: it raises (I5, P7)."""
    healthy = understand.parse_guarded

    def ill(message: Any, own: Any, attempt: int) -> Any:
        if b"POISON" in message.raw:
            raise RecursionError("too deep")
        return healthy(message, own, attempt)

    monkeypatch.setattr(understand, "parse_guarded", ill)
    firm.client_writes(3)
    firm.client_writes(1, first=3, text="POISON")
    assert firm.once() == 0
    firm.everything_is_well(3, aside=1)
    assert firm.count(tables.message, tables.message.c.because.contains("RecursionError")) == 1


DISEASES = {
    "hangs": "while True: pass",
    "eats memory": "x = []\n    while True: x.append(bytes(10_000_000))",
    "aborts the process": "import os; os.abort()",
    "answers nonsense": "print('no json'); raise SystemExit(0)",
}


@pytest.mark.parametrize("disease", DISEASES)
def test_a_parser_that_is_ill_in_its_child_costs_one_mail_and_never_the_service(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, disease: str
) -> None:
    """Row 19: the child's limits end it; the mail is shown to a person."""
    python = tmp_path / "ill-python"
    script = f"from mailbot.parse import child, guard\nguard.SECONDS = 1\ndef ill(*_):\n    {DISEASES[disease]}\nchild.parse = ill\n"
    python.write_text(f"#!{sys.executable}\n{script}import sys\nsys.exit(child.main())\n")
    python.chmod(0o755)
    monkeypatch.setattr(guard, "sys", SimpleNamespace(executable=str(python)))
    monkeypatch.setattr(guard, "scan", lambda raw: SimpleNamespace(small=b"POISON" not in raw))
    firm.client_writes(2)
    firm.client_writes(1, first=2, text="POISON")
    assert firm.once() == 0
    firm.everything_is_well(2, aside=1)


def test_a_mail_that_kills_the_whole_process_at_every_try_is_set_aside(firm: Firm) -> None:
    """Row 19: attempts are counted before they are made, so that even SIGABRT is counted (I5)."""
    firm.client_writes(1, text="POISON")
    firm.client_writes(2, first=1)
    for _ in range(3):
        firm.dies("mailbot.workflow.understand:parse_guarded", "abort on POISON")
    assert firm.once() == 0
    firm.everything_is_well(2, aside=1)
