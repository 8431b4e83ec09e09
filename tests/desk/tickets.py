"""A desk with a client's returns on it: Anna's delivered order 10231, and mails of hers, handled by the real workflow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.record import addresses, journal
from mailbot.workflow.handle import handle
from tests.desk.conftest import World
from tests.returns.stage import ALL_CAN
from tests.support.fake_orders import FakeOrders
from tests.walks.world import made_of

BRIGHT = "Correction: image 4589 of order 10231 is much brighter than the ordered style."


def with_orders(world: World) -> FakeOrders:
    """Anna is known, and her order has a style, variables and an Account Manager."""
    given = made_of({"orders": [{"style": "Natural", "specifications": "Blue sky in windows", "product": "Image editing"}]})
    order = replace(given.orders[0], variables=(("Brightness", "2"), ("window_pull", True)), account_manager=given.company.account_manager)
    system = FakeOrders.of([order], ALL_CAN)
    world.service.parts.order_system = system
    with world.db.transaction() as c:
        addresses.add(c, "anna@agency.example", "anna", "Anna Berg", "kim", world.db.now(c))
    return system


def anna_writes(world: World, text: str = BRIGHT, subject: str = "Order 10231", number: int = 1, minutes_ago: float = 7) -> None:
    """A mail with a proof of its sender, received some minutes ago and handled."""
    raw = (
        "Authentication-Results: mx.studio.example; dmarc=pass header.from=agency.example\n"
        f"Message-ID: <m{number}@agency.example>\nFrom: Anna Berg <anna@agency.example>\nTo: support@studio.example\n"
        f"Date: Wed, 25 Nov 2026 12:00:00 +0000\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()
    with world.db.transaction() as c:
        now = world.db.now(c)
        sighting = Sighting(place="support", uidvalidity=1, uid=number)
        at = now - timedelta(minutes=minutes_ago)
        journal.keep(
            c,
            [ReceivedMessage(source="email", sighting=sighting, received_at=at, fingerprint=fingerprint(raw), raw=raw, size=len(raw))],
            now,
        )
    while handle(world.service.parts):
        pass
