"""A week by a clock of our own: two supervisors, twelve coordinators, returns at all hours. Every escalation step is told once, and the
promise is measured from a message's arrival to a person's act."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mailbot.model.act import Act
from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.record import journal
from mailbot.record.tables import reading
from mailbot.workflow.acts import act
from mailbot.workflow.handle import handle
from mailbot.workflow.watch import watch
from tests.returns.stage import ALL_CAN
from tests.walks.real_world import RealWorld, world_of
from tests.walks.world import START, made_of

COORDINATORS = [f"c{n:02}" for n in range(12)]
SUPERVISORS = ["sam", "bo"]
RETURNS = 60
STEPS = (10, 15, 20)
WORDS = (
    "Correction: image 4589 is too bright",
    "Amendment: please add a blue sky to image 4590",
    "Correction: the lawn in image 4589 is grey",
)


def arrivals(chance: random.Random) -> list[tuple[datetime, float]]:
    """(arrival, minutes until a person acts): most within the promise, some late, a few very late."""
    moments = sorted(chance.uniform(0, 7 * 24 * 60) for _ in range(RETURNS))
    waits = (chance.choice((2.5, 6.5, 9.5, 11.5, 16.5, 19.5, 25.5, 45.5)) for _ in moments)
    return [(START + timedelta(minutes=int(m)), w) for m, w in zip(moments, waits, strict=True)]


@pytest.mark.parametrize("seed", [20261125])
def test_a_week_of_escalations_each_once_and_the_promise_measured(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    week = arrivals(chance)
    orders = [{"number": str(20_000 + n), "client": f"client{n}"} for n in range(RETURNS)]
    staff = [{"login": c, "roles": ["coordinator"]} for c in COORDINATORS] + [
        {"login": s, "roles": ["quality_supervisor"]} for s in SUPERVISORS
    ]
    given = made_of({"orders": orders, "staff": staff, "known": []})
    with world_of(given, f"sqlite:///{tmp_path}/week.db") as world:
        world.system.can = ALL_CAN
        for number, (at, wait) in enumerate(week):
            live_through(world, number, at, wait, chance)
        world.send()
        expect(world, week)


def live_through(world: RealWorld, number: int, at: datetime, wait: float, chance: random.Random) -> None:
    """A message arrives, the watch looks twice a minute, and after `wait` minutes somebody acts."""
    world.clock[0] = max(world.clock[0], at)
    arrived = world.clock[0]
    arrive(world, number, arrived)
    until = arrived + timedelta(minutes=wait)
    while world.clock[0] + timedelta(seconds=30) < until:
        world.later(seconds=30 if _near_a_step(world.clock[0] - arrived) else 60)
        watch(world.parts)
    world.clock[0] = until
    owner = world.tickets()[number].owner
    person = chance.choice((owner or COORDINATORS[0], chance.choice(COORDINATORS), "sam"))
    verb = chance.choice(("take", "read", "reply"))
    act(world.parts, Act(verb=verb, ticket=number + 1, text="We are on it."), person)  # type: ignore[arg-type]  # one of the three


def _near_a_step(waited: timedelta) -> bool:
    return any(abs(waited - timedelta(minutes=step)) < timedelta(minutes=1) for step in STEPS)


def arrive(world: RealWorld, number: int, at: datetime) -> None:
    client = f"client{number}@agency.example"
    raw = (
        "Authentication-Results: mx.studio.example; dmarc=pass header.from=agency.example\n"
        f"Message-ID: <w{number}@agency.example>\nFrom: {client}\nTo: support@studio.example\nSubject: Order {20_000 + number}\n"
        f"Date: Mon, 23 Nov 2026 12:00:00 +0000\nContent-Type: text/plain\n\n{WORDS[number % 3]}\n"
    ).encode()
    mail = ReceivedMessage(
        source="email", sighting=Sighting(place="walk", uidvalidity=1, uid=number + 1), received_at=at, fingerprint=fingerprint(raw), raw=raw,
        size=len(raw),
    )  # fmt: skip  # the mail, then its bytes
    with world.db.transaction() as c:
        journal.keep(c, [mail], world.db.now(c))
    while handle(world.parts):
        pass


def expect(world: RealWorld, week: list[tuple[datetime, float]]) -> None:
    told = Counter((a.ticket, a.key.rpartition(":notify:")[0], a.to) for a in world.actions() if a.template == "escalation")
    assert max(told.values()) == 1, "a step was told twice"
    steps = Counter(ticket for ticket, cause in {(t, cause) for t, cause, _ in told})
    expected = {number + 1: sum(step <= wait for step in STEPS) for number, (_, wait) in enumerate(week)}
    assert {t: n for t, n in expected.items() if n} == dict(steps)
    with world.db.reading() as c:
        rows = c.execute(select(reading.c.ticket, reading.c.started_at, reading.c.read_at)).all()
    waited = {row.ticket: (row.read_at - row.started_at).total_seconds() / 60 for row in rows}
    assert len(rows) == RETURNS
    assert waited == {number + 1: wait for number, (_, wait) in enumerate(week)}
    kept = sum(wait <= 20 for _, wait in week) / RETURNS
    assert sum(w <= 20 for w in waited.values()) / RETURNS == kept
