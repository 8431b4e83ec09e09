"""Returns of the last weeks, finished and under way, so that a fresh demo looks like a day in the middle of the work.

Everything lies more than a day back: who starts to read the feed now has nothing of it to answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailbot.reference import store
from mailbot.reference.buttons import charge_words
from mailbot.reference.database import stamp
from mailbot.reference.store import NewComment

Step = Callable[[sqlite3.Connection, str, datetime], None]
FIRST_NUMBER = 10221
FIRST_IMAGE = 4400
MARIA, TOM, INES = "s1", "s2", "s3"


@dataclass(frozen=True, slots=True)
class Past:
    """One order and its steps: hours ago and what happened then; it was placed `placed` hours ago."""

    client: str
    product: str
    style: str
    rooms: tuple[str, ...]
    placed: float
    steps: tuple[tuple[float, Step], ...]
    targets: tuple[str, ...] = ("Client portal",)
    specifications: str = ""
    address: str = ""
    variables: dict[str, Any] = field(default_factory=lambda: {"brightness": 3, "contrast": 3, "saturation": 3})


def tell(c: sqlite3.Connection, now: datetime) -> None:
    """Places the orders of PAST and lets everything happen in the order of its time."""
    happened: list[tuple[datetime, str, Step]] = []
    for n, past in enumerate(PAST):
        order_id = f"o{FIRST_NUMBER + n}"
        happened.append((now - timedelta(hours=past.placed), order_id, _places(n, past)))
        happened += [(now - timedelta(hours=ago), order_id, step) for ago, step in past.steps]
    for at, order_id, step in sorted(happened, key=lambda entry: entry[0]):
        step(c, order_id, at)


def _places(n: int, past: Past) -> Step:
    first = FIRST_IMAGE + 10 * n
    images = [{"id": str(first + i), "name": f"IMG_{first + i}.jpg", "room": room} for i, room in enumerate(past.rooms)]

    def step(c: sqlite3.Connection, _order_id: str, at: datetime) -> None:
        fields = {
            "number": str(FIRST_NUMBER + n), "client": past.client, "product": past.product, "style": past.style,
            "variables": past.variables, "specifications": past.specifications, "images": images, "targets": list(past.targets),
            "address": past.address, "due_at": stamp(at + timedelta(hours=12)),
        }  # fmt: skip
        store.place_order(c, fields, stamp(at))

    return step


def _works(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
    store.move(c, order_id, "in_production", stamp(at))


def _is_cancelled(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
    store.move(c, order_id, "cancelled", stamp(at))


def _delivers(*places: int) -> Step:
    """The images at these places of the order; none: all."""

    def step(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
        ids = _images(c, order_id)
        store.deliver(c, order_id, stamp(at), [ids[place] for place in places])

    return step


def _client(body: str, *, reopens: bool = False, redistribution: bool = False) -> Step:
    """`{0}`, `{1}` in the words are the order's image numbers."""

    def step(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
        new = _by_client(c, order_id, body.format(*_images(c, order_id)), rejects=reopens, redistribution=redistribution)
        store.add_comment(c, new, stamp(at))

    return step


def _answers(answer: str, reason: str = "") -> Step:
    """The client's button under the charge."""

    def step(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
        charge = charge_words(store.order(c, order_id))
        body = f"I agree to the charge of {charge}." if answer == "agreed" else f"I object to the charge of {charge}: {reason}"
        store.add_comment(c, _by_client(c, order_id, body, charge_answer=answer, charge=charge), stamp(at))

    return step


def _says(who: str, body: str, *, internal: bool = False) -> Step:
    def step(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
        visibility = "internal" if internal else "client"
        words = body.format(*_images(c, order_id))
        store.add_comment(c, NewComment(order_id=order_id, role="staff", author=who, body=words, visibility=visibility), stamp(at))

    return step


def _sets(*, ready: float | None = None, charge: str = "", plan: str = "") -> Step:
    """`ready`: hours after this step. `charge`: euros, "" leaves the charge as it is."""

    def step(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
        change: dict[str, Any] = {"plan": plan.format(*_images(c, order_id))} if plan else {}
        if ready is not None:
            change["due_at"] = stamp((at + timedelta(hours=ready)).replace(minute=0, second=0, microsecond=0))
        if charge:
            change["charge"] = {"amount": charge, "currency": "EUR"} if charge != "0" else None
        store.set_delivery(c, order_id, change, stamp(at))

    return step


def _sends_again(c: sqlite3.Connection, order_id: str, at: datetime) -> None:
    request = {"requested_by": "the client", "quote": "Please redistribute the delivered files.", "targets": [], "images": []}
    store.redistribute(c, order_id, request, stamp(at))


def _images(c: sqlite3.Connection, order_id: str) -> list[str]:
    return [str(i["id"]) for i in json.loads(store.order(c, order_id)["images"])]


def _by_client(c: sqlite3.Connection, order_id: str, body: str, **pressed: Any) -> NewComment:
    client = store.order(c, order_id)["client"]
    return NewComment(order_id=order_id, role="client", author=client, body=body, visibility="client", **pressed)


READ = "We have read your comment. A Quality Supervisor assesses it now.\n\nStudio North support"
PAST = (
    Past("k1", "Image Enhancement", "Natural", ("Living room", "Kitchen", "Bedroom"), 240, (
        (236, _works),
        (228, _delivers()),
        (204, _client("Correction: image {0} is much brighter than the style Natural, and {2} is tilted.", reopens=True)),
        (203.8, _says(MARIA, READ)),
        (203, _sets(ready=6, plan="Brightness of {0} as ordered, {2} straightened.")),
        (203, _says(MARIA, "You are right, this is a Correction and free of charge. The new files will be ready this evening.")),
        (198, _delivers(0, 2)),
        (197.9, _says(MARIA, "The new files of {0} and {2} are delivered. They are not redistributed unless you ask for it.")),
        (190, _client("Feedback: perfect now, thank you!")),
    ), address="Lindenweg 12"),
    Past("k2", "Item Removal", "Signature", ("Living room", "Exterior garden"), 200, (
        (190, _delivers()),
        (170, _client("Amendment: please also remove the garden hose and the toys in image {1}.", reopens=True)),
        (169.8, _says(MARIA, READ)),
        (169, _sets(charge="40.00", plan="Hose and toys in the garden are removed.")),
        (169, _says(MARIA, "These items were not on the order, so this is an Amendment: 40.00 EUR. Please agree or object above.")),
        (167, _answers("agreed")),
        (166.5, _sets(ready=8)),
        (160, _delivers(1)),
        (150, _client("Please redistribute the delivered files to Client portal, HomeFinder feed.", redistribution=True)),
        (149, _sends_again),
        (149, _says(MARIA, "The files were redistributed to Client portal and HomeFinder feed.")),
    ), targets=("Client portal", "HomeFinder feed"), address="9 Rue des Tilleuls"),
    Past("k3", "Virtual Staging", "Magazine", ("Living room", "Bedroom", "Kitchen"), 180, (
        (168, _delivers()),
        (150, _client("Correction: the sofa in image {0} is grey, the order says beige.", reopens=True)),
        (149.7, _says(TOM, READ)),
        (149, _sets(charge="25.00", plan="The sofa is changed to beige.")),
        (149, _says(TOM, "We did not find a colour on the order, so we assessed it as an Amendment: 25.00 EUR.")),
        (148, _answers("objected", "It stands in the specifications, last line.")),
        (147, _says(TOM, "Second assessment by Ines: the line was overlooked, no charge.", internal=True)),
        (147, _sets(charge="0", ready=6)),
        (147, _says(INES, "You are right and we apologise: this is a Correction, there is no charge.")),
        (141, _delivers(0)),
    ), specifications="Modern furniture. Warm colours.\nSofa: beige.", address="88 Ocean Drive"),
    Past("k4", "Day to Dusk", "Twilight", ("Exterior front", "Exterior garden"), 60, (
        (50, _delivers()),
        (30, _client("Correction: please light the windows in image {0} and add the moon in {1}.", reopens=True)),
        (29.8, _says(TOM, READ)),
        (29, _sets(ready=36, charge="30.00", plan="Windows are lit free of charge; the moon is added once you agree.")),
        (29, _says(TOM, "The windows are a Correction. The moon was not on the order: an Amendment of 30.00 EUR. Do you agree?")),
        (26, _sets(ready=38)),
        (26, _says(TOM, "The moon needs a second artist, so the files will be ready later than we said. We are sorry.")),
    ), targets=("Agency system",), address="12 Harbour Street"),
    Past("k5", "Image Enhancement", "Bright and Airy", ("Living room", "Bathroom", "Kitchen", "Bedroom"), 70, (
        (58, _delivers()),
        (34, _client("Correction: the walls in {0} and {3} have a yellow cast.", reopens=True)),
        (33.9, _says(INES, READ)),
        (33, _sets(ready=40, plan="White balance of both images as in the others.")),
        (33, _says(INES, "This is a Correction and free of charge.")),
        (32, _works),
    ), address="Via Verdi 21"),
    Past("k6", "Image Enhancement", "Signature", ("Exterior front", "Living room"), 120, (
        (110, _delivers()),
        (100, _client("Feedback: the sellers loved the front picture. Please thank the artist!")),
        (99.9, _says(INES, "Thank you, we passed it on.")),
    ), targets=("Client portal", "HomeFinder feed"), address="Havnegade 3"),
    Past("k7", "Floor Plan", "Natural", ("Floor plan",), 90, (
        (88, _client("Please cancel this order, the house is sold.")),
        (87, _is_cancelled),
        (87, _says(TOM, "The order is cancelled, nothing is charged.")),
    ), address="5 Bay View"),
    Past("k8", "Virtual Staging", "Natural", ("Living room", "Bedroom"), 40, (
        (38, _works),
        (31, _client("Could the bedroom be staged as an office, please?")),
        (30.9, _says(MARIA, READ)),
        (30.5, _says(MARIA, "Production changes {1} to an office.", internal=True)),
        (30, _sets(ready=44)),
    ), address="Dlouhá 14"),
)  # fmt: skip
