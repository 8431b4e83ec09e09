"""What templates may say of an act, of news of an order, or of time that passed."""

from __future__ import annotations

from mailbot.decide.step import manager_of
from mailbot.decide.trust import PROVED
from mailbot.model.act import ActContext, News
from mailbot.model.context import Company
from mailbot.model.order import Order
from mailbot.model.reply import ReplyFacts
from mailbot.model.ticket import Ticket


def act_facts(context: ActContext, ticket: Ticket, news: News | None, message: str = "", because: str = "") -> ReplyFacts:
    """`ticket`: as it stands after the act. `message`: the client's newest words, which only internal templates show."""
    main = context.main
    known = ticket.trust != "unknown"
    return ReplyFacts(
        ticket=ticket.id,
        company=context.company,
        name=ticket.client_name,
        echo=ticket.trust in PROVED,
        subject=ticket.subject if ticket.trust in PROVED else "",
        kind=ticket.kind,
        claimed=ticket.claimed,
        order=ticket.order if known else None,
        order_url=order_url(context.company, main, ticket.order) if known else "",
        orders=(ticket.order,) if ticket.order and known else (),
        images=ticket.images,
        status=main.status if main and known else None,
        time_zone=(main.time_zone if main else "") or context.time_zone or context.company.time_zone,
        account_manager=manager_of(context),
        queue=ticket.queue,
        owner=ticket.owner,
        author=ticket.client_name or ticket.client_address or ticket.client,
        message=message,
        because=because,
        items=news.items if news else (),
        text=news.text if news else "",
        own_words=news is not None and not news.automatic,
        assessed=ticket.assessed,
        reason=ticket.reason,
        plan=ticket.plan,
        charge=ticket.charge,
        charge_open=ticket.agreement == "asked",
        waits=ticket.state == "waiting_for_agreement",
        delivery_time=ticket.delivery_time,
        previous=news.previous if news else None,
        precision=context.capabilities.delivery_precision,
        next_news_at=ticket.next_news_at,
        quote=_quote(ticket),
    )


def order_url(company: Company, order: Order | None, number: str | None) -> str:
    """The client's page of the order: as the order system says it, else by the configured pattern."""
    if order and order.url:
        return order.url
    template = company.order_url
    return template.replace("{order}", number) if template and number and number.replace("-", "").isalnum() else ""


def _quote(ticket: Ticket) -> str:
    return ticket.redistribution_quote if ticket.redistribution != "none" else ticket.agreement_quote
