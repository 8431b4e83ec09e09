"""Shared text work: links with true spans, and text folded for comparing. Every pattern here is linear in the text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mailbot.model.message import Span, Where

# Zero-width and direction characters: they show nothing, yet split a keyword ("Corr\u200bection") or turn a number round.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Letters of other scripts that look like Latin ones (Unicode confusables, single letters only).
ALIKE = dict(
    zip(
        "аеорсухкмнвтіјѕԁԛԝһӏАВЕЅІЈКМНОРСТУХҮԌԜ" + "αεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ıɑɡօѵⅼⅽⅾⅿ",
        "aeopcyxkmhbtijsdqwhlABESIJKMHOPCTYXYGW" + "aeiknoptuxABEZHIKMNOPTYX" + "iagovlcdm",
        strict=True,
    )
)
_PLAIN = {
    **dict.fromkeys("‘’‚‛′ʼ´`", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
}  # fmt: skip
_WORD = re.compile(r"\w+")
_LATIN = re.compile("[A-Za-z]")
_HIDDEN_IN_WORD = re.compile(rf"\w(?:\w|{INVISIBLE.pattern})*")
# One class of letters in front: so `re` passes at once all places where no link can begin.
_URL = re.compile(r"[hH](?<!\w[hH])[tT]{2}[pP][sS]?://[^\s<>\"“”«»\[\]{}|\\^`\x00-\x1f]{1,2048}")


def normalise(text: str) -> str:
    """The text for comparing, always of the same length.

    Look-alike letters inside Latin words, full-width and mathematical letters and digits, curly quotes, dashes and odd spaces
    become plain ones. An invisible letter inside a word moves to the word's end, so only there an end of a span may be off.
    """
    if text.isascii():
        return text
    moved = _HIDDEN_IN_WORD.sub(_hidden_last, text) if INVISIBLE.search(text) else text
    plain = "".join(_plain(c) for c in moved)
    return _WORD.sub(_latin_word, plain)


def fold(text: str) -> str:
    """`normalise` in lower case, still of the same length (a letter whose lower case is longer stays)."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := c.lower()) == 1 else c for c in normalise(text))


def without_invisible(text: str) -> str:
    """The text without zero-width and direction characters; a joiner stays where a script or an emoji needs it."""
    if text.isascii() or not INVISIBLE.search(text):
        return text
    return INVISIBLE.sub(lambda m: m[0] if m[0] in "\u200c\u200d" and _joins(text, m.start()) else "", text)


def links(text: str, where: Where = "text") -> tuple[Span, ...]:
    """http(s) links without trailing punctuation, in order, with repetitions."""
    found = []
    for hit in _URL.finditer(text) if "://" in text else ():
        url = trim_url(hit[0])
        if len(url) > len("https://"):
            found.append(Span(where, hit.start(), hit.start() + len(url), url))
    return tuple(found)


def trim_url(url: str) -> str:
    """A link as found in running text without the punctuation of the sentence around it."""
    end = len(url)
    while end:
        last = url[end - 1]
        if last in ".,;:!?'*_…’‘。，、！？；：)>" and not (last == ")" and _balanced(url, end)):
            end -= 1
        else:
            break
    return url[:end]


def _balanced(url: str, end: int) -> bool:
    return url.count("(", 0, end) >= url.count(")", 0, end)


def _hidden_last(match: re.Match[str]) -> str:
    hidden = "".join(INVISIBLE.findall(match[0]))
    return INVISIBLE.sub("", match[0]) + hidden if hidden else match[0]


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if unicodedata.decomposition(letter).startswith(("<font>", "<wide>", "<narrow>", "<circle>")):
        simple = unicodedata.normalize("NFKC", letter)
        return simple if len(simple) == 1 else letter
    return letter


def _latin_word(match: re.Match[str]) -> str:
    """Only a word that mixes scripts is folded: a true Russian or Greek word stays."""
    word = match[0]
    return word if word.isascii() or not _LATIN.search(word) else "".join(ALIKE.get(c, c) for c in word)


def _joins(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before and after) and all(ord(c) > 0x2FF for c in before + after)
