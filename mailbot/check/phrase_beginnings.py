"""Which phrases begin at each word of a text, judged by three words that stand together. No check itself.

Words that stand in the same places of phrases are of one kind. Every way in which a phrase may begin is a bit, and a kind has three sets
of bits: of the ways that it may be the first word of, the second, the third. What is in the first set of a word, the second of the next and
the third of the one behind begins there. So a text takes hardly longer with more phrases, and words that never stood together before hardly
longer than those that did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import zip_longest
from operator import or_
from threading import Lock
from typing import NamedTuple

from mailbot.check.phrase_form import Phrase, Place

_LOOKS = 3
_KNOWN_WORDS = 10_000  # most; people use few words, again and again
_FEW = 500  # words kept by a small book
_LONGEST_KNOWN = 40  # letters: what nobody types would only take memory
_KNOWN_THREES = 20_000
_NO_WORD = 0  # its kind
_A_WORD = Place()  # so that no word is of the kind of none
_Three = tuple[int, int, int]


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
    """What begins with words of three kinds, where the last may be none. Made when they are met.

    The first is negative where a clause begins with it.
    """

    __slots__ = ("_all", "_further", "_kinds", "_known", "_looks", "_unsure")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        super().__init__()
        self._all: list[Beginning] = []
        self._looks = tuple(_Look() for _ in range(_LOOKS))
        self._unsure: list[Beginning] = []  # in the order of their bits
        self._known: dict[tuple[Phrase, int, int], Beginning] = {}
        self._further = _Look()  # these, by the words of which one must stand further on
        for phrase in phrases:
            for way in _ways(phrase.places, 0, _LOOKS):
                self._add(phrase, way)
        self._kinds = _Kinds((*self._looks, self._further))

    def any_with(self, words: Iterable[str]) -> bool:
        """Whether a phrase may begin with one of the words; few words begin one of a small book."""
        first = self._looks[0].bits
        return any(first[kind] for kind in map(self._kinds.__getitem__, words))

    def of(self, words: Sequence[str], following: Sequence[str], opening: Iterable[int]) -> Iterator[tuple[Begun | None, int]]:
        """What begins at each word, and bits of what the words from it on let hope for of the unsure.

        `following`: the word behind each, "" where a phrase cannot go on to it. `opening`: the words with which a clause begins.
        """
        kinds = list(map(self._kinds.__getitem__, words))
        ahead = self._ahead(kinds, following)
        second = list(map(self._kinds.__getitem__, following))
        third = [one and other for one, other in zip_longest(second, second[1:], fillvalue=_NO_WORD)]
        for at in opening:
            kinds[at] = -kinds[at]
        return zip(map(self.__getitem__, zip(kinds, second, third, strict=True)), ahead, strict=True)

    def unsure(self, bits: int) -> Iterator[Beginning]:
        """What these bits of `Begun.unsure` stand for."""
        return map(self._unsure.__getitem__, _ones(bits))

    def _ahead(self, kinds: Sequence[int], following: Sequence[str]) -> Sequence[int]:
        bits = always = self._further.bits[_NO_WORD]
        found = []
        for own, joined in zip(map(self._further.bits.__getitem__, reversed(kinds)), reversed(following), strict=True):
            if not joined:
                bits = own
            elif own is not always:
                bits |= own
            found.append(bits)
        found.reverse()
        return found

    def __missing__(self, three: _Three) -> Begun | None:
        if len(self) >= min(_KNOWN_THREES, _FEW + 20 * len(self._all)):
            self.clear()
        self[three] = made = self._begun(*three)
        return made

    def _begun(self, first: int, second: int, third: int) -> Begun | None:
        one, other, last = self._looks
        bits = one.bits[abs(first)]
        bits = bits and bits & other.bits[second] & last.bits[third]
        found = [b for b in map(self._all.__getitem__, _ones(bits)) if first < 0 or not b.phrase.opens]
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


class _Look:
    """The ways that words of each kind may stand in at one distance from their beginnings.

    `always`: the ways that need no word there; all that is left where none stands.
    """

    __slots__ = ("always", "at", "bits")

    def __init__(self) -> None:
        self.at: defaultdict[Place, list[int]] = defaultdict(list)
        self.always = 0
        self.bits: list[int] = []  # by kind

    def add(self, number: int, place: Place | None) -> None:
        """A way that needs this place here, or nothing."""
        if place is None:
            self.always |= 1 << number
        else:
            self.at[place].append(number)

    def add_kind(self, places: Iterable[Place]) -> None:
        """The next kind, of words that stand in these places."""
        bits = self.always
        for place in places:
            for number in self.at.get(place, ()):
                bits |= 1 << number
        self.bits.append(bits)


class _Kinds(dict[str, int]):
    """The kind of each word. Made when a word is met, by one thread at a time: a number must mean the same in every look."""

    __slots__ = ("_by_beginning", "_by_word", "_lock", "_looks", "_numbers", "_of", "_sizes")

    def __init__(self, looks: Sequence[_Look]) -> None:
        super().__init__()
        self._by_word: defaultdict[str, list[Place]] = defaultdict(list)
        self._by_beginning: defaultdict[str, list[Place]] = defaultdict(list)
        self._numbers: list[Place] = []
        for place in dict.fromkeys(place for look in looks for place in look.at):
            self._add(place)
        self._sizes = {len(beginning) for beginning in self._by_beginning}
        self._looks = looks
        self._lock = Lock()
        self._of: dict[frozenset[Place], int] = {}
        self._kind(())  # that of no word

    def __missing__(self, word: str) -> int:
        with self._lock:
            kind = self._kind((_A_WORD, *self._places(word)) if word else ())
            if len(self) >= min(_KNOWN_WORDS, _FEW + 2 * len(self._by_word)):
                self.clear()
            if len(word) <= _LONGEST_KNOWN:
                self[word] = kind
            return kind

    def _kind(self, places: Iterable[Place]) -> int:
        key = frozenset(places)
        if key not in self._of:
            self._of[key] = len(self._of)
            for look in self._looks:
                look.add_kind(key)
        return self._of[key]

    def _places(self, word: str) -> Iterator[Place]:
        """All that may begin with it."""
        yield from self._by_word.get(word, ())
        for size in self._sizes:
            if size <= len(word):
                yield from self._by_beginning.get(word[:size], ())
        if word.isdigit():
            yield from self._numbers

    def _add(self, place: Place) -> None:
        for word in place.words | place.runs.keys():
            self._by_word[word].append(place)
        for beginning in place.beginnings:
            self._by_beginning[beginning].append(place)
        if place.number:
            self._numbers.append(place)
