"""rules/orders.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderWords:
    """Words and patterns of rules/orders.toml."""
