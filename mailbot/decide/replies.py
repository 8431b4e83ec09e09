"""What the client is told at once, and by which road (P15-P18, P40-P43)."""

from __future__ import annotations

from dataclasses import replace

from mailbot.decide import joining, limits
from mailbot.decide.act_facts import order_url
from mailbot.decide.asks import Answer
from mailbot.decide.buttons import answers_charge
from mailbot.decide.case import Case, Matched, Party
from mailbot.decide.joining import Joined
from mailbot.decide.kinds import suggest_images, unknown_images
from mailbot.decide.orders import match
from mailbot.decide.staff import writer_of
from mailbot.decide.trust import PROVED, party
from mailbot.model.context import Context
from mailbot.model.decision import Decision, Reply
from mailbot.model.finding import Findings
from mailbot.model.message import ParsedMessage, Source
from mailbot.model.order import Order, Person
from mailbot.model.reply import ReplyFacts
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Ask, Flag, Kind, Ticket

MOST_SNIPPETS = 2  # P17


def for_new(case: Case, who: Party, matched: Matched, kind: Kind, asks: tuple[Ask, ...], flags: tuple[Flag, ...]) -> tuple[Reply, ...]:
    """The acknowledgement of a new ticket (P40); everything that is missing is asked for in the same reply (P15)."""
    if who.failed:
        case.trail.add("policy P43", "no reply: the sender's proof failed, so the address may belong to somebody else")
        return ()
    if who.trust == "unknown":
        if case.forwarded:
            case.trail.add("policy P8", "no reply: a colleague forwarded it and the original sender is not in the address book")
            return ()
        return _reply(case, who, "receipt_unverified", "a neutral receipt that repeats and reveals nothing (P43)", None)
    template, because = _template(case, kind, asks)
    chosen = snippets(case, matched, kind, flags)
    return _reply(case, who, template, because, None, chosen)


def for_joined(
    case: Case, who: Party, matched: Matched, joined: Joined, answer: Answer, kind: Kind, flags: tuple[Flag, ...]
) -> tuple[Reply, ...]:
    """P5: answered only where the message completes what we asked, or something must be asked; or by P18 and P19."""
    ticket = joined.ticket
    if answers_charge(case, ticket) == "agreed":
        return _reply(case, who, "completed", "the client agreed to the charge (P24)", ticket, progress=True)
    if who.failed or not (answer.asks or answer.completes):
        return _of_request(case, who, matched, joined)
    progress = bool(answer.answered)
    if who.trust == "unknown":
        return _reply(case, who, "receipt_unverified", "a neutral receipt (P43)", ticket, progress=progress)
    if answer.completes:
        chosen = snippets(case, matched, kind, flags)
        return _reply(case, who, "completed", "the client gave what we had asked for (P5, P40)", ticket, chosen, progress=progress)
    return _reply(case, who, "ask", "asks for " + ", ".join(answer.asks) + " (P5, P15)", ticket, progress=progress)


def snippets(case: Case, matched: Matched, kind: Kind, flags: tuple[Flag, ...]) -> tuple[str, ...]:
    """Answers of the help page: at most two, none where the client disagrees or had a fix already (P17, P30, P31)."""
    wanted = list(dict.fromkeys(case.found.questions.names))
    if case.says("refund") and "refund" not in wanted:
        wanted.append("refund")
    if not wanted:
        return ()
    if "dispute" in flags or case.says("dispute") or joining.fix_was_delivered(case, matched):
        case.trail.add("policy P17", "no help text: the client disagrees or already had a fix (P30, P31)")
        return ()
    if "variation" in wanted and _complains(case, kind):
        wanted.remove("variation")
        case.trail.add("policy P17", "the normal variation is never offered to a complaint")
    case.trail.add("policy P17", "help texts: " + (", ".join(wanted[:MOST_SNIPPETS]) or "none"))
    return tuple(wanted[:MOST_SNIPPETS])


def reply_facts(
    message: ParsedMessage,
    findings: Findings,
    context: Context,
    rules: RuleBook,
    decision: Decision,
    ticket: Ticket,
    reply: Reply | None = None,
    because: str = "",
) -> ReplyFacts:
    """Everything that templates may say about this decision, for its replies, notices and internal order comments."""
    writer, forwarded = writer_of(message, findings, context)
    facts_at = context.received_at
    case = Case(message=message, found=findings, context=context, rules=rules, now=facts_at, writer=writer, forwarded=forwarded)
    who = party(case)
    proved = decision.trust in PROVED
    facts = ReplyFacts(
        ticket=ticket.id,
        company=context.company,
        channel=message.source,
        name=who.name,
        echo=proved,
        subject=message.subject if proved else "",
        kind=decision.kind,
        claimed=ticket.claimed,
        images=findings.images.numbers or ticket.images,
        asks=decision.asks,
        flags=tuple(dict.fromkeys((*ticket.flags, *decision.flags))),
        requests=findings.requests.names,
        language=findings.language.language if findings.language.verdict == "not_english" else None,
        expect=expected(context, rules),
        busy=context.waiting > rules.busy_waiting,
        snippets=reply.snippets if reply else (),
        queue=decision.queue,
        owner=decision.owner,
        author=_author(message),
        message=message.text,
        because=because,
    )
    return _with_order(facts, case, who, decision, ticket)


def _with_order(facts: ReplyFacts, case: Case, who: Party, decision: Decision, ticket: Ticket) -> ReplyFacts:
    """What the order system says; nothing of it to somebody unknown (P43)."""
    context = case.context
    matched = match(case, who, joining.of_thread(case, who))
    main = matched.main if decision.trust != "unknown" else None
    return replace(
        facts,
        order=ticket.order,
        order_url=order_url(context.company, main, ticket.order),
        orders=matched.numbers or ((ticket.order,) if ticket.order else ()),
        images_of_order=len(main.images) if main else 0,
        unknown_images=unknown_images(case, matched),
        suggest_images=suggest_images(case, matched, decision.kind),
        fix_delivered=joining.fix_was_delivered(case, matched),
        plan=ticket.plan,
        charge=ticket.charge,
        quote=ticket.redistribution_quote,
        status=main.status if main else None,
        status_of=main.number if main else "",
        due_at=main.due_at if main else None,
        time_zone=_time_zone(context, main),
        account_manager=account_manager(context, main),
    )


def expected(context: Context, rules: RuleBook) -> tuple[int, int]:
    """Minutes until a person reads, from the present load (P40): the usual range, stretched by how far the load is above normal."""
    low, high = rules.answer_minutes
    times = -(-context.waiting // max(rules.busy_waiting, 1)) if context.waiting > rules.busy_waiting else 1
    return (low if times == 1 else high, high * times)


def account_manager(context: Context, order: Order | None) -> Person | None:
    """The order's, else the configured one (P33)."""
    return (order.account_manager if order else None) or context.company.account_manager


def _of_request(case: Case, who: Party, matched: Matched, joined: Joined) -> tuple[Reply, ...]:
    """On an open ticket a cancellation (P19) and a question for the state (P18) are answered too, once for the same words.

    The state is that of the sender's own order, as the order system said it.
    """
    again = any(ticket == joined.ticket.id for ticket, _ in case.context.duplicate_texts)
    if not who.failed and who.trust != "unknown" and not again:
        if case.says("cancel"):
            return _reply(case, who, "cancel_received", "a person will confirm the cancellation (P19)", joined.ticket)
        if case.says("status") and matched.main is not None:
            return _reply(case, who, "status", "the client asks how the order stands (P18)", joined.ticket)
    if case.says("status"):
        case.trail.add("policy P18", "no status: " + ("the same words were answered before" if again else "no own order's state is known"))
    case.trail.add("policy P5", "no reply: nothing was completed and nothing must be asked")
    return ()


def _template(case: Case, kind: Kind, asks: tuple[Ask, ...]) -> tuple[str, str]:
    if asks:
        return "ask", "says what was understood and asks for " + ", ".join(asks) + " (P15)"
    if case.says("cancel"):
        return "cancel_received", "a person will confirm the cancellation (P19)"
    if kind == "update":
        return "update_received", "the order is not delivered yet (P4)"
    return "acknowledgement", "a new ticket of a person (P40)"


def _reply(
    case: Case, who: Party, template: str, because: str, ticket: Ticket | None, chosen: tuple[str, ...] = (), *, progress: bool = False
) -> tuple[Reply, ...]:
    """By the channel the message came from; where the order system cannot show it, by mail to the client's first address (P40)."""
    channel, to = _road(case, who)
    fault = limits.unanswerable(case, to) if channel == "email" else ""
    if fault:
        case.trail.add("policy P41", f"no reply: {fault}")
        return ()
    barred = limits.suppressed(case, who, channel, ticket, progress=progress)
    waits = "" if barred else _held(case, channel)
    case.trail.add("policy P40", f"reply {template} by {channel}: {because}")
    comment = case.message.comment
    return (
        Reply(
            template=template,
            channel=channel,
            to=to,
            to_name=who.name,
            order_id=comment.order_id if comment else "",
            send=not barred and not waits,
            held=bool(waits),
            suppressed=bool(barred),
            because=barred or waits or because,
            snippets=chosen,
        ),
    )


def _road(case: Case, who: Party) -> tuple[Source, str]:
    if not case.by_comment:
        return "email", who.address
    visible = case.context.capabilities.client_visible_comments
    if visible or (case.context.facts_pending and not who.address):
        return "order_comment", who.address or who.client
    case.trail.add("policy P40", "the order system cannot show our comments to the client: answered by mail")
    return "email", who.address


def _held(case: Case, channel: Source) -> str:
    known = case.context.known
    if case.is_old:
        case.trail.add("policy P9", "held: the client wrote before the go-live time")
        return "held: the client wrote before the go-live time; a person releases it"
    if case.context.company.mode == "hold":
        case.trail.add("policy P41", 'held: the setting replies.mode = "hold"')
        return 'held by the setting replies.mode = "hold": a person releases it'
    if channel == "email" and known is not None and known.bounced:
        case.trail.add("policy P6", "held: mail to this address came back before")
        return "held: mail to this address came back before; a person checks the address"
    return ""


def _complains(case: Case, kind: Kind) -> bool:
    """A fault, a refund, or an opinion: only a neutral question or a new wish may hear of the normal variation."""
    content = case.found.content.kind
    return (
        "correction" in (kind, content, case.found.keyword.claimed)
        or content == "feedback"
        or kind in ("mixed", "feedback")
        or case.says("refund")
    )


def _time_zone(context: Context, order: Order | None) -> str:
    known = context.known.time_zone if context.known else ""
    return (order.time_zone if order else "") or known or context.company.time_zone


def _author(message: ParsedMessage) -> str:
    sender = message.forwarded or message.sender
    if sender is None:
        return ""
    return f"{sender.name} <{sender.address}>" if sender.name and sender.address else sender.name or sender.address
