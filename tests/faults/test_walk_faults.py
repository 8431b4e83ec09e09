"""What goes wrong while a mail walks from the mailbox to its answer (docs/reliability.md; the numbers are the rows there).

After each fault the same is counted: tickets, outbox, accepted mails, Processed, and that nothing was marked as read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import PASSWORD, USER, World
from tests.faults.firm import Firm
from tests.support.dovecot import Dovecot
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.dovecot, pytest.mark.xdist_group("faults")]


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
