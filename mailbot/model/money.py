"""An amount of money as the company names it to a client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_FORM = re.compile(r"\s*(?:(?P<before>[A-Za-z]{3})\s*)?(?P<amount>\d{1,9}(?:[.,]\d{1,3})?)\s*(?P<after>[A-Za-z]{3})?\s*")


@dataclass(frozen=True, slots=True)
class Money:
    """`currency` is an ISO 4217 code. `amount` is exact and never negative."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def money(text: str) -> Money:
    """Reads `40 EUR`, `EUR 40.00`, `12,50 usd`. Raises ValueError with the remedy."""
    hit = _FORM.fullmatch(text)
    currency = ((hit["before"] or "") + (hit["after"] or "")).upper() if hit else ""
    if hit is None or len(currency) != 3:
        raise ValueError(f"{text!r} is no amount with a currency; write for example 40 EUR")
    try:
        return Money(Decimal(hit["amount"].replace(",", ".")), currency)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount; write for example 40 EUR") from error
