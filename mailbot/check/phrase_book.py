"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number; `^` first:
where a sentence or clause begins; `$` last: where one ends; `?` last: the sentence asks. Case, accents and the shape of quotes do not
matter. Text and phrases are compared word by word, all phrases of a book at once (phrase_automaton.py): time grows with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.phrase_automaton import Awaited, State, States
from mailbot.check.phrase_form import Phrase, Place, phrases_of, unspaced
from mailbot.check.phrases import Folded, alternation, fold
from mailbot.model.words.cues import Cues

_SOFT = re.compile(r"[\s,'\"()*_\-/&]{1,3}")  # between words of one phrase
_CLAUSE = re.compile(r"[.!?:;,\n()\u2022\u3002*>+=|]|\s-|-\s|--")  # a clause ends or begins
_CLOSING = re.compile(r"[.!?\n]")
# Words that may stand before the first one of a clause.
_LEADS = frozenset(
    {
        "please",
        "pls",
        "plz",
        "plase",
        "kindly",
        "also",
        "and",
        "then",
        "just",
        "so",
        "but",
        "now",
        "or",
        "plus",
        "hi",
        "hello",
        "hey",
        "thanks",
        "thx",
        "maybe",
        "perhaps",
        "only",
        "ok",
    }
)
_MAX_WORDS = 4_000
_KNOWN_WORDS = 8_000
_MAX_LETTERS = 20_000
NEAR = r"[\s'\"]{1,2}(?:[^\W_']{1,14}[\s'\"]{1,2}){0,2}"  # at most two words


class Hit(NamedTuple):
    """`group`: index of the phrase list. `phrase`: as written in the rule file. Offsets into the folded text."""

    group: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text. `following[i]`: the word behind word i where a phrase may go on to it, else "".

    `closing[i]`: a clause ends with word i; `opens[i]`: one begins with it, which "please", "and" and the like may lead in.
    """

    words: tuple[str, ...]
    starts: Sequence[int]
    following: Sequence[str]
    closing: Sequence[bool]
    opens: Sequence[bool]
    letters: str

    def end(self, at: int) -> int:
        """Behind the last letter of a word."""
        return self.starts[at] + len(self.words[at])


class _Firsts(dict[str, "tuple[State | None, State | None] | None"]):
    """The states behind each first word: where a clause begins, and elsewhere. Made when a word is met: people use few, again and again."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], tuple[State | None, State | None] | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> tuple[State | None, State | None] | None:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        self[word] = made = self._make(word)
        return made


class PhraseBook:
    """Phrase lists, indexed by first word."""

    __slots__ = ("_anywhere", "_by_beginning", "_by_place", "_by_word", "_firsts", "_hits", "_numbers", "_sizes", "_states")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self._by_place: dict[Place, list[Phrase]] = {}
        self._by_word: dict[str, list[Place]] = {}
        self._by_beginning: dict[str, list[Place]] = {}
        self._numbers: list[Place] = []
        self._anywhere: list[tuple[int, str, str]] = []
        rows = ((group, written) for group, phrases in enumerate(lists) for written in phrases)
        for number, (group, written) in enumerate(rows):
            self._add(number, group, written)
        self._sizes = tuple(sorted({len(b) for b in self._by_beginning}))
        self._states = States()
        self._firsts = _Firsts(self._behind)
        self._hits = lru_cache(maxsize=4)(self._find)  # checks ask the same book for the same subject and text

    def find(self, folded: Folded) -> tuple[Hit, ...]:
        """All hits by position; of one group at one place only the longest."""
        return self._hits(folded)

    def _find(self, folded: Folded) -> tuple[Hit, ...]:
        if self._states.full:
            self._states = States()
            self._firsts = _Firsts(self._behind)
        found = self._by_words(folded)
        if not folded.text.isascii():
            found += self._inside(folded.text)
            found.sort(key=_by_position)
        return tuple(found)

    def _by_words(self, folded: Folded) -> list[Hit]:
        """By position. In most texts no word begins a phrase of a small book, so each different word is asked first."""
        found: list[Hit] = []
        first_of = self._firsts.__getitem__
        if any(map(first_of, folded.places)):
            text = _text(folded)
            following, opens = text.following, text.opens
            for at, first in enumerate(map(first_of, text.words)):
                if first is not None:
                    state = first[0] if opens[at] else first[1]
                    if state is not None and (state.tells or state.after[following[at]] is not None):
                        found += _hits_from(at, state, text)
        return found

    def _behind(self, word: str) -> tuple[State | None, State | None] | None:
        """The states once this word is read."""
        places = list(self._by_word.get(word, ()))
        for size in self._sizes:
            if size <= len(word):
                places += self._by_beginning.get(word[:size], ())
        if word.isdigit():
            places += self._numbers
        if not places:
            return None
        phrases = [phrase for place in dict.fromkeys(places) for phrase in self._by_place[place]]
        opening = self._states.of(later for phrase in phrases for later in Awaited(phrase, 0).after(word))
        inside = self._states.of(later for phrase in phrases if not phrase.opens for later in Awaited(phrase, 0).after(word))
        return opening, inside

    def _inside(self, letters: str) -> Iterable[Hit]:
        for group, written, wanted in self._anywhere:
            at = letters.find(wanted)
            while at >= 0:
                yield Hit(group, written, at, at + len(wanted))
                at = letters.find(wanted, at + len(wanted))

    def _add(self, number: int, group: int, written: str) -> None:
        if any(map(unspaced, written.split())):
            self._anywhere.append((group, written, fold(written, "text").text.strip()))
            return
        for phrase in phrases_of(number, group, written):
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


class Before:
    """Phrases that stand before a place of the text, with no more between than a pattern allows: negations, conditions."""

    __slots__ = ("_book", "_most", "_pattern")

    def __init__(self, phrases: Iterable[str], between: str, most: int = _MAX_LETTERS) -> None:
        """`between`: a pattern. `most`: how many letters are looked at."""
        rows = tuple(phrases)
        self._book = PhraseBook([rows])
        self._pattern = re.compile(rf"(?<![^\W_]){alternation(rows)}{between}$")
        self._most = most

    def occurs(self, folded: Folded) -> bool:
        """Whether one stands anywhere; in most texts none does."""
        return bool(self._book.find(folded))

    def stands_before(self, folded: Folded, start: int, end: int) -> bool:
        """Whether one stands before `end` in the text from `start` on."""
        if not any(start <= hit.start < end for hit in self._book.find(folded)):
            return False
        return bool(self._pattern.search(folded.text[max(start, end - self._most) : end]))


@lru_cache(maxsize=8)
def book(cues: tuple[Cues, ...]) -> PhraseBook:
    """The book of these groups, one for all checks that ask."""
    return PhraseBook([c.phrases for c in cues])


def _hits_from(start: int, state: State | None, text: _Text) -> Iterable[Hit]:
    """The phrases that begin at word `start`, where `state` is what is read with it."""
    following, closing = text.following, text.closing
    last: dict[Phrase, int] = {}
    at = start
    while state is not None:
        if state.tells:
            if state.at_end and closing[at]:
                state = state.closed()
            for phrase in state.read:
                if closing[at] or not phrase.closes:
                    last[phrase] = at
        state = state.after[following[at]]
        at += 1
    return _longest(last, start, text) if last else ()


def _longest(last: Mapping[Phrase, int], start: int, text: _Text) -> Iterable[Hit]:
    """Of each group the longest, and of equal ones the first of its list."""
    begin = text.starts[start]
    if len(last) == 1:
        ((phrase, at),) = last.items()
        return () if phrase.asks and not _asks(text, at) else (Hit(phrase.group, phrase.written, begin, text.end(at)),)
    best: dict[int, tuple[int, Phrase]] = {}
    for phrase, at in last.items():
        if phrase.asks and not _asks(text, at):
            continue
        other = best.get(phrase.group)
        if other is None or (at, -phrase.number) > (other[0], -other[1].number):
            best[phrase.group] = at, phrase
    found = [Hit(group, phrase.written, begin, text.end(at)) for group, (at, phrase) in best.items()]
    return found if len(found) < 2 else sorted(found, key=_by_position)


def _asks(text: _Text, at: int) -> bool:
    """The sentence of word `at` closes with a question mark."""
    closing = _CLOSING.search(text.letters, text.end(at))
    return closing is not None and closing[0] == "?"


@lru_cache(maxsize=4)
def _text(folded: Folded) -> _Text:
    """Several books read the same text one after the other."""
    words = tuple(folded.words[:_MAX_WORDS])
    between = folded.pieces[2::2][: len(words) - 1]
    different = set(between)
    joins = {one: _joins(one) for one in different}
    closes = {one: _parts_clauses(one) for one in different}
    closing = [closes[one] for one in between]
    return _Text(
        words=words,
        starts=folded.starts,
        following=[*(word if joins[one] else "" for word, one in zip(words[1:], between, strict=True)), ""],
        closing=[*closing, True],
        opens=[True, *(closed or word in _LEADS for closed, word in zip(closing, words, strict=False))],
        letters=folded.text,
    )


@lru_cache(maxsize=1024)
def _joins(between: str) -> bool:
    return between == " " or bool(_SOFT.fullmatch(between))


@lru_cache(maxsize=1024)
def _parts_clauses(between: str) -> bool:
    return bool(_CLAUSE.search(between))


def _by_position(hit: Hit) -> tuple[int, int, int]:
    return hit.start, -hit.end, hit.group
