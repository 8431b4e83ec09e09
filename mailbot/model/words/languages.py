"""rules/languages.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageWords:
    """Words and patterns of rules/languages.toml."""
