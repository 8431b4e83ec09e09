"""Numbers that follow a word, as people list them ("photos 12, 14 and 15", "orders 10231/10232", "images 3-6"). No check itself.

Every pattern is anchored where it is tried and has bounded repetition: time grows with the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mailbot.check.phrases import fold
from mailbot.check.word_pattern import WordPattern

MAX_RANGE = 200
_LIST_MAX = 500
_LATER_LETTER = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")  # scripts without blanks between words
_NUMBER = re.compile(r"#?\s?(\d{1,12})([abc]?)(?![^\W\u3040-\u9fff\uac00-\ud7af])")
_UNIT = r"\s{0,2}(?:%|€|\$|£|°|º|²)|\s?[x×*:]\s?\d|['’′″](?!s\b)\d?"
_DECIMAL = re.compile(r"[.,]\d{1,3}(?!\d)")
_MARKS_IN_NUMBERS = frozenset("-./,")
_DATE = re.compile(r"[-./]\d{1,2}[-./]\d{2,4}(?!\d)")


class Number(NamedTuple):
    """A number as written and where it stands. `until`: the last number where it opens a range, else ""."""

    digits: str
    start: int
    end: int
    until: str = ""


@dataclass(frozen=True, slots=True)
class ListForm:
    """The compiled form of one kind of list. `counted` matches behind a number that counts something."""

    word: WordPattern
    opener: re.Pattern[str]
    joiner: re.Pattern[str]
    ranger: re.Pattern[str]
    counted: re.Pattern[str]


def list_form(
    words: Iterable[str], number_words: Iterable[str], joiners: Iterable[str], ranges: Iterable[str], counted: Iterable[str]
) -> ListForm:
    """Compile the word lists of a rule file."""
    words, joiner, ranger = tuple(words), any_of(joiners), any_of(ranges)
    return ListForm(
        word=WordPattern(any_of(words), words),
        opener=re.compile(rf"[\s:;.#()\[\]\"'*,\-]{{0,4}}(?:{any_of(number_words)}[\s.:#()\-]{{0,4}}){{0,3}}"),
        joiner=re.compile(rf"\s{{0,2}}(?:[,;&+/|]\s{{0,2}}(?:{joiner}\s{{1,2}})?|{joiner}\s{{0,2}}|\s)"),
        ranger=re.compile(rf"\s{{0,2}}(?:-{{1,2}}|\.\.\.?|…|{ranger})\s{{0,2}}"),
        counted=re.compile(rf"{_UNIT}|(?:\s{{0,2}}|-){any_of(counted)}"),
    )


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words as whole words; `*` at the end stands for any ending."""
    given = sorted(words, key=len, reverse=True)
    joined = [re.escape(letters) + follows for letters, follows in map(_word, filter(_LATER_LETTER.search, given))]
    spaced = [_word(w) for w in given if not _LATER_LETTER.search(w)]
    joined += beginning([(letters, follows) for letters, follows in spaced if letters], r"\w")
    return "(?:" + "|".join(joined) + ")" if joined else r"(?!)"


def beginning(words: list[tuple[str, str]], never_behind: str) -> list[str]:
    """Branches for (letters, pattern of what follows them), none right behind such a letter.

    The look behind stands after the first letter: so `re` passes at once all places where no branch begins.
    """
    return [rf"{letter}(?<!{never_behind}{letter}){rest}" for letter, rest in _by_letter(words)]


def read_list(text: str, at: int, form: ListForm) -> Iterator[Number]:
    """The numbers of a list that starts right behind a word (at `at`); none where something else follows."""
    opened = form.opener.match(text, at)
    at = opened.end() if opened else at
    first: Number | None = None
    for _ in range(_LIST_MAX):
        number = _number(text, at, form)
        if number is None or (first and not _alike(first, number)):
            return
        first = first or number
        yield number
        joined = form.joiner.match(text, number.end)
        if joined is None:
            return
        at = joined.end()


def expand(number: Number, most: int = MAX_RANGE) -> tuple[str, ...]:
    """All numbers of a range with their leading zeros; only its two ends where it is longer than `most`."""
    if not number.until:
        return (number.digits,)
    low, high = int(number.digits), int(number.until)
    if not 0 < high - low < most:
        return (number.digits, number.until)
    return tuple(str(n).zfill(len(number.digits)) for n in range(low, high + 1))


def plain_digits(text: str) -> str:
    """Digits of any script as ASCII."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _by_letter(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(escaped first letter, pattern of the rest) of (letters, what follows them): at a place only one branch is looked into."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for letters, follows in words:
        groups.setdefault(letters[0], []).append((letters[1:], follows))
    return [(re.escape(letter), _rest(group)) for letter, group in groups.items()]


def _rest(words: list[tuple[str, str]]) -> str:
    """Words that go on with different letters exclude each other, so only where one ends their order matters."""
    if len(words) == 1:
        return re.escape(words[0][0]) + words[0][1]
    split = all(letters for letters, _ in words)
    branches = [a + b for a, b in _by_letter(words)] if split else [re.escape(letters) + follows for letters, follows in words]
    return "(?:" + "|".join(branches) + ")"


def _word(word: str) -> tuple[str, str]:
    """The letters up to the first blank and the pattern of what follows them."""
    folded = fold(word.strip(), "text").text
    ending = r"[^\W\d_]{0,14}" if folded.endswith("*") else ""
    first, *others = folded.removesuffix("*").split() or [""]
    body = "".join(rf"\s{{1,2}}{re.escape(part)}" for part in others)
    if _LATER_LETTER.search(folded):
        return first, body
    after = r"(?![^\W\d_])" if folded[-1:].isalnum() or ending else ""
    return first, rf"{body}{ending}{after}"


def _number(text: str, at: int, form: ListForm) -> Number | None:
    hit = _NUMBER.match(text, at)
    if hit is None or _is_other(text, hit.end(), form):
        return None
    digits = plain_digits(hit[1]) + hit[2]
    ranged = form.ranger.match(text, hit.end())
    last = _NUMBER.match(text, ranged.end()) if ranged and not hit[2] else None
    if last is None or last[2] or _is_other(text, last.end(), form) or not _is_range(digits, plain_digits(last[1])):
        return Number(digits, hit.start(1), hit.end())
    return Number(digits, hit.start(1), last.end(), plain_digits(last[1]))


def _is_range(low: str, high: str) -> bool:
    return len(low) <= 9 and len(high) <= 9 and int(low) < int(high)


def _is_other(text: str, end: int, form: ListForm) -> bool:
    """A count, price, time, size or date stands here, no number of ours."""
    if form.counted.match(text, end):
        return True
    mark = text[end : end + 1]
    if mark not in _MARKS_IN_NUMBERS:  # a blank behind most
        return False
    if _DATE.match(text, end):
        return True
    decimal = _DECIMAL.match(text, end)
    return bool(decimal and not re.match(r"\.?,?\d{1,3}\s?[,&]", text[end : end + 6]) and _is_decimal(text, end))


def _is_decimal(text: str, end: int) -> bool:
    """`2.5` and `1,200` are; `3,4,5` and `3,4 and 5` list short numbers, `3,4` behind an image word too."""
    begin = end
    while begin and text[begin - 1].isdigit():
        begin -= 1
    after = re.match(r"[.,](\d{1,3})", text[end : end + 4])
    return text[end] == "." or (after is not None and len(after[1]) == 3 and end - begin < 3)


def _alike(first: Number, other: Number) -> bool:
    """Numbers of one list have about the same size: in "order 10231, 2 photos" the 2 belongs to something else."""
    return abs(len(first.digits) - len(other.digits)) <= 2 if len(first.digits) < 5 else len(other.digits) >= 4
