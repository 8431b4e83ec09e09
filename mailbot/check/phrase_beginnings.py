"""Which phrases begin at each word of a text, judged by three words that stand together. No check itself.

Words that stand in the same places of phrases are of one kind. What begins with three kinds is worked out when they are met together, and
kept. So a text takes hardly longer with more phrases, and new words in old company cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import chain, count, zip_longest
from operator import or_
from typing import NamedTuple, TypeVar

from mailbot.check.phrase_form import Phrase, Place

_LOOKS = 3
_KNOWN_WORDS = 10_000  # most; people use few words, again and again
_FEW = 500  # words kept by a small book
_LONGEST_KNOWN = 40  # letters: what nobody types would only take memory
_KNOWN_THREES = 20_000
_NO_WORD = 0  # its kind
_A_WORD = Place()  # so that no word is of the kind of none
_Three = tuple[int, int, int]
T = TypeVar("T")


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

    __slots__ = ("_hopes", "_kinds", "_starts", "_unsure")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        super().__init__()
        starts: defaultdict[Place, list[_Start]] = defaultdict(list)
        known: dict[tuple[Phrase, int, int], Beginning] = {}
        for phrase in phrases:
            for way in _ways(phrase.places, 0, _LOOKS):
                first, second, third = (*way.places, None, None)[:_LOOKS]
                assert first is not None  # noqa: S101 - tells mypy; a phrase begins with a word
                starts[first].append(_Start(second, third, _beginning(phrase, way, known)))
        self._unsure = tuple(known.values())  # in the order of their bits
        hopes: defaultdict[Place | None, int] = defaultdict(int)
        for beginning in self._unsure:
            hopes[_rarest(beginning.rest)] |= beginning.bit
        places = chain(starts, (place for rows in starts.values() for row in rows for place in row[:2]), hopes)
        self._kinds = _Kinds(dict.fromkeys(place for place in places if place is not None))
        self._starts = _OfKind(self._kinds, lambda of: tuple(row for place in of for row in starts.get(place, ())))
        self._hopes = _OfKind(self._kinds, lambda of: reduce(or_, (hopes.get(place, 0) for place in of), hopes[None]))

    def any_with(self, words: Iterable[str]) -> bool:
        """Whether a phrase may begin with one of the words; few words begin one of a small book."""
        return any(map(self._starts.__getitem__, map(self._kinds.__getitem__, words)))

    def of(self, words: Sequence[str], following: Sequence[str], opening: Iterable[int]) -> Iterator[tuple[Begun | None, int]]:
        """What begins at each word, and bits of what the words from it on let hope for of the unsure.

        `following`: the word behind each, "" where a phrase cannot go on to it. `opening`: the words with which a clause begins.
        """
        kinds = list(map(self._kinds.__getitem__, words))
        hopes = self._ahead(kinds, following)
        second = list(map(self._kinds.__getitem__, following))
        third = [one and other for one, other in zip_longest(second, second[1:], fillvalue=_NO_WORD)]
        for at in opening:
            kinds[at] = -kinds[at]
        return zip(map(self.__getitem__, zip(kinds, second, third, strict=True)), hopes, strict=True)

    def unsure(self, bits: int) -> Iterator[Beginning]:
        """What these bits of `Begun.unsure` stand for."""
        while bits:
            number = bits.bit_length() - 1
            yield self._unsure[number]
            bits ^= 1 << number

    def _ahead(self, kinds: Sequence[int], following: Sequence[str]) -> Sequence[int]:
        bits = always = self._hopes[_NO_WORD]
        found = []
        for own, joined in zip(map(self._hopes.__getitem__, reversed(kinds)), reversed(following), strict=True):
            if not joined:
                bits = own
            elif own is not always:
                bits |= own
            found.append(bits)
        found.reverse()
        return found

    def __missing__(self, three: _Three) -> Begun | None:
        if len(self) >= min(_KNOWN_THREES, _FEW + 20 * len(self._unsure)):
            self.clear()
        self[three] = made = self._begun(*three)
        return made

    def _begun(self, first: int, second: int, third: int) -> Begun | None:
        opens = first < 0
        seconds, thirds = self._kinds.places[second], self._kinds.places[third]
        found = [
            beginning
            for other, last, beginning in self._starts[abs(first)]
            if (other is None or other in seconds) and (last is None or last in thirds) and (opens or not beginning.phrase.opens)
        ]
        if not found:
            return None
        return Begun(longest([b.whole for b in found if b.whole]), reduce(or_, [b.bit for b in found]))


class _Start(NamedTuple):
    """The places of a second and third word, None where the phrase needs none, and what then stands there."""

    second: Place | None
    third: Place | None
    beginning: Beginning


def _beginning(phrase: Phrase, way: _Way, known: dict[tuple[Phrase, int, int], Beginning]) -> Beginning:
    """Different words may lead to the same; `known`: what must be read on, in the order of its bits."""
    read, rest = (0, phrase.places) if way.cut else (len(way.places), way.rest)
    if not (rest or phrase.closes or phrase.asks):
        return Beginning(phrase, read, rest, whole=read_as(phrase, read))
    return known.setdefault((phrase, read, len(rest)), Beginning(phrase, read, rest, bit=1 << len(known)))


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


class _Kinds(dict[str, int]):
    """The kind of each word. Made when a word is met.

    `places`: of each kind the places of its words. Several threads may meet a word at once: whose number comes second is never used.
    """

    __slots__ = ("_by_beginning", "_by_word", "_count", "_number", "_numbers", "_sizes", "places")

    def __init__(self, places: Iterable[Place]) -> None:
        super().__init__()
        self._by_word: defaultdict[str, list[Place]] = defaultdict(list)
        self._by_beginning: defaultdict[str, list[Place]] = defaultdict(list)
        self._numbers: list[Place] = []
        for place in places:
            self._add(place)
        self._sizes = {len(beginning) for beginning in self._by_beginning}
        self._count = count()
        self._number: dict[frozenset[Place], int] = {}
        self.places: dict[int, frozenset[Place]] = {}
        self._kind(())  # that of no word

    def __missing__(self, word: str) -> int:
        kind = self._kind((_A_WORD, *self._places(word)) if word else ())
        if len(self) >= min(_KNOWN_WORDS, _FEW + 2 * len(self._by_word)):
            self.clear()
        if len(word) <= _LONGEST_KNOWN:
            self[word] = kind
        return kind

    def _kind(self, places: Iterable[Place]) -> int:
        key = frozenset(places)
        if key in self._number:
            return self._number[key]
        mine = next(self._count)
        self.places[mine] = key
        return self._number.setdefault(key, mine)

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


class _OfKind(dict[int, T]):
    """What follows from the places of a kind. Made when the kind is met."""

    __slots__ = ("_kinds", "_make")

    def __init__(self, kinds: _Kinds, make: Callable[[frozenset[Place]], T]) -> None:
        super().__init__()
        self._kinds = kinds
        self._make = make

    def __missing__(self, kind: int) -> T:
        self[kind] = made = self._make(self._kinds.places[kind])
        return made
