"""Which questions are asked that the help page answers? (docs/understanding.md, "questions"; P17)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from mailbot.check.phrase_book import PhraseBook, book
from mailbot.check.phrases import Folded, parts, sentences
from mailbot.model.finding import Question, QuestionsFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.questions import QuestionWords

_ORDER: tuple[Question, ...] = get_args(Question)
_GREETING = re.compile(r"\W*(?:[^,:;-]{1,20}[,:;-]\W*)?")  # "Hi there, how do I ..." still begins with the question


@dataclass(frozen=True, slots=True)
class _Tools:
    book: PhraseBook
    openings: PhraseBook


def questions(message: ParsedMessage, words: QuestionWords) -> QuestionsFinding:
    """Only sentences that ask are looked at: a demand is a request, not a question."""
    tools = _tools(words)
    found: dict[str, list[tuple[str, Span]]] = {}
    for part in parts(message):
        asking = list(_asking(part, tools))
        for hit in tools.book.find(part) if asking else ():
            if any(start <= hit.start and hit.end <= end for start, end in asking):
                cues = words.cues[hit.group]
                for name in cues.means:
                    found.setdefault(name, []).append((cues.name, part.span(hit.start, hit.end)))
    names = tuple(name for name in _ORDER if name in found)
    return QuestionsFinding(names=names, evidence=tuple(_evidence(found[name]) for name in names))


def _asking(part: Folded, tools: _Tools) -> Iterator[tuple[int, int]]:
    """The sentences that ask: by their mark, or by how they begin. Most sentences ask nothing."""
    opened = [hit.start for hit in tools.openings.find(part)]
    for start, end in sentences(part):
        marked = "?" in part.text[start:end] or "\uff1f" in part.text[start:end]
        if marked or any(start <= at < end and _GREETING.fullmatch(part.text, start, at) for at in opened):
            yield start, end


def _evidence(found: list[tuple[str, Span]]) -> Evidence:
    because, first = found[0]
    return Evidence(f'{because}: "{first.words}"', tuple(span for _, span in found))


@lru_cache(maxsize=4)
def _tools(words: QuestionWords) -> _Tools:
    return _Tools(book=book(words.cues), openings=PhraseBook([words.openings]))
