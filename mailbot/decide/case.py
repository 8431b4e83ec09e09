"""What every part of a decision looks at, and the list in which it writes down why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailbot.model.context import Context
from mailbot.model.decision import Reason, Trust
from mailbot.model.finding import Findings
from mailbot.model.message import Address, ParsedMessage
from mailbot.model.order import Order
from mailbot.model.rulebook import RuleBook


@dataclass(slots=True)
class Trail:
    """Reasons in the order in which they were found; hits and misses both."""

    reasons: list[Reason] = field(default_factory=list)

    def add(self, by: str, because: str) -> None:
        self.reasons.append(Reason(by, because or "the check gave no words"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message with everything that may be known of it. `writer` is the author, or whom a colleague's forward came from (P8)."""

    message: ParsedMessage
    found: Findings
    context: Context
    rules: RuleBook
    now: datetime
    writer: Address | None
    forwarded: bool = False
    trail: Trail = field(default_factory=Trail)

    @property
    def by_comment(self) -> bool:
        return self.message.source == "order_comment"

    @property
    def is_old(self) -> bool:
        """It came before the place went live (P9)."""
        return self.context.go_live is not None and self.context.received_at < self.context.go_live

    def says(self, request: str) -> bool:
        return request in self.found.requests.names


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who the client is. `address` is where replies go ("" where none is known), `client` an id or, for strangers, the address."""

    trust: Trust
    client: str
    name: str = ""
    address: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Which of the client's own orders are meant. `ids` and `numbers` run parallel, main order first.

    `orders` holds the facts that could be read; `waiting`: facts may still answer which order is meant.
    """

    ids: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    waiting: bool = False

    @property
    def main(self) -> Order | None:
        return self.orders[0] if self.orders else None
