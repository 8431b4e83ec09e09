"""Helpers for the parser's tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting, Source
from mailbot.parse import parse

DATA = Path(__file__).resolve().parents[1] / "data"
OWN = OwnMarks(
    domain="bot.example",
    secret=b"s3cret",
    addresses=frozenset({"support@mailbot.example"}),
    phrases=("=== Please write above this line ===", "We have read your message and will come back to you"),
)


def received(raw: bytes, source: Source = "email") -> ReceivedMessage:
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    return ReceivedMessage(source=source, sighting=Sighting(place="test"), received_at=at, fingerprint="f", raw=raw, size=len(raw))


def read(raw: bytes | str, own: OwnMarks = OWN) -> ParsedMessage:
    return parse(received(raw if isinstance(raw, bytes) else raw.encode()), own)


def seen(raw: bytes) -> ParsedMessage:
    """What is read; attached mails are written anew, with line ends of either kind, so their exact bytes do not count."""
    parsed = read(raw)
    attachments = tuple(a if not a.content_type.startswith("message/") else replace(a, size=0, sha256="") for a in parsed.attachments)
    return replace(parsed, attachments=attachments)
