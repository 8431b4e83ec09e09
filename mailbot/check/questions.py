"""Which questions are asked that the help page answers? (docs/understanding.md, "questions"; P17)"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import get_args

from mailbot.check.asked import asked
from mailbot.check.phrase_book import PhraseBook, book_of
from mailbot.check.phrases import Folded, parts
from mailbot.model.finding import Question, QuestionsFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.questions import QuestionWords

_ORDER: tuple[Question, ...] = get_args(Question)
_GREETING = re.compile(r"\W*(?:[^,:;-]{1,20}[,:;-]\W*)?")  # "Hi there, how do I ..." still begins with the question


def questions(message: ParsedMessage, words: QuestionWords) -> QuestionsFinding:
    """Only sentences that ask are looked at: a demand is a request, not a question."""
    found: dict[str, list[tuple[str, Span]]] = {}
    for part in parts(message):
        for cues, names, hit in asked(part, words):
            start, end = part.sentence_of(hit.start)
            if hit.end <= end and _asks(part, start, end, words):
                for name in names:
                    found.setdefault(name, []).append((cues.name, part.span(hit.start, hit.end)))
    named = tuple(name for name in _ORDER if name in found)
    return QuestionsFinding(names=named, evidence=tuple(_evidence(found[name]) for name in named))


def _asks(part: Folded, start: int, end: int, words: QuestionWords) -> bool:
    """A sentence asks by its mark, or by how it begins."""
    if part.text.find("?", start, end) >= 0 or part.text.find("\uff1f", start, end) >= 0:
        return True
    openings = (begin for _, _, begin, _ in _openings(words).rows(part) if start <= begin < end)
    return any(_GREETING.fullmatch(part.text, start, begin) for begin in openings)


def _evidence(found: list[tuple[str, Span]]) -> Evidence:
    because, first = found[0]
    return Evidence(f'{because}: "{first.words}"', tuple(span for _, span in found))


@lru_cache(maxsize=4)
def _openings(words: QuestionWords) -> PhraseBook:
    return book_of(words.openings)
