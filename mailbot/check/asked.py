"""What is asked, with the words that ask it. Shared by the checks `requests`, `questions` and `content`; no check itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.phrase_book import NEAR, Before, PhraseBook, book, book_of
from mailbot.check.phrase_reader import Hit
from mailbot.check.phrases import Folded
from mailbot.check.tongue import Tongue
from mailbot.model.words.cues import Cues
from mailbot.model.words.questions import QuestionWords
from mailbot.model.words.requests import RequestWords

_GREETING = re.compile(r"\W*(?:[^,:;-]{1,20}[,:;-]\W*)?")  # "Hi there, how do I ..." still begins with the question


class Asked(NamedTuple):
    """`names`: requests or questions that the hit asks, without those that its sentence takes back."""

    cues: Cues
    names: tuple[str, ...]
    hit: Hit


@dataclass(frozen=True, slots=True)
class _Tools:
    book: PhraseBook
    tongue: Tongue
    unless: PhraseBook
    denied: Before


@lru_cache(maxsize=8)
def asked(part: Folded, words: RequestWords | QuestionWords) -> tuple[Asked, ...]:
    """By position. Questions only where a sentence asks: a demand is a request, not a question."""
    return tuple(_asked(part, words, _tools(words)))


def _asked(part: Folded, words: RequestWords | QuestionWords, tools: _Tools) -> Iterator[Asked]:
    rows = tools.tongue.fitting(tools.book.rows(part), part, words.cues)
    backs = tools.unless.rows(part) if rows else ()
    for hit in (Hit(*row) for row in rows):
        cues = words.cues[hit.group]
        start, end = part.sentence_of(hit.start)
        if cues.negated == "drop" and tools.denied.stands_before(part, start, hit.start):
            continue
        taken_back = {name for group, _, begin, last in backs if start <= begin and last <= end for name in words.unless[group].means}
        names = tuple(name for name in cues.means if name not in taken_back)
        if names and (isinstance(words, RequestWords) or (hit.end <= end and _asks(part, start, end, words))):
            yield Asked(cues, names, hit)


def _asks(part: Folded, start: int, end: int, words: QuestionWords) -> bool:
    """A sentence asks by its mark, or by how it begins."""
    if part.text.find("?", start, end) >= 0 or part.text.find("\uff1f", start, end) >= 0:
        return True
    openings = (begin for _, _, begin, _ in _openings(words).rows(part) if start <= begin < end)
    return any(_GREETING.fullmatch(part.text, start, begin) for begin in openings)


@lru_cache(maxsize=4)
def _openings(words: QuestionWords) -> PhraseBook:
    return book_of(words.openings)


@lru_cache(maxsize=8)
def _tools(words: RequestWords | QuestionWords) -> _Tools:
    return _Tools(
        book=book(words.cues),
        tongue=Tongue(words.english),
        unless=book(words.unless),
        denied=Before(words.negations, NEAR, most=40),
    )
