"""rules/questions.toml."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model.words.cues import Cues
from mailbot.model.words.together import Together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionWords:
    """Groups of rules/questions.toml; `means` are names of questions. `openings` make a sentence a question without its mark,
    `indirect` ones wherever they stand in it.

    `negations` up to three words before a hit and `unless` in the same sentence take it back; `english`: words by which a sentence is
    known to be English.
    """

    cues: tuple[Cues, ...]
    openings: tuple[str, ...]
    indirect: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    unless: tuple[Cues, ...] = ()
    together: tuple[Together, ...] = ()
    english: tuple[str, ...] = ()
