"""A company in memory: one walk's messages go through parse, check, decide and render one after the other.

given.toml: [[orders]], [[known]], [[staff]], [[tickets]] (fields of their values, the rest has defaults), [company], [capabilities], [limits],
[context] (go_live, facts_pending, waiting, order_system, answered_at).  In a mail `{{reply:1}}` is the Message-ID of our first reply.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailbot.check import check
from mailbot.config.rulebook import load_rules
from mailbot.decide import decide, reply_facts
from mailbot.errors import Unreadable
from mailbot.model.context import Colleague, Company, Context, KnownAddress, OurMail, Spent
from mailbot.model.decision import Decision
from mailbot.model.finding import Findings
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting
from mailbot.model.order import Capabilities, Order, OrderImage, Person
from mailbot.model.reply import RenderedMail
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Ticket
from mailbot.model.tokens import sign_message_id
from mailbot.parse import parse
from mailbot.render import Templates

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = b"walks"
TEMPLATES = Templates.load([ROOT / "templates"])
RULES = load_rules([ROOT / "rules"])
COMPANY = Company(
    name="Studio", support_address="support@studio.example", desk_name="Studio Support", mailbox_address="support@studio.example",
    own_addresses=frozenset({"support@studio.example"}),
    account_manager=Person(id="am", name="Maria Lind", emails=("maria@studio.example",)),
)  # fmt: skip
OWN = OwnMarks(
    domain="studio.example", secret=SECRET, addresses=COMPANY.own_addresses, phrases=TEMPLATES.own_phrases(),
    trusted_authserv_ids=("mx.studio.example",), auth_profile="rfc8601",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What became of one message of the walk."""

    decision: Decision | None
    said: str = ""
    refused: str = ""


@dataclass
class World:
    """What the company knows; grows while messages come in."""

    orders: tuple[Order, ...] = ()
    known: tuple[KnownAddress, ...] = ()
    staff: tuple[Colleague, ...] = ()
    tickets: dict[int, Ticket] = field(default_factory=dict)
    company: Company = COMPANY
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(reopen=True, close=True, client_visible_comments=True))
    rules: RuleBook = RULES
    context: dict[str, Any] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    mails: list[OurMail] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    now: datetime = START

    def receive(self, raw: bytes, source: str) -> Step:
        """One message, a minute after the one before."""
        self.now += timedelta(minutes=1)
        received = ReceivedMessage(
            source=source,
            sighting=Sighting(place="walk"),
            received_at=self.now,
            fingerprint="",
            raw=raw,
            size=len(raw),  # type: ignore[arg-type]  # the file's ending says which
        )
        try:
            message = parse(received, OWN)
        except Unreadable as error:
            return Step(None, refused=str(error))
        found = check(message, self.rules.words, OWN)
        known = self._context(message, found)
        decision = decide(message, found, known, self.rules, self.now)
        ticket = self._record(message, decision)
        return Step(decision, self._say(message, found, known, decision, ticket))

    def _context(self, message: ParsedMessage, found: Findings) -> Context:
        writer = message.forwarded or message.sender
        address = writer.address if writer else ""
        wanted = {*found.orders.numbers, message.comment.order_id if message.comment else ""}
        wanted |= {i for t in message.thread_ids if t in self.threads for i in self.tickets[self.threads[t]].order_ids}
        orders = tuple(o for o in self.orders if {o.id, o.number} & wanted) if not self.context.get("facts_pending") else ()
        theirs = {*message.thread_ids, *(message.report.original_message_ids if message.report else ())}
        mails = tuple(m for m in self.mails if m.message_id in theirs)
        digest = " ".join(message.text.lower().split())
        return Context(
            message=1, received_at=self.now, go_live=self.context.get("go_live"),
            known=next((k for k in self.known if k.address == address), None),
            colleague=next((s for s in self.staff if message.sender and s.address == message.sender.address), None),
            orders=orders, unknown_numbers=tuple(n for n in found.orders.numbers if not any(o.number == n for o in orders)),
            facts_pending=self.context.get("facts_pending", False),
            client_orders=() if self.context.get("facts_pending") else tuple(o for o in self.orders if address in o.client.emails),
            tickets=tuple(sorted(self.tickets.values(), key=lambda t: -t.id)),
            thread_tickets=tuple(dict.fromkeys(self.threads[t] for t in message.thread_ids if t in self.threads)), our_mails=mails,
            token_valid=any(m.to == address for m in mails),
            duplicate_texts=((self.words[digest], digest),) if digest in self.words else (), message_id_reused=False,
            order_system="shop" if self.context.get("order_system", True) else None, capabilities=self.capabilities,
            spent=Spent(address_hour=sum(m.to == address for m in self.mails), all_hour=len(self.mails)),
            waiting=self.context.get("waiting", 2), staff_on_shift=tuple(s for s in self.staff if s.on_shift), last_owner=(),
            company=self.company,
        )  # fmt: skip

    def _record(self, message: ParsedMessage, decision: Decision) -> Ticket | None:
        number = decision.join or (max(self.tickets, default=0) + 1 if decision.outcome == "open_ticket" else None)
        if number is None:
            return None
        ticket = self.tickets.get(number) or blank(number, self.now, decision.trust)
        changed = {f.name: v for f in fields(decision.change) if (v := getattr(decision.change, f.name)) and f.name in FOLLOWED}
        changed |= {"asked": decision.change.asked} if decision.change.asked is not None else {}
        flags = tuple(f for f in (*ticket.flags, *decision.change.add_flags) if f not in decision.change.drop_flags)
        if any(r.send for r in decision.replies):
            changed["last_auto_reply_at"] = self.now
        self.tickets[number] = replace(ticket, **changed, flags=flags)
        self.threads[message.message_id] = number
        self.words.setdefault(" ".join(message.text.lower().split()), number)
        return self.tickets[number]

    def _say(self, message: ParsedMessage, found: Findings, known: Context, decision: Decision, ticket: Ticket | None) -> str:
        """Everything that goes to the client and to production, as text."""
        if ticket is None:
            return ""
        said: list[str] = []
        for reply in decision.replies:
            facts = reply_facts(message, found, known, self.rules, decision, ticket, reply)
            mail = (
                TEMPLATES.mail(reply, facts) if reply.channel == "email" else RenderedMail("", TEMPLATES.comment(reply.template, facts), "")
            )
            said += [mail.subject, mail.text]
            if reply.channel == "email" and reply.send:
                message_id = sign_message_id(SECRET, "studio.example", ticket.id, f"{len(self.mails)}")
                self.mails.append(OurMail(action=len(self.mails) + 1, ticket=ticket.id, to=reply.to, message_id=message_id))
                self.threads[message_id] = ticket.id
        facts = reply_facts(message, found, known, self.rules, decision, ticket)
        said += [TEMPLATES.comment(e.text_template, facts) for e in decision.effects if e.kind == "order_comment"]
        for effect in decision.effects:
            if effect.kind == "notify":
                TEMPLATES.notice(effect.text_template, facts)
        return "\n".join(said)


FOLLOWED = {f.name for f in fields(Ticket)} - {"asked", "flags"}


def blank(number: int, now: datetime, trust: str) -> Ticket:
    return Ticket(
        id=number, version=1, opened_at=now, channel="email", client="", client_name="", client_address="", subject="", order=None, order_ids=(),
        kind="unclassified", claimed=None, suggested=None, assessed=None, state="new", queue="coordinators", owner=None, trust=trust, asked=(),
        flags=(), images=(), dispute_level=0, earlier_ticket=None, clock_started_at=now, last_client_message_at=now, last_auto_reply_at=None,
        read_at=None, delivered_at=None, delivery_time=None,
    )  # fmt: skip


def build(folder: Path) -> World:
    """The world that given.toml describes; without the file Anna has one delivered order, 10231."""
    file = folder / "given.toml"
    return made_of(tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {})


def made_of(given: dict[str, Any]) -> World:
    """The world of these tables."""
    world = World(context=given.get("context", {}))
    world.orders = tuple(_order(o) for o in given.get("orders", [{}]))
    world.known = tuple(
        KnownAddress(**k) for k in given.get("known", [{"address": "anna@agency.example", "client": "anna", "name": "Anna Berg"}])
    )
    world.staff = tuple(_colleague(s) for s in given.get("staff", []))
    world.tickets = {t["id"]: _ticket(t) for t in given.get("tickets", [])}
    world.company = replace(COMPANY, **given.get("company", {}))
    world.capabilities = replace(world.capabilities, **given.get("capabilities", {}))
    world.rules = replace(RULES, limits=replace(RULES.limits, **given.get("limits", {})))
    return world


def messages(folder: Path, world: World) -> Iterator[tuple[bytes, str]]:
    """Files 1-*.eml, 2-*.json, ... in order; read when it is their turn, so that they can answer our earlier replies."""
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".eml", ".json")):
        raw = path.read_text(encoding="utf-8")
        raw = re.sub(r"\{\{reply:(\d+)\}\}", lambda m: world.mails[int(m.group(1)) - 1].message_id, raw)
        yield raw.encode(), "email" if path.suffix == ".eml" else "order_comment"


def _order(given: dict[str, Any]) -> Order:
    number = given.get("number", "10231")
    client = given.pop("client", "anna")
    images = given.pop("images", ["4589", "4590"])
    person = Person(id=client, name=client.title(), emails=(given.pop("email", f"{client}@agency.example"),))
    given["variables"] = tuple((name, level) for name, level in given.get("variables", {}).items())
    base: dict[str, Any] = {"id": f"o{number}", "number": number, "status": "delivered"}
    return Order(**{**base, **given}, client=person, images=tuple(OrderImage(id=i, name=f"IMG_{i}.jpg") for i in images))


def _colleague(given: dict[str, Any]) -> Colleague:
    login = given["login"]
    return Colleague(
        login=login, name=login.title(), address=f"{login}@studio.example", roles=frozenset(given.get("roles", ["coordinator"])),
        on_shift=given.get("on_shift", True), open_tickets=given.get("open_tickets", 0),
    )  # fmt: skip


def _ticket(given: dict[str, Any]) -> Ticket:
    base = replace(
        blank(given["id"], START, "authenticated"),
        client="anna",
        client_address="anna@agency.example",
        order="10231",
        order_ids=("o10231",),
    )
    return replace(base, **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})
