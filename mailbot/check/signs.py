"""Signs of a program in a mail without a telling header: each alone tells nothing, enough of them together do. No check itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailbot.check.phrase_book import PhraseBook, book_of
from mailbot.check.phrases import Folded
from mailbot.check.word_pattern import any_of
from mailbot.model.message import ParsedMessage, Span
from mailbot.model.words.automatic import AutomaticWords

_ENOUGH = 2
_MOST_OF_A_KIND = 2  # a long newsletter says the same thing ten times, a person perhaps twice


@dataclass(frozen=True, slots=True)
class Signs:
    """`service`: the sender's local part, where it is a program's or an office's. `spans`: words in the text, at most two of a kind."""

    service: str
    subject: Span | None
    spans: tuple[Span, ...]

    def enough(self, *, asks: bool) -> bool:
        """Words of the text must be among them: an accountant writes from `billing@` too, and of an invoice.

        Two are enough where one is of the sender or subject and the text asks nothing: a survey asks, but so do most people.
        """
        elsewhere = bool(self.service) + (self.subject is not None)
        return bool(self.spans) and elsewhere + len(self.spans) >= (_ENOUGH if elsewhere and not asks else _ENOUGH + 1)

    @property
    def because(self) -> str:
        return "a program's notice by many signs" + (f", sent from {self.service}@" if self.service else "")

    @property
    def words(self) -> tuple[Span, ...]:
        return (self.subject, *self.spans) if self.subject else self.spans


def signs(message: ParsedMessage, words: AutomaticWords, subject: Folded, said: Sequence[Sequence[Span]]) -> Signs:
    """`said`: words of each kind in the text, by position."""
    service = sent_by_service(message, words)
    hits = _subjects(words).rows(subject)
    opening = subject.span(hits[0][2], hits[0][3]) if hits else None
    return Signs(service, opening, tuple(span for kind in said for span in kind[:_MOST_OF_A_KIND]))


def sent_by_service(message: ParsedMessage, words: AutomaticWords) -> str:
    """The local part of the sender where programs, not people, write from such addresses; else ""."""
    local = message.sender.address.partition("@")[0] if message.sender else ""
    return local if local and _services(words).fullmatch(local.lower()) else ""


@lru_cache(maxsize=8)
def _subjects(words: AutomaticWords) -> PhraseBook:
    return book_of(words.notice_subjects)


@lru_cache(maxsize=8)
def _services(words: AutomaticWords) -> re.Pattern[str]:
    return any_of(words.service_senders)
