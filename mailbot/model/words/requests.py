"""rules/requests.toml."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model.words.cues import Cues
from mailbot.model.words.together import Together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestWords:
    """Groups of rules/requests.toml; `means` are names of requests. `unless` near a hit (same sentence) takes it back.

    `english`: words by which a sentence is known to be English, so that no phrase of another language counts in it.
    """

    cues: tuple[Cues, ...]
    negations: tuple[str, ...]
    unless: tuple[Cues, ...] = ()
    together: tuple[Together, ...] = ()
    english: tuple[str, ...] = ()
