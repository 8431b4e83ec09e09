"""One message with what tells a machine's mail from a person's: wanted headers, subjects and phrases. No check itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mailbot.check.phrase_book import PhraseBook, book_of
from mailbot.check.phrase_reader import Hit
from mailbot.check.phrases import Folded, alternation, fold, reply_prefix
from mailbot.check.word_pattern import any_of
from mailbot.model.message import OwnMarks, ParsedMessage, Span
from mailbot.model.words.automatic import AutomaticWords

TEXTS = (
    "bounce_texts",
    "report_texts",
    "receipt_texts",
    "absence_texts",
    "machine_texts",
    "registered_texts",
    "bulk_texts",
    "notice_texts",
    "affair_texts",
    "mass_texts",
)
_MORE_TEXTS = ("thanks_texts", "stand_in_texts", "work_words", "wish_words", "form_texts")  # asked only of what may be an automatic reply


@dataclass(frozen=True, slots=True)
class _Headers:
    """Wanted headers: (name, how its value begins) as written, and the names by which most headers are passed at once."""

    rows: tuple[tuple[str, str], ...]
    names: frozenset[str]
    beginnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Patterns:
    own_headers: _Headers
    forwarded_headers: _Headers
    auto_headers: _Headers
    bulk_headers: _Headers
    report_headers: _Headers
    bounce_senders: re.Pattern[str]
    bounce_subjects: re.Pattern[str]
    report_subjects: re.Pattern[str]
    receipt_subjects: re.Pattern[str]
    auto_subjects: re.Pattern[str]
    maybe_subjects: re.Pattern[str]
    received_subjects: re.Pattern[str]
    texts: PhraseBook  # one group for each of TEXTS
    more_texts: PhraseBook


@dataclass(frozen=True, slots=True)
class Case:
    """One message with what the steps ask of it. `forwarded`: a rule or gateway passed it on."""

    message: ParsedMessage
    own: OwnMarks
    words: AutomaticWords
    to_find: _Patterns
    subject: Folded
    text: Folded
    forwarded: str
    auto_submitted: str
    null_sender: bool


def case_of(message: ParsedMessage, own: OwnMarks, words: AutomaticWords) -> Case:
    to_find = _patterns(words)
    forwarded = header_of(message, to_find.forwarded_headers)
    path = message.return_path if message.return_path is not None else message.header("return-path")
    return Case(
        message=message,
        own=own,
        words=words,
        to_find=to_find,
        subject=fold(message.subject, "subject"),
        text=fold(message.text, "text"),
        forwarded=f"a rule passed it on (header {forwarded}); a person wrote it" if forwarded else "",
        auto_submitted=(message.header("auto-submitted") or "").partition(";")[0].strip().lower(),
        null_sender=path is not None and path.strip() in ("", "<>"),
    )


def header_of(message: ParsedMessage, wanted: _Headers) -> str:
    """The first wanted header that is there, as "name: value" of the rule, or ""."""
    for key, value in message.headers:
        if key not in wanted.names and not key.startswith(wanted.beginnings):
            continue
        for name, start in wanted.rows:
            named = key.startswith(name[:-1]) if name.endswith("*") else key == name
            if named and value.strip().lower().startswith(start):
                return f"{key}: {start}" if start else key
    return ""


def both(case: Case, subjects: re.Pattern[str], texts: str) -> tuple[Span, ...]:
    subject = opens(case.subject, subjects, case.message.subject)
    text = said(case, texts) if subject else None
    return (subject, text) if subject and text else ()


def opens(subject: Folded, pattern: re.Pattern[str], original: str) -> Span | None:
    """The words that open the subject, behind any `Re:`, and stand for themselves: a colon, dash or the end follows."""
    prefix = reply_prefix(original)
    at = next((i for i, p in enumerate(subject.positions) if p >= prefix), 0) if prefix else 0
    hit = pattern.match(subject.text, at)
    return subject.span(hit.start(), hit.end("said")) if hit else None


def said(case: Case, texts: str) -> Span | None:
    """The first phrase of that list in the text."""
    return next((case.text.span(hit.start, hit.end) for hit in _hits(case, texts)), None)


def all_said(case: Case, texts: str) -> list[Span]:
    """Those that do not overlap."""
    spans: list[Span] = []
    end = 0
    for hit in _hits(case, texts):
        if hit.start >= end:
            spans.append(case.text.span(hit.start, hit.end))
            end = hit.end
    return spans


def _hits(case: Case, texts: str) -> Iterator[Hit]:
    book, lists = (case.to_find.texts, TEXTS) if texts in TEXTS else (case.to_find.more_texts, _MORE_TEXTS)
    return (hit for hit in book.find(case.text) if lists[hit.group] == texts)


@lru_cache(maxsize=8)
def _patterns(words: AutomaticWords) -> _Patterns:
    def headers(rows: Iterable[str]) -> _Headers:
        wanted = tuple((name.strip().lower(), value.strip().lower()) for name, _, value in (row.partition(":") for row in rows))
        names = frozenset(name for name, _ in wanted)
        return _Headers(wanted, names, tuple(name[:-1] for name in names if name.endswith("*")))

    def subject(rows: Iterable[str]) -> re.Pattern[str]:
        opening, closing = r"\s{0,3}[\[(*]{0,2}", r"[\])*!]{0,2}\s{0,3}"
        follows = r"(?:[:;,.\-(\[]|$|\s(?:re|aw|sv|fw|order|to)\b)"
        return re.compile(rf"{opening}(?P<said>{alternation(rows)}){closing}{follows}")

    def by(ending: str, compiled: Callable[[Iterable[str]], Any]) -> dict[str, Any]:
        return {name: compiled(getattr(words, name)) for name in _Patterns.__dataclass_fields__ if name.endswith(ending)}

    return _Patterns(
        **by("_headers", headers),
        **by("_subjects", subject),
        texts=book_of(*(getattr(words, name) for name in TEXTS)),
        more_texts=book_of(*(getattr(words, name) for name in _MORE_TEXTS)),
        bounce_senders=any_of(words.bounce_senders),
    )
