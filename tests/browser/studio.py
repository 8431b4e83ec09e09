"""Returns as a photo studio gets them, on top of a filled desk: one ticket for each thing that a ticket page can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from mailbot.demo.photos import photo
from mailbot.model.act import Act
from mailbot.model.money import money
from mailbot.model.order import Order, OrderImage, Person
from mailbot.model.visitor import Origin
from mailbot.record import addresses
from mailbot.workflow import people
from mailbot.workflow.acts import act
from tests.browser.conftest import Site
from tests.desk.mails import arrived
from tests.returns.stage import ALL_CAN
from tests.support.fake_orders import FakeOrders

HTML = (
    '<p>Correction for order <b>70231</b>: the hallway is too dark.</p><p><img src="cid:shot" alt="screenshot"></p>'
    '<p><a href="https://holmvik.example/album">our album</a> <a href="https://evil.example/x">https://dropbox.com/s/1</a></p>'
    '<p><img src="https://pictures.example/logo.png" alt="Logo"></p>'
)
SKY = """Correction for order 70230

Hello,
the sky on image 4589 is far too purple, we ordered the Natural style. On image 4590 you removed the lamp above the kitchen table. It \
belongs to the house, please put it back.

When will it be ready? The open house is on Saturday morning.

Kind regards
Clara Holm, Holm & Vik Fastigheter"""


def take_returns_in(site: Site) -> dict[str, int]:
    """What each ticket is there to show -> its number. Adds `olga`, who may do everything."""
    _company(site)
    made = {name: _mail(site, name, n) for n, name in enumerate(MAILS) if name != "a dispute"}
    parts = site.service.parts

    def does(who: str, verb: Any, ticket: str, **more: Any) -> None:
        act(parts, Act(verb=verb, ticket=made[ticket], **more), who)

    for name in ("at work", "waits for agreement", "delivered, redistribution requested", "over"):
        does("anna", "take", name)
    does("anna", "note", "at work", text="Rang Clara: the lamp is the one that matters for Saturday.")
    fix = {"kind": "correction", "reason": "The delivered sky differs from the ordered style."}
    does("sofia", "assess", "at work", **fix, plan="4589: natural sky. 4590: bring the lamp back.", due_at=_from_now(26))
    does("sofia", "assess", "waits for agreement", kind="amendment", reason="Staging was not on the order.", plan="Stage the bedroom",
         charge=money("40 EUR"))  # fmt: skip
    for name in ("delivered, redistribution requested", "over"):
        does("sofia", "assess", name, **fix, plan="Straighten 4590", due_at=_from_now(26))
        does("anna", "start", name)
    does("anna", "redistribute", "delivered, redistribution requested", text="Please send it to the portal again.")
    does("anna", "deliver", "delivered, redistribution requested")
    does("anna", "deliver", "over")
    made["a dispute"] = _mail(site, "a dispute", len(MAILS))
    does("anna", "close", "over", reason="The client goes on in another ticket.")
    return made


MAILS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unread": ("70229", "Correction for order 70229: image 4590 is much brighter than the ordered style.", {}),
    "at work": ("70230", SKY, {"photos": 2}),
    "a mail with everything in it": ("70231", "Correction for order 70231: the hallway is too dark.", {"html": HTML, "photos": 1, "odd": True}),
    "waits for agreement": ("70232", "Correction for order 70232: stage the bedroom of image 4589 in a lighter style.", {}),
    "delivered, redistribution requested": ("70233", "Correction for order 70233: image 4590 is not straight. Please send it to the portal again.", {}),
    "over": ("70235", "Correction for order 70235: image 4589 is not straight.", {}),
    "a dispute": ("70235", "Correction for order 70235: image 4589 is still not straight, as I wrote before!", {}),
    "unverified": ("", "Correction: the sky is too dark.", {"sender": "somebody@elsewhere.example"}),
    "not in English": ("70234", "Korrektur zu Auftrag 70234: Der Himmel auf Bild 4589 ist viel zu dunkel, bitte heller machen.", {}),
}  # fmt: skip
"""What it shows -> order, words, more (html, photos, odd: a file nobody should open, sender)."""


def _company(site: Site) -> None:
    manager = Person(id="tom", name="Tom Hale", emails=("tom@studio.example",))
    clara = Person(id="holmvik", name="Clara Holm", emails=("clara@holmvik.example",))
    rooms = ("facade", "kitchen", "hallway", "bedroom")
    order = Order(
        id="", number="", status="delivered", client=clara, style="Natural", variables=(("Brightness", "2"), ("Window pull", "yes")),
        specifications="Natural blue sky. Keep all lamps and furniture.", product="Image editing, 24 photos", account_manager=manager,
        images=tuple(OrderImage(id=f"{4589 + n}", name=f"IMG_{4589 + n}.jpg", room=room) for n, room in enumerate(rooms)),
        placed_at=_from_now(-70), delivered_at=_from_now(-20), distribution_targets=("portal",),
    )  # fmt: skip
    orders = [replace(order, id=f"o{number}", number=str(number)) for number in range(70229, 70236)]
    site.service.parts.order_system = FakeOrders.of(orders, ALL_CAN)
    with site.db.transaction() as c:
        addresses.add(c, "clara@holmvik.example", "holmvik", "Clara Holm", "order", site.db.now(c))
    roles = ["coordinator", "quality_supervisor", "account_manager", "admin"]
    people.add(site.db, "olga", name="Olga Lindström", email="olga@studio.example", roles=roles, order_system_id="", origin=Origin())


def _from_now(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def _mail(site: Site, name: str, number: int) -> int:
    order, text, more = MAILS[name]
    made = EmailMessage()
    sender = more.get("sender", "clara@holmvik.example")
    if sender.endswith("holmvik.example"):
        made["Authentication-Results"] = "mx.studio.example; dmarc=pass header.from=holmvik.example"
    made["From"] = f"Clara Holm <{sender}>"
    made["To"] = "support@studio.example"
    made["Subject"] = f"Order {order}: the photos" if order else "The photos"
    made["Message-ID"] = f"<return-{number}@holmvik.example>"
    made.set_content(text)
    if more.get("html"):
        made.add_alternative(more["html"], subtype="html")
        body = made.get_body(("html",))
        assert isinstance(body, EmailMessage)
        body.add_related(photo(0, (300, 200)), maintype="image", subtype="jpeg", cid="<shot>", disposition="inline", filename="shot.jpg")
    for k in range(more.get("photos", 0)):
        made.add_attachment(photo(k), maintype="image", subtype="jpeg", filename=f"IMG_{4589 + k}.jpg")
    if more.get("odd"):
        made.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="invoice.pdf.exe")
    ticket, _ = arrived(site.service, made, at=datetime.now(UTC) - timedelta(minutes=12 - number))
    return ticket
