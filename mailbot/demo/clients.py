"""The demo's clients: they write the samples by mail and as order comments, as the real ones would, and go on writing for a minute."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mailbot.demo.mail_server import MailServer
from mailbot.demo.samples import SAMPLES, Sample, comment, mail
from mailbot.reference import store
from mailbot.reference.database import Database
from mailbot.reference.store import Row

MORE = (
    "Correction: image {image} is darker than the others, please brighten it.",
    "Amendment: could you also remove the bin next to the door in image {image}?",
    "Feedback: image {image} is our favourite picture of the year!",
    "Correction: the vertical lines in image {image} are still tilted.",
)


@dataclass(slots=True)
class Clients:
    """Writes samples. `asked` holds the Message-IDs of our answers by address, so that a client can answer them."""

    server: MailServer
    orders: Database
    support: str
    asked: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[tuple[int, str, int], tuple[Row, str]] = field(default_factory=dict)

    def choose(self) -> None:
        """Each sample's order is chosen before the first is written: what comes of one sample must not move another's order."""
        with self.orders.reading() as c:
            people = store.people(c, "client")
            for sample in SAMPLES:
                self.chosen[_about(sample)] = _order(c, people[sample.client % len(people)], sample)

    def write(self, sample: Sample) -> str:
        """Sends one sample; returns the address of its writer."""
        with self.orders.reading() as c:
            people = store.people(c, "client")
            person = people[sample.client % len(people)]
            order, image = self.chosen.get(_about(sample)) or _order(c, person, sample)
        address = json.loads(person["emails"])[0]
        if sample.channel == "email":
            sender = sample.sender or f"{person['name']} <{address}>"
            answers = self.asked.get(address, []) if sample.subject.startswith("Re:") else []
            raw = mail(sample, sender, self.support, datetime.now(UTC), order=order["number"], image=image, answers=answers)
            automatic = any(name == "Auto-Submitted" for name, _ in sample.headers)
            self.server.deliver(self.support, raw, "" if automatic else sender.rpartition("<")[2].rstrip(">"))
            return sender.rpartition("<")[2].rstrip(">")
        self._comment(
            order["id"], person["id"], comment(sample, order=order["number"], image=image), sample.channel == "comment_and_reopen"
        )
        return str(address)

    def write_all(self, pause: float, stop: threading.Event) -> None:
        """Every sample once, in order."""
        for sample in SAMPLES:
            if stop.is_set():
                return
            self.write(sample)
            stop.wait(pause)

    def keep_writing(self, seconds: float, stop: threading.Event) -> None:
        """Then more of the same, by random clients, until the time is over."""
        chance = random.Random(4)
        for number in range(int(seconds / 3)):
            if stop.wait(3):
                return
            body = chance.choice(MORE)
            channel = chance.choice(("email", "comment_and_reopen"))
            subject = f"{body.partition(':')[0]} for order {{order}}"
            self.write(Sample(what="more", channel=channel, client=number, order=chance.randrange(2), subject=subject, body=body + "\n"))  # type: ignore[arg-type]  # one of the two words

    def _comment(self, order_id: str, author: str, body: str, rejects: bool) -> None:
        with self.orders.writing() as c:
            new = store.NewComment(order_id=order_id, role="client", body=body, visibility="client", author=author, rejects=rejects)
            store.add_comment(c, new, self.orders.now())


def seed_orders(path: Path) -> Database:
    """A fresh order system with clients, orders and the returns of the last weeks."""
    from mailbot.reference import seed

    seed(path, past=True)
    return Database(path)


def _about(sample: Sample) -> tuple[int, str, int]:
    return sample.client, sample.status, sample.order


def _order(c: object, person: Row, sample: Sample) -> tuple[Row, str]:
    """The writer's order that the sample is about, and an image of it."""
    mine: Sequence[Row] = store.orders_where(c, "client_id", person["id"], 50)  # type: ignore[arg-type]  # reference's own connection
    fitting = [o for o in mine if o["status"] == sample.status] or [o for o in mine if o["status"] == "delivered"] or list(mine)
    order = fitting[sample.order % len(fitting)]
    images = json.loads(order["images"])
    return order, (images[sample.order % len(images)].get("name") or images[0]["id"]).rpartition(".")[0] if images else ""
