"""Which phrases begin at each word of a text, judged by three words that stand together. No check itself.

Every way in which a phrase may begin is a bit. A word has three sets of bits: of the ways that it may be the first word of, the second,
the third. What is in the first set of a word, the second of the next and the third of the one behind begins there. So a text takes hardly
longer with more phrases, and words that never stood together before hardly longer than those that did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import zip_longest
from operator import or_
from typing import NamedTuple

from mailbot.check.phrase_form import Phrase, Place

OPENING = "^"
_LOOKS = 3
_KNOWN_WORDS = 8_000  # of which the bits are kept; people use few words, again and again
_KNOWN_THREES = 20_000
_Three = tuple[str, str, str]


class Read(NamedTuple):
    """A phrase that stands in the text. Sorted, the longest comes first, and of one list the first."""

    fewer: int  # its words, as a negative number
    group: int
    book: int
    number: int
    written: str


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """`read`: words of the phrase that stand there; `rest`: the places that must be read from then on.

    `whole`: the phrase, where it stands there whatever follows; else `bit` is its bit among what is unsure.
    """

    phrase: Phrase
    read: int
    rest: Sequence[Place]
    whole: Read | None = None
    bit: int = 0


class Begun(NamedTuple):
    """`whole`: what stands there, of each list the longest. `unsure`: bits of what must be read on."""

    whole: Sequence[Read]
    unsure: int


class Beginnings(dict[_Three, Begun | None]):
    """What begins with three words of a text, the last of them "" where a phrase cannot go on. Made when they are met.

    The first is marked (`OPENING`) where a clause begins with it.
    """

    __slots__ = ("_all", "_further", "_known", "_looks", "_unsure")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        super().__init__()
        places = _Places()
        self._all: list[Beginning] = []
        self._looks = tuple(_Look(places) for _ in range(_LOOKS))
        self._unsure: list[Beginning] = []  # in the order of their bits
        self._known: dict[tuple[Phrase, int, int], Beginning] = {}
        self._further = _Look(places)  # these, by the words of which one must stand further on
        for phrase in phrases:
            for way in _ways(phrase.places, 0, _LOOKS):
                self._add(phrase, way)

    def any_with(self, words: Iterable[str]) -> bool:
        """Whether a phrase may begin with one of the words; few words begin one of a small book."""
        return any(map(self._looks[0].__getitem__, words))

    def further(self, words: Sequence[str], following: Sequence[str]) -> Sequence[int]:
        """For each word the bits of what it and those that follow it let hope for. `following`: "" where a phrase cannot go on."""
        bits = always = self._further.always
        found = []
        for own, joined in zip(map(self._further.__getitem__, reversed(words)), reversed(following), strict=True):
            if not joined:
                bits = own
            elif own is not always:
                bits |= own
            found.append(bits)
        found.reverse()
        return found

    def unsure(self, bits: int) -> Iterator[Beginning]:
        """What these bits of `Begun.unsure` stand for."""
        return map(self._unsure.__getitem__, _ones(bits))

    def __missing__(self, three: _Three) -> Begun | None:
        if len(self) >= _KNOWN_THREES:
            self.clear()
        self[three] = made = self._begun(three)
        return made

    def _begun(self, three: _Three) -> Begun | None:
        word, second, third = three
        opens = word.startswith(OPENING)
        first, other, last = self._looks
        bits = first[word[1:] if opens else word]
        bits = bits and bits & other[second] & last[third]
        found = [b for b in map(self._all.__getitem__, _ones(bits)) if opens or not b.phrase.opens]
        if not found:
            return None
        return Begun(longest([b.whole for b in found if b.whole]), reduce(or_, [b.bit for b in found]))

    def _add(self, phrase: Phrase, way: _Way) -> None:
        for look, place in zip_longest(self._looks, way.places):
            look.add(len(self._all), place)
        read, rest = (0, phrase.places) if way.cut else (len(way.places), way.rest)
        self._all.append(self._beginning(phrase, read, rest))

    def _beginning(self, phrase: Phrase, read: int, rest: Sequence[Place]) -> Beginning:
        """Different words may lead to the same."""
        if not (rest or phrase.closes or phrase.asks):
            return Beginning(phrase, read, rest, whole=read_as(phrase, read))
        key = phrase, read, len(rest)
        if key not in self._known:
            self._known[key] = Beginning(phrase, read, rest, bit=1 << len(self._unsure))
            self._further.add(len(self._unsure), _rarest(rest))
            self._unsure.append(self._known[key])
        return self._known[key]


def longest(found: Sequence[Read]) -> Sequence[Read]:
    """Of each list the longest."""
    if len(found) < 2:
        return found
    best: dict[tuple[int, int], Read] = {}
    for read in found:
        rank = read.group, read.book
        if rank not in best or read < best[rank]:
            best[rank] = read
    return sorted(best.values())


def read_as(phrase: Phrase, words: int) -> Read:
    """The phrase, read with so many words."""
    return Read(-words, phrase.group, phrase.book, phrase.number, phrase.written)


def _ones(bits: int) -> Sequence[int]:
    """The numbers of the bits that are set, the highest first."""
    found = []
    while bits:
        found.append(bits.bit_length() - 1)
        bits ^= 1 << found[-1]
    return found


class _Way(NamedTuple):
    """The words that a phrase may begin with, each as a place, and the places behind. `cut`: there were more words than looks."""

    places: tuple[Place, ...]
    rest: Sequence[Place]
    cut: bool = False


def _ways(places: Sequence[Place], at: int, looks: int) -> Iterator[_Way]:
    """From place `at` on, with no more words than looks. The first place of a phrase is never absent."""
    if at == len(places) or not looks or (at and (places[at].gap or places[at].or_end)):
        yield _Way((), places[at:])
        return
    if at and places[at].optional:
        yield from _ways(places, at + 1, looks)
    for words in _spellings(places[at]):
        if len(words) > looks:
            yield _Way(words[:looks], (), cut=True)
            continue
        for way in _ways(places, at + 1, looks - len(words)):
            yield _Way((*words, *way.places), way.rest, way.cut)


@lru_cache(maxsize=16384)  # many phrases share a place
def _spellings(place: Place) -> Sequence[tuple[Place, ...]]:
    """One word alone, and those that stand together; in each of them every word goes with every other."""
    one_word = place.words or place.beginnings or place.number
    alone = [(replace(place, runs={}) if place.runs else place,)] if one_word else []
    together = _columns({run for runs in place.runs.values() for run in runs})
    return [*alone, *(tuple(Place(words=column) for column in columns) for columns in together)]


def _columns(runs: Iterable[tuple[str, ...]]) -> Iterator[tuple[frozenset[str], ...]]:
    """The runs as few sets of words one behind the other."""
    behind: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)  # what stands behind each first word
    for run in runs:
        behind[run[0]].add(run[1:])
    firsts: defaultdict[frozenset[tuple[str, ...]], set[str]] = defaultdict(set)  # first words behind which the same stands
    for first, tails in behind.items():
        firsts[frozenset(tails)].add(first)
    for same, words in firsts.items():
        if () in same:
            yield (frozenset(words),)
        yield from ((frozenset(words), *columns) for columns in _columns(same - {()}))


def _rarest(places: Sequence[Place]) -> Place | None:
    """The place that lets least through, of those that cannot be absent."""
    return min((place for place in places if not place.may_be_absent), key=_lets_through, default=None)


def _lets_through(place: Place) -> tuple[int, int]:
    """Short words stand in every sentence."""
    words = place.words | place.runs.keys()
    return sum(len(word) < 4 for word in words) + 3 * place.number, len(words) + 5 * len(place.beginnings)


class _Look(dict[str, int]):
    """The ways that each word may stand in at one distance from their beginnings. Made when a word is met.

    `always`: the ways that need no word there; all that "" lets through, which stands where none follows.
    """

    __slots__ = ("_at", "_places", "always")

    def __init__(self, places: _Places) -> None:
        super().__init__()
        self._places = places
        self._at: defaultdict[Place, list[int]] = defaultdict(list)
        self.always = 0

    def add(self, number: int, place: Place | None) -> None:
        """A way that needs this place here, or nothing."""
        if place is None:
            self.always |= 1 << number
        else:
            self._at[place].append(number)
            self._places.add(place)

    def __missing__(self, word: str) -> int:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        bits = self.always
        for place in self._places.with_(word):
            for number in self._at.get(place, ()):
                bits |= 1 << number
        self[word] = bits
        return bits


class _Places:
    """Places by their words."""

    __slots__ = ("_by_beginning", "_by_word", "_known", "_numbers", "_sizes")

    def __init__(self) -> None:
        self._known: set[Place] = set()
        self._by_word: defaultdict[str, list[Place]] = defaultdict(list)
        self._by_beginning: defaultdict[str, list[Place]] = defaultdict(list)
        self._sizes: set[int] = set()
        self._numbers: list[Place] = []

    def add(self, place: Place) -> None:
        if place in self._known:
            return
        self._known.add(place)
        for word in place.words | place.runs.keys():
            self._by_word[word].append(place)
        for beginning in place.beginnings:
            self._by_beginning[beginning].append(place)
            self._sizes.add(len(beginning))
        if place.number:
            self._numbers.append(place)

    def with_(self, word: str) -> Sequence[Place]:
        """All that have a word."""
        found = list(self._by_word.get(word, ()))
        for size in self._sizes:
            if size <= len(word):
                found += self._by_beginning.get(word[:size], ())
        return found + self._numbers if word.isdigit() else found
