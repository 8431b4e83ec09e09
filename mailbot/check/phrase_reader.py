"""Finding the phrases of several books in one go through a text. No check itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from mailbot.check.phrase_beginnings import Beginning, Beginnings, Read, longest, read_as
from mailbot.check.phrase_form import Phrase, Place, phrases_of, unspaced
from mailbot.check.phrases import Folded, fold

_SOFT = re.compile(r"[\s,'\"()*_\-/&]{1,3}")  # between words of one phrase
_CLAUSE = re.compile(r"[.!?:;,\n()\u2022\u3002*>+=|]|\s-|-\s|--")  # a clause ends or begins
_CLOSING = re.compile(r"[.!?\n]")
# Words that may stand before the first one of a clause.
_LEADS = frozenset(
    (
        *("please", "pls", "plz", "plase", "kindly", "also", "and", "then", "just", "so", "but", "now", "or", "plus", "only", "ok"),
        *("hi", "hello", "hey", "thanks", "thx", "maybe", "perhaps"),
    )
)
_MAX_WORDS = 4_000
_GAP_WORDS = 5  # four words, one of them with an apostrophe or hyphen


Row = tuple[int, str, int, int]  # what a Hit holds: most are never looked at, so only a book that is asked makes hits of them


class Hit(NamedTuple):
    """`group`: index of the phrase list. `phrase`: as written in the rule file. Offsets into the folded text."""

    group: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text. `following[i]`: the word behind word i where a phrase may go on to it, else "".

    `closing`: the words with which a clause ends; `opening`: with which one begins, which "please", "and" and the like may lead in.
    """

    words: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    following: Sequence[str]
    opening: Set[int]
    closing: Set[int]
    letters: str


class PhraseReader:
    """The phrases of all books; each book is a sequence of lists."""

    __slots__ = ("_anywhere", "_beginnings", "_books", "_phrases")

    def __init__(self, books: Iterable[Iterable[Iterable[str]]]) -> None:
        self._books = 0
        self._phrases: list[Phrase] = []
        self._anywhere: list[tuple[int, int, str, str]] = []
        for lists in books:
            for group, phrases in enumerate(lists):
                for number, written in enumerate(phrases):
                    self._add(number, group, written)
            self._books += 1
        self._beginnings = Beginnings(self._phrases)

    def read(self, folded: Folded) -> Sequence[list[Row]]:
        """Of each book the rows of all hits by position; of one group at one place only the longest."""
        found: list[list[Row]] = [[] for _ in range(self._books)]
        if self._beginnings.any_with(folded.places):
            self._read_words(_text(folded), found)
        if not folded.text.isascii():
            self._read_inside(folded.text, found)
        return found

    def _read_words(self, text: _Text, found: Sequence[list[Row]]) -> None:
        starts, ends = text.starts, text.ends
        for start, (begun, ahead) in enumerate(self._beginnings.of(text.words, text.following, text.opening)):
            if begun is None:
                continue
            reads, unsure = begun
            if unsure:
                unsure &= ahead
                if unsure and (more := [r for b in self._beginnings.unsure(unsure) if (r := _read_on(b, start, text))]):
                    reads = longest((*reads, *more))
            if reads:
                begin = starts[start]
                for fewer, group, book, _, written in reads:
                    found[book].append((group, written, begin, ends[start - fewer - 1]))

    def _read_inside(self, letters: str, found: Sequence[list[Row]]) -> None:
        """Phrases of scripts that write no spaces stand inside words."""
        for book, group, written, wanted in self._anywhere:
            at = letters.find(wanted)
            while at >= 0:
                found[book].append((group, written, at, at + len(wanted)))
                at = letters.find(wanted, at + len(wanted))
        for rows in found:
            rows.sort(key=_by_position)

    def _add(self, number: int, group: int, written: str) -> None:
        if any(map(unspaced, written.split())):
            self._anywhere.append((self._books, group, written, fold(written, "text").text.strip()))
        else:
            self._phrases.extend(phrases_of(self._books, group, number, written))


def _read_on(beginning: Beginning, start: int, text: _Text) -> Read | None:
    """The longest reading of a phrase that may begin at word `start`."""
    phrase = beginning.phrase
    behind: Iterable[int] = _behind(beginning.rest, start, start + beginning.read, text)
    if phrase.closes:
        behind = [at for at in behind if at - 1 in text.closing]
    if phrase.asks:
        behind = [at for at in behind if _asks(text, at - 1)]
    return read_as(phrase, max(behind) - start) if behind else None


def _behind(places: Sequence[Place], start: int, begin: int, text: _Text) -> Sequence[int]:
    """The words that may be next behind the places, the first of which may begin with word `begin`."""
    following = text.following
    ahead: Sequence[int] = [begin]
    for place in places:
        if place.gap:
            gaps = [range(at, _gap_end(following, at) + 1) for at in ahead]
            ahead = gaps[0] if len(gaps) < 2 else sorted(set(chain.from_iterable(gaps)))
            continue
        behind: list[int] = []
        for at in ahead:
            word = following[at - 1] if at > start else text.words[at]
            if place.has(word):
                behind.append(at + 1)
            if place.runs and word:
                behind += [at + len(run) for run in place.runs.get(word, ()) if tuple(following[at : at + len(run) - 1]) == run[1:]]
            if at > start and (place.optional or (place.or_end and at - 1 in text.closing)):
                behind.append(at)
        if not behind:
            return behind
        ahead = behind if len(behind) < 2 else list(dict.fromkeys(behind))
    return ahead


def _gap_end(following: Sequence[str], at: int) -> int:
    """The last word that may be next behind a gap that begins with word `at`."""
    most = at + _GAP_WORDS
    while at < most and following[at - 1]:
        at += 1
    return at


def _asks(text: _Text, at: int) -> bool:
    """The sentence of word `at` closes with a question mark."""
    closing = _CLOSING.search(text.letters, text.starts[at])
    return closing is not None and closing[0] == "?"


@lru_cache(maxsize=4)
def _text(folded: Folded) -> _Text:
    """Several readers read the same text one after the other."""
    words = folded.words[:_MAX_WORDS]
    following = [*words[1:], ""][: len(words)]
    closing = {len(words) - 1}
    between = folded.pieces[2::2][: len(words) - 1]
    for at in [at for at, mark in enumerate(between) if mark != " "]:  # as most words have between them
        joins, closes = _parts(between[at])
        if not joins:
            following[at] = ""
        if closes:
            closing.add(at)
    leads = {at for word in _LEADS & folded.places.keys() for at in folded.places[word]}
    opening = {at for at in (0, *(at + 1 for at in closing), *(at + 1 for at in leads)) if at < len(words)}
    return _Text(
        words=words,
        starts=folded.starts,
        ends=folded.ends,
        following=following,
        opening=opening,
        closing=closing,
        letters=folded.text,
    )


@lru_cache(maxsize=1024)
def _parts(between: str) -> tuple[bool, bool]:
    """Whether a phrase may go on behind these letters, and whether a clause ends with them."""
    return bool(_SOFT.fullmatch(between)), bool(_CLAUSE.search(between))


def _by_position(row: Row) -> tuple[int, int, int]:
    group, _, start, end = row
    return start, -end, group
