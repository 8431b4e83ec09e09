"""Bytes -> message and findings: parse, then check. Slow and free of the database, so outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailbot.check import check
from mailbot.errors import Unreadable
from mailbot.model.finding import Findings
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting
from mailbot.model.words import WordLists
from mailbot.parse.guard import parse_guarded
from mailbot.record.journal import Claimed


@dataclass(frozen=True, slots=True)
class Understood:
    claimed: Claimed
    message: ParsedMessage
    found: Findings


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """`lasting`: the bytes themselves are the reason; set aside at once. Else a fault of ours: tried again, then set aside."""

    claimed: Claimed
    because: str
    lasting: bool


def understand(
    batch: Sequence[Claimed], words: WordLists, own: OwnMarks, marks: Mapping[str, OwnMarks]
) -> tuple[list[Understood], list[NotUnderstood]]:
    """Each message by itself: one that cannot be read never stops its neighbours (P7)."""
    good: list[Understood] = []
    bad: list[NotUnderstood] = []
    for claimed in batch:
        mine = marks.get(claimed.place, own)
        try:
            message = parse_guarded(_received(claimed), mine, claimed.attempts)
            good.append(Understood(claimed, message, check(message, words, mine)))
        except Unreadable as error:
            bad.append(NotUnderstood(claimed, str(error), lasting=True))
        except Exception as error:  # any fault of ours while reading costs this one message only (P7)
            bad.append(NotUnderstood(claimed, f"{type(error).__name__}: {error}", lasting=False))
    return good, bad


def _received(claimed: Claimed) -> ReceivedMessage:
    return ReceivedMessage(
        source=claimed.source,
        sighting=Sighting(place=claimed.place),
        received_at=claimed.received_at,
        fingerprint="",
        raw=claimed.raw,
        size=claimed.size,
    )
