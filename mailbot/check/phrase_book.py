"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number; `^` first:
where a sentence or clause begins; `$` last: where one ends; `?` last: the sentence asks. Case, accents and the shape of quotes do not
matter. Text and phrases are compared word by word, and a phrase is tried only where its first two words stand: time grows with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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


@dataclass(frozen=True, slots=True)
class Hit:
    """`group`: index of the phrase list. `phrase`: as written in the rule file. Offsets into the folded text."""

    group: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text, each with the next where a phrase may go on to it. `joined[i]`: it may; `between[i]`: what parts the two."""

    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    joined: tuple[bool, ...]
    between: tuple[str, ...]
    letters: str

    def opens(self, at: int) -> bool:
        """A clause begins at this word; "please", "and" and the like may lead it in."""
        return at == 0 or bool(_CLAUSE.search(self.between[at - 1])) or self.words[at - 1] in _LEADS

    def closes(self, at: int) -> bool:
        """A clause ends with this word."""
        return at == len(self.words) - 1 or bool(_CLAUSE.search(self.between[at]))


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
    second: frozenset[str] | None  # words that may follow the first one; None for any
    plain: tuple[frozenset[str], ...]  # the places, where each is one of several single words; else ()


class PhraseBook:
    """Phrase lists, indexed by first word."""

    __slots__ = ("_anywhere", "_beginning", "_beginnings", "_hits", "_numbers", "_sizes", "_words")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self._words: dict[str, list[_Phrase]] = {}
        self._beginnings: dict[str, list[_Phrase]] = {}
        self._numbers: list[_Phrase] = []
        self._anywhere: list[tuple[int, str, str]] = []
        for group, phrases in enumerate(lists):
            for phrase in phrases:
                self._add(group, phrase)
        self._sizes = tuple(sorted({len(b) for b in self._beginnings}))
        self._beginning = lru_cache(maxsize=4096)(self._beginning_with)  # people use few words, again and again
        self._hits = lru_cache(maxsize=2)(self._find)  # two checks ask the same book for the same subject and text

    def find(self, folded: Folded) -> tuple[Hit, ...]:
        """All hits by position; of one group at one place only the longest."""
        return self._hits(folded)

    def _find(self, folded: Folded) -> tuple[Hit, ...]:
        text = _text(folded.text)
        best: dict[tuple[int, int], Hit] = {}
        for at, (word, following) in enumerate(text.pairs):
            for phrase in self._beginning(word):
                if phrase.second is not None and following not in phrase.second:
                    continue  # most phrases end here
                end = _end(phrase, text, at)
                if end:
                    key, last = (phrase.group, at), text.ends[end - 1]
                    if key not in best or last > best[key].end:
                        best[key] = Hit(phrase.group, phrase.written, text.starts[at], last)
        found = best.values() if folded.text.isascii() else [*best.values(), *self._inside(folded.text)]
        return tuple(sorted(found, key=lambda h: (h.start, -h.end, h.group)))

    def _beginning_with(self, word: str) -> tuple[_Phrase, ...]:
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
            phrase = _Phrase(group, written, rest, opens, closes, asks, _second(rest), plain)
            self._index(phrase, rest[0])
            if not rest[0].optional:
                break

    def _index(self, phrase: _Phrase, first: _Place) -> None:
        for word in first.words | first.runs.keys():
            self._words.setdefault(word, []).append(phrase)
        for beginning in first.beginnings:
            self._beginnings.setdefault(beginning, []).append(phrase)
        if first.number:
            self._numbers.append(phrase)


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
    closing = _CLOSING.search(text.letters, text.ends[end - 1])
    return closing is not None and closing[0] == "?"


@lru_cache(maxsize=4)
def _text(letters: str) -> _Text:
    """The words of a folded text; several books read the same text one after the other."""
    spans = [m.span() for m in _WORD.finditer(letters)][:_MAX_WORDS]
    words = tuple(letters[s:e] for s, e in spans)
    between = tuple(letters[e:s] for (_, e), (s, _) in pairwise(spans))
    joined = (*(b == " " or bool(_SOFT.fullmatch(b)) for b in between), False)
    return _Text(
        words=words,
        pairs=tuple((word, after if follows else "") for word, after, follows in zip(words, (*words[1:], ""), joined, strict=False)),
        starts=tuple(s for s, _ in spans),
        ends=tuple(e for _, e in spans),
        joined=joined,
        between=between,
        letters=letters,
    )


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


def _second(places: Sequence[_Place]) -> frozenset[str] | None:
    """All words that may stand right behind the first place, so that most phrases need not be tried; None for any."""
    first = places[0]
    if first.runs:
        return None
    words: frozenset[str] = frozenset()
    for place in places[1:]:
        begins = place.first_words
        if begins is None:
            return None
        words |= begins
        if not place.optional:
            return words
    return None


def _unspaced(text: str) -> bool:
    """Scripts that write no spaces, or join small words to the next (CJK, Arabic, Hebrew, Thai)."""
    return any("\u0590" <= c <= "\u06ff" or "\u0e00" <= c <= "\u0e7f" or c >= "\u2e80" for c in text)
