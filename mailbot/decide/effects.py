"""What must happen outside besides the reply: reopen, close, internal order comments, notices (P1, P2, P4, P5, P19, P25, P30, P33)."""

from __future__ import annotations

from mailbot.decide.buttons import agreement_told, answers_charge
from mailbot.decide.case import Case, Matched, Party
from mailbot.decide.joining import Joined, fix_was_delivered
from mailbot.decide.replies import account_manager
from mailbot.decide.routing import PRODUCTION
from mailbot.decide.trust import enough
from mailbot.model.decision import Effect
from mailbot.model.order import Order
from mailbot.model.ticket import Flag, Kind, Ticket

SUPERVISORS = "quality"
OVER = frozenset({"delivered", "closed"})
WORK = frozenset({"correction", "amendment", "mixed"})
REASONS = {"correction": "correction", "amendment": "amendment", "feedback": "feedback"}


def effects(
    case: Case, who: Party, matched: Matched, kind: Kind, flags: tuple[Flag, ...], joined: Joined | None, queue: str, owner: str | None
) -> tuple[Effect, ...]:
    """In the order in which they should be done: production first, people after."""
    ticket = joined.ticket if joined else None
    return (
        *_orders(case, who, matched, kind, joined),
        *agreement_told(case, ticket, matched, owner or queue),
        *_notices(case, matched, kind, flags, ticket, owner or queue),
    )


def _orders(case: Case, who: Party, matched: Matched, kind: Kind, joined: Joined | None) -> tuple[Effect, ...]:
    if case.by_comment:
        return (*_button(case, matched, kind), *_update(case, matched, kind))
    if who.trust == "unknown" or case.context.order_system is None:
        return ()
    if kind == "update":
        return _update(case, matched, kind)
    if joined and joined.duplicate:
        case.trail.add("policy P3", "the same request again: the order is left as it is")
        return ()
    return _by_mail(case, who, matched, kind, joined.ticket if joined else None)


def _button(case: Case, matched: Matched, kind: Kind) -> tuple[Effect, ...]:
    """P1: only Comment and reopen reopens; P25: feedback or a request sets an order back that the button reopened."""
    comment, can = case.message.comment, case.context.capabilities
    if comment is None or not comment.rejects_delivery:
        case.trail.add("policy P1", "a plain comment never reopens")
        return ()
    status = matched.main.status if matched.main else None
    if kind in ("feedback", "request"):
        return _set_back(case, comment.order_id, kind, status)
    if status not in (None, *OVER):
        case.trail.add("policy P1", f"Comment and reopen; the order is {status}: nothing to reopen")
        return ()
    if not can.reopen and not case.context.facts_pending:
        case.trail.add("policy P1", "the order system cannot reopen: a person does")
        return ()
    case.trail.add("policy P1", "Comment and reopen: the order is reopened")
    return (Effect(kind="reopen", order_id=comment.order_id, reason=REASONS.get(kind, "unclear"), because="Comment and reopen (P1)"),)


def _set_back(case: Case, order_id: str, kind: Kind, status: str | None) -> tuple[Effect, ...]:
    if status != "reopened":
        case.trail.add("policy P25", f"a {kind} is no reason to reopen: the order stays as it is")
        return ()
    if not case.context.capabilities.close:
        case.trail.add("policy P25", f"the button reopened the order for a {kind}; the order system cannot set it back: a person does")
        return ()
    case.trail.add("policy P25", f"the button reopened the order for a {kind}: it is set back")
    return (Effect(kind="close", order_id=order_id, because=f"reopened for a {kind} only (P25)", after_reply=True),)


def _update(case: Case, matched: Matched, kind: Kind) -> tuple[Effect, ...]:
    """P4: production sees the wish on the order itself."""
    if kind != "update" or matched.main is None:
        return ()
    order = matched.main
    case.trail.add("policy P4", f"order {order.number} is {order.status}: production is told")
    return (
        Effect(kind="order_comment", order_id=order.id, text_template="internal_update", because="an update before delivery (P4)"),
        Effect(kind="notify", order_id=order.id, to=PRODUCTION, text_template="update", because="an update before delivery (P4)"),
    )


def _by_mail(case: Case, who: Party, matched: Matched, kind: Kind, ticket: Ticket | None) -> tuple[Effect, ...]:
    """P2: the client's own delivered order is reopened and gets the mail as an internal comment."""
    if kind not in WORK:
        case.trail.add("policy P2", f"a mail of kind {kind} reopens nothing")
        return ()
    wanted = case.context.company.reopen_by_mail
    if not enough(who.trust, wanted):
        case.trail.add("policy P2", f"replies.reopen_by_mail = {wanted}: a coordinator reopens by one click")
        return ()
    return tuple(e for o in matched.orders for e in _reopen_and_comment(case, o, kind, ticket))


def _reopen_and_comment(case: Case, order: Order, kind: Kind, ticket: Ticket | None) -> tuple[Effect, ...]:
    # A ticket of another kind (feedback, unclassified) left its order as it was.
    linked = ticket is not None and order.id in ticket.order_ids and ticket.kind in WORK
    comment = Effect(
        kind="order_comment", order_id=order.id, text_template="internal_mail", because="production sees the mail on its order (P2)"
    )
    if order.status not in OVER or linked:
        case.trail.add(
            "policy P2", f"order {order.number} is {order.status}" + (" and on the ticket already" if linked else "") + ": not reopened"
        )
        return (comment,) if order.status in OVER or order.status == "reopened" else ()
    if not case.context.capabilities.reopen:
        case.trail.add("policy P2", "the order system cannot reopen: a person does")
        return (comment,)
    case.trail.add("policy P2", f"a {kind} on delivered order {order.number}: reopened, the mail is put on it")
    reason = REASONS.get(kind, "unclear")
    return (Effect(kind="reopen", order_id=order.id, reason=reason, because=f"a {kind} by mail on a delivered order (P2)"), comment)


def _notices(case: Case, matched: Matched, kind: Kind, flags: tuple[Flag, ...], ticket: Ticket | None, to: str) -> tuple[Effect, ...]:
    """Each person once: who gets the most pressing notice is not told a second time."""
    told: dict[str, Effect] = {}
    manager = account_manager(case.context, matched.main)
    contact = manager.emails[0] if manager and manager.emails else ""
    wanted: tuple[tuple[bool, str, str, str], ...] = (
        (case.says("cancel"), to, "cancel", "the client wants it stopped (P19)"),
        (case.says("cancel") and bool(matched.ids), PRODUCTION, "cancel", "the client wants it stopped (P19)"),
        (case.says("refund") and fix_was_delivered(case, matched) and bool(contact), contact, "refund", "a refund after a fix (P31)"),
        ("dispute" in flags, SUPERVISORS, "dispute", "the client disagrees (P30)"),
        ("dispute" in flags and bool(contact), contact, "dispute", "the client disagrees (P30)"),
        (case.says("account_manager") and bool(contact), contact, "account_manager", "the client wants to speak to you (P33)"),
        (ticket is None, to, "new_ticket", "a new ticket (P20)"),
        (ticket is not None and not answers_charge(case, ticket), to, "client_wrote", "the client wrote again (P5)"),
    )
    for holds, address, template, because in wanted:
        if holds and address and address not in told and not (kind == "update" and address == PRODUCTION and template == "new_ticket"):
            told[address] = Effect(kind="notify", to=address, text_template=template, because=because)
    return tuple(told.values())
