"""The company's own people (P8): on the timeline, never answered; a client's mail that they forward counts as the client's."""

from __future__ import annotations

from mailbot.decide.case import Case
from mailbot.model.context import Context
from mailbot.model.decision import Decision, Effect, TicketChange
from mailbot.model.finding import Findings
from mailbot.model.message import Address, ParsedMessage
from mailbot.model.ticket import Ticket


def writer_of(message: ParsedMessage, findings: Findings, context: Context) -> tuple[Address | None, bool]:
    """Who speaks, and whether a colleague forwarded their words."""
    if context.colleague is not None and may_forward(message, findings):
        return message.forwarded, True
    return message.sender, False


def may_forward(message: ParsedMessage, findings: Findings) -> bool:
    """Whether the words are somebody else's if a colleague sent it. Under a failed proof no colleague sent it."""
    return message.source == "email" and message.forwarded is not None and findings.sender.proof != "failed"


def is_staff(case: Case) -> bool:
    """A failed proof is no colleague: somebody uses the address."""
    comment = case.message.comment
    if comment is not None:
        return comment.role == "staff"
    return case.context.colleague is not None and case.found.sender.proof != "failed"


def staff(case: Case) -> Decision:
    """Joins the ticket of the thread or order; without one it is kept and nothing is opened."""
    ticket, comment = _ticket(case), case.message.comment
    if ticket is None:
        case.trail.add("policy P8", "a colleague wrote, and there is no ticket to put it on: recorded, no reply")
        return Decision(outcome="record_only", reasons=tuple(case.trail.reasons))
    seen = comment is not None and comment.visibility == "client"
    says = "the client sees it, so a person has replied" if seen else "an internal note"
    case.trail.add("policy P8", f"a colleague wrote on ticket {ticket.id}: {says}; no automatic reply")
    return Decision(
        outcome="join_ticket",
        kind=ticket.kind,
        queue=ticket.queue,
        owner=ticket.owner,
        trust="authenticated",
        join=ticket.id,
        change=TicketChange(staff_replied=seen, by_staff=True),
        effects=_tell_owner(case, ticket),
        reasons=tuple(case.trail.reasons),
    )


def _ticket(case: Case) -> Ticket | None:
    comment = case.message.comment
    orders = {comment.order_id} if comment else {*case.found.orders.numbers, *(o.id for o in case.context.orders)}
    fitting = [
        t for t in case.context.tickets
        if t.id in case.context.thread_tickets or orders & {*t.order_ids, t.order}
    ]  # fmt: skip
    return min(fitting, key=lambda t: (not t.is_open, -t.id), default=None)


def _tell_owner(case: Case, ticket: Ticket) -> tuple[Effect, ...]:
    colleague = case.context.colleague
    if ticket.owner is None or (colleague and colleague.login == ticket.owner):
        return ()
    return (Effect(kind="notify", to=ticket.owner, text_template="colleague_wrote", because="a colleague wrote on your ticket (P8)"),)
