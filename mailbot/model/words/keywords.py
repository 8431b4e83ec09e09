"""rules/keywords.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeywordWords:
    """Words of rules/keywords.toml; the phrases are written as docs/rules.md says.

    The three keyword lists hold every accepted spelling; a word one typing slip away counts too, except `not_keywords`.
    `other_senses` stand before the word ("colour correction"), `label_before` may stand between line start and label ("small").
    """

    correction: tuple[str, ...]
    amendment: tuple[str, ...]
    feedback: tuple[str, ...]
    not_keywords: tuple[str, ...]
    other_senses: tuple[str, ...]
    other_things: tuple[str, ...]
    label_before: tuple[str, ...]
    label_names: tuple[str, ...]
    label_after: tuple[str, ...]
    about: tuple[str, ...]
    not_label_after: tuple[str, ...]
    earlier_before: tuple[str, ...]
    earlier_after: tuple[str, ...]
    negations: tuple[str, ...]
    own_words_before: tuple[str, ...]
    statements: tuple[str, ...]
    statements_not_feedback: tuple[str, ...]
    polite_questions: tuple[str, ...]
    questions: tuple[str, ...]
    reports: tuple[str, ...]
