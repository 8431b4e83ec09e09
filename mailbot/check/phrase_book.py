"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number; `^` first:
where a sentence or clause begins; `$` last: where one ends; `?` last: the sentence asks. Case, accents and the shape of quotes do not
matter. Text and phrases are compared word by word, and a phrase is tried only where its first two words stand: time grows with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, KeysView, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.phrases import Folded, fold
from mailbot.model.words.cues import Cues

_GAP_WORDS = 5  # four words, one of them with an apostrophe or hyphen
_WORD = re.compile(r"[^\W_]+")
_SOFT = re.compile(r"[\s,'\"()*_\-/]{1,3}")  # between words of one phrase
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


class Hit(NamedTuple):
    """`group`: index of the phrase list. `phrase`: as written in the rule file. Offsets into the folded text."""

    group: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text. `joined[i]`: a phrase may go on from word i to the next; `between[i]`: what parts the two."""

    words: tuple[str, ...]
    starts: Sequence[int]
    joined: Sequence[bool]
    between: Sequence[str]
    letters: str
    there: KeysView[str]

    def end(self, at: int) -> int:
        """Behind the last letter of a word."""
        return self.starts[at] + len(self.words[at])

    def opens(self, at: int) -> bool:
        """A clause begins at this word; "please", "and" and the like may lead it in."""
        return at == 0 or _parts_clauses(self.between[at - 1]) or self.words[at - 1] in _LEADS

    def closes(self, at: int) -> bool:
        """A clause ends with this word."""
        return at == len(self.words) - 1 or _parts_clauses(self.between[at])


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of a phrase: single words, beginnings of words, and words that stand together, by their first one."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    runs: dict[str, tuple[tuple[str, ...], ...]]
    number: bool
    gap: bool
    optional: bool

    @property
    def is_plain(self) -> bool:
        return not (self.gap or self.number or self.optional or self.beginnings or self.runs)

    @property
    def first_words(self) -> frozenset[str] | None:
        """All words that it may begin with; None where that is not known."""
        return None if self.gap or self.number or self.beginnings else self.words | self.runs.keys()


@dataclass(frozen=True, slots=True)
class _Phrase:
    group: int
    written: str
    places: tuple[_Place, ...]
    opens: bool
    closes: bool
    asks: bool
    needs: frozenset[str]  # words of which one stands in every text that holds the phrase; empty where that is not known
    plain: tuple[frozenset[str], ...]  # the places, where each is one of several single words; else ()


class _Start(NamedTuple):
    """A phrase where its first word stands. `follows`: words that can be next; None for any."""

    phrase: _Phrase
    follows: frozenset[str] | None


class PhraseBook:
    """Phrase lists, indexed by first word."""

    __slots__ = ("_anywhere", "_beginning", "_beginnings", "_going_on", "_hits", "_numbers", "_sizes", "_words")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self._words: dict[str, list[_Start]] = {}
        self._beginnings: dict[str, list[_Start]] = {}
        self._numbers: list[_Start] = []
        self._anywhere: list[tuple[int, str, str]] = []
        for group, phrases in enumerate(lists):
            for phrase in phrases:
                self._add(group, phrase)
        self._sizes = tuple(sorted({len(b) for b in self._beginnings}))
        self._beginning = lru_cache(maxsize=4096)(self._beginning_with)  # people use few words, again and again
        self._going_on = lru_cache(maxsize=16384)(self._going_on_with)
        self._hits = lru_cache(maxsize=4)(self._find)  # checks ask the same book for the same subject and text

    def find(self, folded: Folded) -> tuple[Hit, ...]:
        """All hits by position; of one group at one place only the longest."""
        return self._hits(folded)

    def _find(self, folded: Folded) -> tuple[Hit, ...]:
        text = _text(folded)
        best: dict[tuple[int, int], Hit] = {}
        for phrase, at in self._candidates(folded, text):
            end = _end(phrase, text, at)
            if end:
                key, last = (phrase.group, at), text.end(end - 1)
                if key not in best or last > best[key].end:
                    best[key] = Hit(phrase.group, phrase.written, text.starts[at], last)
        found = [*best.values(), *(() if folded.text.isascii() else self._inside(folded.text))]
        return tuple(sorted(found, key=_by_position))

    def _candidates(self, folded: Folded, text: _Text) -> Iterator[tuple[_Phrase, int]]:
        """Phrases and the number of the word that they may begin with: the first two words stand there. Most words begin none."""
        words, joined, there = text.words, text.joined, text.there
        for word, places in folded.places.items():
            if self._beginning(word):
                for at in places:
                    if at < _MAX_WORDS:
                        for phrase in self._going_on(word, words[at + 1] if joined[at] else ""):
                            if not (phrase.needs and there.isdisjoint(phrase.needs)):
                                yield phrase, at

    def _going_on_with(self, word: str, following: str) -> tuple[_Phrase, ...]:
        return tuple(phrase for phrase, follows in self._beginning(word) if follows is None or following in follows)

    def _beginning_with(self, word: str) -> tuple[_Start, ...]:
        found = list(self._words.get(word, ()))
        for size in self._sizes:
            if size <= len(word):
                found += self._beginnings.get(word[:size], ())
        return (*found, *self._numbers) if word.isdigit() else tuple(found)

    def _inside(self, letters: str) -> Iterable[Hit]:
        for group, written, wanted in self._anywhere:
            at = letters.find(wanted)
            while at >= 0:
                yield Hit(group, written, at, at + len(wanted))
                at = letters.find(wanted, at + len(wanted))

    def _add(self, group: int, written: str) -> None:
        tokens = written.split()
        if any(map(_unspaced, tokens)):
            self._anywhere.append((group, written, fold(written, "text").text.strip()))
            return
        opens, asks = tokens[0] == "^", tokens[-1] == "?"
        closes = tokens[-1] == "$"
        tokens = tokens[opens : len(tokens) - (asks or closes)]
        places = tuple(_place(token) for token in tokens)
        for skipped in range(len(places)):
            rest = places[skipped:]
            plain = tuple(p.words for p in rest) if all(p.is_plain for p in rest) and not closes else ()
            phrase = _Phrase(group, written, rest, opens, closes, asks, _needs(rest), plain)
            self._index(phrase, rest[0])
            if not rest[0].optional:
                break

    def _index(self, phrase: _Phrase, first: _Place) -> None:
        follows = _following(phrase.places[1:])
        for word in first.words | first.runs.keys():
            seconds = frozenset(run[1] for run in first.runs.get(word, ()))
            either = (None if follows is None else seconds | follows) if word in first.words else seconds
            self._words.setdefault(word, []).append(_Start(phrase, either))
        for beginning in first.beginnings:
            self._beginnings.setdefault(beginning, []).append(_Start(phrase, follows))
        if first.number:
            self._numbers.append(_Start(phrase, follows))


@lru_cache(maxsize=8)
def book(cues: tuple[Cues, ...]) -> PhraseBook:
    """The book of these groups, one for all checks that ask."""
    return PhraseBook([c.phrases for c in cues])


def _end(phrase: _Phrase, text: _Text, at: int) -> int:
    """Behind the last word of the longest reading that begins at word `at`; 0 where there is none."""
    if phrase.opens and not text.opens(at):
        return 0
    end = _plain_end(phrase.plain, text, at) if phrase.plain else _longest_end(phrase, text, at)
    return end if end and not (phrase.asks and not _asks(text, end)) else 0


def _plain_end(plain: tuple[frozenset[str], ...], text: _Text, at: int) -> int:
    end = at + len(plain)
    if end > len(text.words):
        return 0
    for index, words in enumerate(plain, at):
        if text.words[index] not in words or (index > at and not text.joined[index - 1]):
            return 0
    return end


def _longest_end(phrase: _Phrase, text: _Text, at: int) -> int:
    reached = {at}
    for index, place in enumerate(phrase.places):
        further = set(reached) if place.optional and index else set()
        for position in reached:
            further.update(_after(place, text, position, at))
        if not further:
            return 0
        reached = further
    if phrase.closes:
        reached = {end for end in reached if end and text.closes(end - 1)}
    last = max(reached, default=0)
    return last if last > at else 0


def _after(place: _Place, text: _Text, at: int, start: int) -> Iterable[int]:
    """Where a reading goes on that has this place at word `at`."""
    if place.gap:
        yield from _skipping(text, at)
        return
    if at >= len(text.words) or (at > start and not text.joined[at - 1]):
        return
    word = text.words[at]
    if word in place.words or (place.number and word.isdigit()) or word.startswith(place.beginnings):
        yield at + 1
    for run in place.runs.get(word, ()):
        until = at + len(run)
        if text.words[at:until] == run and all(text.joined[at : until - 1]):
            yield until


def _skipping(text: _Text, at: int) -> Iterable[int]:
    for skipped in range(at, at + _GAP_WORDS + 1):
        yield skipped
        if skipped >= len(text.words) or not text.joined[skipped - 1]:
            return


def _asks(text: _Text, end: int) -> bool:
    """The sentence of the word before `end` closes with a question mark."""
    closing = _CLOSING.search(text.letters, text.end(end - 1))
    return closing is not None and closing[0] == "?"


@lru_cache(maxsize=4)
def _text(folded: Folded) -> _Text:
    """Several books read the same text one after the other."""
    words = tuple(folded.words[:_MAX_WORDS])
    between = folded.pieces[2::2][: len(words) - 1]
    return _Text(
        words=words,
        starts=folded.starts,
        joined=(*map(_joins, between), False),
        between=between,
        letters=folded.text,
        there=folded.places.keys(),
    )


@lru_cache(maxsize=1024)
def _joins(between: str) -> bool:
    return between == " " or bool(_SOFT.fullmatch(between))


@lru_cache(maxsize=1024)
def _parts_clauses(between: str) -> bool:
    return bool(_CLAUSE.search(between))


def _by_position(hit: Hit) -> tuple[int, int, int]:
    return hit.start, -hit.end, hit.group


@lru_cache(maxsize=1024)
def _place(token: str) -> _Place:
    optional = token.startswith("[") and token.endswith("]")
    inner = token[1:-1] if optional else token
    if inner == "...":
        return _Place(frozenset(), (), {}, number=False, gap=True, optional=False)
    words: set[str] = set()
    beginnings: list[str] = []
    runs: dict[str, list[tuple[str, ...]]] = {}
    for written in inner.split("|"):
        for run in _spellings(written):
            if len(run) > 1:
                runs.setdefault(run[0], []).append(run)
            elif written.endswith("*"):
                beginnings.extend(run)
            else:
                words.update(run)
    frozen = {first: tuple(dict.fromkeys(each)) for first, each in runs.items()}
    return _Place(frozenset(words), tuple(beginnings), frozen, number="#" in inner.split("|"), gap=False, optional=optional)


def _spellings(written: str) -> list[tuple[str, ...]]:
    """The words of one alternative; an apostrophe may be left out ("don't": don t, dont)."""
    folded = fold(written.replace("_", " "), "text").text
    spelt = [tuple(_WORD.findall(folded)), tuple(_WORD.findall(folded.replace("'", "")))]
    return [run for run in dict.fromkeys(spelt) if run]


def _following(places: Sequence[_Place]) -> frozenset[str] | None:
    """All words that these places may begin with, so that most phrases need not be tried; None for any."""
    words: frozenset[str] = frozenset()
    for place in places:
        begins = place.first_words
        if begins is None:
            return None
        words |= begins
        if not place.optional:
            return words
    return None


def _needs(places: Sequence[_Place]) -> frozenset[str]:
    """The words of one place behind the second: of the one whose shortest word is longest, for long words are rare."""
    plain = [place.words for place in places[2:] if place.is_plain]
    return max(plain, key=lambda words: min(map(len, words)), default=frozenset())


def _unspaced(text: str) -> bool:
    """Scripts that write no spaces, or join small words to the next (CJK, Arabic, Hebrew, Thai)."""
    return any("\u0590" <= c <= "\u06ff" or "\u0e00" <= c <= "\u0e7f" or c >= "\u2e80" for c in text)
