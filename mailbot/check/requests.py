"""What the client asks beside the work itself: status, refund, a call, ... (docs/understanding.md, "requests"; P18, P19, P29-P33)"""

from __future__ import annotations

from typing import get_args

from mailbot.check.asked import asked
from mailbot.check.phrases import parts
from mailbot.model.finding import Request, RequestsFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.requests import RequestWords

_ORDER: tuple[Request, ...] = get_args(Request)


def requests(message: ParsedMessage, words: RequestWords) -> RequestsFinding:
    """Every request named, each once, in the order of understanding.md, with the words it rests on."""
    found: dict[str, list[tuple[str, Span]]] = {}
    for part in parts(message):
        for because, names, hit in asked(part, words):
            for name in names:
                found.setdefault(name, []).append((because, part.span(hit.start, hit.end)))
    named = tuple(name for name in _ORDER if name in found)
    return RequestsFinding(names=named, evidence=tuple(_evidence(found[n]) for n in named))


def _evidence(found: list[tuple[str, Span]]) -> Evidence:
    because, first = found[0]
    return Evidence(f'{because}: "{first.words}"', tuple(span for _, span in found))
