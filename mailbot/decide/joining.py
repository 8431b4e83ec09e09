"""Which ticket a message joins (P3, P5), which earlier one a new ticket follows, and what makes a dispute (P30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mailbot.decide import buttons
from mailbot.decide.case import Case, Matched, Party
from mailbot.model.ticket import Ticket

SAME_REQUEST = timedelta(hours=24)  # P3: "recently"
AFTER_DELIVERY = timedelta(days=30)  # P30
NEWS_STATES = frozenset({"delivered", "closed"})


@dataclass(frozen=True, slots=True)
class Joined:
    """`duplicate`: the same request once more, by another channel or twice (P3)."""

    ticket: Ticket
    duplicate: bool = False


def of_thread(case: Case, who: Party) -> Ticket | None:
    """The ticket that the thread leads to, open ones first, if this writer may touch it."""
    by_id = {t.id: t for t in case.context.tickets}
    found = [by_id[i] for i in case.context.thread_tickets if i in by_id]
    for ticket in sorted(found, key=lambda t: not t.is_open):
        if may_join(case, who, ticket):
            case.trail.add("policy P5", f"the thread leads to ticket {ticket.id}")
            return ticket
        case.trail.add("policy P5", f"the thread leads to ticket {ticket.id}, which is not this writer's: not joined")
    return None


def find(case: Case, who: Party, matched: Matched, thread: Ticket | None) -> Joined | None:
    """The ticket to join: by thread, by order, by the same words. None: a new one."""
    joined = _by_thread(case, thread) or _by_order(case, who, matched) or _by_words(case, who)
    if joined is None:
        case.trail.add("policy P5", "no open ticket fits: a new one")
    return joined


def may_join(case: Case, who: Party, ticket: Ticket) -> bool:
    """An unknown sender touches only tickets of the same address; a failed proof touches none (docs/security.md)."""
    if who.failed:
        return False
    sender = case.writer.address if case.writer else ""
    if who.trust == "unknown":
        return bool(sender) and sender in (ticket.client, ticket.client_address) and ticket.trust == "unknown"
    return _same_client(who, sender, ticket) or (who.trust == "token" and _answers_our_mail(case, ticket))


def earlier(case: Case, who: Party, matched: Matched) -> Ticket | None:
    """The newest ticket on the same order that is over: a new ticket is linked to it (P30)."""
    if who.trust == "unknown":
        return None
    over = [t for t in case.context.tickets if not t.is_open and on_order(t, matched)]
    return max(over, key=lambda t: t.id, default=None)


def disputed(case: Case, who: Party, matched: Matched, joined: Joined | None) -> Ticket | None:
    """The assessed ticket that this message disagrees with, or None. The button alone disputes nothing (P30)."""
    if who.trust == "unknown" or (joined and joined.duplicate):
        return None
    assessed = [t for t in case.context.tickets if t.assessed and on_order(t, matched) and may_join(case, who, t) and _alive(case, t)]
    if joined and joined.ticket.assessed and joined.ticket not in assessed:
        assessed.append(joined.ticket)
    for ticket in assessed:
        if case.says("dispute") or buttons.objects(case):
            case.trail.add("policy P30", f"the client disagrees with ticket {ticket.id}")
            return ticket
        if _same_images_again(case, ticket):
            case.trail.add("policy P30", f"a complaint about the same images after the fix of ticket {ticket.id} was delivered")
            return ticket
    case.trail.add("policy P30", "no dispute: " + ("nothing assessed to disagree with" if not assessed else "the client does not disagree"))
    return None


def on_order(ticket: Ticket, matched: Matched) -> bool:
    """Ticket and message share an order."""
    return bool({*ticket.order_ids, ticket.order} & {*matched.ids, *matched.numbers})


def fix_was_delivered(case: Case, matched: Matched) -> bool:
    return any(t.delivered_at is not None and on_order(t, matched) for t in case.context.tickets)


def _by_thread(case: Case, thread: Ticket | None) -> Joined | None:
    if thread is None:
        return None
    if thread.is_open:
        return Joined(thread, duplicate=thread.id in _same_words(case))
    if _only_kind_words(case):
        case.trail.add("policy P5", f"ticket {thread.id} is over; kind words are put on it and open nothing")
        return Joined(thread)
    case.trail.add("policy P5", f"ticket {thread.id} is over: a new return opens a new ticket")
    return None


def _by_order(case: Case, who: Party, matched: Matched) -> Joined | None:
    if who.trust == "unknown":
        return None
    delivered = matched.main is not None and matched.main.status in NEWS_STATES
    comment = case.message.comment
    answers = comment is not None and comment.charge_answer is not None  # joins the ticket whose charge it answers
    for ticket in sorted(case.context.tickets, key=lambda t: not (answers and t.agreement != "none")):
        if not (ticket.is_open and on_order(ticket, matched) and (may_join(case, who, ticket) or matched.orders)):
            continue
        if ticket.kind == "update" and delivered:
            case.trail.add("policy P4", f"ticket {ticket.id} was an update of an order that is delivered now: not joined")
            continue
        case.trail.add("policy P5", f"ticket {ticket.id} is open on that order")
        return Joined(ticket, duplicate=_same_request(case, ticket))
    return None


def _by_words(case: Case, who: Party) -> Joined | None:
    for ticket in case.context.tickets:
        recent = case.now - ticket.opened_at <= SAME_REQUEST
        if ticket.id in _same_words(case) and ticket.is_open and recent and may_join(case, who, ticket):
            case.trail.add("policy P3", f"the same words already opened ticket {ticket.id}")
            return Joined(ticket, duplicate=True)
    return None


def _same_words(case: Case) -> set[int]:
    return {ticket for ticket, _ in case.context.duplicate_texts}


def _same_request(case: Case, ticket: Ticket) -> bool:
    """The same words, or the same order by the other channel within a day, before a person read it (P3); another keyword is news."""
    claimed = case.found.keyword.claimed
    same_kind = claimed is None or claimed == (ticket.claimed or ticket.kind)
    by_other_channel = same_kind and ticket.channel != case.message.source and ticket.read_at is None and not ticket.asked
    return ticket.id in _same_words(case) or (by_other_channel and case.now - ticket.opened_at <= SAME_REQUEST)


def _same_client(who: Party, sender: str, ticket: Ticket) -> bool:
    return bool(who.client and who.client == ticket.client) or bool(sender and sender in (ticket.client, ticket.client_address))


def _answers_our_mail(case: Case, ticket: Ticket) -> bool:
    sender = case.writer.address if case.writer else ""
    return any(m.ticket == ticket.id and m.to.lower() == sender for m in case.context.our_mails)


def _alive(case: Case, ticket: Ticket) -> bool:
    return ticket.is_open or (ticket.delivered_at is not None and case.now - ticket.delivered_at <= AFTER_DELIVERY)


def _only_kind_words(case: Case) -> bool:
    content = case.found.content
    wishes = content.change_wished or content.kind in ("correction", "amendment") or case.found.requests.names
    claimed = case.found.keyword.verdict != "none"
    return not wishes and not claimed and (content.agrees or content.kind == "feedback")


def _same_images_again(case: Case, ticket: Ticket) -> bool:
    complaint = "correction" in (case.found.keyword.claimed, case.found.content.kind)
    return complaint and ticket.delivered_at is not None and bool({*case.found.images.numbers} & {*ticket.images})
