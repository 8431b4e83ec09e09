"""Is it English? Word lists first, langdetect where they do not decide (docs/understanding.md, "language"; language.md, P7)."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from mailbot.check.counted_words import ASCII_WORD, WORD, Count, Known, count, quick_count
from mailbot.check.phrases import fold
from mailbot.model.finding import LanguageFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.languages import LanguageWords

_MAX_TEXT = 4_000  # enough to tell a language
_PLENTY = 20  # English words that are more than labels, greetings and thanks, which count for nothing beside other sentences
_UNPLAIN = re.compile('[^\\x00-\\x7f\u00a0‘’–—…]|["]')  # letters of other languages; quotes, whose words are not the client's
# The first branch passes runs of plain words at once; the others would be tried at every letter of them.
_NOISE = re.compile(
    r"(?P<plain>(?<!\S)(?:[^\W\d_]++[,.!?]*+(?:\s++|\Z))++)|(?:https?://|www\.)\S{1,2048}|[\w.+-]{1,64}@[\w.-]{1,253}|(?<![\w.-])[\w-]{1,80}\.[a-z]{3,4}\d?(?!\w)"
    r"|\"[^\"\n]{1,120}\"|“[^”\n]{1,120}”|«[^»\n]{1,120}»|„[^“”\n]{1,120}[“”]|[:;]-?[)(DP]|\S{0,40}\d\S{0,40}",
    re.IGNORECASE,
)
# Most texts hold no noise but links and plain numbers: no address, quote, smiley or file name.
_RARE_NOISE = re.compile(r"[@\":;.](?:(?<=[@\"])|(?<=[:;])-?[)(DPdp]|(?<=[\w-]\.)[A-Za-z]{3})")
_LINK = re.compile(r"[HhWw](?:(?<=[Hh])[Tt][Tt][Pp][Ss]?://|(?<=[Ww])[Ww]{2}\.)\S++")
_NUMBER = re.compile(r"[0-9]\S*+")
_NUMBER_BEHIND = re.compile(r"[0-9](?<=[^\s0-9][0-9])")  # it does not begin its word: "IMG_12"
_SENTENCE = re.compile(r"[^.!?\n;…]+[.!?\n;…]*")
_REPLY = re.compile(r"\s*(?:\w{1,5}\s?:\s*){1,6}", re.IGNORECASE)
_NOT_LATIN = re.compile("[^\u0000-\u024f\u1e00-\u1eff]")
_LOCK = threading.Lock()
_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he", "GREEK": "el",
    "THAI": "th", "DEVANAGARI": "hi", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    known: Known
    label: re.Pattern[str]
    pleasantry: re.Pattern[str]
    pleasant_words: frozenset[str]  # the first words of pleasantries


def language(message: ParsedMessage, words: LanguageWords) -> LanguageFinding:
    """The language of the client's sentences; the subject counts only where the text says nothing."""
    return _plainly_english(message.text, words) or _looked_at_closely(message, words)


def _plainly_english(text: str, words: LanguageWords) -> LanguageFinding | None:
    """The verdict on most English mails, at a fraction of the time: so much English and no foreign word that no label, name, quote
    or greeting could change it. None where a closer look is needed."""
    if len(text) > _MAX_TEXT or _UNPLAIN.search(text):
        return None
    counted = quick_count(fold(text, "text").places, _lists(words).known)
    return _by_words(counted, words) if counted is not None and counted.english >= _PLENTY else None


def _looked_at_closely(message: ParsedMessage, words: LanguageWords) -> LanguageFinding:
    """The same without that short cut."""
    lists = _lists(words)
    clean = _clean(message.text[:_MAX_TEXT], lists)
    script = _script(clean)
    if script is not None:
        return script
    counted = count(message.text, clean, "text", lists.known)
    if counted.total == 0 and message.comment is None:
        subject = _REPLY.sub("", message.subject) if _REPLY.match(message.subject) else message.subject
        script = _script(subject)
        if script is not None and not message.text.strip():
            return script
        if subject == message.subject:
            counted = count(subject, _clean(subject[:_MAX_TEXT], lists), "subject", lists.known)
    if counted.total == 0:
        return LanguageFinding(verdict="undecided", evidence=Evidence("no words that tell a language"))
    return _by_words(counted, words) or _by_detector(counted, words)


def _by_words(counted: Count, words: LanguageWords) -> LanguageFinding | None:
    """Where the word lists alone decide; None leaves it to the detector."""
    e, f, n = counted.english, counted.foreign, counted.total
    if e >= 3 and f >= 3 and min(e, f) >= 0.3 * max(e, f):
        return _found("undecided", None, counted, f"two languages: {e} English words, {f} of another")
    if e == 0 and f == 0 and counted.unknown == 0:
        return _found("undecided", None, counted, "these words exist in several languages")
    known = e + counted.both
    if e and f <= words.foreign_share * n and known >= words.english_share * n:
        return _found("english", "en", counted, f"{known} of {n} words are English")
    if f >= 2 and e == 0 and f + counted.both >= 0.3 * n:
        return _found("not_english", _top(counted), counted, f"{f} of {n} words are of another language, none is English alone")
    if f >= 4 and f >= 4 * e:
        return _found("not_english", _top(counted), counted, f"{f} of {n} words are of another language")
    return None


def _by_detector(counted: Count, words: LanguageWords) -> LanguageFinding:
    """Policy P7: langdetect and the lists must agree; else a person looks."""
    e, f, n = counted.english, counted.foreign, counted.total
    english, best = _detect(" ".join(counted.words), words.detector)
    known = e + counted.both
    if f <= words.foreign_share * n and e and english >= 0.5:
        return _found("english", "en", counted, f"{known} of {n} words are English, langdetect says so too")
    if english < 0.5 and known <= 0.34 * n and (f or n >= words.detector_words):
        return _found("not_english", _top(counted) or best, counted, f"langdetect says {best}; {known} of {n} words are English")
    return _found("undecided", None, counted, f"{known} of {n} words are English, langdetect says {best}")


def _found(verdict: str, code: str | None, counted: Count, because: str) -> LanguageFinding:
    return LanguageFinding(verdict=verdict, language=code, evidence=Evidence(because, counted.spans[:8]))  # type: ignore[arg-type]  # one of the three


def _top(counted: Count) -> str | None:
    return min(counted.languages, key=lambda c: (-counted.languages[c], c)) if counted.languages else None


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


def _clean(text: str, lists: _Lists) -> str:
    """Labels, links, names of files, quotes, numbers and pleasantries blanked out; offsets stay."""
    blank = _without_noise(_without_labels(text, lists))
    pleasant: list[re.Match[str]] = []
    sentences = 0
    word = ASCII_WORD if blank.isascii() else WORD
    for sentence in _SENTENCE.finditer(blank):
        first = word.search(blank, sentence.start(), sentence.end())
        sentences += first is not None
        if first and first[0].lower() in lists.pleasant_words and lists.pleasantry.match(sentence[0].lower()):
            pleasant.append(sentence)
    for sentence in pleasant if len(pleasant) < sentences else ():
        blank = blank[: sentence.start()] + " " * len(sentence[0]) + blank[sentence.end() :]
    return blank


def _without_noise(text: str) -> str:
    unlinked = _LINK.sub(_blank, text) if "://" in text or "www." in text.lower() else text
    if not text.isascii() or _RARE_NOISE.search(unlinked) or _NUMBER_BEHIND.search(unlinked):
        return _NOISE.sub(_blank_noise, text)
    return _NUMBER.sub(_blank, unlinked)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _blank_noise(match: re.Match[str]) -> str:
    return match[0] if match["plain"] else " " * len(match[0])


def _without_labels(text: str, lists: _Lists) -> str:
    small = f"\n{text}".replace("\u0130", "I").lower()  # the only letter that grows when it is made small
    for label in lists.label.finditer(small):
        start, end = label.span(2)
        text = text[: start - 1] + " " * (end - start) + text[end - 1 :]
    return text


@lru_cache(maxsize=4)
def _lists(words: LanguageWords) -> _Lists:
    english = frozenset(w for row in words.english for w in row.lower().split())
    of: dict[str, list[str]] = {}
    for row in words.foreign:
        for word in dict.fromkeys(row.words.lower().split()):
            of.setdefault(word, []).append(row.code)
    shared = frozenset(w.lower() for w in words.shared)
    return _Lists(
        known=Known(
            english=english - shared,
            foreign={w: tuple(c) for w, c in of.items() if w not in english and w not in shared},
            both=(english & of.keys()) | shared,
        ),
        label=re.compile(rf"([.!?\n:])([\s\[(*]{{0,4}}{_any(words.labels)}(?!\w)[\])*]{{0,3}})"),  # in small letters
        pleasantry=re.compile(rf"[\s,>*-]{{0,4}}{_any(words.pleasantries)}(?!\w)"),
        pleasant_words=frozenset(first[0] for p in words.pleasantries if (first := WORD.match(p.lower()))),
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
