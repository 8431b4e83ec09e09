"""Changed files go to the client's systems again only because the client asked, and a person triggers it (P29)."""

from __future__ import annotations

from dataclasses import replace

from mailbot.decide.news import Told, news
from mailbot.decide.step import DELIVERED, WORK, Step, because, missing
from mailbot.model.act import ActDecision, Refused
from mailbot.model.decision import Effect
from mailbot.model.lifecycle import OVER

PROVED = ("token", "order_comment", "confirmed")


def redistribute(step: Step) -> ActDecision | Refused:
    """Before the delivery the request is recorded and waits visibly; after it the files are sent again."""
    return _send(step) if _files_are_there(step) else _record(step)


def _files_are_there(step: Step) -> bool:
    """The ticket's own files, or, where the client wants nothing but this, the order's."""
    return step.ticket.state in OVER or _only_wish(step)


def _only_wish(step: Step) -> bool:
    main = step.context.main
    return step.ticket.kind not in (*WORK, "update") and main is not None and main.status in DELIVERED


def _record(step: Step) -> ActDecision | Refused:
    quote = step.act.text.strip()
    if not quote:
        return missing("the quote of the client", "Quote how they asked for the redistribution")
    after = replace(step.ticket, redistribution="requested", redistribution_quote=quote, redistribution_trust=_trust(step))
    return step.decided(after, reasons=because("policy P29", f"requested in advance, waits for the new files: {quote}"))


def _send(step: Step) -> ActDecision | Refused:
    ticket = step.ticket
    quote = step.act.text.strip() or ticket.redistribution_quote
    fault = _fault(step, quote)
    if fault is not None:
        return fault
    effect = Effect(
        kind="redistribution",
        order_id=ticket.order_ids[0],
        requested_by=ticket.client_name or ticket.client_address or ticket.client,
        quote=quote,
        targets=step.act.targets,
        images=step.act.images,
        because=f"{step.person.login} triggers what the client asked for (P29)",
    )
    after = replace(ticket, redistribution="done", redistribution_quote=quote, redistribution_trust=_trust(step))
    told = Told(template="redistributed", because="the files were sent again (P29)", after="redistribution")
    return step.decided(after, effects=(effect,), news=news(step.context, told, step.now), reasons=because("policy P29", quote))


def _fault(step: Step, quote: str) -> Refused | None:
    ticket = step.ticket
    if ticket.delivered_at is None and not _only_wish(step):
        return Refused(because=f"nothing was delivered on ticket {ticket.id}: no redistribution before the new files are there (P29)")
    if ticket.redistribution == "done" and not step.act.text.strip():
        return Refused(because="it was done before. Quote the client's new request to do it once more")
    if not quote:
        return missing("the client's request", "Redistribution is never automatic: quote how the client asked for it")
    if _trust(step) not in PROVED:
        return Refused(because="nothing proves that the client asked: confirm with them first, then say so (--confirmed)")
    if not ticket.order_ids or step.context.order_system is None or not step.context.capabilities.redistribution:
        return Refused(because="the order system cannot redistribute: do it there, and tell the client by a reply of your own")
    return None


def _trust(step: Step) -> str:
    """How far the request is proved: a person's word that they confirmed it, else what the client's message showed."""
    return "confirmed" if step.act.confirmed else step.ticket.redistribution_trust
