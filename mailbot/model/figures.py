"""Arithmetic of the insights: shares with their uncertainty, quantiles, what a normal share of corrections is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

NORMAL_SHARE = 0.05  # normal variation of corrections in a year (P32)
_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, 0 <= hits <= total. `low` and `high`: Wilson's 95 % interval, so that 1 of 3 is no scandal."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """None where there is nothing to divide by."""
        return self.hits / self.total if self.total else None

    @property
    def low(self) -> float:
        return self._bound(-1) if self.hits else 0.0

    @property
    def high(self) -> float:
        return self._bound(1) if self.hits < self.total else 1.0

    def against(self, normal: float = NORMAL_SHARE) -> str:
        """`above` or `below` where the whole interval lies there, `within` where it holds `normal`, `unknown` without numbers."""
        if not self.total:
            return "unknown"
        if self.low > normal:
            return "above"
        return "below" if self.high < normal else "within"

    def _bound(self, side: int) -> float:
        """E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927)."""
        n, p, zz = self.total, self.hits / self.total if self.total else 0.0, _Z * _Z
        if not n:
            return 0.0 if side < 0 else 1.0
        spread = _Z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
        return min(1.0, max(0.0, (p + zz / (2 * n) + side * spread) / (1 + zz / n)))


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """The smallest value that at least the share `q` of them does not exceed (nearest rank); None of an empty sequence."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]
