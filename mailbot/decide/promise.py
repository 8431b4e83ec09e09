"""The delivery time that a client is promised: set, changed, kept (P26-P28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.decide.delivery_time import Load, Proposal, check_given, in_the_past, propose
from mailbot.decide.news import Told, news, read_items
from mailbot.decide.step import WORK, Step, because, notices
from mailbot.model.act import ActContext, ActDecision, Refused
from mailbot.model.decision import Effect, Reason
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Ticket


def proposal(context: ActContext, rules: RuleBook, now: datetime) -> Proposal:
    """What the desk shows beside the field, and what `delivery-time` without a time takes."""
    main, ticket = context.main, context.ticket
    return propose(
        rules, kind=ticket.kind, product=main.product if main else "", load=Load(before=context.before), previous=ticket.delivery_time,
        precision=context.capabilities.delivery_precision, now=now,
    )  # fmt: skip  # what it is for, then when


def delivery_time(step: Step) -> ActDecision | Refused:
    """A person confirms the proposal or changes it; the client hears of it after the order system took it."""
    ticket = step.ticket
    if ticket.state == "read" and ticket.kind in WORK:
        return Refused(because=f"ticket {ticket.id} is not assessed; a Quality Supervisor assesses it first (P23)")
    decided = promised(step, step.read(owner=ticket.owner or step.person.login))
    if isinstance(decided, Refused):
        return decided
    told = Told(
        items=(*read_items(step.context), "delivery_time"),
        because="a new delivery time (P26)",
        after="delivery_time" if decided.effects else None,
        previous=ticket.delivery_time,
    )
    return replace(decided, news=news(step.context, told, step.now))


def promised(step: Step, after: Ticket) -> ActDecision | Refused:
    """The ticket with its new time, and the call that sets it in the order system; nothing is told yet."""
    due_at, reasons = step.act.due_at, tuple[Reason, ...]()
    if due_at is None:
        proposed = proposal(step.context, step.rules, step.now)
        due_at, reasons = proposed.due_at, proposed.reasons
    if fault := in_the_past(due_at, step.now):
        return Refused(because=f"the delivery time {due_at.isoformat()} {fault}")
    doubts = check_given(step.rules, due_at, step.now, step.ticket.delivery_time) if step.act.due_at else ()
    reasons = (*reasons, *(Reason("rules/delivery_times.toml", doubt) for doubt in doubts))
    why = "confirmed as proposed" if step.act.due_at is None else "set by hand"
    state = after.state if after.state == "in_work" else "scheduled"
    return step.decided(
        with_time(replace(after, state=state), due_at, step.now),
        effects=_set_in_order_system(step, after, due_at),
        reasons=(Reason("policy P26", f"delivery time {due_at.isoformat()}: {why}"), *reasons),
    )


def with_time(ticket: Ticket, due_at: datetime, now: datetime) -> Ticket:
    """A new promise: nobody was warned of it yet, and the client was told of no delay."""
    return replace(ticket, delivery_time=due_at, delivery_time_set_at=now, warned_at=None, late_told_at=None, next_news_at=None)


def deliver(step: Step) -> ActDecision | Refused:
    """A person says that the new files are delivered, where the order system told nothing."""
    ticket = step.ticket
    if ticket.state == "read" and ticket.kind in WORK:
        return Refused(because=f"ticket {ticket.id} is not assessed; a Quality Supervisor assesses it first (P23)")
    after = delivered(step.read(), step.now)
    why = because("policy P28", f"{step.person.login} says that the new files are delivered")
    told = Told(template="delivered", because="the new files are delivered (P28)")
    return step.decided(after, effects=waiting_redistribution(step.context), news=news(step.context, told, step.now), reasons=why)


def delivered(ticket: Ticket, at: datetime) -> Ticket:
    return replace(ticket, state="delivered", delivered_at=at, next_news_at=None)


def waiting_redistribution(context: ActContext) -> tuple[Effect, ...]:
    """A redistribution that was asked for in advance waited for this (P29)."""
    if context.ticket.redistribution != "requested":
        return ()
    return notices(context, ("owner",), "redistribution_waits", "the client asked for a redistribution, and the new files are there (P29)")


def _set_in_order_system(step: Step, after: Ticket, due_at: datetime) -> tuple[Effect, ...]:
    if not after.order_ids or step.context.order_system is None or not step.context.capabilities.delivery_time:
        return ()
    main = step.context.main
    return (
        Effect(
            kind="delivery_time",
            order_id=after.order_ids[0],
            due_at=due_at,
            reason=step.act.reason or "a new delivery time",
            plan=after.plan,
            etag=main.etag if main else "",
            seen_due_at=main.due_at if main else None,
            seen_charge=main.charge if main else None,
            because="the order system takes the time first, then the client hears of it (P26)",
        ),
    )
