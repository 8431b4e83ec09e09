"""Every check of a message, in order. All run for every message; a check never acts and knows no other check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mailbot.check.automatic import automatic
from mailbot.check.content import content
from mailbot.check.images import images
from mailbot.check.keyword import keyword
from mailbot.check.language import language
from mailbot.check.links import links
from mailbot.check.orders import orders
from mailbot.check.phrase_book import Shelf, book, book_of
from mailbot.check.phrases import parts
from mailbot.check.questions import questions
from mailbot.check.requests import requests
from mailbot.check.sender import sender
from mailbot.check.style import style
from mailbot.check.writer_case import TEXTS as MACHINE_TEXTS
from mailbot.model.finding import Findings
from mailbot.model.message import OwnMarks, ParsedMessage
from mailbot.model.words import WordLists


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is the field of Findings; `function` the public function of the file of that name; `finds` one line for people."""

    name: str
    finds: str
    function: Callable[[ParsedMessage, WordLists, OwnMarks], Any]


CHECKS: tuple[Check, ...] = (
    Check("automatic", "who wrote it: a person or which kind of machine", lambda m, w, own: automatic(m, w.automatic, own)),
    Check("language", "is it English", lambda m, w, _: language(m, w.languages)),
    Check("keyword", "which keyword the client uses to say what the message is", lambda m, w, _: keyword(m, w.keywords)),
    Check(
        "content", "what the words mean: correction, amendment or feedback", lambda m, w, _: content(m, w.content, w.requests, w.questions)
    ),
    Check("orders", "which orders it is about", lambda m, w, _: orders(m, w.orders)),
    Check("images", "which images it names", lambda m, w, _: images(m, w.images)),
    Check("links", "which reference links it gives", lambda m, _, __: links(m)),
    Check("style", "which style, variables and specification it names", lambda m, w, _: style(m, w.style)),
    Check("requests", "what is asked beside the work: status, refund, a call", lambda m, w, _: requests(m, w.requests)),
    Check("questions", "which questions the help page answers", lambda m, w, _: questions(m, w.questions)),
    Check("sender", "what the bytes prove of the sender", lambda m, _, own: sender(m, own)),
)


def check(message: ParsedMessage, words: WordLists, own: OwnMarks) -> Findings:
    """The findings of one message. Pure: the same message and words always give the same findings."""
    look_up(message, words)
    return Findings(**{row.name: row.function(message, words, own) for row in CHECKS})


def look_up(message: ParsedMessage, words: WordLists) -> None:
    """Reads all phrase books in one go through subject and text. A check that is asked alone reads its own."""
    for part in parts(message):
        _shelf(words).read(part)


@lru_cache(maxsize=4)
def _shelf(words: WordLists) -> Shelf:
    """The lists that the checks look nearly every message up in."""
    groups = (words.content.cues, words.content.unless, *(g for w in (words.requests, words.questions) for g in (w.cues, w.unless)))
    negations = (words.content.negations, words.requests.negations, words.questions.negations)
    style = words.style
    of_style = (style.styles, style.specifications, style.more, style.less)
    lists = (words.content.conditions, *of_style, *negations)
    machines = book_of(*(getattr(words.automatic, name) for name in MACHINE_TEXTS))
    variables = book_of(*(v.phrases for v in style.variables))
    return Shelf((*map(book, groups), *map(book_of, lists), machines, variables))
