"""The facts that a batch needs from the order system, read outside any transaction.

From the cache table first, then from the system within a budget; no answer never delays a message: it is decided without facts
(`facts_pending`) and enrich fills them in later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from mailbot.errors import NotFound, Unavailable
from mailbot.model.finding import Findings
from mailbot.model.message import ParsedMessage
from mailbot.model.order import Capabilities, Order
from mailbot.order_system.contract import OrderSystem, WrongShape
from mailbot.record import addresses, context, facts
from mailbot.workflow.parts import Breaker, Parts, log

T = TypeVar("T")

REQUEST_SECONDS = 1.5
BATCH_SECONDS = 1.5  # once anything failed; a system that answers is asked for the whole batch
BREAK_AFTER = 3
CAPABILITIES_SECONDS = 300
# Until it says what it can: everything that we do to an order. What it cannot is refused by it and shown, never silently left out.
ASSUMED = Capabilities(reopen=True, close=True, client_visible_comments=True, delivery_time=True, redistribution=True)
BREAK_FOR_SECONDS = 30


@dataclass(slots=True)
class Facts:
    """What is known of the orders of a batch. `orders` by id; `ids` leads from every number and id that was answered to an id."""

    orders: dict[str, Order] = field(default_factory=dict)
    ids: dict[str, str | None] = field(default_factory=dict)
    by_client: dict[str, tuple[Order, ...]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    capabilities: Capabilities = field(default_factory=Capabilities)
    fresh: list[Order] = field(default_factory=list)
    fresh_clients: dict[str, tuple[Order, ...]] = field(default_factory=dict)

    def named(self, numbers: Iterable[str]) -> tuple[Order, ...]:
        """The orders behind these numbers or ids, each once."""
        found = (self.ids.get(n) for n in numbers)
        return tuple({i: self.orders[i] for i in found if i}.values())

    def unknown(self, numbers: Iterable[str]) -> tuple[str, ...]:
        """Numbers of which the order system said that there is no such order."""
        return tuple(n for n in numbers if n in self.ids and self.ids[n] is None)

    def pending(self, numbers: Iterable[str], sender: str) -> bool:
        return sender in self.unanswered or any(n in self.unanswered for n in numbers)

    def add(self, order: Order, *, fresh: bool) -> None:
        self.orders[order.id] = order
        self.ids[order.id] = order.id
        self.ids[order.number] = order.id
        if fresh:
            self.fresh.append(order)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one message needs: order numbers or ids, and the address whose client's orders matter ("" for order comments).

    `anew`: the client asks how the order stands, and what was read minutes ago may be wrong by now (P18).
    """

    numbers: tuple[str, ...]
    sender: str
    order_id: str = ""
    anew: bool = False


def wanted(message: ParsedMessage, found: Findings, ids_of_thread: Sequence[str], *, by_colleague: bool = False) -> Wanted:
    """Numbers in the text, the comment's own order, the orders of the thread's tickets.

    Only a colleague's forward speaks for whom it names (P8): anybody can write down a client's address.
    """
    own = (message.comment.order_id,) if message.comment else ()
    numbers = tuple(dict.fromkeys((*own, *ids_of_thread, *found.orders.numbers)))
    sender = message.sender.address if message.sender else ""
    if by_colleague and message.forwarded:
        sender = message.forwarded.address
    return Wanted(numbers[:10], sender, own[0] if own else "", anew="status" in found.requests.names)


def gather(parts: Parts, batch: Sequence[Wanted]) -> Facts:
    """Facts for a batch; takes at most about REQUEST_SECONDS longer than a healthy order system needs."""
    gathered = Facts()
    if parts.order_system is None:
        return gathered
    system = parts.order_system
    missing_numbers, missing_senders = _from_cache(parts, system, batch, gathered)
    _ask(parts, system, batch, missing_numbers, missing_senders, gathered)
    return gathered


def _from_cache(parts: Parts, system: OrderSystem, batch: Sequence[Wanted], gathered: Facts) -> tuple[dict[str, bool], list[str]]:
    numbers = {n: n == w.order_id for w in batch for n in w.numbers}
    with parts.db.reading() as c:
        now = parts.db.now(c)
        for order in facts.cached(c, system.name, list(numbers), now):
            gathered.add(order, fresh=False)
        senders = sorted({w.sender for w in batch if w.sender})
        gathered.by_client = facts.client_orders(c, system.name, senders, now)
    for orders in gathered.by_client.values():
        for order in orders:
            gathered.orders.setdefault(order.id, order)
    anew = {n for w in batch if w.anew for n in w.numbers} | {w.sender for w in batch if w.anew and not w.numbers}
    return (
        {n: is_id for n, is_id in numbers.items() if n not in gathered.ids or n in anew},
        [s for s in senders if s not in gathered.by_client or s in anew],
    )


def _ask(parts: Parts, system: OrderSystem, batch: Sequence[Wanted], numbers: dict[str, bool], senders: list[str], gathered: Facts) -> None:
    budget = _Budget(parts, time.monotonic())
    gathered.capabilities = _capabilities(parts, system, budget)
    for number, is_id in numbers.items():
        found = budget.spend(partial(_order, system, number, is_id))
        if found is None:
            gathered.unanswered |= {number} - gathered.ids.keys()
            continue
        gathered.ids[number] = found[0].id if found else None
        for order in found:
            gathered.add(order, fresh=True)
    proved = {w.sender for w in batch if any(w.sender in map(str.lower, o.client.emails) for o in gathered.named(w.numbers))}
    for sender in senders:
        if sender in proved:
            continue  # their own order is named: nothing depends on the others
        orders = budget.spend(partial(system.find_orders, client_email=sender, timeout=REQUEST_SECONDS))
        if orders is None:
            gathered.unanswered |= {sender} - gathered.by_client.keys()
            continue
        gathered.by_client[sender] = gathered.fresh_clients[sender] = orders
        for order in orders:
            gathered.add(order, fresh=True)


def _capabilities(parts: Parts, system: OrderSystem, budget: _Budget) -> Capabilities:
    """Asked every five minutes; without an answer the last one counts, and before the first one that the system can do its work."""
    now = time.monotonic()
    known = parts.capabilities
    if known is None or now - known[1] > CAPABILITIES_SECONDS:
        answer = budget.spend(partial(system.capabilities, timeout=REQUEST_SECONDS))
        if answer is not None:
            parts.capabilities = known = (answer, now)
    return known[0] if known else ASSUMED


def _order(system: OrderSystem, number: str, is_id: bool) -> tuple[Order, ...]:
    """An id is read as such; what a client wrote is looked up as a number first (numbers and ids may differ)."""
    if not is_id:
        found = system.find_orders(number=number, timeout=REQUEST_SECONDS)
        if found:
            return found
    try:
        return (system.order(number, timeout=REQUEST_SECONDS),)
    except NotFound:
        return ()


@dataclass(slots=True)
class _Budget:
    """Counts failures; after one, the batch has BATCH_SECONDS in all; a time-out or three failures open the breaker."""

    parts: Parts
    started: float
    failed: bool = False

    def spend(self, call: Callable[[], T]) -> T | None:
        """The answer, or None where there is none in time."""
        breaker = self.parts.breaker
        if not breaker.allows(time.monotonic()) or (self.failed and time.monotonic() - self.started > BATCH_SECONDS):
            return None
        asked = time.monotonic()
        try:
            answer = call()
        except WrongShape as error:  # the system is well, this one order is not: no reason to ask for no other
            log.warning("order_in_wrong_shape", because=str(error))
            return None
        except Unavailable as error:
            self.failed = True
            _count_failure(breaker, time.monotonic(), timed_out=time.monotonic() - asked >= REQUEST_SECONDS)
            log.warning("order_system_no_answer", because=str(error))
            return None
        breaker.failures = 0
        return answer


def _count_failure(breaker: Breaker, now: float, *, timed_out: bool) -> None:
    """A time-out counts as three failures: asking on would only make every batch wait again."""
    with breaker.lock:
        breaker.failures += BREAK_AFTER if timed_out else 1
        if breaker.failures >= BREAK_AFTER:
            breaker.closed_until = now + BREAK_FOR_SECONDS
            breaker.failures = 0


def remember(parts: Parts, gathered: Facts, c: context.Connection, now: datetime) -> None:
    """Puts what was read into the cache and the address book (both grow from every order read)."""
    if parts.order_system is not None and (gathered.fresh or gathered.fresh_clients):
        facts.store(c, parts.order_system.name, gathered.fresh, now)
        addresses.learn(c, gathered.fresh, parts.order_system.name, now)
        facts.store_client_orders(c, parts.order_system.name, gathered.fresh_clients, now)
