"""All phrases of a book as one automaton over words, built as far as texts need it. No check itself.

A state says how far each phrase is read after some words; from word to word one look into a table leads to the next. So the time
that a text takes hardly depends on how many phrases there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from typing import NamedTuple

from mailbot.check.phrase_form import Phrase, Place

_GAP_WORDS = 5  # four words, one of them with an apostrophe or hyphen
_MOST_STATES = 4_000
_MOST_STEPS = 40_000
_MOST_NEEDED = 60  # more are in nearly every text, and take memory
_ANY_WORD = " "
_ANYTHING: Set[str] = frozenset()


class Awaited(NamedTuple):
    """A phrase of which the place `at` is next. `skipped`: words of a gap read so far; `run`: words that must still follow."""

    phrase: Phrase
    at: int
    skipped: int = 0
    run: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return self.phrase.places[self.at]

    def after(self, word: str) -> Iterator[Awaited]:
        """What is awaited once this word is read; nothing where it does not fit."""
        phrase, at = self.phrase, self.at
        place = phrase.places[at]
        if self.run:
            if self.run[0] == word:
                yield Awaited(phrase, at, run=self.run[1:]) if self.run[1:] else Awaited(phrase, at + 1)
        elif place.gap:
            if self.skipped < _GAP_WORDS:
                yield Awaited(phrase, at, self.skipped + 1)
        else:
            if place.has(word):
                yield Awaited(phrase, at + 1)
            for run in place.runs.get(word, ()):
                yield Awaited(phrase, at, run=run[1:])


def _needed_of(awaited: Iterable[Awaited]) -> Set[str]:
    """Of each phrase the words of the place, among those still to come, that has the fewest."""
    needed: set[str] = set()
    for one in awaited:
        fewest = {one.run[0]} if one.run else one.phrase.needed[one.at]
        if fewest is None or len(needed) > _MOST_NEEDED:
            return _ANYTHING
        needed |= fewest
    return needed


class State:
    """`read`: phrases that end with the last word, the first of a list last. `at_end`: some go on where a clause ends, without a word.

    `tells`: there are such phrases.

    `after[word]`: the state once this word is read; None where no phrase goes on with it, or there is no word ("").
    """

    __slots__ = ("_awaited", "_closed", "_needed", "_states", "after", "at_end", "read", "tells")

    def __init__(self, awaited: Collection[Awaited], read: Iterable[Phrase], states: States) -> None:
        self.read = tuple(sorted(read, key=lambda phrase: phrase.number, reverse=True))
        self.at_end = any(one.place.or_end for one in awaited if not one.run)
        self.tells = bool(self.read) or self.at_end
        self.after = _After(awaited, states)
        self._awaited = awaited
        self._states = states
        self._closed: State | None = None
        self._needed: Set[str] | None = None

    def may_read_on(self, words: Set[str]) -> bool:
        """Whether more may be read in a text of these words: most phrases that begin somewhere lack a word that stands nowhere."""
        if self._needed is None:
            self._needed = _ANYTHING if self.tells else _needed_of(self._awaited)
        return self._needed is _ANYTHING or not words.isdisjoint(self._needed)

    def closed(self) -> State:
        """The state where a clause ends behind the last word."""
        if self._closed is None:
            further = [Awaited(one.phrase, one.at + 1) for one in self._awaited if one.place.or_end and not one.run]
            self._closed = self._states.of([*self._awaited, *further], self.read) or self
        return self._closed


class _After(dict[str, "State | None"]):
    """The next state by word, made when a word is met: people use few words, again and again."""

    __slots__ = ("_awaited", "_places", "_states")

    def __init__(self, awaited: Collection[Awaited], states: States) -> None:
        super().__init__({"": None})
        self._awaited = awaited
        self._states = states
        self._places = tuple({one.place for one in awaited if not one.run})  # many phrases share a place

    def __missing__(self, word: str) -> State | None:
        self._states.steps += 1
        self[word] = made = self._made(word) if self._fits(word) else self._any_word()
        return made

    def _fits(self, word: str) -> bool:
        return any(place.begins_with(word) for place in self._places) or any(one.run and one.run[0] == word for one in self._awaited)

    def _any_word(self) -> State | None:
        if not any(place.gap for place in self._places):
            return None
        if _ANY_WORD not in self:
            self[_ANY_WORD] = self._made(_ANY_WORD)
        return self[_ANY_WORD]

    def _made(self, word: str) -> State | None:
        return self._states.of(later for one in self._awaited for later in one.after(word))


class States:
    """The states of one book, each made once. `steps`: how many looks from state to state are kept."""

    def __init__(self) -> None:
        self.steps = 0
        self._known: dict[tuple[frozenset[Awaited], frozenset[Phrase]], State] = {}

    @property
    def full(self) -> bool:
        """Time to begin anew: people use few words again and again, so only odd texts come this far."""
        return len(self._known) > _MOST_STATES or self.steps > _MOST_STEPS

    def of(self, awaited: Iterable[Awaited], read: Iterable[Phrase] = ()) -> State | None:
        """The state of what is awaited, with what may be absent left out; None where nothing is awaited or read."""
        waiting: set[Awaited] = set()
        done = set(read)
        todo = list(awaited)
        while todo:
            one = todo.pop()
            if one.at == len(one.phrase.places):
                done.add(one.phrase)
            elif one not in waiting:
                waiting.add(one)
                if not one.run and (one.place.optional or one.place.gap):
                    todo.append(Awaited(one.phrase, one.at + 1))
        if not waiting and not done:
            return None
        key = frozenset(waiting), frozenset(done)
        if key not in self._known:
            self._known[key] = State(waiting, done, self)
        return self._known[key]
