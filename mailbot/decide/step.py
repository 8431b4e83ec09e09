"""What every act looks at, and the small values that many of them return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailbot.model.act import Act, ActContext, ActDecision, Refused
from mailbot.model.context import Colleague
from mailbot.model.decision import Effect, Reason
from mailbot.model.order import Person
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Ticket

WORK = frozenset({"correction", "amendment", "mixed"})
DELIVERED = frozenset({"delivered", "closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act of a person on one ticket. `person` is never None here."""

    act: Act
    context: ActContext
    person: Colleague
    rules: RuleBook
    now: datetime

    @property
    def ticket(self) -> Ticket:
        return self.context.ticket

    @property
    def undo_until(self) -> datetime:
        """Before this nothing that the person caused is sent (issue: undo)."""
        return self.now + timedelta(seconds=self.context.company.undo_seconds)

    def read(self, **changes: Any) -> Ticket:
        """The ticket with these fields changed, read by a person (P21, P22)."""
        newest = self.context.newest
        seen = newest.message if newest else self.ticket.confirmed_message
        return replace(self.ticket, read_at=self.ticket.read_at or self.now, confirmed_message=seen, **changes)

    def decided(self, after: Ticket, **more: Any) -> ActDecision:
        """The act's effects wait as long as it can be taken back."""
        stops = self.ticket.read_at is None and after.read_at is not None
        return ActDecision(after=after, due_at=self.undo_until, stops_clock=stops, **more)


def because(by: str, text: str) -> tuple[Reason, ...]:
    return (Reason(by, text),)


def missing(name: str, remedy: str) -> Refused:
    return Refused(because=f"{name} is missing. {remedy}")


def manager_of(context: ActContext) -> Person | None:
    """The order's Account Manager, else the configured one (P33)."""
    return (context.main.account_manager if context.main else None) or context.company.account_manager


def manager_address(context: ActContext) -> str:
    manager = manager_of(context)
    return manager.emails[0] if manager and manager.emails else ""


def notice(to: str, template: str, why: str) -> Effect:
    return Effect(kind="notify", to=to, text_template=template, because=why)


def notices(context: ActContext, recipients: tuple[str, ...], template: str, why: str) -> tuple[Effect, ...]:
    """One notice to each: `owner` (or the ticket's queue), `queue`, `supervisors`, `account_manager`, a queue, a login, an address."""
    named = {
        "owner": (context.ticket.owner or context.ticket.queue,),
        "queue": (context.ticket.queue,),
        "supervisors": _supervisors(context) or ("quality",),
        "account_manager": (manager_address(context),),
    }
    whom = dict.fromkeys(to for r in recipients for to in named.get(r, (r,)))
    return tuple(notice(to, template, why) for to in whom if to)


def _supervisors(context: ActContext) -> tuple[str, ...]:
    """Those who are there; the queue of quality where nobody is."""
    return tuple(p.login for p in context.colleagues if p.on_shift and "quality_supervisor" in p.roles)
