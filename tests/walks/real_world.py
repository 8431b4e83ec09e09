"""The same walks on the real workflow: keep -> handle -> drain on a database, an order system in memory, and wires that remember.

What is seen is read back from the database and the wires, not from the decision that made it.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import select

from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.model.outcome import Outcome, Sent
from mailbot.model.ticket import Action, Ticket
from mailbot.record import addresses, journal, migrations, outbox, people, tickets
from mailbot.record.database import Connection, Database
from mailbot.record.tables import action, address, message, message_detail, ticket, ticket_message
from mailbot.send.order_action import perform
from mailbot.workflow import poll
from mailbot.workflow.drain import drain
from mailbot.workflow.enrich import enrich
from mailbot.workflow.handle import handle
from mailbot.workflow.parts import Live, Parts
from tests.support.fake_orders import FakeOrders
from tests.walks.world import OWN, START, TEMPLATES, World, blank, build

FILLER = 10_000  # ids of the tickets that only make the company busy
INTERNAL = ("internal_mail", "internal_update")


@dataclass
class RealWorld:
    """A company with a database. `smtp` decides what becomes of a mail on the wire; `mails` and `notices` went out."""

    db: Database
    parts: Parts
    system: FakeOrders
    clock: list[datetime]
    given: World
    smtp: Callable[[Action], Outcome] = lambda _action: Sent()
    mails: list[Action] = field(default_factory=list)
    notices: list[Action] = field(default_factory=list)

    def receive(self, raw: bytes, source: str) -> int:
        """One message, a minute after the one before: kept, handled, everything sent. Its id."""
        message_id = self.keep(raw, source)
        self.work()
        return message_id

    def keep(self, raw: bytes, source: str) -> int:
        self.clock[0] += timedelta(minutes=1)
        if source == "order_comment":
            found = re.search(rb'"id": "(\w+)"', raw)
            self.system.client_writes(found[1].decode() if found else f"x{len(self.system.feed)}", raw, self.clock[0])
            poll.poll_comments(self.parts, self.system, threading.Event())
            with self.db.reading() as c:
                return int(c.execute(select(message.c.id).order_by(message.c.id.desc())).scalars().first() or 0)
        arrived = ReceivedMessage(
            source="email", sighting=Sighting(place="walk", uidvalidity=1, uid=len(self.mails) + self.clock[0].minute),
            received_at=self.clock[0], fingerprint=fingerprint(raw), raw=raw, size=len(raw),
        )  # fmt: skip
        with self.db.transaction() as c:
            return journal.keep(c, [arrived], self.db.now(c))[0].id

    def work(self) -> None:
        while handle(self.parts):
            pass
        self.send()

    def send(self) -> None:
        stop = threading.Event()
        while sum((
            drain(self.parts, "smtp", self._mail, stop), drain(self.parts, "notify", self._notice, stop),
            drain(self.parts, f"order_system:{self.system.name}", lambda a, now, _end: perform(self.system, a, now), stop),
        )):  # fmt: skip
            pass

    def poll_again(self) -> None:
        """Our own comments come back in the feed."""
        if self.parts.order_system is not None:
            poll.poll_comments(self.parts, self.system, threading.Event())
        self.work()

    def enrich(self) -> int:
        self.parts.breaker.closed_until = 0.0
        done = enrich(self.parts)
        self.send()
        return done

    def later(self, **by: float) -> None:
        self.clock[0] += timedelta(**by)

    def reply_id(self, number: int) -> str:
        """The Message-ID of our n-th mail to a client."""
        return self.mails[number - 1].message_id

    def tickets(self) -> list[Ticket]:
        with self.db.reading() as c:
            ids = c.execute(select(ticket.c.id).where(ticket.c.client.not_like("other%"))).scalars().all()
            return tickets.many(c, ids)[::-1]

    def ticket(self, number: int) -> Ticket:
        return next(t for t in self.tickets() if t.id == number)

    def messages_on(self, number: int) -> list[int]:
        with self.db.reading() as c:
            return sorted(tickets.messages(c, number))

    def actions(self, message_id: int | None = None) -> list[Action]:
        with self.db.reading() as c:
            ids = c.execute(select(action.c.id).where(action.c.ticket.is_not(None)).order_by(action.c.ticket, action.c.id)).scalars().all()
            found = outbox.many(c, ids)
        return [a for a in found if message_id in (None, a.message)]

    def row(self, message_id: int) -> journal.MessageRow:
        with self.db.reading() as c:
            return journal.message_row(c, message_id)

    def seen(self, message_id: int) -> dict[str, Any]:
        """What came of a message, in the words of expected.toml."""
        with self.db.reading() as c:
            row = journal.message_row(c, message_id)
            detail = c.execute(select(message_detail.c.decision_json).where(message_detail.c.message == message_id)).scalar() or "{}"
            on = c.execute(select(ticket_message.c.ticket).where(ticket_message.c.message == message_id)).scalar()
            first = c.execute(
                select(ticket_message.c.message).where(ticket_message.c.ticket == on).order_by(ticket_message.c.message)
            ).scalar()
            bounced = c.execute(select(address.c.address).where(address.c.bounced_at == self.clock[0])).scalars().all()
        decided = json.loads(detail)
        opened = first == message_id and on not in self.given.tickets
        outcomes = {"set_aside": "set_aside", "recorded": "record_only", "on_ticket": "open_ticket" if opened else "join_ticket"}
        rows = self.actions(message_id)
        return {
            "outcome": outcomes[row.state], "join": 0 if opened or not on else on, "owner": decided.get("owner") or "",
            **{name: decided.get(name) for name in ("kind", "queue", "trust", "asks", "flags")},
            "replies": [_told(a) for a in rows if _is_reply(a)], "actions": sorted(self._done(a) for a in rows if not _is_reply(a)),
            "bounced": list(bounced),
            "named": [f"{n['what']} {n['name']}".strip() + f" ({n['on_order'] or 'not on the order'})" for n in decided.get("named", [])],
        }  # fmt: skip

    def ticket_of(self, message_id: int) -> Ticket | None:
        """The ticket that the message is on."""
        with self.db.reading() as c:
            on = c.execute(select(ticket_message.c.ticket).where(ticket_message.c.message == message_id)).scalar()
        return self.ticket(on) if on else None

    def said(self, message_id: int) -> str:
        """Everything that goes to the client and to production, as they read it."""
        return "\n".join(words(a) for a in self.actions(message_id) if a.kind in ("email", "order_comment"))

    def _done(self, action: Action) -> str:
        """A notice goes to a colleague's address; walks name the colleague."""
        logins = {p.address: p.login for p in self.given.staff}
        return f"{action.kind} {logins.get(action.to, action.to)}" + ("" if action.state == "sent" else f" {action.state}")

    def _mail(self, action: Action, _now: datetime, _end: float) -> Outcome:
        outcome = self.smtp(action)
        if isinstance(outcome, Sent):
            self.mails.append(action)
        return outcome

    def _notice(self, action: Action, _now: datetime, _end: float) -> Outcome:
        self.notices.append(action)
        return Sent()


@contextmanager
def real(folder: Path, url: str) -> Iterator[RealWorld]:
    """The world that given.toml describes, on the database at `url`."""
    with world_of(build(folder), url) as world:
        yield world


@contextmanager
def world_of(given: World, url: str) -> Iterator[RealWorld]:
    """The same of a world that is built already."""
    clock = [START]
    db = Database(url, clock=lambda: clock[0])
    migrations.upgrade(db)
    system = FakeOrders.of(given.orders, replace(given.capabilities, find_by_number=True))
    system.down = bool(given.context.get("facts_pending", False))
    go_live = given.context.get("go_live")
    parts = Parts(
        db=db, company=given.company, own=OWN, live=Live(given.rules, TEMPLATES), holder="walks",
        order_system=system if given.context.get("order_system", True) else None, from_address="support@studio.example",
        go_live={"walk": go_live, system.name: go_live} if go_live else {},
    )  # fmt: skip
    try:
        with db.transaction() as c:
            _write(c, given, clock[0])
        yield RealWorld(db, parts, system, clock, given)
    finally:
        db.close()


def _write(c: Connection, given: World, now: datetime) -> None:
    for known in given.known:
        addresses.add(c, known.address, known.client, known.name, "kim", now)
        if known.bounced:
            addresses.mark_bounced(c, known.address, now)
    for person in given.staff:
        people.add(
            c, person.login, now, name=person.name, email=person.address, roles=tuple(person.roles), order_system_id=person.login
        )  # fmt: skip
        people.set_available(c, person.login, person.on_shift)
    others = [
        replace(blank(FILLER + n, now, "authenticated"), client=f"other{n}")
        for n in range(1, given.context.get("waiting", 0) + 1)
    ]  # fmt: skip
    tickets.insert(c, [*given.tickets.values(), *others], now)


def words(action: Action) -> str:
    """The text of a mail or order comment."""
    if action.kind == "order_comment":
        return str(json.loads(action.payload)["body"])
    mail = email.message_from_bytes(action.payload, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    return f"{mail['subject']}\n{body.get_content() if body else ''}"


def _is_reply(action: Action) -> bool:
    return action.kind == "email" or (action.kind == "order_comment" and action.template not in INTERNAL)


def _told(action: Action) -> str:
    return f"{action.template} {action.kind} {action.to}" + ("" if action.state == "sent" else f" {action.state}")
