"""Which questions are asked that the help page answers? (docs/understanding.md, "questions"; P17)"""

from __future__ import annotations

from typing import get_args

from mailbot.check.asked import asked
from mailbot.check.phrases import parts
from mailbot.model.finding import Question, QuestionsFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.questions import QuestionWords

_ORDER: tuple[Question, ...] = get_args(Question)


def questions(message: ParsedMessage, words: QuestionWords) -> QuestionsFinding:
    """Every question named, each once, in the order of understanding.md. Only sentences that ask are looked at."""
    found: dict[str, list[tuple[str, Span]]] = {}
    for part in parts(message):
        for because, names, hit in asked(part, words):
            for name in names:
                found.setdefault(name, []).append((because, part.span(hit.start, hit.end)))
    named = tuple(name for name in _ORDER if name in found)
    return QuestionsFinding(names=named, evidence=tuple(_evidence(found[name]) for name in named))


def _evidence(found: list[tuple[str, Span]]) -> Evidence:
    because, first = found[0]
    return Evidence(f'{because}: "{first.words}"', tuple(span for _, span in found))
