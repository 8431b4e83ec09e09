"""Rules that operators edit (rules/*.toml), as one immutable value named by its content hash.

`words` (model/words) is what the checks read; the rest is what decide reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailbot.model.delivery import DeliveryRules
from mailbot.model.words import WordLists


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of rules/routing.toml: all given conditions must hold ("" or empty: any). First hit wins; hits and misses are recorded."""

    name: str
    queue: str
    kinds: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    trusts: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    waiting_over: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    name: str
    title: str
    method: str  # round_robin | least_loaded | none
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """rules/limits.toml: allowances of automatic acknowledgements and asks (P42)."""

    known_address_hour: int = 60
    known_address_day: int = 300
    unknown_address_hour: int = 5
    unknown_address_day: int = 20
    unknown_domain_hour: int = 60
    ticket_minutes: int = 10
    all_hour: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """When a person works: weekdays 0 = Monday, local times "HH:MM" in `time_zone`; `person` is a login."""

    person: str
    weekdays: tuple[int, ...]
    begins: str
    ends: str
    time_zone: str
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """A ticket that nobody read for so many minutes is told to these: owner (else the queue), queue, supervisors, account_manager, or
    the name of a queue, a login, an address (P21)."""

    minutes: float
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    hash: str
    words: WordLists
    routes: tuple[Route, ...] = ()
    queues: tuple[Queue, ...] = ()
    limits: Limits = field(default_factory=Limits)
    shifts: tuple[Shift, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    agreement_hours: float = 24
    close_after_days: float = 14
    answer_minutes: tuple[int, int] = (5, 20)
    busy_waiting: int = 30
    delivery: DeliveryRules = field(default_factory=DeliveryRules)

    @property
    def escalation_minutes(self) -> tuple[float, ...]:
        return tuple(step.minutes for step in self.escalation)

    def queue(self, name: str) -> Queue:
        return next((q for q in self.queues if q.name == name), Queue(name=name, title=name, method="none"))
