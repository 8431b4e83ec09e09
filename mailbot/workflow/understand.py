"""Bytes -> message and findings: parse, then check. Slow and free of the database, so outside any transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailbot.check import check
from mailbot.errors import Unreadable
from mailbot.model.context import Company
from mailbot.model.finding import Findings
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting
from mailbot.model.safe_html import SafeHtml
from mailbot.model.words import WordLists
from mailbot.parse.guard import parse_guarded
from mailbot.parse.hosts import read_link
from mailbot.parse.safe_html import safe_html
from mailbot.record.claims import Claimed


@dataclass(frozen=True)  # no slots: `text_hash` is kept in the instance
class Understood:
    """`html` is what the desk may show of a mail's HTML, None where it has none (or nobody asked)."""

    claimed: Claimed
    message: ParsedMessage
    found: Findings
    html: SafeHtml | None = None

    @cached_property
    def text_hash(self) -> str:
        """Equal for the same words, whatever the spaces and capitals (P3); "" without words."""
        words = " ".join(self.message.text.lower().split())
        return hashlib.sha256(words.encode()).hexdigest() if words else ""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """`lasting`: the bytes themselves are the reason; set aside at once. Else a fault of ours: tried again, then set aside."""

    claimed: Claimed
    because: str
    lasting: bool


def understand(
    batch: Sequence[Claimed], words: WordLists, own: OwnMarks, marks: Mapping[str, OwnMarks], our_hosts: Collection[str] | None = None
) -> tuple[list[Understood], list[NotUnderstood]]:
    """Each message by itself: one that cannot be read never stops its neighbours (P7). HTML is cleaned where `our_hosts` are given."""
    good: list[Understood] = []
    bad: list[NotUnderstood] = []
    for claimed in batch:
        mine = marks.get(claimed.place, own)
        try:
            message = parse_guarded(_received(claimed), mine, claimed.attempts)
            html = safe_html(message, our_hosts) if our_hosts is not None and message.html else None
            good.append(Understood(claimed, message, check(message, words, mine), html))
        except Unreadable as error:
            bad.append(NotUnderstood(claimed, str(error), lasting=True))
        except Exception as error:  # any fault of ours while reading costs this one message only (P7)
            bad.append(NotUnderstood(claimed, f"{type(error).__name__}: {error}", lasting=False))
    return good, bad


def hosts_of(company: Company) -> frozenset[str]:
    """The hosts that are ours: a link to one that only looks like them is a lure."""
    links = map(read_link, (company.order_url, company.help_url, company.styles_url, company.variables_url, company.products_url))
    mail = (address.rpartition("@")[2].lower() for address in (company.support_address, *company.own_addresses))
    return frozenset({link.host for link in links if link} | {host for host in mail if host})


def _received(claimed: Claimed) -> ReceivedMessage:
    return ReceivedMessage(
        source=claimed.source,
        sighting=Sighting(place=claimed.place),
        received_at=claimed.received_at,
        fingerprint="",
        raw=claimed.raw,
        size=claimed.size,
    )
