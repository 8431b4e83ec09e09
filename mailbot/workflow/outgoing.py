"""Decided replies and effects -> rows of the outbox: rendered texts, fixed bytes, stable ids. Called inside the recording transaction.

Whatever causes them (a message, a person's act, news of an order, the clock) goes out by this one road.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeVar

from mailbot.model.context import Colleague
from mailbot.model.decision import Effect, Reply
from mailbot.model.money import Money
from mailbot.model.reply import RenderedMail, ReplyFacts
from mailbot.model.ticket import Ticket
from mailbot.model.tokens import OWN_COMMENT, sign_message_id
from mailbot.record.outbox import NewAction
from mailbot.render.mail_bytes import Automatic, compose
from mailbot.workflow.parts import Live, Parts, log

T = TypeVar("T")
State = Literal["queued", "held", "suppressed"]
ROUTINE = frozenset({"agreed", "assigned", "client_wrote", "colleague_wrote", "delivered_unread", "dispute_decided", "new_ticket"})
"""Notices that a person may leave to the desk (/me); whatever else concerns them is urgent and goes out in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What caused the rows. `cause` makes their keys unique: `M-9` for a message, `T-12.7` for what made version 7 of ticket 12.

    `message_id` and `thread_ids` are those of the mail that is answered, `comment_id` names the answered order comment.
    `due_at` None: at once. `about`: what the texts say, for whoever joins them with later news.
    """

    cause: str
    ticket: Ticket
    message: int | None = None
    message_id: str = ""
    thread_ids: tuple[str, ...] = ()
    comment_id: str = ""
    automatic: Automatic = "auto-replied"
    due_at: datetime | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Renders and addresses the rows of one origin. `place` is the order system; `staff` tells the addresses of logins."""

    parts: Parts
    live: Live
    origin: Origin
    place: str
    now: datetime
    staff: Sequence[Colleague] = field(default=())

    def reply(self, reply: Reply, facts: ReplyFacts, after_key: str | None = None) -> NewAction:
        """A mail or an order comment to the client. `after_key`: the action that must be sent first."""
        facts = replace(facts, snippets=reply.snippets, channel=reply.channel)
        row = self._mail(reply, facts) if reply.channel == "email" else self._shown_on_order(reply, facts)
        return replace(row, after_key=after_key) if after_key else row

    def effect(self, effect: Effect, facts: ReplyFacts) -> NewAction:
        """Anything else outside: a call of the order system, an internal order comment, a notice."""
        if effect.kind == "notify":
            return self._notice(effect, facts)
        if effect.kind == "order_comment":
            text, problem = rendered(lambda: self.live.templates.comment(effect.text_template, facts), "")
            return self._comment(
                effect.order_id, text, "internal", effect.text_template, ("held" if problem else "queued", problem or effect.because)
            )
        return self._call(effect)

    def _mail(self, reply: Reply, facts: ReplyFacts) -> NewAction:
        key = f"{self.origin.cause}:email:{reply.template}:{reply.to}"
        message_id = self._message_id(key)
        mail, problem = rendered(lambda: self.live.templates.mail(reply, facts), RenderedMail("", "", ""))
        state, because = _state(reply, problem)
        return NewAction(
            key=key,
            kind="email",
            place="smtp",
            to=reply.to,
            payload=b"" if problem else self._bytes(mail, reply.to, reply.to_name, message_id),
            state=state,
            ticket=self.origin.ticket.id,
            message=self.origin.message,
            template=reply.template,
            message_id=message_id,
            due_at=self.origin.due_at,
            because=because,
            counted=reply.counted,
            about=self.origin.about,
        )

    def _bytes(self, mail: RenderedMail, to: str, to_name: str, message_id: str) -> bytes:
        return compose(
            mail,
            sender=self.parts.from_address,
            to=(to_name, to),
            message_id=message_id,
            date=self.now,
            in_reply_to=self.origin.message_id,
            references=self.origin.thread_ids,
            automatic=self.origin.automatic,
            ticket=self.origin.ticket.id,
            loop_id=self.parts.own.domain,
            reply_to=self.parts.company.support_address,
        )

    def _shown_on_order(self, reply: Reply, facts: ReplyFacts) -> NewAction:
        text, problem = rendered(lambda: self.live.templates.comment(reply.template, facts), "")
        row = self._comment(reply.order_id, text, "client", reply.template, _state(reply, problem))
        return replace(row, counted=reply.counted, about=self.origin.about)

    def _comment(self, order_id: str, text: str, visibility: str, template: str, state: tuple[State, str]) -> NewAction:
        key = f"{self.origin.cause}:order_comment:{template}:{order_id}"
        body = {
            "order_id": order_id,
            "body": text,
            "visibility": visibility,
            "external_id": external_id(self.parts.own.secret, key),
            "in_reply_to": self.origin.comment_id,
        }
        return NewAction(
            key=key,
            kind="order_comment",
            place=self.place,
            to=order_id,
            payload=json.dumps(body).encode() if text else b"",
            state=state[0],
            ticket=self.origin.ticket.id,
            message=self.origin.message,
            template=template,
            due_at=self.origin.due_at,
            because=state[1],
        )

    def _call(self, effect: Effect) -> NewAction:
        if effect.kind in {"order_comment", "notify"}:
            raise ValueError(f"{effect.kind} is no call of an order system")
        return NewAction(
            key=f"{self.origin.cause}:{effect.kind}:{effect.reason}:{effect.order_id}",
            kind=effect.kind,
            place=self.place,
            to=effect.order_id,
            payload=json.dumps(_call_body(effect, self.origin.comment_id)).encode(),
            ticket=self.origin.ticket.id,
            message=self.origin.message,
            due_at=self.origin.due_at,
            because=effect.because,
        )

    def _notice(self, effect: Effect, facts: ReplyFacts) -> NewAction:
        mail, problem = rendered(lambda: self.live.templates.notice(effect.text_template, facts), RenderedMail("", "", ""))
        key = f"{self.origin.cause}:notify:{effect.text_template}:{effect.to}"
        address = self._address(effect.to, effect.text_template)
        message_id = self._message_id(key) if address else ""
        return NewAction(
            key=key,
            kind="notify",
            to=address or effect.to,
            payload=b"" if problem else self._note_bytes(mail, address, message_id) if address else mail.text.encode(),
            # Where nobody is to be told outside, the desk shows it at once: nothing is left to send.
            state="held" if problem else "queued" if address or self.parts.notify_urls else "sent",
            ticket=self.origin.ticket.id,
            message=self.origin.message,
            template=effect.text_template,
            message_id=message_id,
            due_at=self.origin.due_at,
            because=problem or effect.because,
        )

    def _note_bytes(self, mail: RenderedMail, address: str, message_id: str) -> bytes:
        automatic = replace(self.origin, automatic="auto-generated")
        return replace(self, origin=automatic)._bytes(mail, address, "", message_id)

    def _address(self, to: str, template: str) -> str:
        """An address; a person's own; the queue's; else the one that is told everything. "" for routine that a person wants no mail of."""
        if "@" in to:
            return to
        if template in ROUTINE and any(p.login == to and not p.wants_mail for p in self.staff):
            return ""
        person = next((p.address for p in self.staff if p.login == to and p.address), "")
        queue = next((n for n in self.live.rules.queue(to).notify if "@" in n and "://" not in n), "")
        return person or queue or next(iter(self.parts.notify_addresses), "")

    def _message_id(self, key: str) -> str:
        return sign_message_id(self.parts.own.secret, self.parts.own.domain, self.origin.ticket.id, key)


def external_id(secret: bytes, key: str) -> str:
    """Our own id of an order comment: at most one bears it, and we recognise it when we read it again (P6)."""
    return OWN_COMMENT + hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:24]


def rendered(render: Callable[[], T], nothing: T) -> tuple[T, str]:
    """A template that fails must not cost the ticket: the reply is held with the reason (architecture.md, Rendering).

    Its row then has no payload, so that nobody releases an empty mail.
    """
    try:
        return render(), ""
    except Exception as error:
        log.error("template_failed", because=repr(error))
        return nothing, f"the template failed: {type(error).__name__}: {error}"


def _call_body(effect: Effect, comment_id: str) -> dict[str, object]:
    """The payload that send/order_action reads for this kind."""
    body: dict[str, object] = {"order_id": effect.order_id, "reason": effect.reason}
    if effect.kind in ("reopen", "close"):
        return body | {"comment_id": comment_id}
    if effect.kind == "delivery_time":
        wanted = {"due_at": _written_time(effect.due_at), "charge": _written_money(effect.charge), "plan": effect.plan}
        seen = {"seen_due_at": _written_time(effect.seen_due_at), "seen_charge": _written_money(effect.seen_charge)}
        return body | wanted | seen | {"etag": effect.etag}
    words = {"requested_by": effect.requested_by, "quote": effect.quote}
    return {"order_id": effect.order_id, **words, "targets": list(effect.targets), "images": list(effect.images)}


def _written_time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _written_money(charge: Money | None) -> dict[str, str] | None:
    return {"amount": str(charge.amount), "currency": charge.currency} if charge else None


def _state(reply: Reply, problem: str) -> tuple[State, str]:
    if problem:
        return "held", problem
    if reply.suppressed:
        return "suppressed", reply.because
    return ("held" if reply.held else "queued"), reply.because
