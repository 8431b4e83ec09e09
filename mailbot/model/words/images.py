"""rules/images.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageWords:
    """Words and patterns of rules/images.toml."""
