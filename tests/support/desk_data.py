"""A database as a company's first year leaves it: closed returns of many clients, and a queue in which everything occurs.

Written in bulk through the tables; what search reads is filled by the product itself. Deterministic by seed.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from mailbot.model.decision import Decision
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.model.order import Order, OrderImage, Person
from mailbot.model.ticket import Ticket
from mailbot.record import facts, journal, mailboxes, outbox, people, search, tickets
from mailbot.record.database import Connection, Database
from mailbot.record.outbox import NewAction
from mailbot.record.tables import action, address, message, message_detail, order_fact, reading, ticket_log, ticket_message

PEOPLE = {
    "anna": ("Anna Lind", ["coordinator"]), "marco": ("Marco Bellini", ["coordinator"]), "priya": ("Priya Raman", ["quality_supervisor"]),
    "sofia": ("Sofia Berg", ["coordinator", "quality_supervisor"]), "tom": ("Tom Hale", ["account_manager"]),
    "ada": ("Ada Root", ["admin", "coordinator"]), "vic": ("Vic Viewer", ["viewer"]),
}  # fmt: skip
NAMES = (
    "Bright Homes", "Lindqvist Fastigheter", "Casa Bella Imóveis", "Harbour & Hill", "Nordic Nest", "Ångström Mäkleri", "Prime Lettings",
    "Maison Dubois", "Keller Immobilien", "Blue Door Estates", "山田不動産", "Oak Street Realty", "Vista Verde", "Fjord Homes", "Studio Kamera",
)  # fmt: skip
ASKS = {
    "correction": (
        "Correction: the sky in image 4589 is far too purple, our brief says natural blue.",
        "Correction\nWindow view in the living room is blown out on 3 and 7. We ordered window pull.",
        "Correction - you removed the lamp in the kitchen, it belongs to the house. Please put it back.",
        "Hi! Correction please, vertical lines are leaning in the hallway photo (img 12).",
    ),
    "amendment": (
        "Amendment: please add a lawn instead of the gravel on the front photo.",
        "Amendment. The owner changed her mind, could you stage the bedroom in a lighter style?",
        "Amendment: make images 1-6 a little brighter than last time, the agent likes it airy.",
    ),
    "feedback": (
        "Feedback: beautiful work on the twilight photos, thank you!",
        "Feedback\nDelivery was fast, colours a touch cold for our taste.",
    ),
    "update": ("Update on order: please also edit the drone photo I uploaded this morning.",),
    "request": ("When will order be ready? The open house is tomorrow at ten.", "Could you send me the invoice for October again?"),
    "unclassified": ("Hello, is anybody there", "See attachment"),
    "mixed": ("Correction for image 2 (dust spots), amendment for image 5: remove the car as well.",),
}
WEIGHTS = {"correction": 40, "amendment": 25, "feedback": 12, "update": 6, "request": 10, "unclassified": 4, "mixed": 3}
EXTRA = ["kitchen", "window", "sofa", "bedroom", "garage", "garden", "facade", "roof", "driveway", "bathroom", "mirror", "curtain", "carpet", "lamp", "plant", "balcony", "stairs", "terrace", "pool", "reflection", "shadow", "contrast", "exposure", "straighten", "crop", "brighter", "darker", "warmer", "cooler", "blur", "noise", "colour", "cast", "sunset", "clouds", "grass", "furniture", "virtual", "staging", "floor", "plan", "measurement", "label", "room", "closet", "fireplace", "chimney", "fence", "gate", "agent", "listing", "open", "house"]  # fmt: skip
PAGE = 500


@dataclass(frozen=True, slots=True)
class Filled:
    """What is there: numbers of tickets that wait, newest last, and the clients by size."""

    open: tuple[int, ...]
    clients: tuple[str, ...]


def fill(db: Database, count: int, now: datetime, *, waiting: int = 40, seed: int = 7) -> Filled:
    """`count` tickets of the year before `now`, of which the newest `waiting` are open; needs an empty database at this schema."""
    rand = random.Random(seed)
    clients = [f"C{n:05}" for n in range(1, max(16, count // 50) + 1)]
    with db.transaction() as c:
        for login, (name, roles) in PEOPLE.items():
            people.add(c, login, now, name=name, email=f"{login}@studio.example", roles=roles)
    _orders(db, rand, clients, count, now)
    first = True
    opened: list[int] = []
    for begin in range(0, count, PAGE):
        with db.transaction() as c:
            rows = [_one(rand, clients, n, count, waiting, now) for n in range(begin, min(begin + PAGE, count))]
            ids = tickets.reserve(c, len(rows))
            made = [replace(t, id=id_) for t, id_ in zip(rows, ids, strict=True)]
            opened += [t.id for t in made if t.is_open]
            _write(c, rand, made, now)
            if first:
                _people_wrote(c, made)
                first = False
    with db.transaction() as c:
        _outbox(c, opened, now)
        _aside(c, now)
        for place in ("support", "orders"):
            mailboxes.seen(c, place, now - timedelta(seconds=12), None)
    return Filled(open=tuple(opened), clients=tuple(clients))


def client_name(client: str) -> str:
    n = int(client[1:])
    return NAMES[n % len(NAMES)] + ("" if n < len(NAMES) else f" {n}")


def _orders(db: Database, rand: random.Random, clients: list[str], count: int, now: datetime) -> None:
    """Three orders for each ticket, more for large clients; an address for each client."""
    manager = Person(id="tom", name="Tom Hale", emails=("tom@studio.example",))
    shapes: list[tuple[int, str]] = []
    for many in (3, 8, 20):
        images = tuple(OrderImage(id=f"{4500 + i}", name=f"IMG_{i}.jpg") for i in range(many))
        who = Person(id="CLIENT", name="CLIENT", emails=("CLIENT@client.example",))
        order = Order(
            id="o-N", number="1000N", status="delivered", client=who, images=images, placed_at=now, as_of=now, account_manager=manager
        )
        shapes.append((many, facts.order_text(order)))
    total = min(3 * count, 60_000)
    for begin in range(0, total, PAGE):
        rows = []
        for n in range(begin, min(begin + PAGE, total)):
            client, placed = _client(rand, clients), now - timedelta(days=rand.uniform(0.2, 364))
            many, text = rand.choice(shapes)
            text = text.replace("o-N", f"o-{n}").replace("1000N", str(10000 + n)).replace("CLIENT", client)
            rows.append({"place": "orders", "id": f"o-{n}", "number": str(10000 + n), "client": client, "placed_at": placed, "as_of": now,
                         "json": text, "images": many})  # fmt: skip
        with db.transaction() as c:
            c.execute(insert(order_fact), rows)
    book = [
        {"address": f"{k.lower()}@client.example", "client": k, "name": client_name(k), "source": "order", "added_at": now} for k in clients
    ]
    with db.transaction() as c:
        c.execute(insert(address), book)


def _client(rand: random.Random, clients: list[str]) -> str:
    """Few large ones, many small ones."""
    return clients[min(int(rand.expovariate(6 / len(clients))), len(clients) - 1)]


def _one(rand: random.Random, clients: list[str], n: int, count: int, waiting: int, now: datetime) -> Ticket:
    client = _client(rand, clients)
    kind: Any = rand.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
    order = str(10000 + rand.randrange(max(1, min(3 * count, 60_000))))
    number = count - n  # 1 is the newest
    if number <= waiting:
        age = timedelta(minutes=0.7 * number + rand.random() * 3)
    else:
        age = timedelta(days=363 * ((number - waiting) / (count - waiting)) ** 1.6 + rand.random() * 0.3, hours=1)
    at = now - age
    wait = timedelta(minutes=min(90, rand.lognormvariate(1.9, 0.55)))
    base = tickets.opened(0, Decision(outcome="open_ticket", kind=kind), rand.choice(("email", "email", "order_comment")), at, at)
    owner = rand.choice(("anna", "marco", "sofia", "anna", None))
    base = replace(
        base, client=client, client_name=client_name(client), client_address=f"{client.lower()}@client.example", order=order,
        order_ids=(f"o-{int(order) - 10000}",), subject=f"Order {order}", queue="coordinators", trust="known", owner=owner,
        claimed=kind if kind in ("correction", "amendment", "feedback") else None, images=("4589", "4590")[: rand.randint(0, 2)],
    )  # fmt: skip
    return _waits(rand, base, number, now) if number <= waiting else _is_over(rand, base, wait)


def _waits(rand: random.Random, t: Ticket, number: int, now: datetime) -> Ticket:
    """Every state and flag occurs among the first twenty."""
    at = t.opened_at
    read = {"read_at": at + timedelta(minutes=4), "owner": t.owner or "anna"}
    cases: list[dict[str, Any]] = [
        {"owner": None}, {"owner": None, "flags": ("no_keyword",), "kind": "unclassified", "claimed": None}, {},
        {"owner": None, "trust": "unknown", "queue": "unverified", "flags": ("unverified",), "client": "", "order": None, "order_ids": (),
         "client_name": "Somebody Unknown", "client_address": "somebody@elsewhere.example"},
        {"clock_started_at": now - timedelta(minutes=27), "flags": ("urgent",), "kind": "request"},
        {**read, "state": "read", "kind": "correction"}, {**read, "state": "read", "kind": "mixed", "claimed": None},
        {**read, "state": "scheduled", "assessed": "correction", "assessed_at": now, "delivery_time": now + timedelta(hours=rand.uniform(1, 30))},
        {**read, "state": "in_work", "assessed": "amendment", "assessed_at": now, "delivery_time": now + timedelta(minutes=50)},
        {**read, "state": "waiting_for_agreement", "assessed": "amendment", "assessed_at": now, "charge_amount": "40", "charge_currency": "EUR"},
        {"dispute_level": 1, "flags": ("dispute",), "kind": "correction"}, {"flags": ("not_english",), "owner": None},
        {**read, "state": "in_work", "assessed": "correction", "assessed_at": now, "delivery_time": now - timedelta(minutes=35)},
        {**read, "state": "waiting_for_client"}, {"flags": ("looks_like_amendment",), "kind": "correction", "claimed": "correction"},
    ]  # fmt: skip
    return replace(t, **cases[number % len(cases)])


def _is_over(rand: random.Random, t: Ticket, wait: timedelta) -> Ticket:
    read = t.opened_at + wait
    work = t.kind in ("correction", "amendment", "mixed")
    assessed: Any = rand.choices(("correction", "amendment"), (7, 3))[0] if t.kind in ("correction", "mixed") else None
    assessed = assessed or ("amendment" if t.kind == "amendment" else "feedback" if t.kind == "feedback" else None)
    due = read + timedelta(hours=rand.choice((6, 12, 24)))
    delivered = due - timedelta(hours=rand.gauss(2.5, 2)) if work else None
    return replace(
        t, read_at=read, owner=t.owner or "anna", state="closed", assessed=assessed, assessed_at=read + timedelta(minutes=9) if assessed else None,
        assessed_by="priya" if assessed else None, delivery_time=due if work else None, delivered_at=delivered,
        closed_at=(delivered + timedelta(days=14)) if delivered else read + timedelta(hours=1),
    )  # fmt: skip


def _write(c: Connection, rand: random.Random, made: list[Ticket], now: datetime) -> None:
    ids = [row[0] for row in c.execute(insert(message).returning(message.c.id, sort_by_parameter_order=True), [_message(t) for t in made])]
    made = [replace(t, newest_message=id_) for t, id_ in zip(made, ids, strict=True)]
    tickets.insert(c, made, now)
    c.execute(insert(message_detail), [_detail(rand, t, id_) for t, id_ in zip(made, ids, strict=True)])
    c.execute(insert(ticket_message), [{"message": id_, "ticket": t.id} for t, id_ in zip(made, ids, strict=True)])
    opened = {"actor": "mailbot", "what": "open_ticket", "data": "{}"}
    c.execute(insert(ticket_log), [{**opened, "ticket": t.id, "message": id_, "at": t.opened_at} for t, id_ in zip(made, ids, strict=True)])
    read = [{"ticket": t.id, "started_at": t.clock_started_at, "read_at": t.read_at, "actor": t.owner} for t in made if t.read_at]
    if read:
        c.execute(insert(reading), read)
    mails = [
        NewAction(
            key=f"M-{id_}:acknowledgement", kind="email", to=t.client_address, payload=b"mail", state="sent", ticket=t.id, message=id_,
            template="acknowledgement", message_id=f"<ack-{id_}@studio.example>", counted=False, due_at=t.opened_at,
        )
        for t, id_ in zip(made, ids, strict=True)
    ]  # fmt: skip
    outbox.queue(c, mails, now)


def _message(t: Ticket) -> dict[str, Any]:
    return {
        "fingerprint": f"filled-{t.id}", "source": t.channel, "place": "support", "received_at": t.opened_at, "kept_at": t.opened_at,
        "size": 2000, "state": "on_ticket", "message_id": f"<{t.id}@client.example>", "sender": t.client_address, "subject": t.subject,
        "handled_at": t.opened_at,
    }  # fmt: skip


def _detail(rand: random.Random, t: Ticket, message_id: int) -> dict[str, Any]:
    text = rand.choice(ASKS[t.kind]) + "\n" + " ".join(rand.choices(EXTRA, k=rand.randint(5, 45)))
    attachments = [{"name": "photo.jpg", "content_type": "image/jpeg", "size": 80_000, "sha256": "0" * 64, "inline": False}]
    parsed = json.dumps({"attachments": attachments if rand.random() < 0.1 else []}, separators=(",", ":"))
    return {"message": message_id, "schema": 1, "text": text, "parsed_json": parsed, "findings_json": "{}", "decision_json": "{}"}


def _people_wrote(c: Connection, made: list[Ticket]) -> None:
    for t in made[:3]:
        note = {
            "ticket": t.id,
            "actor": "anna",
            "what": "note",
            "at": t.opened_at,
            "data": json.dumps({"text": "Rang the agent about the keys"}),
        }
        c.execute(insert(ticket_log), [note])
        search.touch(c, [t.id])


def _outbox(c: Connection, opened: list[int], now: datetime) -> None:
    """One of each state that a person may have to look at."""
    whys = {
        "held": "replies.mode is hold: a person releases each reply", "suppressed": "known_address_hour: 60 of 60 are spent (P42)",
        "gave_up": "550 5.1.1 no such user here", "uncertain": "the connection was lost after the mail was handed over", "queued": "",
    }  # fmt: skip
    for n, (state, because) in enumerate(whys.items()):
        for k in range(2):
            id_ = opened[(2 * n + k) % len(opened)] if opened else None
            to = f"c0000{n + 1}@client.example"
            begun: Any = state if state in ("held", "suppressed", "queued") else "queued"
            [row] = outbox.queue(c, [NewAction(key=f"{state}-{k}", kind="email", to=to, payload=b"mail", state=begun, ticket=id_, template="read",
                                               because=because, due_at=now + timedelta(minutes=3))], now)  # fmt: skip
            if begun != state:
                c.execute(action.update().where(action.c.id == row).values(state=state, because=because, attempts=3))


def _aside(c: Connection, now: datetime) -> None:
    lost = [
        ReceivedMessage(
            source="email", sighting=Sighting(place="support", uidvalidity=1, uid=uid), received_at=now - timedelta(hours=uid),
            raw=b"unreadable", fingerprint=f"unreadable-{uid}", size=10,
        )
        for uid in (1, 2)
    ]  # fmt: skip
    kept = journal.keep(c, lost, now)
    for one in kept:
        journal.set_aside(c, one.id, "its MIME structure is nested deeper than 100 parts", now)
