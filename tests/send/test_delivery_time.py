"""A delivery time that is refused because the order was changed: what somebody else set is never overwritten, our own plan is no obstacle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mailbot.errors import Unavailable
from mailbot.model.money import Money
from mailbot.model.order import Order, Person
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain
from mailbot.model.ticket import Action
from mailbot.send.order_action import idempotency_key, perform

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SEEN, WANTED, OTHER = NOW + timedelta(days=1), NOW + timedelta(days=2), NOW + timedelta(days=3)
EUR40, EUR45 = Money(Decimal("40.00"), "EUR"), Money(Decimal("45.00"), "EUR")
KEY = idempotency_key("T-1.2:delivery_time")


@dataclass
class System:
    """An order of the version `new`, and what it answers to the version `old`; who asks by `new` is answered `then`."""

    stands: Order
    refusal: Outcome = field(default_factory=lambda: GiveUp("412 the order was changed", changed=True))
    then: Outcome = field(default_factory=Sent)
    away: bool = False
    keys: list[str] = field(default_factory=list)

    def order(self, _order_id: str) -> Order:
        if self.away:
            raise Unavailable("The order system does not answer.")
        return self.stands

    def set_delivery(self, *given: Any, now: datetime) -> Outcome:
        *_, etag, key = given
        self.keys.append(key)
        return self.then if etag == "new" else self.refusal


def order(**more: Any) -> Order:
    return replace(Order(id="o1", number="1", status="ordered", client=Person(id="k1"), due_at=SEEN, etag="new"), **more)


def ask(system: System, without: str = "", **more: Any) -> Outcome:
    payload = {"order_id": "o1", "due_at": WANTED.isoformat(), "etag": "old", "seen_due_at": SEEN.isoformat(), **more}
    payload.pop(without, None)
    action = Action(
        id=17, key="T-1.2:delivery_time", kind="delivery_time", state="sending", ticket=1, message=None, template="", place="orders",
        to="", message_id="", payload=json.dumps(payload).encode(), attempts=1, created_at=NOW, due_at=NOW,
    )  # fmt: skip
    return perform(system, action, NOW)  # type: ignore[arg-type]  # as much of an order system as it asks


def test_our_own_change_of_the_order_is_no_obstacle_and_the_second_request_has_a_key_of_its_own() -> None:
    """A system that keeps its refusals under their key would answer the second request with the first's 412."""
    system = System(order())
    assert ask(system) == Sent()
    first, second = system.keys
    assert (first, len(set(system.keys))) == (KEY, 2)
    assert second.startswith(f"{KEY}-")
    assert len(second) <= 128
    assert ask(system) == Sent()
    assert system.keys[2:] == [first, second], "a repetition after a kill bears the same keys"
    system.stands = order(etag="newer")
    ask(system)
    assert system.keys[-1] not in (first, second), "another version is another request"


CHARGE = {"charge": {"amount": "40.00", "currency": "EUR"}, "seen_charge": None}
DECIDED: list[tuple[str, Order, dict[str, Any], str]] = [
    ("somebody else set a time", order(due_at=OTHER), {}, "delivery time meanwhile: 2026-11-29 00:00 UTC; it was 2026-11-27 00:00 UTC"),
    ("somebody else took the time back", order(due_at=None), {}, "delivery time meanwhile: none; it was 2026-11-27 00:00 UTC"),
    ("somebody else set the first time", order(), {"seen_due_at": None}, "meanwhile: 2026-11-27 00:00 UTC; it was none"),
    ("somebody else set a charge", order(charge=EUR45), CHARGE, "charge meanwhile: 45.00 EUR; it was none"),
    ("somebody else took the charge back", order(), {**CHARGE, "seen_charge": CHARGE["charge"]}, "meanwhile: none; it was 40.00 EUR"),
]


@pytest.mark.parametrize(("who", "stands", "more", "words"), DECIDED, ids=[row[0] for row in DECIDED])
def test_what_somebody_else_set_meanwhile_is_told_in_words_and_left_to_a_person(
    who: str, stands: Order, more: dict[str, Any], words: str
) -> None:
    system = System(stands)
    outcome = ask(system, **more)
    assert isinstance(outcome, GiveUp), who
    assert words in outcome.because
    assert "set the delivery time on the ticket once more" in outcome.because
    assert system.keys == [KEY]


def test_a_charge_that_this_one_does_not_touch_is_in_nobodys_way() -> None:
    assert ask(System(order(charge=EUR45)), charge=None, seen_charge=None) == Sent()
    assert ask(System(order(charge=EUR40)), charge=CHARGE["charge"], seen_charge=CHARGE["charge"]) == Sent()


ONCE: list[tuple[str, System, dict[str, Any], type[Outcome]]] = [
    ("another refusal", System(order(), refusal=GiveUp("422 no such time")), {}, GiveUp),
    ("an order system that is busy", System(order(), refusal=TryAgain("503")), {}, TryAgain),
    ("an order without versions", System(order(etag="")), {}, GiveUp),
    ("an order of the same version", System(order(etag="old")), {}, GiveUp),
    ("an order that cannot be read now", System(order(), away=True), {}, TryAgain),
]


@pytest.mark.parametrize(("why", "system", "more", "outcome"), ONCE, ids=[row[0] for row in ONCE])
def test_only_a_version_conflict_is_asked_twice(why: str, system: System, more: dict[str, Any], outcome: type[Outcome]) -> None:
    assert isinstance(ask(system, **more), outcome), why
    assert system.keys == [KEY]


def test_an_order_that_changes_twice_is_left_to_a_person() -> None:
    system = System(order(), then=GiveUp("412 again", changed=True))
    assert ask(system) == GiveUp("412 again", changed=True)
    assert len(system.keys) == 2


def test_a_row_of_before_that_does_not_say_what_was_seen_is_left_to_a_person() -> None:
    system = System(order())
    assert isinstance(ask(system, without="seen_due_at"), GiveUp)
    assert system.keys == [KEY]
