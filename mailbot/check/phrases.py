"""A client's text as the checks see it: letters folded, cut into sentences; phrases as one pattern. No check itself.

How a phrase is written: docs/rules.md. `alternation` makes one pattern without nested repetition, for use inside another; lists that
are looked for by themselves belong into a phrase book (phrase_book.py), which looks only where their first words stand.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

from mailbot.model.message import ParsedMessage, Span, Where

_MAX_TEXT = 20_000  # nobody writes a longer comment by hand; more is pasted and not weighed
_GAP_WORDS = 4
_SEP = r"[\s,'\"()*_\-]{1,3}"
_GAP = rf"(?:[^\s.!?;:]{{1,40}}{_SEP}){{0,{_GAP_WORDS}}}?"
_END = r"(?![^\W_])"
_WORD = re.compile(r"([^\W_]+)")
_ASCII_WORD = re.compile(r"([a-z0-9]+)")  # the same in folded ASCII: `re` looks up named letters twice as fast as what is no `\W`
_URL = re.compile(r"[hw](?:(?<=h)ttps?://|(?<=w)ww\.)[^\s<>\"]{1,2048}")
# One class of letters in front: so `re` passes at once all places where no sentence can end.
_SENTENCE_END = re.compile(r"[.!?。！？;\n](?:(?<=[.!?])[.!?]*(?=\s|$|['\")\]])|(?<=[。！？;\n])[。！？;\n]*)")
_ASCII_SENTENCE_END = re.compile(r"[.!?;\n](?:(?<=[.!?])[.!?]*(?=\s|$|['\")\]])|(?<=[;\n])[;\n]*)")
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


@dataclass(frozen=True, eq=False)  # by identity: one text is folded once, and what is found in it is kept by it
class Folded:
    """Text as the checks see it. `positions[i]` is the offset of folded letter i in the original (with one past the end).

    Its words and sentences are found once, when first asked for; all checks share them. `found`: the hits of each phrase book.
    """

    where: Where
    original: str
    text: str
    positions: Sequence[int]
    found: dict[object, Sequence[Any]] = field(default_factory=dict)

    def span(self, start: int, end: int) -> Span:
        """The original words of a folded range."""
        first, last = self.positions[start], self.positions[end - 1] + 1 if end > start else self.positions[start]
        return Span(self.where, first, last, self.original[first:last])

    @cached_property
    def pieces(self) -> Sequence[str]:
        """Words (runs of letters and digits) at odd places, what parts them at even ones; the words of links are none of the client's."""
        return (_ASCII_WORD if self.text.isascii() else _WORD).split(self.unlinked)

    @cached_property
    def words(self) -> Sequence[str]:
        return self.pieces[1::2]

    @cached_property
    def _edges(self) -> Sequence[int]:
        return list(accumulate(map(len, self.pieces)))

    @cached_property
    def starts(self) -> Sequence[int]:
        """Where each of `words` begins; then the length of the text."""
        return self._edges[::2]

    @cached_property
    def ends(self) -> Sequence[int]:
        """Where each of `words` ends."""
        return self._edges[1::2]

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Each different word and its numbers in `words`: word lists are looked up here, not searched in the text."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self.words):
            found[word].append(number)
        return dict(found)

    @cached_property
    def unlinked(self) -> str:
        """`text` with links blanked out; offsets stay."""
        return _URL.sub(lambda m: " " * len(m[0]), self.text) if "://" in self.text or "www." in self.text else self.text

    @cached_property
    def sentences(self) -> Sequence[tuple[int, int]]:
        """(start, end) of each sentence in `text`, its closing mark included. A wrapped line goes on in the next."""
        text = self.text
        found: list[tuple[int, int]] = []
        start = 0
        for mark in (_ASCII_SENTENCE_END if text.isascii() else _SENTENCE_END).finditer(text):
            if mark[0] == "\n" and _wrapped(self, mark.start()):
                continue
            if not text[start : mark.end()].isspace():
                found.append((start, mark.end()))
            start = mark.end()
        if text[start:].strip():
            found.append((start, len(text)))
        return found

    def sentence_of(self, at: int) -> tuple[int, int]:
        """The sentence that holds an offset; an empty one where none does."""
        number = bisect_right(self._sentence_starts, at) - 1
        start, end = self.sentences[number] if number >= 0 else (at, at)
        return (start, end) if at < end else (at, at)

    @cached_property
    def _sentence_starts(self) -> Sequence[int]:
        return [start for start, _ in self.sentences]


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
        return Folded(where, text, text.lower().replace("`", "'"), range(len(text) + 1))
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


@lru_cache(maxsize=8)  # several checks ask of one message
def reply_prefix(subject: str) -> int:
    """Length of `Re:`, `Fwd:`, `SV:` ... at the start, 0 where there is none."""
    at = 0
    while match := _REPLY_PREFIX.match(subject, at):
        at = match.end()
    return at


def _wrapped(folded: Folded, newline: int) -> bool:
    line_start = folded.text.rfind("\n", 0, newline) + 1
    after = folded.positions[newline] + 1
    return newline - line_start >= _WRAP_AT and folded.original[after : after + 1].islower()


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    if letter in _INVISIBLE:
        return ""
    if letter in _SHAPES:
        return _SHAPES[letter]
    if letter < "\u0080":
        return letter.lower()
    if "\uac00" <= letter <= "\ud7a3":  # a Korean syllable would come apart, and its first sound alone be kept
        return letter
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
