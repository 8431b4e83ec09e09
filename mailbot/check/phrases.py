"""Finding the phrases of the word lists in a client's text. Shared by the checks that weigh words; no check itself.

A phrase is written as people read it (docs/rules.md): words; `a|b` for one of several; `do_not` inside `a|b` for words that stand
together; `[word]` may be absent; `word*` for any ending; `...` for up to four words of the same sentence; `#` for a number. Case,
accents and the shape of quotes do not matter.
Every phrase becomes one pattern without nested repetition, tried only where its first word stands: time grows with the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from mailbot.model.message import ParsedMessage, Span, Where
from mailbot.model.words.cues import Cues

_MAX_TEXT = 20_000  # nobody writes a longer comment by hand; more is pasted and not weighed
_GAP_WORDS = 4
_SEP = r"[\s,'\"()*_\-]{1,3}"
_GAP = rf"(?:[^\s.!?;:]{{1,40}}{_SEP}){{0,{_GAP_WORDS}}}?"
_END = r"(?![^\W_])"
_WORD = re.compile(r"[^\W_]+")
_STEM = 4  # letters; a shorter word is its own stem
_STEM_LETTERS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$|['\")\]])|[。！？;\n]+")
_WRAP_AT = 55  # a line this long may have been broken by the mail program
_REPLY_PREFIX = re.compile(r"\s*(?:re|aw|sv|vs|antw|fwd?|wg|tr|vl|vb|odp|pd|rif|r|i|enc|res|ynt)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_INVISIBLE = frozenset("\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\ufeff")
_SHAPES = {
    **dict.fromkeys("\u2019\u2018\u00b4\u0060\u2032\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u2028\u2029", " "),
    "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0131": "i",
}  # fmt: skip
_LOOK_ALIKE = dict(zip("асеорхукітмвнѕјοαεινρτυκ", "aceopxykitmbhsjoaeivptuk", strict=True))
_MIXED_WORD = re.compile(r"[a-z]*[\u0370-\u03ff\u0400-\u04ff]+[a-z\u0370-\u03ff\u0400-\u04ff]*")


@dataclass(frozen=True, slots=True, eq=False)  # by identity: one text is folded once, and what is found in it is kept by it
class Folded:
    """Text as patterns see it. `positions[i]` is the offset of folded letter i in the original (with one past the end)."""

    where: Where
    original: str
    text: str
    positions: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """The original words of a folded range."""
        first, last = self.positions[start], self.positions[end - 1] + 1 if end > start else self.positions[start]
        return Span(self.where, first, last, self.original[first:last])


@dataclass(frozen=True, slots=True)
class Hit:
    """`group`: index of the phrase list. `phrase`: as written in the rule file. Offsets into the folded text."""

    group: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True)
class _Pattern:
    group: int
    phrase: str
    source: str

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when its first word stands in a text: most phrases are never written."""
        return re.compile(self.source)


# A pattern and the stems of the words that may follow its first one; None where that is not known.
_Start = tuple[_Pattern, frozenset[str] | None]


class PhraseBook:
    """Phrase lists, indexed by first word."""

    __slots__ = ("_anywhere", "_beginning", "_hits", "_prefix_sizes", "_prefixes", "_words")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        self._words: dict[str, list[_Start]] = {}
        self._prefixes: dict[str, list[_Start]] = {}
        self._anywhere: list[tuple[_Pattern, str]] = []
        for group, phrases in enumerate(lists):
            for phrase in phrases:
                self._add(group, phrase)
        self._prefix_sizes = tuple(sorted({len(p) for p in self._prefixes}))
        self._beginning = lru_cache(maxsize=4096)(self._beginning_with)  # people use few words, again and again
        self._hits = lru_cache(maxsize=2)(self._find)  # two checks ask the same book for the same subject and text

    def find(self, folded: Folded) -> tuple[Hit, ...]:
        """All hits by position; of one group at one place only the longest."""
        return self._hits(folded)

    def _find(self, folded: Folded) -> tuple[Hit, ...]:
        best: dict[tuple[int, int], Hit] = {}
        for pattern, at in self._candidates(folded.text):
            match = pattern.regex.match(folded.text, at)
            if match is not None:
                key = (pattern.group, at)
                if key not in best or match.end() > best[key].end:
                    best[key] = Hit(pattern.group, pattern.phrase, at, match.end())
        return tuple(sorted(best.values(), key=lambda h: (h.start, -h.end, h.group)))

    def _candidates(self, text: str) -> Iterator[tuple[_Pattern, int]]:
        beginning = self._beginning
        for letters, at, following in _words(text):
            for pattern, follows in beginning(letters):
                if follows is None or following in follows:
                    yield pattern, at
        for pattern, letters in self._anywhere:
            if letters in text:
                for match in pattern.regex.finditer(text):
                    yield pattern, match.start()

    def _beginning_with(self, word: str) -> tuple[_Start, ...]:
        found = list(self._words.get(word, ()))
        for size in self._prefix_sizes:
            if size <= len(word):
                found += self._prefixes.get(word[:size], ())
        return tuple(found)

    def _add(self, group: int, phrase: str) -> None:
        text = fold(phrase, "text").text.strip()
        if _unspaced(text):
            self._anywhere.append((_Pattern(group, phrase, re.escape(text)), text))
            return
        for tokens in _without_optional_start(text.split()):
            pattern = _Pattern(group, phrase, _pattern(tokens))
            follows = _second_words(tokens)
            for alternative in tokens[0].split("|"):
                index, key = (self._prefixes, alternative[:-1]) if alternative.endswith("*") else (self._words, alternative)
                for start in _first_words(key):
                    whole = start == key.replace("'", "") and start.isalnum()
                    index.setdefault(start, []).append((pattern, follows if whole else None))


@lru_cache(maxsize=8)
def book(cues: tuple[Cues, ...]) -> PhraseBook:
    """The book of these groups, one for all checks that ask."""
    return PhraseBook([c.phrases for c in cues])


def alternation(phrases: Iterable[str]) -> str:
    """One pattern that matches any of the phrases (the longest first), for use inside another."""
    tokens = [fold(phrase, "text").text.split() for phrase in phrases]
    patterns = sorted((_pattern(t) for t in tokens if t), key=len, reverse=True)
    return "(?:" + "|".join(patterns) + ")" if patterns else r"(?!)"


@lru_cache(maxsize=8)
def fold(text: str, where: Where) -> Folded:
    """Lower case, accents and look-alike letters folded, invisible letters dropped; offsets kept."""
    text = text[:_MAX_TEXT]
    if text.isascii():
        return Folded(where, text, text.lower(), range(len(text) + 1))
    letters: list[str] = []
    positions: list[int] = []
    for index, letter in enumerate(text):
        folded = _fold_letter(letter)
        if folded:
            letters.append(folded)
            positions.append(index)
    positions.append(len(text))
    return Folded(where, text, _MIXED_WORD.sub(_latin_if_mixed, "".join(letters)), positions)


def parts(message: ParsedMessage) -> tuple[Folded, ...]:
    """What is weighed: the text, and the subject where the client wrote it (the subject of a reply is the earlier mail's)."""
    text = fold(message.text, "text")
    if not message.subject or reply_prefix(message.subject):
        return (text,)
    return fold(message.subject, "subject"), text


def reply_prefix(subject: str) -> int:
    """Length of `Re:`, `Fwd:`, `SV:` ... at the start, 0 where there is none."""
    at = 0
    while match := _REPLY_PREFIX.match(subject, at):
        at = match.end()
    return at


@lru_cache(maxsize=8)
def sentences(folded: Folded) -> tuple[tuple[int, int], ...]:
    """(start, end) of each sentence in the folded text, its closing mark included. A wrapped line goes on in the next."""
    text = folded.text
    found: list[tuple[int, int]] = []
    start = 0
    for mark in _SENTENCE_END.finditer(text):
        if mark[0] == "\n" and _wrapped(folded, mark.start()):
            continue
        if text[start : mark.end()].strip():
            found.append((start, mark.end()))
        start = mark.end()
    if text[start:].strip():
        found.append((start, len(text)))
    return tuple(found)


@lru_cache(maxsize=2)
def _words(text: str) -> tuple[tuple[str, int, str], ...]:
    """Each word, where it begins and the stem of the next; several books read the same text one after the other."""
    found = [(word[0], word.start()) for word in _WORD.finditer(text)]
    stems = [word[:_STEM] for word, _ in found[1:]]
    return tuple((word, at, stem) for (word, at), stem in zip(found, (*stems, ""), strict=False))


def _wrapped(folded: Folded, newline: int) -> bool:
    line_start = folded.text.rfind("\n", 0, newline) + 1
    after = folded.positions[newline] + 1
    return newline - line_start >= _WRAP_AT and folded.original[after : after + 1].islower()


def sentence_of(ranges: Sequence[tuple[int, int]], at: int) -> tuple[int, int]:
    """The sentence that holds an offset."""
    return next(((s, e) for s, e in ranges if s <= at < e), (at, at))


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    if letter in _INVISIBLE:
        return ""
    if letter in _SHAPES:
        return _SHAPES[letter]
    if letter < "\u0080":
        return letter.lower()
    lower = letter.lower()
    plain = unicodedata.normalize("NFKD", lower)
    base = plain[0] if plain else letter
    if unicodedata.combining(base):
        return ""
    return _SHAPES.get(base, base)


def _latin_if_mixed(match: re.Match[str]) -> str:
    word = match[0]
    mixed = any("a" <= c <= "z" for c in word)
    return "".join(_LOOK_ALIKE.get(c, c) for c in word) if mixed else word


def _unspaced(text: str) -> bool:
    """Scripts that write no spaces, or join small words to the next (CJK, Arabic, Hebrew, Thai)."""
    return any("\u0590" <= c <= "\u06ff" or "\u0e00" <= c <= "\u0e7f" or c >= "\u2e80" for c in text)


def _without_optional_start(tokens: list[str]) -> list[list[str]]:
    variants = [tokens]
    while tokens and tokens[0].startswith("["):
        variants[-1] = [tokens[0][1:-1], *tokens[1:]]
        tokens = tokens[1:]
        variants.append(tokens)
    return [v for v in variants if v]


def _first_words(key: str) -> set[str]:
    first = _WORD.match(key)
    return {first[0], key.replace("'", "")} if first else set()


def _second_words(tokens: list[str]) -> frozenset[str] | None:
    """Stems of all words that may stand right behind the first token, so that most patterns need not be tried; None for any."""
    stems: set[str] = set()
    for token in tokens[1:]:
        optional = token.startswith("[")
        for word in token.strip("[]").split("|"):
            letters = _STEM_LETTERS.match(word)
            if token == "..." or letters is None or (word.endswith("*") and not _STEM <= len(letters[0]) == len(word) - 1):  # noqa: S105 - a gap, not a password
                return None
            pieces = letters[0].split("'")  # the apostrophe may be left out
            stems.update("".join(pieces[: n + 1])[:_STEM] for n in range(len(pieces)))
        if not optional:
            return frozenset(stems)
    return None


def _pattern(tokens: list[str]) -> str:
    out = ""
    for index, token in enumerate(tokens):
        last = index == len(tokens) - 1
        if token == "...":  # noqa: S105 - a gap, not a password
            out += _GAP
        elif token.startswith("[") and token.endswith("]"):
            word = _alternatives(token[1:-1])
            out += rf"(?:{_SEP}{word})?" if last else rf"(?:{word}{_SEP})?"
        else:
            following_optional = index == len(tokens) - 2 and tokens[-1].startswith("[")
            out += _alternatives(token) + ("" if last or following_optional else _SEP)
    return out


def _alternatives(token: str) -> str:
    return "(?:" + "|".join(_word(word) for word in token.split("|")) + ")"


def _word(word: str) -> str:
    if word == "#":
        return rf"\d{{1,12}}{_END}"
    prefix = word.endswith("*")
    letters = re.escape(word[:-1] if prefix else word).replace("'", "'?").replace("_", _SEP)
    return letters + (r"[^\W_]{0,20}" if prefix else _END)
