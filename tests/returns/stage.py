"""A whole return as one file of steps, played on the real workflow: walk.toml in a folder of its own.

given: [[staff]] (default: kim, a coordinator; sam and bo, Quality Supervisors; maria, the Account Manager), [[orders]], [[known]],
[capabilities], [company] as in tests/walks/world.py.  [[step]] does one thing:

  comment = "words"      a client's comment; on = "10231", reopen, agrees, objects, redistribution (which button)
  mail = "words"         a client's mail; from, subject, trusted = false (no proof of the sender)
  act = "assess"         a person; as = "sam", ticket = 1, and the fields of Act (charge = "40 EUR", due_at = "+24h", parts = [...])
  event = "delivered"    of the order system: delivered, in_production, cancelled, due +3h; on = "10231"
  later = "20m"          time passes: the watch looks, what is due is sent

and says what must come of it: state, ticket fields by name (owner, kind, agreement, ...), refused (a part of the words), tells (client
messages that went out in this step: "news email", "news order_comment"), says / never_says (their words), notices ("escalation kim"),
calls (of the order system), waits (client messages in the outbox, not sent yet).
"""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailbot.errors import MailbotError
from mailbot.model.act import Act, Part
from mailbot.model.money import money
from mailbot.model.order import Capabilities, OrderEvent
from mailbot.model.ticket import Action, Ticket
from mailbot.record import people
from mailbot.record.views.client import client as client_view
from mailbot.workflow.acts import act
from mailbot.workflow.order_news import follow_orders
from mailbot.workflow.preview import offer, preview
from mailbot.workflow.undo import undo
from mailbot.workflow.watch import watch
from tests.walks.real_world import RealWorld, words, world_of
from tests.walks.world import START, made_of

STAFF = (
    {"login": "kim", "roles": ["coordinator"]},
    {"login": "sam", "roles": ["quality_supervisor"]},
    {"login": "bo", "roles": ["quality_supervisor"]},
    {"login": "maria", "roles": ["account_manager"]},
)
ALL_CAN = Capabilities(
    reopen=True, close=True, client_visible_comments=True, find_by_number=True, idempotent_posts=True, delivery_time=True,
    redistribution=True, events=True,
)  # fmt: skip
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
TOLD = {f.name for f in fields(Ticket)}
DOING = ("comment", "mail", "act", "event", "later")


@dataclass
class Stage:
    """One walk being played; remembers what went out before, so that each step shows only what it caused."""

    world: RealWorld
    steps: list[dict[str, Any]]
    seen: dict[str, int] = field(default_factory=lambda: {"notices": 0, "calls": 0, "comments": 0})
    told: set[int] = field(default_factory=set)
    refused: str = ""

    def play(self, step: dict[str, Any]) -> dict[str, Any]:
        """Does the step; what came of it, by the words of walk.toml."""
        self.refused = ""
        [doing] = [d for d in DOING if d in step]
        getattr(self, f"_{doing}")(step)
        return self._came(step)

    def _comment(self, step: dict[str, Any]) -> None:
        self.seen["comments"] += 1
        number = step.get("on", "10231")
        order = self.world.system.orders[f"o{number}"]
        answer = "agreed" if step.get("agrees") else "objected" if step.get("objects") else None
        raw = {
            "id": f"c{self.seen['comments']}", "order_id": order.id, "created_at": self.world.clock[0].isoformat(), "visibility": "client",
            "author": {"role": "client", "id": order.client.id, "name": order.client.name, "email": order.client.emails[0]},
            "body": step["comment"], "rejects_delivery": bool(step.get("reopen")), "charge_answer": answer,
            "requests_redistribution": bool(step.get("redistribution")),
        }  # fmt: skip
        self.world.receive(json.dumps(raw).encode(), "order_comment")

    def _mail(self, step: dict[str, Any]) -> None:
        self.seen["comments"] += 1
        proof = "Authentication-Results: mx.studio.example; dmarc=pass header.from=agency.example\n" if step.get("trusted", True) else ""
        answers = f"In-Reply-To: {self.world.mails[-1].message_id}\n" if step.get("answers") else ""
        raw = (
            f"{proof}{answers}Message-ID: <m{self.seen['comments']}@agency.example>\nFrom: {step.get('from', 'Anna Berg <anna@agency.example>')}\n"
            f"To: support@studio.example\nDate: Mon, 23 Nov 2026 12:00:00 +0000\nSubject: {step.get('subject', 'Order 10231')}\n"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{step['mail']}\n"
        )
        self.world.receive(raw.encode(), "email")

    def _act(self, step: dict[str, Any]) -> None:
        number, by = step.get("ticket", 1), step.get("as", "kim")
        self.world.later(seconds=1)
        try:
            if step["act"] == "undo":
                undo(self.world.parts, number, by)
            else:
                wanted = self._wanted(step, number)
                foreseen = preview(self.world.parts, wanted, by)  # as the desk does before: what it shows is what is done
                offer(self.world.parts, number)
                act(self.world.parts, wanted, by)
                assert foreseen.refused == "" or wanted.order, "only the act itself reads an order that nobody has read yet"
        except MailbotError as error:
            self.refused = f"{type(error).__name__}: {error}"
        self.world.send()

    def _wanted(self, step: dict[str, Any], number: int) -> Act:
        given = {k: v for k, v in step.items() if k in {f.name for f in fields(Act)} - {"verb", "ticket"}}
        given |= {k: tuple(v) for k, v in given.items() if isinstance(v, list)}
        if "charge" in step:
            given["charge"] = money(step["charge"])
        if "due_at" in step:
            given["due_at"] = self._time(step["due_at"])
        if "parts" in step:
            given["parts"] = tuple(Part(**{**p, "images": tuple(p.get("images", ()))}) for p in step["parts"])
        return Act(verb=step["act"].replace("-", "_"), ticket=number, **given)

    def _event(self, step: dict[str, Any]) -> None:
        self.world.later(seconds=1)
        now, (what, *when) = self.world.clock[0], step["event"].split()
        order = self.world.system.orders[f"o{step.get('on', '10231')}"]
        changes: dict[str, Any] = {"delivered": {"status": "delivered", "delivered_at": now}, "due": {}}.get(what, {"status": what})
        if what == "due":
            changes = {"due_at": self._time(when[0])}
        self.world.system.orders[order.id] = replace(order, **changes)
        kind = {"delivered": "order.delivered", "due": "order.due_changed"}.get(what, "order.status")
        self.world.system.happened.append(OrderEvent(id=f"e{len(self.world.system.happened)}", type=kind, order_id=order.id, at=now))  # type: ignore[arg-type]  # the words above
        self.follow()

    def _later(self, step: dict[str, Any]) -> None:
        self.world.clock[0] += _span(step["later"])
        watch(self.world.parts)
        self.world.send()

    def follow(self) -> None:
        follow_orders(self.world.parts, self.world.system, START - timedelta(days=1), threading.Event())
        self.world.send()

    def _time(self, text: str) -> datetime:
        """+24h or -1h from now, or a time with its offset."""
        if text[0] not in "+-":
            return datetime.fromisoformat(text)
        return self.world.clock[0] + _span(text[1:]) * (1 if text[0] == "+" else -1)

    def _came(self, step: dict[str, Any]) -> dict[str, Any]:
        actions = [a for a in self.world.actions() if a.kind in ("email", "order_comment") and not a.template.startswith("internal_")]
        sent = sorted((a for a in actions if a.state == "sent"), key=lambda a: a.id)
        new = [a for a in sent if a.id not in self.told]
        self.told.update(a.id for a in sent)
        notices, calls = self.world.notices[self.seen["notices"] :], self.world.system.calls[self.seen["calls"] :]
        self.seen |= {"notices": len(self.world.notices), "calls": len(self.world.system.calls)}
        ticket = self.world.ticket(step.get("ticket", 1))
        return {
            **{name: getattr(ticket, name) for name in TOLD},
            "corrected": self._share(ticket.client),
            "messages": len(self.world.messages_on(ticket.id)),
            "refused": self.refused,
            "tells": [f"{a.template} {a.kind}" for a in new],
            "says": "\n".join(words(a) for a in new),
            "notices": [f"{a.template} {self._login(a)}" for a in notices],
            "calls": calls,
            "waits": [f"{a.template} {a.kind}" for a in actions if a.state == "queued"],
        }

    def _share(self, client: str) -> tuple[int, int]:
        """Orders with an accepted correction, of all whose facts were read (P32)."""
        with self.world.db.reading() as c:
            share = client_view(c, client, self.world.clock[0], UTC, 20).corrected
        return share.hits, share.total

    def _login(self, action: Action) -> str:
        return {f"{p.login}@studio.example": p.login for p in self.world.given.staff}.get(action.to, action.to)


@contextmanager
def stage(folder: Path, url: str) -> Iterator[Stage]:
    """The walk of a folder, ready to be played."""
    given = tomllib.loads((folder / "walk.toml").read_text(encoding="utf-8"))
    with world_of(made_of({"staff": [dict(s) for s in STAFF], **given}), url) as world:
        world.system.can = replace(ALL_CAN, **given.get("capabilities", {}))
        with world.db.transaction() as c:
            for login in given.get("out", []):
                people.disable(c, login)
        yield Stage(world, given["step"])


def _span(text: str) -> timedelta:
    return sum((timedelta(**{UNITS[unit]: float(n)}) for n, unit in re.findall(r"([\d.]+)([smhd])", text)), timedelta())
