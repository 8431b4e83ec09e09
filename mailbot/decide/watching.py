"""What time brings: unread too long, a charge without an answer, a promise at risk, a ticket that is over (P21, P24, P27).

Each question looks at one ticket and gives a decision or None; `due` asks them in order and takes the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from mailbot.decide.delivery_time import next_news_at, tell_client_at, warn_at
from mailbot.decide.news import Told, news
from mailbot.decide.step import because, notices
from mailbot.model.act import ActContext, ActDecision
from mailbot.model.rulebook import RuleBook

Question = Callable[[ActContext, RuleBook, datetime], ActDecision | None]
PROMISED = frozenset({"assessed", "scheduled", "in_work"})


def due(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """What is to be done about this ticket now; None: nothing. Asked again until it gives None, each step happens once."""
    return next((d for ask in QUESTIONS if (d := ask(context, rules, now)) is not None), None)


def escalation(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """The next step of rules/escalation.toml, each told once; the clock runs from arrival until a person's act (P21)."""
    ticket = context.ticket
    if not ticket.is_open or ticket.read_at is not None or ticket.escalation >= len(rules.escalation):
        return None
    step = rules.escalation[ticket.escalation]
    waited = now - ticket.clock_started_at
    if waited < timedelta(minutes=step.minutes):
        return None
    why = f"nobody has read it within {step.minutes:g} minutes (P21)"
    after = replace(ticket, escalation=ticket.escalation + 1)
    reasons = because(f"rules/escalation.toml#{ticket.escalation + 1}", why)
    return ActDecision(after=after, effects=notices(context, step.tell, "escalation", why), reasons=reasons)


def unanswered_charge(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """No answer in 24 h: one reminder; after as long again the owner (P24)."""
    ticket = context.ticket
    if ticket.state != "waiting_for_agreement" or ticket.agreement != "asked" or ticket.agreement_asked_at is None:
        return None
    pause = timedelta(hours=rules.agreement_hours)
    if ticket.reminded_at is None:
        if now - ticket.agreement_asked_at < pause:
            return None
        told = Told(template="reminder", because="no answer to the charge (P24)", person=False)
        reasons = because("policy P24", f"no answer within {rules.agreement_hours:g} hours: one reminder")
        return ActDecision(after=replace(ticket, reminded_at=now), news=news(context, told, now), reasons=reasons)
    if ticket.warned_at is not None or now - ticket.reminded_at < pause:
        return None
    why = "no answer to the reminder either (P24)"
    effects = notices(context, ("owner",), "agreement_open", why)
    return ActDecision(after=replace(ticket, warned_at=now), effects=effects, reasons=because("policy P24", why))


def promise_at_risk(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """Coordinators are warned before a promise lapses (P27)."""
    ticket = context.ticket
    if ticket.state not in PROMISED or ticket.delivery_time is None or ticket.warned_at is not None:
        return None
    if now < warn_at(rules, ticket.delivery_time, ticket.delivery_time_set_at or ticket.opened_at):
        return None
    why = "the promised delivery time comes near (P27)"
    effects = notices(context, ("owner", "production"), "promise_at_risk", why)
    return ActDecision(after=replace(ticket, warned_at=now), effects=effects, reasons=because("policy P27", why))


def promise_missed(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """Never a silent miss: one honest update that says when the client hears next, and again then, until a person sets a time (P27)."""
    ticket = context.ticket
    if ticket.state not in PROMISED or ticket.delivery_time is None:
        return None
    set_at = ticket.delivery_time_set_at or ticket.opened_at
    when = ticket.next_news_at if ticket.late_told_at else tell_client_at(rules, ticket.delivery_time, set_at)
    if when is None or now < when:
        return None
    after = replace(ticket, late_told_at=now, next_news_at=next_news_at(rules, now), warned_at=ticket.warned_at or now)
    told = Told(template="delay", because="the promised delivery time will be missed (P27)", person=False)
    said = news(replace(context, ticket=after), told, now)
    effects = notices(context, ("owner", "supervisors", "account_manager"), "promise_missed", "the client was told of the delay (P27)")
    return ActDecision(after=after, news=said, effects=effects, reasons=because("policy P27", "no new time is set: the client is told so"))


def over(context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | None:
    """A delivered ticket without another word."""
    ticket = context.ticket
    if ticket.state != "delivered" or ticket.delivered_at is None:
        return None
    if now - ticket.delivered_at < timedelta(days=rules.close_after_days) or ticket.redistribution == "requested":
        return None
    why = because("rules/escalation.toml#close_after_days", f"{rules.close_after_days:g} days after the delivery")
    return ActDecision(after=replace(ticket, state="closed", closed_at=now), reasons=why)


QUESTIONS: tuple[Question, ...] = (escalation, unanswered_charge, promise_at_risk, promise_missed, over)
