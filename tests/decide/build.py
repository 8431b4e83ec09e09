"""Small builders: a test names only what matters for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from mailbot.decide import decide
from mailbot.model.context import Colleague, Company, Context, KnownAddress, OurMail, Spent
from mailbot.model.decision import Decision
from mailbot.model.finding import (
    AutomaticFinding,
    ContentFinding,
    Findings,
    ImagesFinding,
    KeywordFinding,
    LanguageFinding,
    LinksFinding,
    OrdersFinding,
    QuestionsFinding,
    RequestsFinding,
    SenderFinding,
    StyleFinding,
)  # fmt: skip
from mailbot.model.message import Address, CommentFacts, Evidence, ParsedMessage
from mailbot.model.order import Capabilities, Order, OrderImage, Person
from mailbot.model.rulebook import Queue, Route, RuleBook, Shift
from mailbot.model.ticket import Ticket

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANNA = "anna@agency.example"
STRANGER = "someone@elsewhere.example"
MANAGER = Person(id="am", name="Maria Lind", emails=("maria@studio.example",))
COMPANY = Company(
    name="Studio", support_address="support@studio.example", desk_name="Studio Support", account_manager=MANAGER,
    own_addresses=frozenset({"support@studio.example", "bot@studio.example"}), mailbox_address="returns@studio.example",
)  # fmt: skip
ALL = Capabilities(reopen=True, close=True, client_visible_comments=True, delivery_time=True)
RULES = RuleBook(
    hash="h", words=cast(Any, None),
    routes=(
        Route(name="unverified", queue="unverified", trusts=("unknown",)),
        Route(name="updates", queue="production", kinds=("update",)),
        Route(name="feedback", queue="quality", kinds=("feedback",)),
    ),
    queues=(
        Queue(name="coordinators", title="", method="round_robin"), Queue(name="production", title="", method="none"),
        Queue(name="quality", title="", method="none"), Queue(name="unverified", title="", method="none"),
    ),
)  # fmt: skip


def mail(text: str = "Correction: too bright", sender: str = ANNA, **more: Any) -> ParsedMessage:
    given: dict[str, Any] = {
        "message_id": "<a@agency.example>",
        "sender": Address("Anna Berg", sender),
        "subject": "Correction",
        "text": text,
    }
    return ParsedMessage(source="email", **{**given, **more})


def comment(text: str = "Correction: too bright", *, button: bool = True, order: str = "o1", **more: Any) -> ParsedMessage:
    facts: dict[str, Any] = {"comment_id": "c1", "order_id": order, "role": "client", "visibility": "client", "author_id": "anna"}
    facts |= {"rejects_delivery": button, **more}
    return ParsedMessage(source="order_comment", sender=Address("Anna Berg", ""), text=text, comment=CommentFacts(**facts))


def findings(**given: Any) -> Findings:
    """By default a claimed Correction in English by a person whose mail server vouches for them."""
    kinds = given.get("keyword", ("correction",))
    verdict = "none" if not kinds else "one" if len(kinds) == 1 else "several"
    because = Evidence("because")
    requests, questions = tuple(given.get("requests", ())), tuple(given.get("questions", ()))
    return Findings(
        automatic=AutomaticFinding(verdict=given.get("automatic", "person")),
        language=LanguageFinding(verdict=given.get("language", "english"), language=given.get("code", "en"), evidence=because),
        keyword=KeywordFinding(verdict=cast(Any, verdict), claimed=kinds[0] if verdict == "one" else None, kinds=tuple(kinds)),
        content=ContentFinding(
            kind=given.get("content", "correction"), understandable=given.get("understandable", True),
            change_wished=given.get("change_wished", False), agrees=given.get("agrees", False),
            looks_like_amendment=given.get("looks_like_amendment", False),
        ),
        orders=OrdersFinding(numbers=tuple(given.get("orders", ("10231",)))),
        images=ImagesFinding(numbers=tuple(given.get("images", ())), all_images=given.get("all_images", False)),
        links=LinksFinding(),
        style=given.get("style", StyleFinding()),
        requests=RequestsFinding(names=requests, evidence=(because,) * len(requests)),
        questions=QuestionsFinding(names=questions, evidence=(because,) * len(questions)),
        sender=SenderFinding(proof=given.get("proof", "authenticated"), suspicious=given.get("suspicious", False), evidence=because),
    )  # fmt: skip


def order(number: str = "10231", status: str = "delivered", client: str = "anna", **more: Any) -> Order:
    given: dict[str, Any] = {
        "id": "o1" if number == "10231" else f"o{number}",
        "client": Person(
            id=client, name="Anna Berg" if client == "anna" else "Bo Ek", emails=(ANNA if client == "anna" else "bo@other.example",)
        ),
        "images": tuple(OrderImage(id=f"i{n}", name=f"IMG_{n}.jpg") for n in (4589, 4590)),
    }
    return Order(number=number, status=cast(Any, status), **{**given, **more})


KNOWN = KnownAddress(address=ANNA, client="anna", name="Anna Berg")


def context(**given: Any) -> Context:
    """By default Anna is in the address book with one delivered order."""
    base = Context(
        message=9, received_at=NOW, go_live=None, known=KNOWN, colleague=None, orders=(order(),), unknown_numbers=(),
        facts_pending=False, client_orders=(order(),), tickets=(), thread_tickets=(), our_mails=(), token_valid=False,
        duplicate_texts=(), message_id_reused=False, order_system="shop", capabilities=ALL, spent=Spent(), waiting=3,
        staff_on_shift=(), last_owner=(), company=COMPANY,
    )  # fmt: skip
    return replace(base, **given)


def stranger_context(**given: Any) -> Context:
    return context(**{"known": None, "client_orders": (), **given})


def ticket(number: int = 12, **given: Any) -> Ticket:
    base = Ticket(
        id=number, version=1, opened_at=NOW - timedelta(hours=2), channel="email", client="anna", client_name="Anna Berg",
        client_address=ANNA, subject="Correction", order="10231", order_ids=("o1",), kind="correction", claimed="correction", suggested=None,
        assessed=None, state="new", queue="coordinators", owner="kim", trust="authenticated", asked=(), flags=(), images=(), dispute_level=0,
        earlier_ticket=None, clock_started_at=NOW, last_client_message_at=NOW - timedelta(hours=2), last_auto_reply_at=None, read_at=None,
        delivered_at=None, delivery_time=None,
    )  # fmt: skip
    return replace(base, **given)


def colleague(login: str = "kim", *, load: int = 0, roles: tuple[str, ...] = ("coordinator",), on_shift: bool = True) -> Colleague:
    return Colleague(
        login=login, name=login.title(), address=f"{login}@studio.example", roles=frozenset(roles), on_shift=on_shift, open_tickets=load
    )


def shift(person: str, *queues: str) -> Shift:
    return Shift(person=person, weekdays=(0,), begins="08:00", ends="16:00", time_zone="UTC", queues=queues)


def our_mail(ticket_number: int | None = 12, to: str = ANNA) -> OurMail:
    return OurMail(action=17, ticket=ticket_number, to=to, message_id="<mb.12@studio.example>")


def decided(
    message: ParsedMessage | None = None, found: Findings | None = None, facts: Context | None = None, rules: RuleBook = RULES
) -> Decision:
    return decide(message or mail(), found or findings(), facts or context(), rules, NOW)


def kinds_of(decision: Decision) -> list[tuple[str, str]]:
    """(kind, order or recipient) of every effect."""
    return [(e.kind, e.to if e.kind == "notify" else e.order_id) for e in decision.effects]


def because(decision: Decision, by: str) -> str:
    return " | ".join(r.because for r in decision.reasons if r.by == by)
