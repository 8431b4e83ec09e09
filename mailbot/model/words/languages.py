"""rules/languages.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageList:
    """Frequent words of one language (ISO 639-1 code), separated by blanks."""

    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageWords:
    """Words by which a comment's language is told; every string of `english` holds words separated by blanks.

    `shared` words exist in several languages and decide nothing. `pleasantries` open a greeting, thanks or farewell that says
    nothing beside other sentences. `detector`: languages of langdetect that are loaded (codes). Shares are parts of 1.
    """

    english: tuple[str, ...]
    foreign: tuple[LanguageList, ...]
    shared: tuple[str, ...]
    labels: tuple[str, ...]
    pleasantries: tuple[str, ...]
    detector: tuple[str, ...]
    english_share: float = 0.6
    foreign_share: float = 0.12
    detector_words: int = 6
