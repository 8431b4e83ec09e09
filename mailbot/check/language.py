"""Is it English? Word lists first, langdetect where they do not decide (docs/understanding.md, "language"; language.md, P7)."""

from __future__ import annotations

import re
import string
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from typing import Literal

from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from mailbot.model.finding import LanguageFinding
from mailbot.model.message import Evidence, ParsedMessage, Span, Where
from mailbot.model.words.languages import LanguageWords

_MAX_TEXT = 4_000  # enough to tell a language
# The first branch passes runs of plain words at once; the others would be tried at every letter of them.
_NOISE = re.compile(
    r"(?P<plain>(?<!\S)(?:[^\W\d_]++[,.!?]*+(?:\s++|\Z))++)|(?:https?://|www\.)\S{1,2048}|[\w.+-]{1,64}@[\w.-]{1,253}|(?<![\w.-])[\w-]{1,80}\.[a-z]{3,4}\d?(?!\w)"
    r"|\"[^\"\n]{1,120}\"|“[^”\n]{1,120}”|«[^»\n]{1,120}»|„[^“”\n]{1,120}[“”]|[:;]-?[)(DP]|\S{0,40}\d\S{0,40}",
    re.IGNORECASE,
)
_WORD = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)*)")
_SENTENCE = re.compile(r"[^.!?\n;…]+[.!?\n;…]*")
_REPLY = re.compile(r"\s*(?:\w{1,5}\s?:\s*){1,6}", re.IGNORECASE)
_ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "ers", "y", "n't", "'ll", "'re", "'ve", "'d")
_NOT_LATIN = re.compile("[^\u0000-\u024f\u1e00-\u1eff]")
_ASCII_CAPITALS, _ASCII_SMALL = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()
_LOCK = threading.Lock()
_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he", "GREEK": "el",
    "THAI": "th", "DEVANAGARI": "hi", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    english: frozenset[str]
    foreign: dict[str, tuple[str, ...]]  # word -> languages; without the words that are English too
    both: frozenset[str]
    label: re.Pattern[str]
    pleasantry: re.Pattern[str]
    pleasant_words: frozenset[str]  # the first words of pleasantries


_Kind = Literal["english", "both", "foreign", "unknown"]


@dataclass(frozen=True, slots=True)
class _Count:
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


def language(message: ParsedMessage, words: LanguageWords) -> LanguageFinding:
    """The language of the client's sentences; the subject counts only where the text says nothing."""
    lists = _lists(words)
    clean = _clean(message.text[:_MAX_TEXT], lists)
    script = _script(clean)
    if script is not None:
        return script
    count = _count(message.text, clean, "text", lists)
    if count.total == 0 and message.comment is None:
        subject = _REPLY.sub("", message.subject) if _REPLY.match(message.subject) else message.subject
        script = _script(subject)
        if script is not None and not message.text.strip():
            return script
        if subject == message.subject:
            count = _count(subject, _clean(subject[:_MAX_TEXT], lists), "subject", lists)
    if count.total == 0:
        return LanguageFinding(verdict="undecided", evidence=Evidence("no words that tell a language"))
    return _by_words(count, words) or _by_detector(count, words)


def _by_words(count: _Count, words: LanguageWords) -> LanguageFinding | None:
    """Where the word lists alone decide; None leaves it to the detector."""
    e, f, n = count.english, count.foreign, count.total
    if e >= 3 and f >= 3 and min(e, f) >= 0.3 * max(e, f):
        return _found("undecided", None, count, f"two languages: {e} English words, {f} of another")
    if e == 0 and f == 0 and count.unknown == 0:
        return _found("undecided", None, count, "these words exist in several languages")
    known = e + count.both
    if e and f <= words.foreign_share * n and known >= words.english_share * n:
        return _found("english", "en", count, f"{known} of {n} words are English")
    if f >= 2 and e == 0 and f + count.both >= 0.3 * n:
        return _found("not_english", _top(count), count, f"{f} of {n} words are of another language, none is English alone")
    if f >= 4 and f >= 4 * e:
        return _found("not_english", _top(count), count, f"{f} of {n} words are of another language")
    return None


def _by_detector(count: _Count, words: LanguageWords) -> LanguageFinding:
    """Policy P7: langdetect and the lists must agree; else a person looks."""
    e, f, n = count.english, count.foreign, count.total
    english, best = _detect(" ".join(count.words), words.detector)
    known = e + count.both
    if f <= words.foreign_share * n and e and english >= 0.5:
        return _found("english", "en", count, f"{known} of {n} words are English, langdetect says so too")
    if english < 0.5 and known <= 0.34 * n and (f or n >= words.detector_words):
        return _found("not_english", _top(count) or best, count, f"langdetect says {best}; {known} of {n} words are English")
    return _found("undecided", None, count, f"{known} of {n} words are English, langdetect says {best}")


def _found(verdict: str, code: str | None, count: _Count, because: str) -> LanguageFinding:
    return LanguageFinding(verdict=verdict, language=code, evidence=Evidence(because, count.spans[:8]))  # type: ignore[arg-type]  # one of the three


def _top(count: _Count) -> str | None:
    return min(count.languages, key=lambda c: (-count.languages[c], c)) if count.languages else None


def _script(text: str) -> LanguageFinding | None:
    """Letters of another script decide by their share: half and more is not English, a tenth nobody can tell."""
    if text.isascii():
        return None
    text = text[:_MAX_TEXT]
    other = [c for c in _NOT_LATIN.findall(text) if c.isalpha()]
    letters = list(filter(str.isalpha, text)) if other else other
    if not other or len(other) <= 0.1 * len(letters):
        return None
    at = text.index(other[0])
    run = re.compile(r"\w+").match(text, at)
    span = Span("text", at, run.end() if run else at + 1, run[0] if run else text[at])
    said = f"{len(other)} of {len(letters)} letters are of another script"
    heavy = len(other) >= 0.5 * len(letters) or (_dense(other) and len(other) >= 0.25 * len(letters))
    if not heavy:
        return LanguageFinding(verdict="undecided", evidence=Evidence(said, (span,)))
    names = Counter(unicodedata.name(c, "").split(" ")[0].split("-")[0] for c in other)
    code = "ja" if names["HIRAGANA"] or names["KATAKANA"] else _SCRIPTS.get(names.most_common(1)[0][0])
    return LanguageFinding(verdict="not_english", language=code, evidence=Evidence(said, (span,)))


def _dense(letters: list[str]) -> bool:
    """Scripts where a letter is a syllable or word weigh more than Latin letters."""
    return sum(c >= "\u2e80" for c in letters) > len(letters) / 2


def _count(text: str, clean: str, where: Where, lists: _Lists) -> _Count:
    pieces = _WORD.split(clean)
    telling = _telling(pieces, shouted=_shouted(clean))
    words = [pieces[at].lower().replace("’", "'") for at in telling]
    counts: Counter[_Kind] = Counter()
    kinds: dict[str, _Kind] = {}
    for word, times in Counter(words).items():
        kinds[word] = kind = _kind(word, lists)
        counts[kind] += times
    foreign = [(at, word) for at, word in zip(telling, words, strict=True) if kinds[word] == "foreign"] if counts["foreign"] else []
    if all(pieces[at][0].isupper() for at, _ in foreign) and counts["english"] >= 2:
        # "Götgatan 22, kitchen is dark": only capitals at a sentence's start look foreign
        return _Count(len(words) - len(foreign), counts["english"], 0, counts["both"], Counter(), (), words)
    languages = Counter(code for _, word in foreign for code in lists.foreign.get(word, ()))
    starts = list(accumulate(map(len, pieces))) if foreign else ()
    spans = tuple(Span(where, starts[at - 1], starts[at], text[starts[at - 1] : starts[at]]) for at, _ in foreign)
    return _Count(len(words), counts["english"], len(foreign), counts["both"], languages, spans, words)


@lru_cache(maxsize=8192)  # people use few words, again and again
def _kind(word: str, lists: _Lists) -> _Kind:
    if word in lists.both:
        return "both"
    if _is_english(word, lists):
        return "english"
    return "foreign" if word in lists.foreign or not word.isascii() else "unknown"


def _is_english(word: str, lists: _Lists) -> bool:
    if word in lists.english:
        return True
    if word in lists.foreign:
        return False
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            if stem in lists.english or stem + "e" in lists.english or (stem[-1] == stem[-2] and stem[:-1] in lists.english):
                return True
    return False


def _clean(text: str, lists: _Lists) -> str:
    """Labels, links, names of files, quotes, numbers and pleasantries blanked out; offsets stay."""
    blank = _NOISE.sub(_blank, lists.label.sub(_blank_label, f"\n{text}")[1:])
    pleasant: list[re.Match[str]] = []
    sentences = 0
    for sentence in _SENTENCE.finditer(blank):
        first = _WORD.search(blank, sentence.start(), sentence.end())
        sentences += first is not None
        if first and first[0].lower() in lists.pleasant_words and lists.pleasantry.match(sentence[0].lower()):
            pleasant.append(sentence)
    for sentence in pleasant if len(pleasant) < sentences else ():
        blank = blank[: sentence.start()] + " " * len(sentence[0]) + blank[sentence.end() :]
    return blank


def _telling(pieces: Sequence[str], *, shouted: bool) -> Sequence[int]:
    """Where in `pieces` (words at odd places) words stand that are no names; every word where nothing else is left.

    A capital inside a sentence of mostly small letters makes a name.
    """
    every = range(1, len(pieces), 2)
    if shouted:
        return every
    return [at for at in every if not pieces[at][0].isupper() or _is_i(pieces[at]) or _opens(pieces, at)] or every


def _is_i(word: str) -> bool:
    return word == "I" or word[:2] in ("I'", "I’")


def _shouted(text: str) -> bool:
    """Most letters are capitals."""
    if text.isascii():  # counted by deleting: a letter at a time would be half of this check's work
        raw = text.encode()
        small = raw.translate(None, _ASCII_CAPITALS)
        return len(raw) - len(small) > 0.6 * (len(raw) - len(small.translate(None, _ASCII_SMALL)))
    return sum(map(str.isupper, text)) > 0.6 * sum(map(str.isalpha, text))


def _opens(pieces: Sequence[str], at: int) -> bool:
    """The word opens a sentence; so does one behind a long blank, where something was blanked out."""
    before = pieces[at - 1]
    said = before[-60:].rstrip(" \t\"'“„(*-–>+")
    return said[-1] in ".!?:\n/…¿¡•;" if said else at == 1 or len(before) >= 60


def _blank(match: re.Match[str]) -> str:
    return match[0] if match["plain"] else " " * len(match[0])


def _blank_label(match: re.Match[str]) -> str:
    return match[1] + " " * len(match[2])


@lru_cache(maxsize=4)
def _lists(words: LanguageWords) -> _Lists:
    english = frozenset(w for row in words.english for w in row.lower().split())
    of: dict[str, list[str]] = {}
    for row in words.foreign:
        for word in dict.fromkeys(row.words.lower().split()):
            of.setdefault(word, []).append(row.code)
    shared = frozenset(w.lower() for w in words.shared)
    return _Lists(
        english=english - shared,
        foreign={w: tuple(c) for w, c in of.items() if w not in english and w not in shared},
        both=(english & of.keys()) | shared,
        label=re.compile(rf"([.!?\n:])([\s\[(*]{{0,4}}{_any(words.labels)}(?!\w)[\])*]{{0,3}})", re.IGNORECASE),
        pleasantry=re.compile(rf"[\s,>*-]{{0,4}}{_any(words.pleasantries)}(?!\w)"),
        pleasant_words=frozenset(first[0] for p in words.pleasantries if (first := _WORD.match(p.lower()))),
    )


def _any(phrases: Iterable[str]) -> str:
    ordered = sorted((r"\s+".join(map(re.escape, p.lower().split())) for p in phrases), key=len, reverse=True)
    return "(?:" + "|".join(ordered) + ")" if ordered else r"(?!)"


def _detect(text: str, codes: tuple[str, ...]) -> tuple[float, str]:
    """(probability of English, best language); (0.5, "nothing") where langdetect finds no letters to weigh."""
    factory = _factory(codes)
    detector = factory.create()
    detector.append(text)
    try:
        detector.get_probabilities()
    except LangDetectException:
        return 0.5, "nothing"
    # get_probabilities hides what is below 0.1; langprob holds every language (language.md, "Recommendation").
    probabilities = dict(zip(factory.langlist, detector.langprob, strict=True))
    return float(probabilities.get("en", 0.0)), max(sorted(probabilities), key=lambda c: probabilities[c])


_FACTORIES: dict[tuple[str, ...], DetectorFactory] = {}


def _factory(codes: tuple[str, ...]) -> DetectorFactory:
    """Only the configured languages, loaded once at first use (all 55 cost 63 MB)."""
    with _LOCK:
        if codes not in _FACTORIES:
            folder = resources.files("langdetect") / "profiles"
            factory = DetectorFactory()
            factory.set_seed(0)  # repeatable: without a seed a tenth of the comments changes its language
            factory.load_json_profile([(folder / code).read_text("utf-8") for code in dict.fromkeys((*codes, "en"))])
            _FACTORIES.clear()
            _FACTORIES[codes] = factory
        return _FACTORIES[codes]
