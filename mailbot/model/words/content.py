"""rules/content.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContentWords:
    """Words and patterns of rules/content.toml."""
