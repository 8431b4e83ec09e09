"""What a message changes of money and files beyond its words: Agree, Object, Request redistribution (P24, P29).

A button of the order page speaks for itself; from text nothing is inferred but that a redistribution was asked for, which a person
then triggers.
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.decide.case import Case, Matched, Party
from mailbot.model.decision import Effect, TicketChange
from mailbot.model.ticket import Ticket

QUOTE_LENGTH = 500


def answers_charge(case: Case, ticket: Ticket | None) -> str:
    """`agreed` or `objected`, "" where no charge of this ticket was answered by a button."""
    comment = case.message.comment
    if comment is None or comment.charge_answer is None or ticket is None or ticket.charge is None:
        return ""
    return comment.charge_answer


def objects(case: Case) -> bool:
    comment = case.message.comment
    return comment is not None and comment.charge_answer == "objected"


def asks_redistribution(case: Case) -> bool:
    comment = case.message.comment
    return case.says("redistribution") or (comment is not None and comment.requests_redistribution)


def with_buttons(case: Case, who: Party, ticket: Ticket | None, change: TicketChange) -> TicketChange:
    """The change with what the buttons say; `ticket` None: a new one."""
    quote = _quote(case)
    if asks_redistribution(case) and who.trust != "unknown":
        trust = "order_comment" if case.by_comment else who.trust
        case.trail.add("policy P29", f"a redistribution is asked for (proof: {trust}); a person triggers it")
        change = replace(change, redistribution="requested", redistribution_quote=quote, redistribution_trust=trust)
    answer = answers_charge(case, ticket)
    if answer == "agreed" and ticket is not None:
        case.trail.add("policy P24", "the client pressed Agree: the charge is agreed to")
        state = "assessed" if ticket.state == "waiting_for_agreement" else change.state
        return replace(change, agreement="agreed", agreement_quote=quote, state=state)
    if answer == "objected":
        case.trail.add("policy P24", "the client pressed Object: a dispute")
        return replace(change, agreement="objected", agreement_quote=quote)
    return change


def agreement_told(case: Case, ticket: Ticket | None, matched: Matched, to: str) -> tuple[Effect, ...]:
    """The owner hears of the answer, and production of an agreement."""
    answer = answers_charge(case, ticket)
    if not answer:
        return ()
    told = Effect(kind="notify", to=to, text_template="agreed", because=f"the client {answer} (P24)")
    if answer == "objected" or not matched.ids:
        return (told,)
    comment = Effect(kind="order_comment", order_id=matched.ids[0], text_template="internal_agreed", because="the client agreed (P24)")
    return (comment, told)


def _quote(case: Case) -> str:
    return " ".join(case.message.text.split())[:QUOTE_LENGTH]
