"""rules/content.toml."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model.words.cues import Cues


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContentWords:
    """Groups of rules/content.toml. `means`: correction, amendment, feedback, or nothing (a request, a status question, an agreement).

    `negations` stand before a cue; `conditions` open a clause that is not claimed ("if anything is wrong").
    `work` names what the company delivers: a plain statement about it (one of `predicates` in it) is a fault, with a word of `polite` a
    wish.
    `english`: words by which a sentence is known to be English, so that no phrase of another language counts in it.
    `unless` in the same sentence takes the kinds it means back ("how much would it cost to add ...").
    """

    cues: tuple[Cues, ...]
    negations: tuple[str, ...]
    conditions: tuple[str, ...]
    work: tuple[str, ...]
    english: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    unless: tuple[Cues, ...] = ()
    noise: tuple[str, ...] = ()
    polite: tuple[str, ...] = ()
