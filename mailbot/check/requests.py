"""What the client asks beside the work itself: status, refund, a call, ... (docs/understanding.md, "requests"; P18, P19, P29-P33)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast, get_args

from mailbot.check.phrase_book import NEAR, Before, PhraseBook, book
from mailbot.check.phrases import Folded, parts
from mailbot.check.tongue import Tongue
from mailbot.model.finding import Request, RequestsFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.requests import RequestWords

_ORDER: tuple[Request, ...] = get_args(Request)


@dataclass(frozen=True, slots=True)
class _Tools:
    book: PhraseBook
    tongue: Tongue
    unless: PhraseBook
    denied: Before


def requests(message: ParsedMessage, words: RequestWords) -> RequestsFinding:
    """Every request named, each once, in the order of understanding.md, with the words it rests on."""
    tools = _tools(words)
    found: dict[str, list[tuple[str, Span]]] = {}
    for part in parts(message):
        for name, because, span in _asked(part, words, tools):
            found.setdefault(name, []).append((because, span))
    names = tuple(name for name in _ORDER if name in found)
    return RequestsFinding(names=names, evidence=tuple(_evidence(found[name]) for name in names))


def _asked(part: Folded, words: RequestWords, tools: _Tools) -> Iterator[tuple[str, str, Span]]:
    hits = tools.tongue.fitting(tools.book.find(part), part, words.cues)
    backs = tools.unless.find(part) if hits else ()
    for hit in hits:
        cues = words.cues[hit.group]
        start, end = part.sentence_of(hit.start)
        if cues.negated == "drop" and tools.denied.stands_before(part, start, hit.start):
            continue
        taken_back = {name for back in backs if start <= back.start and back.end <= end for name in words.unless[back.group].means}
        for name in cues.means:
            if name not in taken_back:
                yield cast(Request, name), cues.name, part.span(hit.start, hit.end)


def _evidence(found: list[tuple[str, Span]]) -> Evidence:
    because, first = found[0]
    return Evidence(f'{because}: "{first.words}"', tuple(span for _, span in found))


@lru_cache(maxsize=4)
def _tools(words: RequestWords) -> _Tools:
    return _Tools(
        book=book(words.cues),
        tongue=Tongue(words.english),
        unless=book(words.unless),
        denied=Before(words.negations, NEAR, most=40),
    )
