"""What every walk needs at hand. Built by wiring, shared by all threads; `live` is swapped as a whole between batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from mailbot.model.context import Company
from mailbot.model.message import OwnMarks
from mailbot.model.order import Capabilities
from mailbot.model.rulebook import RuleBook
from mailbot.order_system.contract import OrderSystem
from mailbot.record.database import Database
from mailbot.render import Templates

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Live:
    """Rules and templates in force: two immutable values that belong together."""

    rules: RuleBook
    templates: Templates


@dataclass(slots=True)
class Breaker:
    """Stops asking a server for a while after three failures in a row, so that no mail waits for it."""

    failures: int = 0
    closed_until: float = 0.0  # monotonic seconds
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, now: float) -> bool:
        return now >= self.closed_until


class Signal:
    """An event with an own flag for each waiter, so that one who wakes takes nothing from the others."""

    def __init__(self) -> None:
        self._flags: dict[str, threading.Event] = {}

    def set(self) -> None:
        for flag in list(self._flags.values()):
            flag.set()

    def wait(self, waiter: str, seconds: float) -> None:
        """Until somebody calls `set` or the time is over."""
        flag = self._flags.setdefault(waiter, threading.Event())
        flag.wait(seconds)
        flag.clear()


@dataclass(slots=True)
class Wake:
    """Events that say there is work: a hint only, every waiter also looks by itself."""

    handle: Signal = field(default_factory=Signal)
    drain: Signal = field(default_factory=Signal)

    def all(self) -> None:
        self.handle.set()
        self.drain.set()


@dataclass(slots=True)
class Parts:
    """`holder` names this process in leases; `go_live` holds the configured times by place (unset: stored at the first poll).

    `marks` are the own marks by mailbox: each trusts its own mail server's Authentication-Results. `owed` are claimed messages that
    could not be given back while the database was away.
    """

    db: Database
    company: Company
    own: OwnMarks
    live: Live
    holder: str
    order_system: OrderSystem | None = None
    from_address: str = ""
    marks: Mapping[str, OwnMarks] = field(default_factory=dict)
    notify_addresses: tuple[str, ...] = ()
    notify_urls: tuple[str, ...] = ()
    go_live: Mapping[str, datetime] = field(default_factory=dict)
    on_uncertain: str = "hold"
    capabilities: tuple[Capabilities, float] | None = None  # with the monotonic time of the answer
    breaker: Breaker = field(default_factory=Breaker)
    wake: Wake = field(default_factory=Wake)
    owed: set[int] = field(default_factory=set)
    tell: Callable[[str, Mapping[str, object]], None] = lambda _event, _facts: None
