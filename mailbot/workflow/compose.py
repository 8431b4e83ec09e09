"""What a handled message leaves behind: rows of the outbox, a line of history, what the terminal says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailbot.decide import reply_facts
from mailbot.model.context import Colleague, Context
from mailbot.model.decision import Decision
from mailbot.model.reply import ReplyFacts
from mailbot.model.ticket import Ticket
from mailbot.record.outbox import NewAction
from mailbot.record.tickets import LogRow
from mailbot.workflow.outgoing import Origin, Outgoing
from mailbot.workflow.parts import Live, Parts
from mailbot.workflow.understand import NotUnderstood, Understood


def actions(
    parts: Parts, live: Live, understood: Understood, decision: Decision, context: Context, ticket: Ticket | None, now: datetime,
    staff: Sequence[Colleague] = (),
) -> list[NewAction]:  # fmt: skip  # what there is, then when
    """One row for each reply and effect of a message, in the order decided."""
    if ticket is None:
        return []
    out = Outgoing(parts, live, _origin(understood, ticket), context.order_system or "", now, staff)

    def facts(because: str = "") -> ReplyFacts:
        return _facts_for(live, understood, decision, context, ticket, because)

    rows = [out.effect(e, facts(e.because)) for e in decision.effects if not e.after_reply]
    rows += [out.reply(r, facts()) for r in decision.replies if r.send or r.held or r.suppressed]
    rows += [out.effect(e, facts(e.because)) for e in decision.effects if e.after_reply]
    return rows


def log_row(understood: Understood, decision: Decision, ticket: Ticket | None, decision_json: str, findings_json: str) -> LogRow:
    """The line of the ticket's history: findings and decision as they were, in the very texts that stay with the message."""
    return LogRow(
        ticket=ticket.id if ticket else None,
        message=understood.claimed.id,
        what=decision.outcome,
        data=f'{{"decision":{decision_json},"findings":{findings_json}}}' if ticket else "",
    )


def told(understood: Understood, decision: Decision, ticket: Ticket | None) -> dict[str, object]:
    """What the terminal says of a handled message."""
    message = understood.message
    return {
        "message": f"M-{understood.claimed.id}",
        "source": message.source,
        "from": message.sender.address if message.sender else "",
        "subject": message.subject or message.text[:60],
        "writer": understood.found.automatic.verdict,
        "outcome": decision.outcome,
        "ticket": ticket.id if ticket else None,
        "kind": decision.kind,
        "queue": decision.queue,
        "asks": list(decision.asks),
        "flags": list(decision.flags),
        "replies": [{"template": r.template, "channel": r.channel, "send": r.send, "because": r.because} for r in decision.replies],
        "because": decision.reasons[-1].because if decision.reasons else "",
    }


def told_set_aside(one: NotUnderstood) -> dict[str, object]:
    """The same of a message that could not be read."""
    return {
        "message": f"M-{one.claimed.id}", "source": one.claimed.source, "from": "", "subject": "", "writer": "", "outcome": "set_aside",
        "ticket": None, "kind": "", "queue": "", "asks": [], "flags": [], "replies": [], "because": one.because,
    }  # fmt: skip


def _facts_for(live: Live, understood: Understood, decision: Decision, context: Context, ticket: Ticket, because: str) -> ReplyFacts:
    facts = reply_facts(understood.message, understood.found, context, live.rules, decision, ticket)
    return replace(facts, because=because or facts.because)


def _origin(understood: Understood, ticket: Ticket) -> Origin:
    theirs = understood.message
    by_mail = theirs.source == "email"
    return Origin(
        cause=f"M-{understood.claimed.id}",
        ticket=ticket,
        message=understood.claimed.id,
        message_id=theirs.message_id if by_mail else "",
        thread_ids=theirs.thread_ids if by_mail else (),
        comment_id=theirs.comment.comment_id if theirs.comment else "",
    )
