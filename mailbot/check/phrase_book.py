"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number; `^` first:
where a sentence or clause begins; `$` last: where one ends; `?` last: the sentence asks. Case, accents and the shape of quotes do not
matter. Text and phrases are compared word by word, all phrases at once (phrase_beginnings.py): time grows with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from operator import itemgetter

from mailbot.check.phrase_reader import Hit, PhraseReader, Row
from mailbot.check.phrases import Folded, alternation
from mailbot.model.words.cues import Cues

_MAX_LETTERS = 20_000
NEAR = r"[\s'\"]{1,2}(?:[^\W_']{1,14}[\s'\"]{1,2}){0,2}"  # at most two words
_START = itemgetter(2)  # of a row
_as_hit: Callable[[Row], Hit] = partial(tuple.__new__, Hit)  # as `Hit(*row)`, at a third of its time


class PhraseBook:
    """Phrase lists; the number of a list is the `group` of its hits."""

    __slots__ = ("_reader", "lists")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self.lists = tuple(map(tuple, lists))
        self._reader: PhraseReader | None = None

    def find(self, folded: Folded) -> Sequence[Hit]:
        """All hits by position; of one group at one place only the longest."""
        return list(map(_as_hit, self.rows(folded)))

    def rows(self, folded: Folded) -> Sequence[Row]:
        """The same as plain tuples."""
        if self not in folded.found:
            if self._reader is None:
                self._reader = PhraseReader([self.lists])
            (folded.found[self],) = self._reader.read(folded)
        return folded.found[self]


class Shelf:
    """Books that nearly every message is looked up in: all are read in one go through its text, and each then knows its hits."""

    __slots__ = ("_books", "_reader")

    def __init__(self, books: Iterable[PhraseBook]) -> None:
        self._books = tuple(dict.fromkeys(books))
        self._reader = PhraseReader(book.lists for book in self._books)

    def read(self, folded: Folded) -> None:
        """Before the checks ask."""
        folded.found.update(zip(self._books, self._reader.read(folded), strict=True))


class Before:
    """Phrases that stand before a place of the text, with no more between than a pattern allows: negations, conditions."""

    __slots__ = ("_most", "_pattern", "book")

    def __init__(self, phrases: Iterable[str], between: str, most: int = _MAX_LETTERS) -> None:
        """`between`: a pattern. `most`: how many letters are looked at."""
        rows = tuple(phrases)
        self.book = book_of(rows)
        self._pattern = re.compile(rf"(?<![^\W_]){alternation(rows)}{between}$")
        self._most = most

    def occurs(self, folded: Folded) -> bool:
        """Whether one stands anywhere; in most texts none does."""
        return bool(self.book.rows(folded))

    def stands_before(self, folded: Folded, start: int, end: int) -> bool:
        """Whether one stands before `end` in the text from `start` on."""
        rows = self.book.rows(folded)
        first = bisect_left(rows, start, key=_START)
        if first == len(rows) or _START(rows[first]) >= end:
            return False
        return bool(self._pattern.search(folded.text[max(start, end - self._most) : end]))


@lru_cache(maxsize=32)
def book(cues: tuple[Cues, ...]) -> PhraseBook:
    """The book of these groups, one for all checks that ask."""
    return PhraseBook([c.phrases for c in cues])


@lru_cache(maxsize=32)
def book_of(*lists: tuple[str, ...]) -> PhraseBook:
    """The same of plain lists."""
    return PhraseBook(lists)
