"""The words of a comment by language: how many are English, foreign, both or unknown. Work of the check `language`; no check itself."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from mailbot.model.message import Span, Where

WORD = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)*)")
ASCII_WORD = re.compile(r"([A-Za-z]+(?:'[A-Za-z]+)*)")  # the same where all is ASCII: `re` looks up named letters twice as fast
_ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "ers", "y", "n't", "'ll", "'re", "'ve", "'d")
_ASCII_CAPITALS, _ASCII_SMALL = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()
_TAILS = frozenset(("s", "t", "d", "m", "ll", "re", "ve"))  # "it's", "don't": folded words end at the apostrophe
_Kind = Literal["english", "both", "foreign", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Words by language. `foreign`: word -> languages, without the words that are English too; `both` exist in English and others."""

    english: frozenset[str]
    foreign: Mapping[str, tuple[str, ...]]
    both: frozenset[str]


@dataclass(frozen=True, slots=True)
class Count:
    """Words of the cleaned text: `foreign` counts words of no English list only; `unknown` are in no list."""

    total: int
    english: int
    foreign: int
    both: int
    languages: Counter[str]
    spans: tuple[Span, ...]
    words: Sequence[str]

    @property
    def unknown(self) -> int:
        return self.total - self.english - self.foreign - self.both


def quick_count(places: Mapping[str, Sequence[int]], known: Known) -> Count | None:
    """All words of a folded text (`Folded.places`), names and labels among them; None where one is foreign."""
    total = english = both = 0
    for word, numbers in places.items():
        if word in _TAILS or word.isdigit():
            continue
        kind = _kind(word, known)
        if kind == "foreign":
            return None
        times = len(numbers)
        total += times
        if kind == "english":
            english += times
        elif kind == "both":
            both += times
    return Count(total, english, 0, both, Counter(), (), ())


def count(text: str, clean: str, where: Where, known: Known) -> Count:
    pieces = WORD.split(clean)
    telling = _telling(pieces, shouted=_shouted(clean))
    words = [pieces[at].lower().replace("’", "'") for at in telling]
    counts: Counter[_Kind] = Counter()
    kinds: dict[str, _Kind] = {}
    for word, times in Counter(words).items():
        kinds[word] = kind = _kind(word, known)
        counts[kind] += times
    foreign = [(at, word) for at, word in zip(telling, words, strict=True) if kinds[word] == "foreign"] if counts["foreign"] else []
    if all(pieces[at][0].isupper() for at, _ in foreign) and counts["english"] >= 2:
        # "Götgatan 22, kitchen is dark": only capitals at a sentence's start look foreign
        return Count(len(words) - len(foreign), counts["english"], 0, counts["both"], Counter(), (), words)
    languages = Counter(code for _, word in foreign for code in known.foreign.get(word, ()))
    starts = list(accumulate(map(len, pieces))) if foreign else ()
    spans = tuple(Span(where, starts[at - 1], starts[at], text[starts[at - 1] : starts[at]]) for at, _ in foreign)
    return Count(len(words), counts["english"], len(foreign), counts["both"], languages, spans, words)


@lru_cache(maxsize=8192)  # people use few words, again and again
def _kind(word: str, known: Known) -> _Kind:
    if word in known.both:
        return "both"
    if _is_english(word, known):
        return "english"
    return "foreign" if word in known.foreign or not word.isascii() else "unknown"


def _is_english(word: str, known: Known) -> bool:
    if word in known.english:
        return True
    if word in known.foreign:
        return False
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            if stem in known.english or stem + "e" in known.english or (stem[-1] == stem[-2] and stem[:-1] in known.english):
                return True
    return False


def _telling(pieces: Sequence[str], *, shouted: bool) -> Sequence[int]:
    """Where in `pieces` (words at odd places) words stand that are no names; every word where nothing else is left.

    A capital inside a sentence of mostly small letters makes a name.
    """
    every = range(1, len(pieces), 2)
    if shouted:
        return every
    return [at for at in every if not pieces[at][0].isupper() or _is_i(pieces[at]) or _opens_sentence(pieces, at)] or every


def _is_i(word: str) -> bool:
    return word == "I" or word[:2] in ("I'", "I’")


def _shouted(text: str) -> bool:
    """Most letters are capitals."""
    if text.isascii():  # counted by deleting: a letter at a time would be half of this check's work
        raw = text.encode()
        small = raw.translate(None, _ASCII_CAPITALS)
        return len(raw) - len(small) > 0.6 * (len(raw) - len(small.translate(None, _ASCII_SMALL)))
    return sum(map(str.isupper, text)) > 0.6 * sum(map(str.isalpha, text))


def _opens_sentence(pieces: Sequence[str], at: int) -> bool:
    before = pieces[at - 1]
    return _opens(before[-60:] if at == 1 or len(before) >= 60 else pieces[at - 2] + before)


def _opens(before: str) -> bool:
    """The word behind these letters opens a sentence; so does one behind a long blank, where something was blanked out."""
    said = before.rstrip(" \t\"'“„(*-–>+")
    return not said or said[-1] in ".!?:\n/…¿¡•;"
