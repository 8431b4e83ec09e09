"""Decision -> rows of the outbox: rendered texts, fixed bytes, stable ids. Called inside the transaction that records the ticket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from mailbot.decide import reply_facts
from mailbot.model.as_json import decision_json, findings_json
from mailbot.model.context import Context
from mailbot.model.decision import Decision, Effect, Reply
from mailbot.model.reply import RenderedMail, ReplyFacts
from mailbot.model.ticket import Ticket
from mailbot.model.tokens import sign_message_id
from mailbot.record.outbox import NewAction
from mailbot.record.tickets import LogRow
from mailbot.render.mail_bytes import compose
from mailbot.workflow.parts import Live, Parts, log
from mailbot.workflow.understand import NotUnderstood, Understood

T = TypeVar("T")


def actions(
    parts: Parts, live: Live, understood: Understood, decision: Decision, context: Context, ticket: Ticket | None, now: datetime
) -> list[NewAction]:
    """One row for each reply and effect, in the order decided."""
    if ticket is None:
        return []
    writer = _Writer(parts, live, understood, decision, context, ticket, now)
    rows = [writer.effect(e) for e in decision.effects if not e.after_reply]
    rows += [writer.reply(r) for r in decision.replies if r.send or r.held or r.suppressed]
    rows += [writer.effect(e) for e in decision.effects if e.after_reply]
    return rows


def log_row(understood: Understood, decision: Decision, ticket: Ticket | None) -> LogRow:
    """The line of the ticket's history: findings and decision as they were."""
    return LogRow(
        ticket=ticket.id if ticket else None,
        message=understood.claimed.id,
        what=decision.outcome,
        data={"decision": decision_json(decision), "findings": findings_json(understood.found)} if ticket else {},
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


class _Writer:
    """Renders and addresses the rows of one message."""

    def __init__(
        self, parts: Parts, live: Live, understood: Understood, decision: Decision, context: Context, ticket: Ticket, now: datetime
    ) -> None:
        self.parts, self.live, self.understood, self.decision = parts, live, understood, decision
        self.context, self.ticket, self.now = context, ticket, now
        self.cause = f"M-{understood.claimed.id}"

    def reply(self, reply: Reply) -> NewAction:
        facts = self._facts(reply)
        if reply.channel == "email":
            return self._mail(reply, facts)
        text, problem = _rendered(lambda: self.live.templates.comment(reply.template, facts), "")
        return self._order_comment(reply.order_id, text, "client", reply.template, problem, reply)

    def effect(self, effect: Effect) -> NewAction:
        if effect.kind == "notify":
            return self._notice(effect)
        if effect.kind == "order_comment":
            facts = self._facts(None, effect.because)
            text, problem = _rendered(lambda: self.live.templates.comment(effect.text_template, facts), "")
            return self._order_comment(effect.order_id, text, "internal", effect.text_template, problem, None)
        comment = self.understood.message.comment
        body = {"order_id": effect.order_id, "reason": effect.reason, "comment_id": comment.comment_id if comment else ""}
        return NewAction(
            key=f"{self.cause}:{effect.kind}:{effect.reason}:{effect.order_id}",
            kind=effect.kind,
            place=self.context.order_system or "",
            to=effect.order_id,
            payload=json.dumps(body).encode(),
            ticket=self.ticket.id,
            message=self.understood.claimed.id,
            because=effect.because,
        )

    def _facts(self, reply: Reply | None, because: str = "") -> ReplyFacts:
        facts = reply_facts(self.understood.message, self.understood.found, self.context, self.live.rules, self.decision, self.ticket)
        snippets = reply.snippets if reply else ()
        return replace(facts, snippets=snippets, because=because or facts.because)

    def _mail(self, reply: Reply, facts: ReplyFacts) -> NewAction:
        key = f"{self.cause}:email:{reply.template}:{reply.to}"
        message_id = sign_message_id(self.parts.own.secret, self.parts.own.domain, self.ticket.id, key)
        mail, problem = _rendered(lambda: self.live.templates.mail(reply, facts), RenderedMail("", "", ""))
        state, because = _state(reply, problem)
        return NewAction(
            key=key,
            kind="email",
            place="smtp",
            to=reply.to,
            payload=b"" if problem else self._bytes(mail, reply.to, reply.to_name, message_id),
            state=state,  # type: ignore[arg-type]  # _state returns the three words only
            ticket=self.ticket.id,
            message=self.understood.claimed.id,
            template=reply.template,
            message_id=message_id,
            because=because,
            counted=reply.counted,
        )

    def _bytes(self, mail: RenderedMail, to: str, to_name: str, message_id: str) -> bytes:
        theirs = self.understood.message
        return compose(
            mail,
            sender=self.parts.from_address,
            to=(to_name, to),
            message_id=message_id,
            date=self.now,
            in_reply_to=theirs.message_id if theirs.source == "email" else "",
            references=theirs.thread_ids if theirs.source == "email" else (),
            automatic="auto-replied",
            ticket=self.ticket.id,
            loop_id=self.parts.own.domain,
            reply_to=self.parts.company.support_address,
        )

    def _order_comment(self, order_id: str, text: str, visibility: str, template: str, problem: str, reply: Reply | None) -> NewAction:
        key = f"{self.cause}:order_comment:{template}:{order_id}"
        comment = self.understood.message.comment
        body = {
            "order_id": order_id,
            "body": text,
            "visibility": visibility,
            "external_id": external_id(self.parts.own.secret, key),
            "in_reply_to": comment.comment_id if comment else "",
        }
        state, because = _state(reply, problem) if reply else ("held" if problem else "queued", problem)
        return NewAction(
            key=key,
            kind="order_comment",
            place=self.context.order_system or "",
            to=order_id,
            payload=b"" if problem else json.dumps(body).encode(),
            state=state,  # type: ignore[arg-type]  # as above
            ticket=self.ticket.id,
            message=self.understood.claimed.id,
            template=template,
            because=because,
            counted=bool(reply and reply.counted),
        )

    def _notice(self, effect: Effect) -> NewAction:
        facts = self._facts(None, effect.because)
        mail, problem = _rendered(lambda: self.live.templates.notice(effect.text_template, facts), RenderedMail("", "", ""))
        key = f"{self.cause}:notify:{effect.text_template}:{effect.to}"
        address = effect.to if "@" in effect.to else ",".join(self.parts.notify_addresses[:1])
        message_id = sign_message_id(self.parts.own.secret, self.parts.own.domain, self.ticket.id, key)
        return NewAction(
            key=key,
            kind="notify",
            to=address or effect.to,
            payload=b"" if problem else self._bytes(mail, address, "", message_id) if address else mail.text.encode(),
            # Where nobody is to be told outside, the desk shows it at once: nothing is left to send.
            state="held" if problem else "queued" if address or self.parts.notify_urls else "sent",
            ticket=self.ticket.id,
            message=self.understood.claimed.id,
            template=effect.text_template,
            message_id=message_id if address else "",
            because=problem or effect.because,
        )


def external_id(secret: bytes, key: str) -> str:
    """Our own id of an order comment: at most one bears it, and we recognise it when we read it again (P6)."""
    import hashlib
    import hmac

    return "mailbot-" + hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:24]


def _rendered(render: Callable[[], T], nothing: T) -> tuple[T, str]:
    """A template that fails must not cost the ticket: the reply is held with the reason (architecture.md, Rendering).

    Its row then has no payload, so that nobody releases an empty mail.
    """
    try:
        return render(), ""
    except Exception as error:
        log.error("template_failed", because=repr(error))
        return nothing, f"the template failed: {type(error).__name__}: {error}"


def _state(reply: Reply, problem: str) -> tuple[str, str]:
    if problem:
        return "held", problem
    if reply.suppressed:
        return "suppressed", reply.because
    return ("held" if reply.held else "queued"), reply.because
