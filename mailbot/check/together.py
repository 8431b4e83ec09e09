"""Phrases that ask only together: "a portal", "send", "again", in whatever order a sentence has them. No check itself.

A group's phrases are looked for only in sentences that hold a word of each of its lists; few sentences do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from itertools import groupby
from operator import itemgetter, or_
from typing import NamedTuple

from mailbot.check.phrase_book import PhraseBook
from mailbot.check.phrase_form import Place, phrases_of, unspaced
from mailbot.check.phrase_reader import Row
from mailbot.check.phrases import Folded
from mailbot.check.tongue import Tongue
from mailbot.model.words.together import Together

_REACH = 110  # letters around the phrase of the first list: about twenty words
_KNOWN_WORDS = 8_000
_START = itemgetter(2)
_LIST = itemgetter(0)
_FIRST = itemgetter(1)


class Joined(NamedTuple):
    """`rows`: a phrase of each list, that of the first one first."""

    group: Together
    rows: tuple[Row, ...]


def together(part: Folded, groups: tuple[Together, ...], tongue: Tongue) -> Iterator[Joined]:
    """Each phrase of a first list with the nearest one of every other list; none where one is missing."""
    sieve = _sieve(groups)
    for number, begin, start, end in sieve.passing(part):
        group = groups[number]
        if tongue.fitting([(0, "", start, end)], part, (group,)):
            yield from _joined(group, sieve.books[number].rows(_cut(part, begin, end)), begin, start)


@lru_cache(maxsize=16)
def _cut(part: Folded, begin: int, end: int) -> Folded:
    """These letters as a text of their own."""
    return Folded(part.where, part.original, part.text[begin:end], part.positions[begin : end + 1])


def _joined(group: Together, found: Sequence[Row], begin: int, start: int) -> Iterator[Joined]:
    """`begin`: of the letters read; the phrase of the first list stands from `start` on."""
    rows = [(place, written, first + begin, last + begin) for place, written, first, last in found]
    lists = {place: list(those) for place, those in groupby(sorted(rows, key=_LIST), key=_LIST)}
    if len(lists) < len(group.each):
        return
    for row in lists[0]:
        chosen = [row] if _START(row) >= start else []
        for place in range(1, len(group.each)):
            near = chosen and _nearest(row, _around(row, lists[place]), chosen)
            if not near:
                break
            chosen.append(near)
        else:
            yield Joined(group, tuple(chosen))


def _around(row: Row, others: Sequence[Row]) -> Iterable[Row]:
    for other in others[bisect_left(others, _START(row) - _REACH, key=_START) :]:
        if _START(other) >= row[3] + _REACH:
            return
        yield other


def _nearest(row: Row, others: Iterable[Row], chosen: Sequence[Row]) -> Row | None:
    """That shares no word with those chosen before."""
    free = (o for o in others if all(o[3] <= c[2] or c[3] <= o[2] for c in chosen))
    return min(free, key=lambda o: abs(o[2] - row[2]), default=None)


class _Sieve:
    """Each word as bits: the lists of which a phrase needs it. Made when a word is met."""

    def __init__(self, groups: Sequence[Together]) -> None:
        self.books = [PhraseBook(group.each) for group in groups]
        self._sentences = [group.sentences for group in groups]
        self._words: defaultdict[str, int] = defaultdict(int)
        self._beginnings: defaultdict[str, int] = defaultdict(int)
        self._digits = self._always = self._anywhere = 0
        self._wanted: list[tuple[int, int, int]] = []  # number of a group, bit of its first list, bits of all
        self._known: dict[str, int] = {}
        bit = 1
        for number, group in enumerate(groups):
            first = bit
            for phrases in group.each:
                for written in phrases:
                    self._add(written, bit)
                bit <<= 1
            self._wanted.append((number, first, bit - first))
        self._sizes = tuple(sorted({len(b) for b in self._beginnings}))

    def passing(self, part: Folded) -> Iterator[tuple[int, int, int, int]]:
        """Number of a group and the place of a sentence that may hold it: where its letters (or those before it) begin, start, end."""
        always = self._always if part.text.isascii() else self._always | self._anywhere
        each = self._bits(part.places)
        text = reduce(or_, filter(None, each), always)
        likely = [row for row in self._wanted if text & row[1] and text & row[2] == row[2]]
        if not likely:
            return
        firsts = reduce(or_, map(_FIRST, likely))
        if always & firsts:
            held = list(part.sentences)
        else:
            numbers = sorted(at for at_all, bits in zip(part.places.values(), each, strict=True) if bits & firsts for at in at_all)
            held = list(dict.fromkeys(part.sentence_of(part.starts[at]) for at in numbers))
        for start, end in held:
            yield from self._in_sentence(part, start, end, likely, always)

    def _bits(self, words: Collection[str]) -> Sequence[int]:
        bits = list(map(self._known.get, words))
        return [self._of(word) for word in words] if None in bits else bits  # type: ignore[return-value]  # none is None then

    def _of(self, word: str) -> int:
        bits = self._known.get(word)
        if bits is None:
            bits = self._words.get(word, 0) | (self._digits if word.isdigit() else 0)
            bits |= reduce(or_, (self._beginnings.get(word[:size], 0) for size in self._sizes if size <= len(word)), 0)
            if len(self._known) >= _KNOWN_WORDS:
                self._known.clear()
            self._known[word] = bits
        return bits

    def _in_sentence(
        self, part: Folded, start: int, end: int, likely: Iterable[tuple[int, int, int]], always: int
    ) -> Iterator[tuple[int, int, int, int]]:
        words, starts = part.words, part.starts
        first, last = bisect_left(starts, start), bisect_left(starts, end, 0, len(words))
        bits = reduce(or_, self._bits(words[first:last]), always)
        for number, anchor, wanted in likely:
            begin, held = start, words[first:last]
            if self._sentences[number] > 1 and bits & anchor:
                begin = _earlier(part, start, self._sentences[number])
                held = words[bisect_left(starts, begin) : last]
            if begin < start or bits & wanted == wanted:
                each = self._bits(held)
                if reduce(or_, each, always) & wanted == wanted and self._differ(wanted & ~always, held):
                    yield number, begin, start, end

    def _differ(self, wanted: int, words: Sequence[str]) -> bool:
        """As many words as lists: one word cannot stand for two."""
        return sum(bits & wanted > 0 for bits in self._bits(set(words))) >= wanted.bit_count()

    def _add(self, written: str, bit: int) -> None:
        if any(map(unspaced, written.split())):
            self._anywhere |= bit
            return
        for phrase in phrases_of(0, 0, 0, written):
            place = min((p for p in phrase.places if not (p.optional or p.gap or p.or_end)), key=_common, default=None)
            if place is None:
                self._always |= bit
                continue
            for word in _told(place):
                self._words[word] |= bit
            for beginning in place.beginnings:
                self._beginnings[beginning] |= bit
            if place.number:
                self._digits |= bit


def _told(place: Place) -> frozenset[str]:
    """The words of which one must be there; of words that stand together the longest, as the rarest."""
    return place.words.union(max(run, key=len) for runs in place.runs.values() for run in runs)


def _common(place: Place) -> tuple[int, int]:
    """How much it lets through: short words stand in every sentence."""
    told = _told(place)
    return sum(len(word) < 4 for word in told) + 2 * place.number, len(told) + 5 * len(place.beginnings)


def _earlier(part: Folded, start: int, sentences: int) -> int:
    """Where the first of so many sentences begins, of which the last begins at `start`."""
    for _ in range(sentences - 1):
        start = part.sentence_of(max(0, start - 1))[0]
    return start


@lru_cache(maxsize=32)
def _sieve(groups: tuple[Together, ...]) -> _Sieve:
    return _Sieve(groups)
