"""A pattern that begins with one of many words, tried only where a word of the text begins so. Shared by checks; no check itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from mailbot.check.phrases import Folded, fold

_RUN = re.compile(r"[^\W_]+")
_MOST_JUDGED = 4_000
_LETTERS = re.compile(r"[^\W\d_]+")


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words alone, a `*` at the end for any ending; nothing where there are none."""
    return re.compile("|".join(re.escape(w.removesuffix("*")) + (".*" if w.endswith("*") else "") for w in words) or "(?!)")


class Judged:
    """The words of texts of which something holds. Each different word is judged once: people use few words, again and again."""

    __slots__ = ("_judge", "_words")

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self._judge = judge
        self._words: tuple[set[str], set[str]] = set(), set()  # all judged ones, and those of which it holds

    def among(self, words: Mapping[str, object]) -> Set[str]:
        """Those of which it holds."""
        judged, true = self._words
        if not judged.issuperset(words):
            if len(judged) > _MOST_JUDGED:
                judged, true = self._words = set(), set()
            true.update(filter(self._judge, words))
            judged.update(words)
        return true & words.keys()


class WordPattern:
    """`words`: what each match begins with, as written in the rule files (a `*` at the end for any ending).

    A word list is long and most of it stands in no text, so the words of the text are looked up; `re` would try every letter.
    """

    __slots__ = ("_anywhere", "_beginnings", "_exact", "_prefixes", "pattern")

    def __init__(self, pattern: str, words: Iterable[str]) -> None:
        self.pattern = re.compile(pattern)
        self._exact: set[str] = set()
        prefixes: set[str] = set()
        self._anywhere = False
        for word in words:
            letters = fold(word.strip(), "text").text
            run = _RUN.match(letters)
            if run is None:
                self._anywhere = self._anywhere or letters.isascii()
            elif run[0].isalpha() and letters[run.end() :] != "*":
                self._exact.add(run[0])
            else:
                prefixes.add(run[0])
        self._prefixes = tuple(prefixes)
        self._beginnings = Judged(self._can_begin)

    def finditer(self, folded: Folded, text: str) -> Iterator[re.Match[str]]:
        """The matches in `text`: the folded text, or the same with parts blanked out."""
        if self._anywhere or not folded.text.isascii():  # scripts without blanks: a word begins anywhere
            yield from self.pattern.finditer(text)
            return
        end = 0
        for start in self.starts(folded):
            hit = self.pattern.match(text, start) if start >= end else None
            if hit is not None:
                yield hit
                end = hit.end()

    def occurs(self, folded: Folded) -> bool:
        """Whether a match may be there."""
        return self._anywhere or not folded.text.isascii() or bool(self._beginnings.among(folded.places))

    def starts(self, folded: Folded) -> list[int]:
        """Where a word of a text in ASCII can begin a match."""
        places, starts = folded.places, folded.starts
        found = [starts[number] for word in self._beginnings.among(places) for number in places[word]]
        found.sort()
        return found

    def _can_begin(self, word: str) -> bool:
        """Digits may stand right behind the letters: "image12"."""
        letters = _LETTERS.match(word)
        return (letters is not None and letters[0] in self._exact) or word.startswith(self._prefixes)
