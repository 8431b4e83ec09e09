"""How a phrase of the word lists is written (docs/rules.md), taken apart into places. No check itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from types import MappingProxyType

from mailbot.check.phrases import fold

_WORD = re.compile(r"[^\W_]+")
_NO_RUNS: Mapping[str, Sequence[tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)  # by identity: phrases that say the same share it
class Place:
    """One place of a phrase: single words, beginnings of words, and words that stand together, by their first one."""

    words: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    runs: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=lambda: _NO_RUNS)
    number: bool = False
    gap: bool = False
    optional: bool = False
    or_end: bool = False  # or a clause ends here

    @property
    def may_be_absent(self) -> bool:
        """No word need stand for it."""
        return self.optional or self.gap or self.or_end

    def has(self, word: str) -> bool:
        """Whether it is this word alone."""
        return word in self.words or (self.number and word.isdigit()) or (bool(self.beginnings) and word.startswith(self.beginnings))


@dataclass(frozen=True, slots=True, eq=False)  # by identity: a book holds each once
class Phrase:
    """`group`: its list in the book; `number`: its place in the list; `written`: as in the rule file.

    `opens`: a clause begins with it; `closes`: ends with it; `asks`: its sentence is a question.
    """

    book: int
    group: int
    number: int
    written: str
    places: tuple[Place, ...]
    opens: bool
    closes: bool
    asks: bool


def phrases_of(book: int, group: int, number: int, written: str) -> Iterator[Phrase]:
    """The phrase, and the same without each optional place in front."""
    tokens = [piece for piece in written.split() if piece != "&"]  # it parts words as a blank does
    opens, closes, asks = tokens[0] == "^", tokens[-1] == "$", tokens[-1] == "?"
    places = tuple(_place(token) for token in tokens[opens : len(tokens) - (asks or closes)])
    for skipped, first in enumerate(places):
        yield Phrase(book, group, number, written, places[skipped:], opens, closes, asks)
        if not first.optional:
            return


def unspaced(text: str) -> bool:
    """Scripts that write no spaces, or join small words to the next (CJK, Arabic, Hebrew, Thai)."""
    return not text.isascii() and any("\u0590" <= c <= "\u06ff" or "\u0e00" <= c <= "\u0e7f" or c >= "\u2e80" for c in text)


@lru_cache(maxsize=16384)
def _place(token: str) -> Place:
    optional = token.startswith("[") and token.endswith("]")
    inner = token[1:-1] if optional else token
    if inner == "...":
        return Place(gap=True)
    words: set[str] = set()
    beginnings: list[str] = []
    runs: dict[str, list[tuple[str, ...]]] = {}
    given = inner.split("|")
    for written in given:
        if written.isascii() and written.isalnum():  # nearly all are
            words.add(intern(written.lower()))  # the same words stand in hundreds of phrases
            continue
        for run in _spellings(written):
            if len(run) > 1:
                runs.setdefault(run[0], []).append(run)
            elif written.endswith("*"):
                beginnings.extend(run)
            else:
                words.update(run)
    return Place(
        words=frozenset(words),
        beginnings=tuple(beginnings),
        runs={first: tuple(dict.fromkeys(each)) for first, each in runs.items()} or _NO_RUNS,
        number="#" in given,
        optional=optional,
        or_end="$" in given,
    )


@lru_cache(maxsize=4096)
def _spellings(written: str) -> Sequence[tuple[str, ...]]:
    """The words of one alternative; an apostrophe may be left out ("don't": don t, dont)."""
    folded = fold(written.replace("_", " "), "text").text
    spelt = [tuple(map(intern, _WORD.findall(letters))) for letters in (folded, folded.replace("'", ""))]
    return [run for run in dict.fromkeys(spelt) if run]
