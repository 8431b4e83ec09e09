"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number; `^` first:
where a sentence or clause begins; `$` last: where one ends; `?` last: the sentence asks. Case, accents and the shape of quotes do not
matter. Text and phrases are compared word by word, and a phrase is tried only where its first two words stand: time grows with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, KeysView, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.phrases import Folded, alternation, fold
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
    """The words of a text. `joined[i]`: a phrase may go on from word i to the next; `between[i]`: what parts the two.

    `following[i]`: the next word where a phrase may go on to it, else "".
    """

    words: tuple[str, ...]
    starts: Sequence[int]
    joined: Sequence[bool]
    following: Sequence[str]
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
    or_end: bool  # or a clause ends here
    only_words: bool  # single words alone

    @property
    def is_plain(self) -> bool:
        return self.only_words and not self.optional

    @property
    def first_words(self) -> frozenset[str] | None:
        """All words that it may begin with; None where that is not known."""
        return None if self.gap or self.number or self.or_end or self.beginnings else self.words | self.runs.keys()


@dataclass(frozen=True, slots=True)
class _Phrase:
    group: int
    written: str
    places: tuple[_Place, ...]
    opens: bool
    closes: bool
    asks: bool
    needs: frozenset[str]  # words of which one stands in every text that holds the phrase; empty where that is not known
    plain: int  # how many words it has, where each place is one of several single words; else 0
    rest: tuple[frozenset[str], ...]  # of such a phrase the words behind the second: the first two are known to stand there


class _Start(NamedTuple):
    """A phrase where its first word stands. `follows`: words that can be next; None for any."""

    phrase: _Phrase
    follows: frozenset[str] | None


class _Begins:
    """The phrases that one word can begin, by the word that follows it."""

    __slots__ = ("_always", "_by_following")

    def __init__(self, starts: Sequence[_Start]) -> None:
        self._always: list[_Phrase] = []
        self._by_following: dict[str, list[_Phrase]] = {}
        for phrase, follows in starts:
            if follows is None:
                self._always.append(phrase)
                for phrases in self._by_following.values():
                    phrases.append(phrase)
            for word in follows or ():
                self._by_following.setdefault(word, self._always.copy()).append(phrase)

    def going_on(self, following: str) -> Sequence[_Phrase]:
        """In the order of the lists."""
        return self._by_following.get(following, self._always)


class _ByWord(dict[str, "_Begins | None"]):
    """What each word can begin, made when the word is first met: people use few words, again and again."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], _Begins | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> _Begins | None:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        self[word] = made = self._make(word)
        return made


class PhraseBook:
    """Phrase lists, indexed by first word."""

    __slots__ = ("_anywhere", "_beginnings", "_by_word", "_hits", "_numbers", "_sizes", "_words")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self._words: dict[str, list[_Start]] = {}
        self._beginnings: dict[str, list[_Start]] = {}
        self._numbers: list[_Start] = []
        self._anywhere: list[tuple[int, str, str]] = []
        for group, phrases in enumerate(lists):
            for phrase in phrases:
                self._add(group, phrase)
        self._sizes = tuple(sorted({len(b) for b in self._beginnings}))
        self._by_word = _ByWord(self._beginning_with)
        self._hits = lru_cache(maxsize=4)(self._find)  # checks ask the same book for the same subject and text

    def find(self, folded: Folded) -> tuple[Hit, ...]:
        """All hits by position; of one group at one place only the longest."""
        return self._hits(folded)

    def _find(self, folded: Folded) -> tuple[Hit, ...]:
        found = self._by_words(folded)
        if not folded.text.isascii():
            found += self._inside(folded.text)
            found.sort(key=_by_position)
        return tuple(found)

    def _by_words(self, folded: Folded) -> list[Hit]:
        """By position. Most words begin no phrase, so each different word is asked for once."""
        by_word = self._by_word
        begun = [(at, begins) for word, places in folded.places.items() if (begins := by_word[word]) is not None for at in places]
        found: list[Hit] = []
        if begun:
            text = _text(folded)
            begun.sort()
            for at, begins in begun:
                if at < _MAX_WORDS:
                    here = _hits_at(at, begins.going_on(text.following[at]), text)
                    found += here if len(here) < 2 else _longest_by_group(here)
        return found

    def _beginning_with(self, word: str) -> _Begins | None:
        found = list(self._words.get(word, ()))
        for size in self._sizes:
            if size <= len(word):
                found += self._beginnings.get(word[:size], ())
        if word.isdigit():
            found += self._numbers
        return _Begins(found) if found else None

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
            plain = len(rest) if all(p.is_plain for p in rest) and not closes else 0
            phrase = _Phrase(group, written, rest, opens, closes, asks, _needs(rest), plain, tuple(p.words for p in rest[2:]))
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


def _hits_at(at: int, phrases: Iterable[_Phrase], text: _Text) -> list[Hit]:
    found = []
    for phrase in phrases:
        if phrase.needs and text.there.isdisjoint(phrase.needs):
            continue
        end = _end(phrase, text, at)
        if end:
            found.append(Hit(phrase.group, phrase.written, text.starts[at], text.end(end - 1)))
    return found


def _longest_by_group(hits: Iterable[Hit]) -> Iterable[Hit]:
    best: dict[int, Hit] = {}
    for hit in hits:
        if hit.group not in best or hit.end > best[hit.group].end:
            best[hit.group] = hit
    return sorted(best.values(), key=_by_position)


def _end(phrase: _Phrase, text: _Text, at: int) -> int:
    """Behind the last word of the longest reading that begins at word `at`; 0 where there is none."""
    if phrase.opens and not text.opens(at):
        return 0
    end = _plain_end(phrase, text, at) if phrase.plain else _longest_end(phrase, text, at)
    return end if end and not (phrase.asks and not _asks(text, end)) else 0


def _plain_end(phrase: _Phrase, text: _Text, at: int) -> int:
    for index, words in enumerate(phrase.rest, at + 1):
        if text.following[index] not in words:
            return 0
    return at + phrase.plain


def _longest_end(phrase: _Phrase, text: _Text, at: int) -> int:
    reached: Collection[int] = (at,)
    for index, place in enumerate(phrase.places):
        further = [*reached] if place.optional and index else []
        for position in reached:
            if not place.only_words:
                further += _after(place, text, position, at)
            elif (text.following[position - 1] if position > at else text.words[at]) in place.words:
                further.append(position + 1)
        if not further:
            return 0
        reached = further if len(further) == 1 else set(further)
    if phrase.closes:
        reached = {end for end in reached if end and text.closes(end - 1)}
    last = max(reached, default=0)
    return last if last > at else 0


def _after(place: _Place, text: _Text, at: int, start: int) -> Iterable[int]:
    """Where a reading goes on that has this place at word `at`."""
    if place.gap:
        yield from _skipping(text, at)
        return
    if place.or_end and at > start and text.closes(at - 1):
        yield at
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
    joining = {one: _joins(one) for one in set(between)}
    joined = [joining[one] for one in between]
    return _Text(
        words=words,
        starts=folded.starts,
        joined=(*joined, False),
        following=(*(word if joins else "" for word, joins in zip(words[1:], joined, strict=False)), ""),
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
        return _Place(frozenset(), (), {}, number=False, gap=True, optional=False, or_end=False, only_words=False)
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
    given = inner.split("|")
    number, or_end = "#" in given, "$" in given
    only_words = not (beginnings or runs or number or or_end)
    return _Place(frozenset(words), tuple(beginnings), frozen, number, gap=False, optional=optional, or_end=or_end, only_words=only_words)


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
