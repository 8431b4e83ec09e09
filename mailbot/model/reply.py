"""What the templates may say: one frozen value for mails, order comments, notices and internal comments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from mailbot.model.context import Company
from mailbot.model.finding import ClientKind, Request
from mailbot.model.message import Source
from mailbot.model.money import Money
from mailbot.model.order import OrderStatus, Person
from mailbot.model.ticket import Ask, Flag, Kind


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """Text of a mail. `subject` is one line; `html` is empty for notices."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFacts:
    """Everything that a template may use. `echo`: the reader has proved who they are, so their own subject may be repeated (P43).

    `order` and `orders` are numbers of the client's own orders; `status` and `due_at` are those of `status_of`, the order that the
    message is about. `expect`: minutes until a person reads, lowest and highest (P40).
    `message` is the client's new text and `author` who wrote it: only internal templates (notify, internal_*) show them.
    News: `items` in order of telling, `text` a person's words (`own_words`: not automatic), `charge` with `waits` where the work waits
    for agreement, `previous` the delivery time told before, `precision` minute or day, `quote` the client's words that asked.
    """

    ticket: int
    company: Company
    channel: Source = "email"
    name: str = ""
    echo: bool = False
    subject: str = ""
    kind: Kind = "unclassified"
    claimed: ClientKind | None = None
    order: str | None = None
    order_url: str = ""
    orders: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    images_of_order: int = 0
    unknown_images: tuple[str, ...] = ()
    suggest_images: bool = False
    asks: tuple[Ask, ...] = ()
    flags: tuple[Flag, ...] = ()
    requests: tuple[Request, ...] = ()
    language: str | None = None
    expect: tuple[int, int] = (5, 20)
    busy: bool = False
    status: OrderStatus | None = None
    status_of: str = ""
    due_at: datetime | None = None
    time_zone: str = "UTC"
    account_manager: Person | None = None
    snippets: tuple[str, ...] = ()
    queue: str = ""
    owner: str | None = None
    author: str = ""
    message: str = ""
    because: str = ""
    items: tuple[str, ...] = ()
    text: str = ""
    own_words: bool = False
    assessed: ClientKind | None = None
    reason: str = ""
    plan: str = ""
    charge: Money | None = None
    waits: bool = False
    charge_open: bool = False
    delivery_time: datetime | None = None
    previous: datetime | None = None
    precision: str = "minute"
    next_news_at: datetime | None = None
    targets: tuple[str, ...] = ()
    fix_delivered: bool = False
    quote: str = ""


SAMPLE_COMPANY = Company(
    name="Sample Photo Editing",
    support_address="support@studio.example",
    desk_name="Sample Support",
    order_url="https://orders.example/orders/{order}",
    help_url="https://studio.example/help",
    styles_url="https://studio.example/styles",
    variables_url="https://studio.example/variables",
    products_url="https://studio.example/products",
    account_manager=Person(id="am", name="Maria Lind", emails=("maria@studio.example",)),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A named set of facts that every template must be able to say (X6)."""

    name: str
    facts: ReplyFacts = field(default_factory=lambda: ReplyFacts(ticket=12, company=SAMPLE_COMPANY))


def samples() -> tuple[Sample, ...]:
    """The corners of what templates meet: everything known, nothing known, every ask, hostile client text."""
    full = ReplyFacts(
        ticket=12, company=SAMPLE_COMPANY, name="Anna Berg", echo=True, subject="Correction for order 10231", kind="correction",
        claimed="correction", order="10231", order_url="https://orders.example/orders/10231", orders=("10231", "10232"),
        images=("4589", "4590"), images_of_order=14, unknown_images=("4590",), suggest_images=True,
        flags=("image_unknown", "urgent", "dispute"),
        requests=("status", "cancel", "dispute", "refund", "redistribution", "account_manager"),
        expect=(20, 60), busy=True, status="in_production", status_of="10231", due_at=datetime(2026, 11, 24, 14, 30, tzinfo=UTC),
        time_zone="Europe/Stockholm", account_manager=SAMPLE_COMPANY.account_manager, snippets=("cost", "how_to"), queue="quality",
        owner="kim", author="Anna Berg <anna@agency.example>", message="Correction: image 4589 is too bright.", because="a new ticket",
    )  # fmt: skip
    bare = ReplyFacts(ticket=13, company=Company(name="Studio", support_address="support@studio.example", desk_name="Support"))
    asking = ReplyFacts(
        ticket=14, company=SAMPLE_COMPANY, name="Åsa", asks=("english", "keyword", "order", "details"), language="sv", orders=(),
        kind="unclassified", flags=("not_english",),
    )  # fmt: skip
    hostile = ReplyFacts(
        ticket=15, company=SAMPLE_COMPANY, name="{{7*7}} <b>", echo=True, subject="{{7*7}} <script>", images=("<img>",), kind="mixed",
        message="{% raw %}<script>alert(1)</script>", author="<x>", order="10231", orders=("10231",),
    )  # fmt: skip
    on_order = ReplyFacts(
        ticket=16, company=SAMPLE_COMPANY, channel="order_comment", name="Anna", kind="update", order="10231", orders=("10231",),
        asks=("details",), status="ordered", status_of="10231",
    )  # fmt: skip
    named = {"full": full, "bare": bare, "asking": asking, "hostile": hostile, "on_order": on_order, **_news_samples(full)}
    return tuple(Sample(name, facts) for name, facts in named.items())


def _news_samples(full: ReplyFacts) -> dict[str, ReplyFacts]:
    """What is told after a person's act."""
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    charged = replace(
        full, items=("read", "assessed", "delivery_time"), assessed="amendment", reason="A blue sky was not on the order.",
        plan="Blue sky on 4589 and 4590", charge=Money(Decimal("40.00"), "EUR"), delivery_time=at, previous=full.due_at,
        charge_open=True, next_news_at=at, quote="Please send them to the portal.", targets=("Portal",), flags=(), requests=(),
    )  # fmt: skip  # as above
    waiting = replace(charged, items=("assessed",), claimed="correction", waits=True, snippets=("expectations",), delivery_time=None)
    free = replace(charged, items=("assessed",), assessed="correction", charge=None, precision="day")
    others = replace(charged, items=("feedback", "disputed", "agreed", "plan", "reopened"), channel="order_comment")
    own = replace(full, text="Which of the two windows do you mean?\n\nKim", own_words=True, flags=(), requests=())
    return {"charged": charged, "waiting": waiting, "free": free, "others": others, "own_words": own}
