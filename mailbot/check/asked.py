"""What is asked, with the words that ask it. Shared by the checks `requests`, `questions` and `content`; no check itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.phrase_book import NEAR, Before, PhraseBook, book, book_of
from mailbot.check.phrase_reader import Hit, Row
from mailbot.check.phrases import Folded
from mailbot.check.together import together
from mailbot.check.tongue import Tongue
from mailbot.model.words.questions import QuestionWords
from mailbot.model.words.requests import RequestWords

_INDIRECT = 1  # of the two lists that ask
_GREETING = re.compile(r"\W*(?:[^,:;-]{1,20}[,:;-]\W*)?")  # "Hi there, how do I ..." still begins with the question


class Asked(NamedTuple):
    """`because`: the group that the hit belongs to. `names`: requests or questions that it asks, without those taken back."""

    because: str
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
    tools = _tools(words)
    found: Sequence[Asked] = [*_single(part, words, tools), *_joined(part, words, tools)]
    if isinstance(words, QuestionWords) and found:
        found = _asking(part, words, found)
    backs = tools.unless.rows(part) if found else ()
    if backs:
        found = [one for one in (_without(one, backs, part, words) for one in found) if one.names]
    return tuple(sorted(found, key=_place))


def _single(part: Folded, words: RequestWords | QuestionWords, tools: _Tools) -> Iterator[Asked]:
    for row in tools.tongue.fitting(tools.book.rows(part), part, words.cues):
        cues, hit = words.cues[row[0]], Hit(*row)
        if cues.negated != "drop" or not _denied(part, tools, hit.start):
            yield Asked(cues.name, cues.means, hit)


def _joined(part: Folded, words: RequestWords | QuestionWords, tools: _Tools) -> Iterator[Asked]:
    """What phrases ask together, as one hit: from the first to the last of those in the sentence."""
    for group, rows in together(part, words.together, tools.tongue):
        if group.negated == "drop" and any(_denied(part, tools, start) for _, _, start, _ in rows):
            continue
        begin, end = part.sentence_of(rows[0][2])
        inside = [(start, last) for _, _, start, last in rows if begin <= start < end]
        yield Asked(group.name, group.means, Hit(0, rows[0][1], min(inside)[0], max(last for _, last in inside)))


def _asking(part: Folded, words: QuestionWords, found: Sequence[Asked]) -> Sequence[Asked]:
    """Those in sentences that ask."""
    places = {part.sentence_of(one.hit.start) for one in found}
    asking = {(start, end) for start, end in places if _asks(part, start, end, words)}
    held = [(part.sentence_of(one.hit.start), one) for one in found] if asking else []
    return [one for sentence, one in held if sentence in asking and one.hit.end <= sentence[1]]


def _asks(part: Folded, start: int, end: int, words: QuestionWords) -> bool:
    """A sentence asks by its mark, by how it begins, or by words that ask wherever they stand ("I want to know whether")."""
    if part.text.find("?", start, end) >= 0 or part.text.find("\uff1f", start, end) >= 0:
        return True
    rows = ((where, begin) for where, _, begin, _ in _openings(words).rows(part) if start <= begin < end)
    return any(where == _INDIRECT or _GREETING.fullmatch(part.text, start, begin) for where, begin in rows)


def _denied(part: Folded, tools: _Tools, at: int) -> bool:
    return tools.denied.stands_before(part, part.sentence_of(at)[0], at)


def _without(one: Asked, backs: Sequence[Row], part: Folded, words: RequestWords | QuestionWords) -> Asked:
    """Without the names that its sentence takes back."""
    start, end = part.sentence_of(one.hit.start)
    taken_back = {name for group, _, begin, last in backs if start <= begin and last <= end for name in words.unless[group].means}
    return one._replace(names=tuple(name for name in one.names if name not in taken_back))


def _place(one: Asked) -> tuple[int, int]:
    return one.hit.start, -one.hit.end


@lru_cache(maxsize=4)
def _openings(words: QuestionWords) -> PhraseBook:
    return book_of(words.openings, words.indirect)


@lru_cache(maxsize=8)
def _tools(words: RequestWords | QuestionWords) -> _Tools:
    return _Tools(
        book=book(words.cues),
        tongue=Tongue(words.english),
        unless=book(words.unless),
        denied=Before(words.negations, NEAR, most=40),
    )
