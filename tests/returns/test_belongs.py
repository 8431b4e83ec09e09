"""One click says to whom an unverified sender belongs: the address is known from then on, and the full acknowledgement goes out (P43)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.errors import Conflict, NotFound
from mailbot.record import addresses
from mailbot.workflow.belongs import belongs
from tests.returns.stage import ALL_CAN
from tests.walks.real_world import RealWorld, words, world_of
from tests.walks.world import made_of

JOE = b"""Message-ID: <j1@elsewhere.example>
From: Joe <joe@elsewhere.example>
To: support@studio.example
Date: Mon, 23 Nov 2026 12:00:00 +0000
Subject: Correction
Content-Type: text/plain

Correction: image 4589 of order 10231 is too bright.
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RealWorld]:
    with world_of(made_of({}), f"sqlite:///{tmp_path}/walk.db") as made:
        made.system.can = ALL_CAN
        made.receive(JOE, "email")
        yield made


def test_a_stranger_becomes_the_clients_colleague_and_hears_everything(world: RealWorld) -> None:
    assert [a.template for a in world.mails] == ["receipt_unverified"]
    after = belongs(world.parts, 1, "anna", "kim")
    world.send()
    assert (after.client, after.trust, after.order, after.kind) == ("anna", "known", "10231", "correction")
    assert "unverified" not in after.flags
    assert [a.template for a in world.mails] == ["receipt_unverified", "acknowledgement"]
    assert world.mails[1].to == "joe@elsewhere.example"
    assert "order 10231" in words(world.mails[1])
    assert "reopen o10231" in world.system.calls
    with world.db.reading() as c:
        known = addresses.get(c, "joe@elsewhere.example")
    assert known
    assert known.client == "anna"


def test_it_is_said_once_and_only_of_known_clients(world: RealWorld) -> None:
    with pytest.raises(NotFound, match="no client 'nobody' in the address book"):
        belongs(world.parts, 1, "nobody", "kim")
    belongs(world.parts, 1, "anna@agency.example", "kim")
    with pytest.raises(Conflict, match="who is known already"):
        belongs(world.parts, 1, "anna", "sam")
