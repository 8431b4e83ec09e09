"""rules/vocabulary.toml: named kinds of words, and how a phrase that names one is spelt out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from mailbot.model.words.cues import Cues
from mailbot.model.words.together import Together

_NAME = re.compile(r"\{(\w+)\}")
_NONE = "\u2205"  # an empty kind: holds no letter, so no text has it
W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """`classes`: name -> rows of words separated by blanks. A phrase says `{name}` for any of them."""

    classes: dict[str, tuple[str, ...]]


def spelt_out(words: W, vocabulary: Vocabulary) -> W:
    """The lists of one file with every `{name}` replaced by its words; an unknown name stays as it is (see `unknown_names`)."""
    spelt = {name: "|".join(dict.fromkeys(w for row in rows for w in row.split())) or _NONE for name, rows in vocabulary.classes.items()}

    def of(value: Any) -> Any:
        if isinstance(value, str):
            return _NAME.sub(lambda m: spelt.get(m[1], m[0]), value) if "{" in value else value
        if isinstance(value, Cues):
            return replace(value, phrases=of(value.phrases))
        if isinstance(value, Together):
            return replace(value, each=of(value.each))
        return tuple(map(of, value)) if isinstance(value, tuple) else value

    return replace(words, **{f.name: of(getattr(words, f.name)) for f in fields(words)})  # type: ignore[type-var,arg-type]  # every file fills a dataclass


def unknown_names(words: Any, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """(key, name) of every `{name}` that the vocabulary does not have."""
    for field in fields(words):
        for phrase in _phrases(getattr(words, field.name)):
            for name in _NAME.findall(phrase):
                if name not in vocabulary.classes:
                    yield field.name, name


def _phrases(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Cues):
        yield from value.phrases
    elif isinstance(value, Together):
        yield from _phrases(value.each)
    elif isinstance(value, tuple):
        for one in value:
            yield from _phrases(one)
