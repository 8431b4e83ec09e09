"""Our Message-IDs carry a signature, so that a reply proves that its writer had our mail (security.md, "Who wrote it")."""

from __future__ import annotations

import hashlib
import hmac
import re

# Hexadecimal only: some servers lower the case of Message-IDs that they quote.
OWN_COMMENT = "mailbot-"  # how the external_id of each order comment that we post begins
_OURS = re.compile(r"<?mb\.(?P<ticket>\d{1,18})\.(?P<mac>[0-9a-f]{16})\.(?P<key>[0-9a-f]{12})@(?P<domain>[^\s<>@]{1,253})>?")


def sign_message_id(secret: bytes, domain: str, ticket: int | None, key: str) -> str:
    """`<mb.{ticket}.{mac}.{hash of key}@domain>`; the same arguments always give the same id. Ticket 0: about no ticket."""
    number = str(ticket or 0)
    named = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:12]
    return f"<mb.{number}.{_mac(secret, domain, number, named)}.{named}@{domain.lower()}>"


def verify_message_id(secret: bytes, message_id: str) -> bool:
    """True when we signed this Message-ID (with or without angle brackets) with this secret."""
    hit = _OURS.fullmatch(message_id.strip().lower())
    if hit is None:
        return False
    expected = _mac(secret, hit["domain"], hit["ticket"], hit["key"])
    return hmac.compare_digest(expected.encode(), hit["mac"].encode())


def ticket_of(message_id: str) -> int | None:
    """The ticket number that an id of our shape names, verified or not; None for ticket 0 and other ids."""
    hit = _OURS.fullmatch(message_id.strip().lower())
    return int(hit["ticket"]) or None if hit else None


def _mac(secret: bytes, domain: str, ticket: str, key: str) -> str:
    words = f"{ticket}.{key}@{domain.lower()}".encode("utf-8", "replace")
    return hmac.new(secret, words, hashlib.sha256).hexdigest()[:16]
