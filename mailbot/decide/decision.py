"""The road of a decision: machine? before go-live? colleague? client: who, which order, which ticket, what is missing, what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from mailbot.decide import asks, buttons, joining, kinds, orders, replies, routing
from mailbot.decide.asks import Answer
from mailbot.decide.case import Case, Matched, Party
from mailbot.decide.effects import effects
from mailbot.decide.joining import Joined
from mailbot.decide.named import named
from mailbot.decide.staff import is_staff, staff, writer_of
from mailbot.decide.trust import party
from mailbot.model.context import Context, OurMail
from mailbot.model.decision import Decision, TicketChange
from mailbot.model.finding import Findings
from mailbot.model.message import ParsedMessage
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Ask, Flag, Kind, Ticket

SUBJECT_LENGTH = 78
T = TypeVar("T")


def decide(message: ParsedMessage, findings: Findings, context: Context, rules: RuleBook, now: datetime) -> Decision:
    """Says what shall happen and why. Never raises for any findings and context; `now` is aware UTC."""
    writer, forwarded = writer_of(message, findings, context)
    case = Case(message=message, found=findings, context=context, rules=rules, now=now, writer=writer, forwarded=forwarded)
    if _is_machine(case):
        return _machine(case)
    if case.is_old:
        if not context.asked_by:
            return _before_go_live(case)
        case.trail.add("policy P9", f"older than the go-live time; {context.asked_by} asked for a ticket")
    if is_staff(case) and not forwarded:
        return staff(case)
    return _client(case)


def _is_machine(case: Case) -> bool:
    """P6. What a client writes on an order is a person's, whatever it looks like (understanding.md, automatic)."""
    comment = case.message.comment
    if comment is not None and comment.role == "client":
        return False
    return case.found.automatic.verdict != "person" or (comment is not None and comment.role == "system")


def _machine(case: Case) -> Decision:
    verdict = case.found.automatic.verdict
    case.trail.add("policy P6", f"a machine wrote it ({verdict}): recorded, never answered. {case.found.automatic.evidence.because}")
    mail = _bounced_mail(case) if verdict == "bounce" else None
    bounced = _bounced_addresses(case, mail) if mail else ()
    flags: tuple[Flag, ...] = ("address_bounced",) if bounced else ()
    return Decision(
        outcome="record_only",
        join=mail.ticket if mail else None,
        flags=flags,
        change=TicketChange(add_flags=flags),
        bounced=bounced,
        reasons=tuple(case.trail.reasons),
    )


def _bounced_mail(case: Case) -> OurMail | None:
    """Only a report on a mail that we did send counts: anybody can write a bounce."""
    report = case.message.report
    named = {*(report.original_message_ids if report else ()), *case.message.thread_ids}
    mail = next((m for m in case.context.our_mails if m.message_id in named), None)
    ticket = f"shown on ticket {mail.ticket}" if mail else "it names no mail of ours: shown nowhere"
    case.trail.add("policy P6", f"a bounce: {ticket}")
    return mail


def _bounced_addresses(case: Case, mail: OurMail) -> tuple[str, ...]:
    report = case.message.report
    if report is None or not report.permanent:
        case.trail.add("policy P6", "the failure is not permanent: no address is marked")
        return ()
    failed = {a.lower() for a in report.failed_addresses}
    if failed and mail.to.lower() not in failed:
        case.trail.add("policy P6", "the failed address is not the one we wrote to: none is marked")
        return ()
    case.trail.add("policy P6", f"address marked as bounced: {mail.to}")
    return (mail.to,)


def _before_go_live(case: Case) -> Decision:
    case.trail.add("policy P9", "older than the go-live time: kept and listed, no ticket, no reply")
    flags: tuple[Flag, ...] = ("before_go_live",)
    return Decision(outcome="record_only", flags=flags, change=TicketChange(add_flags=flags), reasons=tuple(case.trail.reasons))


def _client(case: Case) -> Decision:
    who = party(case)
    thread = joining.of_thread(case, who)
    matched = orders.match(case, who, thread)
    joined = joining.find(case, who, matched, thread)
    return _join(case, who, matched, joined) if joined else _open(case, who, matched)


def _open(case: Case, who: Party, matched: Matched) -> Decision:
    booked = kinds.kinds(case, matched)
    missing = asks.of_new(case, matched, booked.kind)
    disputed = joining.disputed(case, who, matched, None)
    flags = _flags(kinds.flags(case, who, matched, booked.kind), missing, disputed)
    queue = routing.queue_for(case, who, matched, booked.kind, flags)
    owner = routing.owner_for(case, case.rules.queue(queue))
    before = disputed or joining.earlier(case, who, matched)
    change = replace(
        _client_fields(case, who, matched), kind=booked.kind, claimed=booked.claimed, suggested=booked.suggested, state="new",
        queue=queue, owner=owner, asked=missing, add_flags=flags, images=case.found.images.numbers,
        dispute_level=disputed.dispute_level + 1 if disputed else 0, earlier_ticket=before.id if before else None, restart_clock=True,
    )  # fmt: skip
    change = buttons.with_buttons(case, who, None, change)
    told = replies.for_new(case, who, matched, booked.kind, missing, flags)
    after = effects(case, who, matched, booked.kind, flags, None, queue, owner)
    return Decision(
        outcome="open_ticket", kind=booked.kind, queue=queue, owner=owner, trust=who.trust, asks=missing, flags=flags, change=change,
        replies=told, effects=after, named=named(case, matched), reasons=tuple(case.trail.reasons),
    )  # fmt: skip


def _join(case: Case, who: Party, matched: Matched, joined: Joined) -> Decision:
    ticket = joined.ticket
    booked = kinds.of_joined(case, ticket)
    answer = asks.of_joined(case, matched, ticket, booked.kind, duplicate=joined.duplicate)
    disputed = joining.disputed(case, who, matched, joined)
    flags = _flags(kinds.flags(case, who, matched, booked.kind), answer.asks, disputed)
    queue, owner = _where_now(case, who, matched, ticket, booked.kind, flags)
    change = replace(
        _new_order(ticket, matched), kind=_changed(booked.kind, ticket.kind), claimed=_changed(booked.claimed, ticket.claimed),
        suggested=_changed(booked.suggested, ticket.suggested), state="new" if ticket.state == "waiting_for_client" else None,
        queue=_changed(queue, ticket.queue), asked=_changed(answer.open, ticket.asked), add_flags=_added(flags, ticket),
        drop_flags=_dropped(answer, ticket), images=_more(ticket.images, case.found.images.numbers),
        dispute_level=ticket.dispute_level + 1 if disputed else None, restart_clock=ticket.is_open and not joined.duplicate,
    )  # fmt: skip
    change = buttons.with_buttons(case, who, ticket, change)
    told = replies.for_joined(case, who, matched, joined, answer, booked.kind, flags)
    after = effects(case, who, matched, booked.kind, flags, joined, queue, owner)
    return Decision(
        outcome="join_ticket", kind=booked.kind, queue=queue, owner=owner, trust=who.trust, join=ticket.id, asks=answer.asks,
        flags=flags, change=change, replies=told, effects=after, named=named(case, matched), reasons=tuple(case.trail.reasons),
    )  # fmt: skip


def _flags(raised: tuple[Flag, ...], missing: tuple[Ask, ...], disputed: Ticket | None) -> tuple[Flag, ...]:
    more: list[Flag] = ["no_keyword"] if "keyword" in missing else []
    if disputed:
        more.append("dispute")
    return (*raised, *more)


def _client_fields(case: Case, who: Party, matched: Matched) -> TicketChange:
    first_line = next(iter(case.message.text.strip().splitlines()), "")
    return TicketChange(
        client=who.client,
        client_name=who.name,
        client_address=who.address,
        subject=case.message.subject or first_line[:SUBJECT_LENGTH],
        order=matched.numbers[0] if matched.numbers else None,
        order_ids=matched.ids,
    )


def _new_order(ticket: Ticket, matched: Matched) -> TicketChange:
    """Orders are added, never taken away: a person unlinks."""
    added = tuple(i for i in matched.ids if i not in ticket.order_ids)
    order = matched.numbers[0] if matched.numbers and ticket.order is None else None
    return TicketChange(order=order, order_ids=(*ticket.order_ids, *added) if added else ())


def _where_now(case: Case, who: Party, matched: Matched, ticket: Ticket, kind: Kind, flags: tuple[Flag, ...]) -> tuple[str, str | None]:
    """A ticket stays with its owner; one that nobody took is routed again when its kind becomes known or the client disagrees."""
    if ticket.owner is not None or not (kind != ticket.kind or "dispute" in flags):
        case.trail.add(
            "policy P20", f"ticket {ticket.id} stays in queue {ticket.queue}" + (f" with {ticket.owner}" if ticket.owner else "")
        )
        return ticket.queue, ticket.owner
    queue = routing.queue_for(case, who, matched, kind, flags)
    return queue, None


def _changed(now: T | None, before: T | None) -> T | None:
    return now if now != before else None


def _added(flags: tuple[Flag, ...], ticket: Ticket) -> tuple[Flag, ...]:
    return tuple(f for f in flags if f not in ticket.flags)


def _dropped(answer: Answer, ticket: Ticket) -> tuple[Flag, ...]:
    """What an answer settles is no longer flagged."""
    settled: dict[Ask, Flag] = {"keyword": "no_keyword", "english": "not_english"}
    return tuple(f for a in answer.answered if (f := settled.get(a)) and f in ticket.flags)


def _more(before: tuple[str, ...], named: tuple[str, ...]) -> tuple[str, ...]:
    """All images named so far; empty where nothing is new."""
    new = tuple(i for i in named if i not in before)
    return (*before, *new) if new else ()
