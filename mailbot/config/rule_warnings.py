"""What is no fault of a rule file but will surprise: told by `mailbot rules check`, stops nothing."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.check.phrase_form import Place, phrases_of
from mailbot.model.words import WordLists
from mailbot.model.words.cues import Cues

# They stand in most English messages, so a phrase that needs nothing else is found in most of them.
_COMMON = frozenset(
    {
        *("a", "an", "the", "and", "or", "but", "if", "in", "on", "at", "by", "for", "from", "of", "to", "with", "as", "so", "not", "no"),
        *("it", "i", "we", "you", "he", "she", "they", "my", "our", "your", "his", "her", "their", "this", "that", "these", "those"),
        *("is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "has", "have", "had", "can", "could", "will", "would"),
        *("should", "there", "here", "what", "when", "how", "who", "all"),
    }
)


def rule_warnings(words: WordLists) -> tuple[str, ...]:
    """One line for each phrase that rests on a very common word alone, mostly because all its other places may be absent."""
    lists = (("content.toml", words.content), ("requests.toml", words.requests), ("questions.toml", words.questions))
    return tuple(line for file, of in lists for cues in (*of.cues, *of.unless) if not cues.foreign for line in _alone(file, cues))


def _alone(file: str, cues: Cues) -> Iterator[str]:
    for written in cues.phrases:
        phrase = next(phrases_of(0, 0, 0, written))
        needed = [place for place in phrase.places if not _may_be_absent(place)]
        common = sorted(needed[0].words & _COMMON) if len(needed) == 1 and not phrase.closes else []
        if common:
            shown = written if len(written) < 60 else f"{written[:60]}..."
            yield f'{file}, "{cues.name}": "{shown}" rests on "{common[0]}" alone. Write a further word without brackets'


def _may_be_absent(place: Place) -> bool:
    return place.optional or place.gap or place.or_end
