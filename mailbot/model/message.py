"""Messages as they arrive and as they read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from mailbot.model.order import ChargeAnswer

Source = Literal["email", "order_comment"]
Where = Literal["subject", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place where a message was seen. Mail: (mailbox, UIDVALIDITY, UID), invariant I2.

    Order comment: (order system, 0, 0, comment id)."""

    place: str
    uidvalidity: int = 0
    uid: int = 0
    comment_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """Bytes as they came, not yet understood. `raw` is the mail (RFC 5322) or the comment as JSON of the contract.

    `received_at` is INTERNALDATE or created_at. `raw_path` replaces `raw` for mails above 1 MiB (bytes lie in that file).
    """

    source: Source
    sighting: Sighting
    received_at: datetime
    fingerprint: str
    raw: bytes
    size: int
    raw_path: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address with its display name; both free of control characters and bidi overrides. The address is lower case."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file; its bytes: `parse.guard.attachment_guarded`. `name` is for display only, `content_id` without angle brackets."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a bounce (RFC 3464) or report says of the mail that it is about."""

    original_message_ids: tuple[str, ...] = ()
    failed_addresses: tuple[str, ...] = ()
    status: str = ""
    diagnostic: str = ""
    permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFacts:
    """What an order comment says of itself (the contract's Comment).

    `rejects_delivery`, `charge_answer` and `requests_redistribution` say which button the client pressed, and nothing more.
    """

    comment_id: str
    order_id: str
    role: Literal["client", "staff", "system"]
    visibility: Literal["client", "internal"]
    author_id: str = ""
    rejects_delivery: bool = False
    charge_answer: ChargeAnswer | None = None
    requests_redistribution: bool = False
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An http(s) link in the new text; `start`, `end` are offsets into `text` (-1 where it stood only behind an anchor)."""

    url: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMarks:
    """What tells our own words and ids from the client's.

    `domain` and `secret` are those of our signed Message-IDs; `addresses` our mailboxes and sender (lower case); `phrases` the
    marker line and sentences of our templates; `trusted_authserv_ids` and `auth_profile` say whose Authentication-Results count.
    """

    domain: str = ""
    secret: bytes = b""
    addresses: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    trusted_authserv_ids: tuple[str, ...] = ()
    auth_profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """A message that can be read. Never holds NUL or lone surrogates.

    `text` is only what the client newly wrote (understanding.md); `quoted` what was cut off (quotes, footers), `signature` the
    signature. `headers` are decoded (lower-case name, value), in order, for the checks. `sender` is the first From address or
    None. `message_id` and `thread_ids` keep their angle brackets. For order comments subject is "" and `comment` is set.
    `html` is the HTML body as it was sent (decoded, at most 1 MiB, hostile): only to be shown after cleaning.
    """

    source: Source
    message_id: str = ""
    sender: Address | None = None
    from_all: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    quoted: str = ""
    signature: str = ""
    thread_ids: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain"
    return_path: str | None = None
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    report: DeliveryReport | None = None
    comment: CommentFacts | None = None
    forwarded: Address | None = None
    own_text: bool = False
    html: str = ""
    problems: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        """The first header field of that name (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def headers_named(self, name: str) -> tuple[str, ...]:
        """All header fields of that name (lower case), in order."""
        return tuple(value for key, value in self.headers if key == name)


class Span(NamedTuple):
    """The words that a finding rests on, and where they stand (offsets into subject or text).

    A tuple, as the checks make some fifty of each mail and a frozen dataclass takes four times as long to make.
    """

    where: Where
    start: int
    end: int
    words: str

    def meets(self, other: Span) -> bool:
        """They share words."""
        return self.where == other.where and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a check says what it says: one sentence for a person, and the words it rests on."""

    because: str
    spans: tuple[Span, ...] = field(default=())
