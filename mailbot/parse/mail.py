"""What the bytes of a mail hold, before any cutting of quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailbot.model.message import Address, Attachment

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """One piece of the text to read: `plain` and `html` are two forms of the same words where both are given."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class Mail:
    """`embedded` are header blocks of attached mails and reports; `take` is called with number and bytes of each attachment.

    `charset` is what raw 8-bit letters in the header are in, "" for UTF-8."""

    headers: Headers
    from_all: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    content_type: str = "text/plain"
    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    embedded: list[tuple[str, Headers]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    charset: str = ""
    take: Callable[[int, bytes], None] | None = None

    def tell(self, problem: str) -> None:
        """Notes a problem once; "" is none."""
        if problem and problem not in self.problems:
            self.problems.append(problem)
