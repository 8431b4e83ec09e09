"""A group of phrases that mean the same: the unit of rules/content.toml, requests.toml and questions.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cues:
    """`means`: what a hit speaks for (one or more names). `weight`: how much. Phrases are written as docs/rules.md says.

    `foreign`: phrases of other languages, which count only in sentences that are not English.
    `negated`: "keep" a hit counts after "not" too (the phrase holds its own negation), "drop" it does not.
    """

    name: str
    means: tuple[str, ...]
    phrases: tuple[str, ...]
    weight: float = 1.0
    negated: str = "drop"
    foreign: bool = False
