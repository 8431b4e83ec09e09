"""Which style, which variables and whether the specification does the client name? (docs/understanding.md, "style"; P16)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailbot.check.phrase_book import NEAR, Before, PhraseBook, book_of
from mailbot.check.phrase_reader import Hit
from mailbot.check.phrases import Folded, alternation, fold
from mailbot.check.word_pattern import WordPattern
from mailbot.model.finding import NamedVariable, StyleFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.style import StyleWords

_MAX_SPANS = 12
_QUOTES = frozenset('"\u201c\u201e\u00ab')
_CLOSING_QUOTES = frozenset("\"'\u201c\u201d\u00bb")
_NAME = r"[A-Z\u00c0-\u00de][\w'-]{1,20}(?:[ ](?:&|and|och|og|und|et|y|e|en)?[ ]?[A-Z\u00c0-\u00de][\w'-]{1,20}){0,2}"
_QUOTED = r"[\"'\u201c\u201d\u201e\u00ab](?P<quoted>[^\"'\u201c\u201d\u00bb\n]{2,30})[\"'\u201c\u201d\u00bb]"
_NEAR = 90  # letters before a style word: more than the longest name
_SET_TO = r"[ ]{0,2}(?:[=:]|to |at |is |was |level )[ ]{0,2}(?:level )?"


@dataclass(frozen=True, slots=True)
class _Tools:
    styles: PhraseBook
    variables: PhraseBook
    specifications: PhraseBook
    beside: re.Pattern[str]
    more: Before
    less: Before
    level: re.Pattern[str]
    ordered: re.Pattern[str]
    behind_word: WordPattern
    before_word: re.Pattern[str]  # ends where the word begins
    word: re.Pattern[str]
    everyday: frozenset[str]
    not_styles: frozenset[str]
    style_words: frozenset[str]


def style(message: ParsedMessage, words: StyleWords) -> StyleFinding:
    """Names as the client wrote them, each once. Whether the order has them is decided with its facts at hand."""
    tools = _tools(words)
    styles: dict[str, Span] = {}
    variables: dict[str, tuple[NamedVariable, Span]] = {}
    specified: list[Span] = []
    for part in (fold(message.subject, "subject"), fold(message.text, "text")):
        for span in _styles(part, tools):
            styles.setdefault(_plain(span.words), span)
        for hit in tools.variables.find(part):
            known = words.variables[hit.group]
            if known.name not in variables:
                named = NamedVariable(name=known.name, also=known.also, level=_level(part, hit, tools))
                variables[known.name] = named, part.span(hit.start, hit.end)
        specified += [part.span(hit.start, hit.end) for hit in tools.specifications.find(part)]
    return StyleFinding(
        styles=tuple(span.words for span in styles.values()),
        variables=tuple(variable for variable, _ in variables.values()),
        specifications=bool(specified),
        evidence=_evidence(list(styles.values()), list(variables.values()), specified),
    )


def _styles(part: Folded, tools: _Tools) -> Iterator[Span]:
    spans: list[Span] = []
    for hit in sorted(tools.styles.find(part), key=lambda h: h.start - h.end):
        span = part.span(hit.start, hit.end)
        if _is_style(part, hit, tools) and not any(span.meets(other) for other in spans):
            spans.append(span)
    if not tools.style_words.isdisjoint(part.places) or any(quote in part.original for quote in _QUOTES):
        spans += [span for span in _beside_the_word(part, tools) if not any(span.meets(other) for other in spans)]
    yield from sorted(spans, key=lambda s: s.start)


def _is_style(part: Folded, hit: Hit, tools: _Tools) -> bool:
    """An everyday word is a style only where it is written as a name: with a style word, "ordered" or quotes beside it."""
    span = part.span(hit.start, hit.end)
    if part.text[hit.start : hit.end] not in tools.everyday:
        return True
    after = part.text[hit.end : hit.end + 24].lstrip(" \"'").split(" ", 1)[0].strip(".,;:!?\"'")
    before = part.text[max(0, hit.start - 24) : hit.start].rstrip(" :=\"'").rsplit(" ", 1)[-1]
    if after in tools.style_words or before in tools.style_words:
        return True
    start, _ = part.sentence_of(hit.start)
    named = span.words[:1].isupper() and hit.start > start
    if not named:
        return False
    return bool(tools.beside.search(part.text[max(start, hit.start - 30) : hit.start])) or part.text[hit.start - 1] in "\"'"


def _beside_the_word(part: Folded, tools: _Tools) -> Iterator[Span]:
    """Capitalised or quoted names beside the word "style"."""
    last = 0
    for match, end in sorted(_near_words(part, tools), key=lambda found: found[0].start()):
        if match.start() < last:
            continue
        last = end
        name = "named" if match["named"] else "quoted"
        if _plain(match[name]).split(" ")[0] not in tools.not_styles:
            yield Span(part.where, *match.span(name), match[name])


def _near_words(part: Folded, tools: _Tools) -> Iterator[tuple[re.Match[str], int]]:
    """(match, end with the word) where a style word stands, for most of a text is far from one."""
    text = part.original
    if any(quote in text for quote in _QUOTES):
        yield from ((quoted, quoted.end()) for quoted in tools.ordered.finditer(text))
    for start in tools.behind_word.starts(part):
        at = part.positions[start]
        if behind := tools.behind_word.pattern.match(text, at):
            yield behind, behind.end()
        before = tools.before_word.search(text, max(0, at - _NEAR), at) if _names_end(text, at) else None
        word = tools.word.match(text, at)
        if before and word:
            yield before, word.end()


def _names_end(text: str, at: int) -> bool:
    """Whether a name may end with the blank before `at`: its last word has a capital, or closes a quote."""
    last = text[text.rfind(" ", 0, max(0, at - 1)) + 1 : at]
    return last[-1:] == " " and (last != last.lower() or last[-2] in _CLOSING_QUOTES)


def _level(part: Folded, hit: Hit, tools: _Tools) -> str:
    """As written ("3", "high"), else "more" or "less", else ""."""
    said = tools.level.match(part.text, hit.end)
    if said:
        return said["level"]
    start, _ = part.sentence_of(hit.start)
    inside = part.text[hit.start : hit.end].split(" ")[0]
    if tools.more.stands_before(part, start, hit.start) or inside in ("more", "brighter"):
        return "more"
    return "less" if tools.less.stands_before(part, start, hit.start) or inside in ("less", "too") else ""


def _plain(words: str) -> str:
    return " ".join(fold(words, "text").text.replace("&", "and").split())


def _evidence(styles: Sequence[Span], variables: Sequence[tuple[NamedVariable, Span]], specified: Sequence[Span]) -> Evidence:
    said = [f'style "{span.words}"' for span in styles]
    said += [f'{v.name}{f" ({v.level})" if v.level else ""}: "{span.words}"' for v, span in variables]
    said += [f'the specification: "{specified[0].words}"'] if specified else []
    spans = (*styles, *(span for _, span in variables), *specified)
    return Evidence(", ".join(said[:_MAX_SPANS]) if said else "no style, variable or specification is named", spans[:_MAX_SPANS])


@lru_cache(maxsize=4)
def _tools(words: StyleWords) -> _Tools:
    beside = alternation(words.style_words)
    return _Tools(
        styles=book_of(words.styles),
        variables=book_of(*(v.phrases for v in words.variables)),
        specifications=book_of(words.specifications),
        beside=re.compile(rf"(?<![^\W_]){alternation(words.beside)}[\s'\"]{{1,2}}$"),
        more=Before(words.more, NEAR, most=40),
        less=Before(words.less, NEAR, most=40),
        level=re.compile(rf"(?:{_SET_TO}|[ ](?=\d))(?P<level>\d{{1,3}}(?![\d.,]\d)|{alternation(words.levels)})"),
        ordered=re.compile(rf"(?P<named>(?!))?(?i:{alternation(words.ordered)})[ ]{{1,2}}{_QUOTED}"),
        behind_word=WordPattern(
            rf"\b(?i:{beside})(?:[ ]?(?:to|is|was|=|:|as|from)){{0,2}}[ ]{{0,2}}(?:(?P<named>{_NAME})|{_QUOTED})", words.style_words
        ),
        before_word=re.compile(rf"(?:(?P<named>{_NAME})|{_QUOTED})[ ]$"),
        word=re.compile(rf"(?i:{beside})\b"),
        everyday=frozenset(map(_plain, words.everyday)),
        not_styles=frozenset(words.not_styles),
        style_words=frozenset(words.style_words),
    )
