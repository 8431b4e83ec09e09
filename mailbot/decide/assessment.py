"""What a Quality Supervisor decides, and what the client says of a charge (P12, P23-P25, P30, P34)."""

from __future__ import annotations

from dataclasses import replace

from mailbot.decide.news import Told, news, read_items
from mailbot.decide.promise import promised
from mailbot.decide.step import Step, because, manager_address, missing, notice, notices
from mailbot.model.act import ActDecision, Refused
from mailbot.model.decision import Effect, Reason
from mailbot.model.money import Money
from mailbot.model.ticket import Ticket, TicketState

HINTS = ("looks_like_amendment", "looks_like_correction")
SETTLED = ("dispute", *HINTS, "no_keyword")


def assess(step: Step) -> ActDecision | Refused:
    """Correction (free), Amendment (a charge is possible) or Feedback (no work), with reason and plan."""
    refused = _fault(step) or _somebody_else_decides(step)
    if refused:
        return refused
    if step.act.kind == "feedback":
        return _feedback(step)
    after = _assessed(step)
    if step.act.due_at is None:
        return _told(step, after, (), ())
    if after.state == "waiting_for_agreement":
        return Refused(because="the work waits for the client's agreement: set the delivery time once they agreed (P24)")
    return _with_time(step, after)


def plan(step: Step) -> ActDecision | Refused:
    """How to proceed, changed after the assessment."""
    text = step.act.plan.strip() or step.act.text.strip()
    if not text:
        return missing("the plan", "Say in one line how to proceed")
    after = step.read(plan=text)
    told = Told(items=(*read_items(step.context), "plan"), because="how to proceed has changed (P23)")
    effects = _to_production(step, after, charge_changed=False)
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=because("policy P23", f"plan: {text}"))


def agree(step: Step) -> ActDecision | Refused:
    """A person records that the client agreed; the bot infers it from no text."""
    ticket, quote = step.ticket, step.act.text.strip()
    if ticket.charge is None:
        return Refused(because=f"ticket {ticket.id} has no charge to agree to")
    if ticket.agreement == "agreed":
        return Refused(because=f"the client agreed already: {ticket.agreement_quote}")
    if not quote:
        return missing("the quote of the client", "Quote how they agreed")
    after = step.read(agreement="agreed", agreement_quote=quote, state=_after_agreement(ticket))
    told = Told(items=(*read_items(step.context), "agreed"), because="the client's agreement was recorded (P24)")
    effects = _agreement_told(ticket, "the client agreed to the charge (P24)")
    why = because("policy P24", f"{step.person.login} records the agreement: {quote}")
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=why)


def object_(step: Step) -> ActDecision | Refused:
    """A person records that the client objects: a dispute, for another supervisor than the first."""
    ticket, quote = step.ticket, step.act.text.strip()
    if ticket.charge is None:
        return Refused(because=f"ticket {ticket.id} has no charge to object to")
    if not quote:
        return missing("the quote of the client", "Quote how they objected")
    flags = tuple(dict.fromkeys((*ticket.flags, "dispute")))
    after = step.read(agreement="objected", agreement_quote=quote, dispute_level=ticket.dispute_level + 1, flags=flags, decider=None)
    told = Told(items=(*read_items(step.context), "disputed"), because="the client's objection was recorded (P30)")
    effects = notices(step.context, ("supervisors", "account_manager"), "dispute", "the client objects to the charge (P30)")
    why = because("policy P30", f"{step.person.login} records the objection: {quote}")
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=why)


def _fault(step: Step) -> Refused | None:
    act, ticket = step.act, step.ticket
    if act.kind is None:
        return missing("the kind", "Decide correction, amendment or feedback")
    if not act.reason.strip():
        return missing("the reason", "The client and the next supervisor read it")
    if act.kind != "feedback" and not act.plan.strip():
        return missing("the plan", "Say in one line how to proceed; production and client are told")
    if act.charge is not None and act.kind != "amendment":
        return Refused(because=f"a {act.kind} is free of charge; only an amendment can cost (P23)")
    if act.charge is not None and act.charge.amount <= 0:
        return Refused(because="a charge must be more than nothing; leave it out where the work is free")
    if act.kind == "feedback" and "looks_like_change" in ticket.flags:
        return Refused(because="the client asks for a change: assess it as correction or amendment; it is never closed as feedback (P34)")
    return None


def _somebody_else_decides(step: Step) -> Refused | None:
    """P30: not the first supervisor again, unless the Account Manager chose them."""
    ticket, login = step.ticket, step.person.login
    if not ticket.dispute_level or ticket.decider == login:
        return None
    if ticket.decider:
        return Refused(because=f"the Account Manager chose {ticket.decider} to decide this dispute (P30)", by_role=True)
    if login not in step.context.assessors:
        return None
    supervisors = {p.login for p in step.context.colleagues if "quality_supervisor" in p.roles}
    others = ", ".join(sorted(supervisors - set(step.context.assessors)))
    remedy = f"It is for {others}" if others else "Nobody else is there: the Account Manager chooses who decides (mailbot assign)"
    return Refused(
        because=f"{login} assessed it before, and the client disagrees: another supervisor decides (P30). {remedy}", by_role=True
    )


def _feedback(step: Step) -> ActDecision:
    """Thanked, no work; the order is set back where the button had reopened it (P25)."""
    ticket = step.ticket
    after = step.read(
        assessed="feedback", kind="feedback", assessed_by=step.person.login, assessed_at=step.now, reason=step.act.reason.strip(),
        state="closed", closed_at=step.now, flags=_unsettled(ticket), owner=ticket.owner or step.person.login,
    )  # fmt: skip  # what the assessment sets, then what follows
    reopened = [o for o in step.context.orders if o.status == "reopened"] if step.context.capabilities.close else []
    effects = tuple(
        Effect(kind="close", order_id=o.id, reason="feedback", because="reopened for feedback only (P25)", after_reply=True)
        for o in reopened
    )
    told = Told(items=(*read_items(step.context), "feedback"), because="thanked for the feedback (P25)")
    reasons = because("policy P25", f"feedback: {step.act.reason.strip()}")
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=reasons)


def _assessed(step: Step) -> Ticket:
    act, ticket = step.act, step.ticket
    waits = act.charge is not None and ticket.claimed != "amendment"
    return step.read(
        assessed=act.kind,
        kind=act.kind,
        assessed_by=step.person.login,
        assessed_at=step.now,
        reason=act.reason.strip(),
        plan=act.plan.strip(),
        charge_amount=str(act.charge.amount) if act.charge else "",
        charge_currency=act.charge.currency if act.charge else "",
        agreement="asked" if act.charge else "none",
        agreement_asked_at=step.now if act.charge else None,
        agreement_quote="",
        reminded_at=None,
        warned_at=None,
        state="waiting_for_agreement" if waits else _state_of_work(ticket),
        flags=_unsettled(ticket),
        owner=ticket.owner or step.person.login,
    )


def _state_of_work(ticket: Ticket) -> TicketState:
    return ticket.state if ticket.state in ("scheduled", "in_work") else "assessed"


def _after_agreement(ticket: Ticket) -> TicketState:
    return "assessed" if ticket.state == "waiting_for_agreement" else ticket.state


def _unsettled(ticket: Ticket) -> tuple[object, ...]:
    return tuple(f for f in ticket.flags if f not in SETTLED)


def _told(step: Step, after: Ticket, more_items: tuple[str, ...], more_effects: tuple[Effect, ...]) -> ActDecision:
    changed = step.ticket.claimed == "correction" and after.assessed == "amendment"
    told = Told(
        items=(*read_items(step.context), "assessed", *more_items),
        because=f"assessed as {after.assessed} (P23)",
        after="delivery_time" if more_items and more_effects else None,
        previous=step.ticket.delivery_time,
        snippets=("expectations",) if changed else (),
    )
    effects = (*(more_effects or _to_production(step, after, charge_changed=step.ticket.charge != after.charge)), *_dispute_told(step))
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=_reasons(step, after))


def _with_time(step: Step, after: Ticket) -> ActDecision | Refused:
    """Assessment and delivery time in one step: one call of the order system, one message to the client."""
    timed = promised(step, after)
    if isinstance(timed, Refused):
        return timed
    effects = tuple(replace(e, charge=after.charge or _taken_back(step, after), plan=after.plan) for e in timed.effects)
    decided = _told(step, timed.after, ("delivery_time",), effects)
    return replace(decided, reasons=(*decided.reasons, *timed.reasons))


def _reasons(step: Step, after: Ticket) -> tuple[Reason, ...]:
    said = [Reason("policy P23", f"{step.person.login} assessed it as {after.assessed}: {after.reason.rstrip('.')}; plan: {after.plan}")]
    if step.ticket.claimed and step.ticket.claimed != after.assessed:
        said.append(Reason("policy P23", f"the client had claimed {step.ticket.claimed}; both are kept"))
    if after.charge:
        waits = "the work waits for agreement" if after.state == "waiting_for_agreement" else "the work goes on (claimed as amendment)"
        said.append(Reason("policy P24", f"a charge of {after.charge}: {waits}"))
    if step.ticket.dispute_level:
        said.append(Reason("policy P30", f"dispute {step.ticket.dispute_level} decided by {step.person.login}"))
    return tuple(said)


def _to_production(step: Step, after: Ticket, *, charge_changed: bool) -> tuple[Effect, ...]:
    """Plan and charge stand on the order; where the order system cannot keep them, production reads an internal comment."""
    if not after.order_ids or step.context.order_system is None:
        return ()
    order_id, why = after.order_ids[0], "production reads how to proceed (P23)"
    if not step.context.capabilities.delivery_time:
        return (Effect(kind="order_comment", order_id=order_id, text_template="internal_assessed", because=why),)
    charge = (after.charge or _taken_back(step, after)) if charge_changed else None
    return (Effect(kind="delivery_time", order_id=order_id, reason=after.reason, charge=charge, plan=after.plan, because=why),)


def _taken_back(step: Step, after: Ticket) -> Money | None:
    """A charge that is no more is set to nothing: the contract knows no other way to take it back."""
    before = step.ticket.charge
    return Money(before.amount * 0, before.currency) if before and after.charge is None else None


def _agreement_told(ticket: Ticket, why: str) -> tuple[Effect, ...]:
    if not ticket.order_ids:
        return ()
    return (Effect(kind="order_comment", order_id=ticket.order_ids[0], text_template="internal_agreed", because=why),)


def _dispute_told(step: Step) -> tuple[Effect, ...]:
    address = manager_address(step.context)
    return (notice(address, "dispute_decided", "the dispute was decided (P30)"),) if step.ticket.dispute_level and address else ()
