"""rules/orders.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderWords:
    """How clients name an order. Words in lower case; a trailing `*` stands for any ending; accents do not matter.

    `words` stand before the number, `number_words` between them. `labels`: keywords that may be followed by a bare number.
    `prefixes`: letters of an order number that is kept whole. `link_paths`: the part of a link before the number.
    `not_orders`: words that make the `#` number behind them something else. `counted`: words that make the number before them
    a count, price, date or size. `verbs` before the order word make it an act ("to order 2 more").
    """

    words: tuple[str, ...]
    number_words: tuple[str, ...]
    joiners: tuple[str, ...]
    range_words: tuple[str, ...]
    labels: tuple[str, ...]
    prefixes: tuple[str, ...]
    link_paths: tuple[str, ...]
    not_orders: tuple[str, ...]
    counted: tuple[str, ...]
    verbs: tuple[str, ...]
