"""What an act would say to the client, by each road, before anybody presses send. Records nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mailbot.decide.act import decide_act
from mailbot.decide.act_facts import act_facts
from mailbot.decide.delivery_time import Proposal
from mailbot.decide.promise import proposal
from mailbot.decide.quick_picks import Pick, picks
from mailbot.errors import NotFound
from mailbot.model.act import Act, ActContext, ActDecision, News, Refused
from mailbot.model.decision import Reply
from mailbot.model.message import Source
from mailbot.model.reply import RenderedMail
from mailbot.record import tickets
from mailbot.workflow.acts import context_of, known_orders, sentence
from mailbot.workflow.outgoing import rendered
from mailbot.workflow.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One road: the text that would go out. `held` says why it would wait for a person."""

    channel: Source
    to: str
    subject: str
    text: str
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`refused` where the act is not possible; `because` are its reasons."""

    texts: tuple[Shown, ...] = ()
    because: tuple[str, ...] = ()
    refused: str = ""


def preview(parts: Parts, wanted: Act, by: str) -> Preview:
    """Decides and renders as the act would, with what is known of the order. Raises NotFound."""
    context, now = _seen(parts, wanted.ticket, by, wanted.other)
    decided = decide_act(wanted, context, parts.live.rules, now)
    if isinstance(decided, Refused):
        return Preview(refused=sentence(decided.because))
    texts = (_shown(parts, context, decided, news, reply) for news in decided.news for reply in news.replies)
    return Preview(texts=tuple(texts), because=tuple(r.because for r in decided.reasons))


def _shown(parts: Parts, context: ActContext, decided: ActDecision, news: News, reply: Reply) -> Shown:
    facts = replace(act_facts(context, decided.after, news), snippets=reply.snippets, channel=reply.channel)
    held, templates = reply.because if reply.held else "", parts.live.templates
    if reply.channel == "order_comment":
        text, problem = rendered(lambda: templates.comment(reply.template, facts), "")
        return Shown(channel="order_comment", to=reply.order_id, subject="", text=text or problem, held=held)
    mail, problem = rendered(lambda: templates.mail(reply, facts), RenderedMail("", "", ""))
    return Shown(channel="email", to=reply.to, subject=mail.subject, text=mail.text or problem, held=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the page offers beside the field of the delivery time."""

    proposal: Proposal
    picks: tuple[Pick, ...]


def offer(parts: Parts, ticket_id: int) -> Offer:
    """Raises NotFound."""
    context, now = _seen(parts, ticket_id)
    rules = parts.live.rules
    return Offer(proposal=proposal(context, rules, now), picks=picks(rules, now, context.ticket.delivery_time))


def picked(parts: Parts, label: str) -> datetime | None:
    """The time that a quick pick means now; None for other words."""
    with parts.db.reading() as c:
        now = parts.db.now(c)
    return next((p.due_at for p in picks(parts.live.rules, now) if p.label == label), None)


def _seen(parts: Parts, ticket_id: int, by: str = "", other: int | None = None) -> tuple[ActContext, datetime]:
    """A reader's snapshot: a page that is looked at never waits for a writer."""
    with parts.db.reading() as c:
        now = parts.db.now(c)
        ticket = tickets.get(c, ticket_id)
        if ticket is None:
            raise NotFound(f"There is no ticket #{ticket_id}.")
        return context_of(c, parts, ticket, known_orders(parts, ticket), now, by=by, other=other, looking=True), now
