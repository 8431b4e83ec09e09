"""rules/automatic.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AutomaticWords:
    """Words and patterns of rules/automatic.toml."""
