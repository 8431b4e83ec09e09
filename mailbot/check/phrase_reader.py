"""Finding the phrases of several books in one go through a text. No check itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from mailbot.check.phrase_automaton import Awaited, State, States
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
_KNOWN_WORDS = 8_000


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
    closing: Set[int]
    opening: Set[int]
    letters: str


class PhraseReader:
    """The phrases of all books by their first words; each book is a sequence of lists."""

    __slots__ = ("_anywhere", "_books", "_by_beginning", "_by_place", "_by_word", "_firsts", "_numbers", "_openings", "_sizes", "_states")

    def __init__(self, books: Iterable[Iterable[Iterable[str]]]) -> None:
        self._books = 0
        self._by_place: dict[Place, list[Phrase]] = {}
        self._by_word: dict[str, list[Place]] = {}
        self._by_beginning: dict[str, list[Place]] = {}
        self._numbers: list[Place] = []
        self._anywhere: list[tuple[int, int, str, str]] = []
        for lists in books:
            for group, phrases in enumerate(lists):
                for number, written in enumerate(phrases):
                    self._add(number, group, written)
            self._books += 1
        self._sizes = tuple(sorted({len(b) for b in self._by_beginning}))
        self._forget()

    def read(self, folded: Folded) -> Sequence[list[Row]]:
        """Of each book the rows of all hits by position; of one group at one place only the longest."""
        if self._states.full:
            self._forget()
        found: list[list[Row]] = [[] for _ in range(self._books)]
        if any(map(self._openings.__getitem__, folded.places)):  # most words begin no phrase of a small book
            text = _text(folded)
            following, hopeful = text.following, _Hopeful(frozenset(folded.places))
            for at, state in enumerate(self._states_of(text)):
                if state is not None and (state.tells or hopeful[state.after[following[at]]]):
                    _read_from(at, state, text, found)
        if not folded.text.isascii():
            self._read_inside(folded.text, found)
        return found

    def _states_of(self, text: _Text) -> Sequence[State | None]:
        """What is read with each word."""
        states = list(map(self._firsts.__getitem__, text.words))
        for at in text.opening:
            states[at] = self._openings[text.words[at]]
        return states

    def _read_inside(self, letters: str, found: Sequence[list[Row]]) -> None:
        """Phrases of scripts that write no spaces stand inside words."""
        for book, group, written, wanted in self._anywhere:
            at = letters.find(wanted)
            while at >= 0:
                found[book].append((group, written, at, at + len(wanted)))
                at = letters.find(wanted, at + len(wanted))
        for rows in found:
            rows.sort(key=_by_position)

    def _forget(self) -> None:
        self._states = States()
        self._firsts = _Firsts(self._first)
        self._openings = _Firsts(partial(self._first, opens=True))

    def _first(self, word: str, *, opens: bool = False) -> State | None:
        """The state once this word is read as the first one of phrases. `opens`: a clause begins with it."""
        places = list(self._by_word.get(word, ()))
        for size in self._sizes:
            if size <= len(word):
                places += self._by_beginning.get(word[:size], ())
        if word.isdigit():
            places += self._numbers
        phrases = [phrase for place in dict.fromkeys(places) for phrase in self._by_place[place] if opens or not phrase.opens]
        return self._states.of(later for phrase in phrases for later in Awaited(phrase, 0).after(word))

    def _add(self, number: int, group: int, written: str) -> None:
        if any(map(unspaced, written.split())):
            self._anywhere.append((self._books, group, written, fold(written, "text").text.strip()))
            return
        for phrase in phrases_of(self._books, group, number, written):
            first = phrase.places[0]
            if first not in self._by_place:
                self._index(first)
            self._by_place.setdefault(first, []).append(phrase)

    def _index(self, first: Place) -> None:
        for word in first.words | first.runs.keys():
            self._by_word.setdefault(word, []).append(first)
        for beginning in first.beginnings:
            self._by_beginning.setdefault(beginning, []).append(first)
        if first.number:
            self._numbers.append(first)


class _Firsts(dict[str, "State | None"]):
    """The state of each first word, made when a word is met: people use few words, again and again."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], State | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> State | None:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        self[word] = made = self._make(word)
        return made


class _Hopeful(dict["State | None", bool]):
    """Whether more may be read in one text from a state on."""

    __slots__ = ("_words",)

    def __init__(self, words: Set[str]) -> None:
        super().__init__({None: False})
        self._words = words

    def __missing__(self, state: State) -> bool:
        self[state] = hopeful = state.may_read_on(self._words)
        return hopeful


def _read_from(start: int, state: State | None, text: _Text, found: Sequence[list[Row]]) -> None:
    """Adds the phrases that begin at word `start`, where `state` is what is read with it."""
    following, closing = text.following, text.closing
    longest: dict[tuple[int, int], tuple[int, tuple[int, int], Phrase]] = {}  # of each list
    at = start
    while state is not None:
        if state.tells:
            if state.at_end and at in closing:
                state = state.closed()
            for phrase in state.read:  # a later one takes the place of one that is shorter, or stands lower in its list
                if (not phrase.closes or at in closing) and (not phrase.asks or _asks(text, at)):
                    longest[phrase.rank] = -at, phrase.rank, phrase
        state = state.after[following[at]]
        at += 1
    if longest:
        begin = text.starts[start]
        ranked = longest.values()
        for behind, _, phrase in sorted(ranked) if len(ranked) > 1 else ranked:
            found[phrase.book].append((phrase.group, phrase.written, begin, text.ends[-behind]))


def _asks(text: _Text, at: int) -> bool:
    """The sentence of word `at` closes with a question mark."""
    closing = _CLOSING.search(text.letters, text.starts[at])
    return closing is not None and closing[0] == "?"


@lru_cache(maxsize=4)
def _text(folded: Folded) -> _Text:
    """Several readers read the same text one after the other."""
    words = folded.words[:_MAX_WORDS]
    following = [*words[1:], ""]
    closing = {len(words) - 1}
    between = folded.pieces[2::2][: len(words) - 1]
    for at in [at for at, mark in enumerate(between) if mark != " "]:  # as most words have between them
        joins, closes = _parts(between[at])
        if not joins:
            following[at] = ""
        if closes:
            closing.add(at)
    leads = {at for word in _LEADS & folded.places.keys() for at in folded.places[word]}
    return _Text(
        words=words,
        starts=folded.starts,
        ends=folded.ends,
        following=following,
        closing=closing,
        opening={at for at in (0, *(at + 1 for at in closing), *(at + 1 for at in leads)) if at < len(words)},
        letters=folded.text,
    )


@lru_cache(maxsize=1024)
def _parts(between: str) -> tuple[bool, bool]:
    """Whether a phrase may go on behind these letters, and whether a clause ends with them."""
    return bool(_SOFT.fullmatch(between)), bool(_CLAUSE.search(between))


def _by_position(row: Row) -> tuple[int, int, int]:
    group, _, start, end = row
    return start, -end, group
