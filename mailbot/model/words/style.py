"""rules/style.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variable:
    """`name` and `also`: how an order may call it. `phrases`: how clients name it."""

    name: str
    also: tuple[str, ...] = ()
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StyleWords:
    """Names of styles and variables. `style_words` beside a name make it a style, `not_styles` never are one.

    `everyday` names of `styles` count only with one of `beside` before them, with a style word, or in quotes; behind one of `ordered`
    any quoted name does. `more`, `less` and
    `levels` beside a variable say how much of it; `specifications` name the order's specification.
    """

    styles: tuple[str, ...]
    style_words: tuple[str, ...]
    not_styles: tuple[str, ...]
    everyday: tuple[str, ...]
    beside: tuple[str, ...]
    ordered: tuple[str, ...]
    specifications: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    levels: tuple[str, ...]
    variables: tuple[Variable, ...]
