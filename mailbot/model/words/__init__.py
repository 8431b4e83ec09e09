"""Word lists and patterns that the checks read: rules/<name>.toml -> one frozen dataclass each.

Every class is compared by identity (eq=False), so that a check can keep its compiled patterns beside it (lru_cache).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model.words.automatic import AutomaticWords
from mailbot.model.words.content import ContentWords
from mailbot.model.words.images import ImageWords
from mailbot.model.words.keywords import KeywordWords
from mailbot.model.words.languages import LanguageWords
from mailbot.model.words.orders import OrderWords
from mailbot.model.words.questions import QuestionWords
from mailbot.model.words.requests import RequestWords
from mailbot.model.words.style import StyleWords
from mailbot.model.words.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordLists:
    """The field name is the file's name: rules/keywords.toml fills `keywords`."""

    automatic: AutomaticWords
    content: ContentWords
    images: ImageWords
    keywords: KeywordWords
    languages: LanguageWords
    orders: OrderWords
    questions: QuestionWords
    requests: RequestWords
    style: StyleWords
    vocabulary: Vocabulary
