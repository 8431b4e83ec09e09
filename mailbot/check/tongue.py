"""Phrases of other languages count only in sentences that are not English ("die" ends nothing in "die Lampe"). No check itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from mailbot.check.phrase_reader import Row
from mailbot.check.phrases import Folded, fold
from mailbot.model.words.cues import Cues
from mailbot.model.words.together import Together

_SHARE = 0.2  # of the sentence's words


class Tongue:
    """`english`: words that stand in nearly every English sentence and in no other language's."""

    __slots__ = ("_english",)

    def __init__(self, english: Iterable[str]) -> None:
        self._english = frozenset(word for row in english for word in fold(row.replace("|", " "), "text").text.split())

    def fitting(self, rows: Sequence[Row], part: Folded, cues: Sequence[Cues | Together]) -> Sequence[Row]:
        """The hits without those of foreign phrases in English sentences."""
        if not any(cues[group].foreign for group in {group for group, _, _, _ in rows}):
            return rows
        english: dict[tuple[int, int], bool] = {}
        kept = []
        for row in rows:
            group, _, start, _ = row
            if cues[group].foreign:
                sentence = part.sentence_of(start)
                if sentence not in english:
                    english[sentence] = self._is_english(part, *sentence)
                if english[sentence]:
                    continue
            kept.append(row)
        return kept

    def _is_english(self, part: Folded, start: int, end: int) -> bool:
        words = part.words[bisect_left(part.starts, start) : bisect_left(part.starts, end)]
        telling = sum(map(self._english.__contains__, words))
        return telling >= _SHARE * len(words) and telling > 0
