"""Phrases that ask something only where they stand together: a group of rules/requests.toml and questions.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """A phrase of every list of `each`, in any order, within so many `sentences`. The first list is what is looked for first: its
    words should be the rarest, and it is its sentence that may ask or take the group back. `means`, `negated`, `foreign`: see Cues.
    """

    name: str
    means: tuple[str, ...]
    each: tuple[tuple[str, ...], ...]
    negated: str = "drop"
    foreign: bool = False
    sentences: int = 1
