"""rules/questions.toml."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model.words.cues import Cues


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionWords:
    """Groups of rules/questions.toml; `means` are names of questions. `openings` make a sentence a question without its mark.

    `negations` up to three words before a hit and `unless` in the same sentence take it back; `english`: words by which a sentence is
    known to be English.
    """

    cues: tuple[Cues, ...]
    openings: tuple[str, ...]
    negations: tuple[str, ...] = ()
    unless: tuple[Cues, ...] = ()
    english: tuple[str, ...] = ()
