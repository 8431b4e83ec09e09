"""Which images the client names: numbers, lists, ranges, file names (docs/understanding.md, "images")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.number_lists import MAX_RANGE, ListForm, any_of, beginning, expand, list_form, plain_digits, read_list
from mailbot.check.phrases import Folded, fold
from mailbot.check.word_pattern import WordPattern
from mailbot.model.finding import ImagesFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.images import ImageWords

_MAX_IMAGES = 1000
_RANGE_OF_NAMES = r"\s{0,2}(?:-{1,2}|\bto\b|\bthrough\b|\bbis\b|\btill\b)\s{0,2}"
_TAIL = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class _Forms:
    named: ListForm
    camera: WordPattern
    file: re.Pattern[str]
    file_end: re.Pattern[str]  # far cheaper to look for than a whole name
    more: re.Pattern[str]
    all_images: WordPattern
    not_all: re.Pattern[str]


class _Named(NamedTuple):
    start: int
    end: int
    numbers: tuple[str, ...]


def images(message: ParsedMessage, words: ImageWords) -> ImagesFinding:
    """Image numbers and file names without extension in order of mention, each once; ranges up to 200 are written out."""
    forms = _forms(words)
    numbers: dict[str, None] = {}
    spans: list[Span] = []
    every: list[Span] = []
    for folded in (fold(message.subject, "subject"), fold(message.text, "text")):
        for named in sorted(_named(folded, forms), key=lambda n: n.start):
            if fresh := [n for n in named.numbers if n not in numbers]:
                spans.append(folded.span(named.start, named.end))
                numbers.update(dict.fromkeys(fresh))
        every += [folded.span(hit.start(), hit.end()) for hit in _all(folded, forms)]
    found = tuple(numbers)[:_MAX_IMAGES]
    if not found and not every:
        return ImagesFinding()
    said = ([f"image {', '.join(found[:20])}{' and more' if len(found) > 20 else ''} named"] if found else []) + (
        ["all images meant"] if every else []
    )
    return ImagesFinding(numbers=found, all_images=bool(every), evidence=Evidence(", ".join(said), (*spans, *every)))


def _named(folded: Folded, forms: _Forms) -> Iterator[_Named]:
    text = folded.unlinked
    for hit in _names(folded, text, forms):
        if text[hit.start()] == "\0":
            continue
        last = forms.more.match(folded.unlinked, hit.end())
        until = last.end() if last and (names := _range(folded, hit, last)) else hit.end()
        yield _Named(hit.start(), until, names if until > hit.end() else (_written(folded, hit),))
        text = text[: hit.start()] + "\0" * (until - hit.start()) + text[until:]
    for word in forms.named.word.finditer(folded, text):
        for number in read_list(text, word.end(), forms.named):
            yield _Named(word.start(), number.end, expand(number))


def _names(folded: Folded, text: str, forms: _Forms) -> Iterator[re.Match[str]]:
    """Names with an extension, then those that cameras give. Most texts hold neither."""
    if forms.file_end.search(text):
        yield from forms.file.finditer(text)
    if forms.camera.occurs(folded):
        yield from forms.camera.pattern.finditer(text)


def _written(folded: Folded, hit: re.Match[str]) -> str:
    """The file name as the client wrote it, without extension."""
    return folded.span(hit.start("name"), hit.end("name")).words


def _range(folded: Folded, first: re.Match[str], last: re.Match[str]) -> tuple[str, ...]:
    """`IMG_4589-4592`, `DSC00231 to DSC00235`: every name between; () where these are two names."""
    name = _written(folded, first)
    tail = _TAIL.search(name)
    if tail is None:
        return ()
    stem, low, high = name[: tail.start()], tail[0], plain_digits(last["tail"])
    if last["stem"] and last["stem"] != stem.lower():
        return ()
    if len(high) > len(low) or len(low) > 9 or not 0 < int(high) - int(low) < MAX_RANGE:
        return ()
    return tuple(f"{stem}{n:0{len(low)}d}" for n in range(int(low), int(high) + 1))


def _all(folded: Folded, forms: _Forms) -> Iterator[re.Match[str]]:
    for hit in forms.all_images.finditer(folded, folded.text):
        if not forms.not_all.search(folded.text[max(0, hit.start() - 16) : hit.start()]):
            yield hit


@lru_cache(maxsize=8)
def _forms(words: ImageWords) -> _Forms:
    ends = "|".join(re.escape(e.lower()) for e in words.extensions)
    cameras = sorted((c.lower() for c in words.cameras if c), key=len, reverse=True)
    starts = "|".join(map(re.escape, cameras))
    camera = "|".join(beginning([(c, "") for c in cameras], r"[^\W_]")) or r"(?!)"
    end = rf"(?:\.(?:{ends}))?(?![^\W_]|\.\w{{2,4}}(?!\w))"
    image = any_of(words.words)
    filler = any_of(words.all_fillers)
    return _Forms(
        named=list_form(words.words, words.number_words, words.joiners, words.range_words, words.counted),
        camera=WordPattern(
            rf"(?P<name>(?:{camera})\d{{3,8}}(?:[_-]\d{{1,9}}(?!\s?\d)(?=[_.]))?(?:_\w{{1,12}})?){end}", [c.lstrip("_") for c in cameras]
        ),
        file=re.compile(rf"(?<![\w.-])(?P<name>\w[\w-]{{0,80}})\.(?:{ends})(?!\w)"),
        file_end=re.compile(rf"\.(?:{ends})(?!\w)"),
        more=re.compile(rf"{_RANGE_OF_NAMES}(?P<stem>(?:{starts})?)(?P<tail>\d{{1,8}}){end}"),
        all_images=WordPattern(
            rf"{any_of(words.all_words)}\s{{1,2}}(?:{filler}\s{{1,2}}){{0,3}}{image}|{any_of(words.all_phrases)}",
            (*words.all_words, *words.all_phrases),
        ),
        not_all=re.compile(rf"{any_of(words.not_all)}\s{{1,2}}$"),
    )
