"""Lists of phrases found in a line by looking words up, so that no list can make a pattern explode.

A phrase is a row of words; `*` stands for up to 12 words, `word*` for a word that begins so, `#` for a number. Scripts that write no
blanks between words (Chinese, Japanese, Thai, and Korean with its endings) are compared without blanks, as pieces in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_WORDS = 80  # of one line
_GAP = 20
_MOST_KNOWN = 4_000
_WORD = re.compile(r"\w+")
_ASCII_WORD = re.compile(r"[a-z0-9_]+")  # the same in small ASCII: `re` looks up named letters twice as fast
_BEGINNING = re.compile(r"[ \t>*-]{0,9}([A-Za-z]{1,20})[ ,!]")  # that of most lines, without a link
_URL = re.compile(r"[hw](?:(?<=h)ttps?://|(?<=w)ww\.)[^\s<>]{1,300}")
_PHRASE_WORD = re.compile(r"\w+\*?|\*|#")
_GLUED = re.compile("[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]")
_AROUND = "-_=*<>()[]|.!,~‐‑‒–—―。！，、"
Pattern = tuple[str, ...]


class Line:
    """One line's words in lower case without links, read once for all lists; `glued` is it without blanks where its script has none."""

    __slots__ = ("_first", "_words", "glued", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.glued = "".join(self._low().split()).strip(_AROUND) if not text.isascii() and _GLUED.search(text) else ""
        self._words: list[str] | None = None
        self._first: str | None = None

    @property
    def words(self) -> list[str]:
        """Read when a list is looked up; most lines are passed by a pattern before."""
        if self._words is None:
            low = self._low()
            self._words = (_ASCII_WORD if low.isascii() else _WORD).findall(low)[:MAX_WORDS]
        return self._words

    @property
    def first(self) -> str:
        """The first word, "" without one; most lists are passed by it, and the others need not be read then."""
        if self._first is None:
            begun = _BEGINNING.match(self.text)
            self._first = begun[1].lower() if begun else self.words[0] if self.words else ""
        return self._first

    def _low(self) -> str:
        low = self.text.lower().replace("’", "'")
        return _URL.sub(" ", low) if "://" in low or "www." in low else low


class Phrases:
    """`stems`: the last word of each phrase may go on ("confidentiel" also finds "confidentielle")."""

    def __init__(self, phrases: Iterable[str], *, stems: bool = False) -> None:
        self._known: dict[str, dict[str, list[Pattern]]] = {}  # by first word, then by second ("" where that is open)
        self._prefixed: dict[str, list[Pattern]] = {}  # by the first two letters, of phrases that begin with `word*`
        self._ends: dict[str, list[Pattern]] = {}  # by the last word, of phrases that begin with `*`, without it
        self._glued: list[Pattern] = []
        self._telling = _Telling()
        for phrase in phrases:
            if _GLUED.search(phrase):
                self._glued.append(tuple(piece.replace(" ", "") for piece in phrase.split("*")))
            elif pattern := tuple(_PHRASE_WORD.findall(phrase)):
                last = pattern[-1]
                self._add((*pattern[:-1], f"{last}*") if stems and last[-1] not in "*#" else pattern)

    def _add(self, pattern: Pattern) -> None:
        self._telling.add(max(pattern, key=lambda word: len(word.rstrip("*#"))))
        first, second = pattern[0], pattern[1] if len(pattern) > 1 else ""
        if first == "*":
            self._ends.setdefault(pattern[-1], []).append(pattern[1:])
        elif first[-1] == "*":
            self._prefixed.setdefault(first[:2].rstrip("*"), []).append(pattern)
        else:
            self._known.setdefault(first, {}).setdefault("" if second[-1:] in "*#" else second, []).append(pattern)

    def begins(self, line: Line) -> bool:
        """A phrase at the start of the line (one that begins with `*`: at its end)."""
        if self._opens(line.first) and self._at(line.words, 0, None):
            return True
        if self._ends and self._ended(line.words):
            return True
        return bool(line.glued) and any(line.glued.startswith(g[0]) and _in_order(g, line.glued) for g in self._glued)

    def inside(self, line: Line) -> bool:
        """A phrase anywhere in the line."""
        if line.glued and any(_in_order(g, line.glued) for g in self._glued):
            return True
        words = line.words
        if not any(map(self._telling.__getitem__, words)):
            return False
        return any(self._opens(word) and self._at(words, at, None) for at, word in enumerate(words))

    def fills(self, line: Line, spare: int = 0) -> bool:
        """A phrase is the whole line but for at most `spare` words after it."""
        if self._opens(line.first):
            words = line.words
            ends = range(len(words), max(0, len(words) - spare - 1), -1)
            if any(self._at(words, 0, end) for end in ends):
                return True
        if self._ends and self._ended(line.words):
            return True
        return bool(line.glued) and any(_is_glued(g, line.glued, spare) for g in self._glued)

    def _opens(self, word: str) -> bool:
        """Whether a phrase can begin with this word: most words begin none."""
        return word in self._known or (bool(self._prefixed) and word[:2] in self._prefixed)

    def _ended(self, words: list[str]) -> bool:
        known = self._ends.get(words[-1]) if words and len(words) <= _GAP else None
        return bool(known) and any(tuple(words[-len(p) :]) == p for p in known or ())

    def _at(self, words: list[str], at: int, end: int | None) -> bool:
        if at >= len(words):
            return False
        if known := self._known.get(words[at]):
            following = words[at + 1] if at + 1 < len(words) else "\n"
            for second in (following, ""):
                for pattern in known.get(second, ()):
                    if _match(pattern, words, at, end):
                        return True
        return any(_match(p, words, at, end) for p in self._prefixed.get(words[at][:2], ()))


class _Telling(dict[str, bool]):
    """Whether a word is the longest of a phrase: no phrase stands in a line without it. Each word is judged once."""

    def __init__(self) -> None:
        super().__init__()
        self._words: set[str] = set()
        self._beginnings: tuple[str, ...] = ()

    def add(self, word: str) -> None:
        """`word*` for any ending."""
        if word[-1] == "*":
            self._beginnings += (word[:-1],)
        else:
            self._words.add(word)

    def __missing__(self, word: str) -> bool:
        if len(self) > _MOST_KNOWN:
            self.clear()
        self[word] = tells = word in self._words or word.startswith(self._beginnings)
        return tells


def _match(pattern: Pattern, words: list[str], at: int, end: int | None) -> bool:
    """Whether the pattern's words stand at `at`; with `end` they must end there."""
    for place, want in enumerate(pattern):
        if want == "*":
            rest = pattern[place + 1 :]
            if not rest:
                return end is None or end - at <= _GAP
            return any(_match(rest, words, skip, end) for skip in range(at, min(at + _GAP, len(words)) + 1))
        if at >= len(words) or not _same(want, words[at]):
            return False
        at += 1
    return end is None or at == end


def _same(want: str, word: str) -> bool:
    if want == "#":
        return word[0].isdigit()
    return word.startswith(want[:-1]) if want[-1] == "*" else word == want


def _in_order(pieces: Pattern, text: str) -> bool:
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _is_glued(pieces: Pattern, text: str, spare: int) -> bool:
    """The pieces are the whole text; `spare` words may be a name of four letters each."""
    if not text.startswith(pieces[0]) or not _in_order(pieces, text) or len(text) > 80:
        return False
    return text.endswith(pieces[-1]) or (spare > 0 and len(text) - sum(map(len, pieces)) <= 4 * spare)
