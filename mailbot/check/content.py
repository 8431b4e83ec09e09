"""What would a reasonable coordinator book, whatever keyword was written? (docs/understanding.md, "content"; P11, P25, P34)"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from mailbot.check.asked import asked
from mailbot.check.phrase_book import NEAR, Before, PhraseBook, book
from mailbot.check.phrase_reader import Hit, Row
from mailbot.check.phrases import Folded, alternation, fold, parts
from mailbot.check.tongue import Tongue
from mailbot.model.finding import ClientKind, ContentFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.content import ContentWords
from mailbot.model.words.cues import Cues
from mailbot.model.words.questions import QuestionWords
from mailbot.model.words.requests import RequestWords

_ASKED = 3.0  # weight of a request beside the work, whichever and however often
_ENOUGH = 1.2  # below: a courtesy, not a reason to book
_REPEATED = 0.3  # what each further phrase of one group adds
_REPEATS = 3
_CLEAR = 3.0  # weight of a wish that needs no other beside it
_DECIDES = 10.0  # what weighs more ("cancel the order") decides alone
_OTHER = 0.5  # a request beside it outweighs a vague wish ("I want my money back"), not a clear fault
_WORDS = re.compile(r"[^\W\d_]{2,}|[\u3040-\u30ff\u4e00-\u9fff]")
_LABEL_OR_WORD = re.compile(rf"(?P<label>\b(?:correction|amendment|amendement|feed ?back)s?\b)|{_WORDS.pattern}")
# Between two words: another clause begins.
_NEXT_CLAUSE = re.compile(
    r"[,:()]|\s-|\b(?:and|but|so(?! far)|because|or|then|after|when|und|aber|weil|oder|och|og|men|et|mais|ou|y|pero|e|ma|mas|i|ale|ja"
    r"|mutta|en|maar)\b"
)
_KINDS: tuple[ClientKind, ...] = ("correction", "amendment", "feedback")


@dataclass(frozen=True, slots=True)
class _Tools:
    book: PhraseBook
    tongue: Tongue
    unless: PhraseBook
    work: PhraseBook
    predicates: PhraseBook
    polite: re.Pattern[str]
    denied: Before
    condition: Before
    noise: frozenset[str]


class _Found(NamedTuple):
    cues: Cues
    phrase: str
    part: Folded
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.part.span(self.start, self.end)


_as_found: Callable[[tuple[Cues, str, Folded, int, int]], _Found] = partial(tuple.__new__, _Found)  # at a third of the time


def content(
    message: ParsedMessage, words: ContentWords, others: RequestWords | None = None, help_page: QuestionWords | None = None
) -> ContentFinding:
    """Weighs faults, wishes and opinions against each other; what is asked beside the work, or of the help page, suggests nothing."""
    tools = _tools(words)
    texts = parts(message)
    beside = {part: _beside(part, others, help_page) for part in texts}
    found = [f for part in texts for f in _cues(part, words, tools) if not (beside[part] and _asks_other(f, beside[part]))]
    asks = any(beside.values())
    scores = _scores(found)
    if asks:
        scores["none"] = _ASKED if any(_stands_alone(f, found, beside, tools) for f in found) else max(scores["none"], _ASKED)
    kind = _kind(scores, found)
    if kind is None and not found and not asks:
        kind = _plain_statement(texts, tools)
    understandable = kind is not None or _understandable(texts, tools)
    return ContentFinding(
        kind=kind,
        understandable=understandable,
        change_wished=kind in ("correction", "amendment"),
        agrees=kind is None and any(f.cues.name == "agreement" for f in found),
        looks_like_amendment=scores["amendment"] > scores["correction"]
        and any(f.cues.name.startswith(("it was not", "forgotten")) for f in found),
        evidence=_evidence(kind, found, understandable),
    )


def _cues(part: Folded, words: ContentWords, tools: _Tools) -> list[_Found]:
    rows = _longest(tools.tongue.fitting(tools.book.rows(part), part, words.cues))
    found = [_as_found((words.cues[group], phrase, part, start, end)) for group, phrase, start, end in rows]
    if found and tools.denied.occurs(part):
        found = [f for f in found if f.cues.negated != "drop" or not _follows(tools.denied, f)]
    if found and tools.condition.occurs(part):
        found = [f for f in found if "correction" not in f.cues.means or not _follows(tools.condition, f)]
    backs = tools.unless.find(part) if found else ()
    return [f for f in found if not _taken_back(f, backs, words)] if backs else found


def _follows(words: Before, found: _Found) -> bool:
    """It is denied ("not too dark"), or a clause opens before it that claims nothing ("if anything is wrong")."""
    part, at = found.part, found.start
    start, _ = part.sentence_of(at)
    return words.stands_before(part, start, at)


def _taken_back(found: _Found, backs: Sequence[Hit], words: ContentWords) -> bool:
    """Its sentence speaks of something else ("how much would it cost to add a lamp?")."""
    start, end = found.part.sentence_of(found.start)
    others = {name for back in backs if start <= back.start < end for name in words.unless[back.group].means}
    return bool(found.cues.means) and others.issuperset(found.cues.means)


def _beside(part: Folded, others: RequestWords | None, help_page: QuestionWords | None) -> Sequence[Hit]:
    """The words that ask something beside the work. What is only a dispute is left out: it speaks of a fault."""
    hits = [a.hit for a in asked(part, others) if a.names != ("dispute",)] if others else []
    return hits + [_whole(part, a.hit) for a in asked(part, help_page)] if help_page else hits


def _whole(part: Folded, hit: Hit) -> Hit:
    """What the help page is asked is the whole sentence ("which keyword | do I use when the colours are off?")."""
    start, end = part.sentence_of(hit.start)
    return hit._replace(start=start, end=end)


def _asks_other(found: _Found, beside: Sequence[Hit]) -> bool:
    """The same words ask something beside the work ("push the pictures to the portal"): they wish no change of it.

    A wish of the same clause is the wish for that ("I'd like | to speak to somebody"), and a fault its reason.
    """
    work = found.cues.means in (("amendment",), ("correction",))
    return bool(found.cues.means) and any(_meets(found, other) or (work and _one_clause(found, other)) for other in beside)


def _meets(found: _Found, other: Hit) -> bool:
    """They share words; but what asks by several words may span a clause that wishes something else ("please add a lamp | and send it")."""
    if found.end <= other.start or other.end <= found.start:
        return False
    whole = (other.start, other.end) == found.part.sentence_of(found.start)
    return whole or not _NEXT_CLAUSE.search(found.part.text, found.end, max(found.end, other.end))


def _one_clause(found: _Found, other: Hit) -> bool:
    first, last = sorted(((found.start, found.end), (other.start, other.end)))
    start, end = found.part.sentence_of(found.start)
    return first[1] <= last[0] and start <= other.start < end and not _NEXT_CLAUSE.search(found.part.text, first[1], last[0])


def _stands_alone(work: _Found, found: Sequence[_Found], beside: Mapping[Folded, Sequence[Hit]], tools: _Tools) -> bool:
    """A fault in a sentence of its own ("The rail is broken. Cancel it."), or a wish in a clause of its own ("add a lamp and send it")."""
    start, end = work.part.sentence_of(work.start)
    named = [hit for hit in tools.work.find(work.part) if start <= hit.start < end]
    if "amendment" in work.cues.means:
        decided = any(f.cues.weight > _DECIDES for f in found if not f.cues.means)
        return work.cues.weight >= _CLEAR and not decided and any(_meets(work, hit) or _one_clause(work, hit) for hit in named)
    if not named:
        return False
    return (
        "correction" in work.cues.means
        and not any(start <= hit.start < end for hit in beside[work.part])
        and not any(not other.cues.means and other.part is work.part and start <= other.start < end for other in found)
    )


def _longest(rows: Sequence[Row]) -> Sequence[Row]:
    """Of overlapping hits the longer one, whatever its group; in the order of the text."""
    kept: list[Row] = []
    together: list[Row] = []
    last = 0
    for row in rows:
        _, _, start, end = row
        if start >= last:
            kept += _longest_of(together, last)
            together = [row]
            last = end
        else:
            together.append(row)
            last = max(last, end)
    return [*kept, *_longest_of(together, last)]


def _longest_of(together: Sequence[Row], last: int) -> Sequence[Row]:
    """Of hits that overlap, up to `last`; the first is the longest of those that begin with it."""
    if len(together) < 2 or together[0][3] == last:  # as mostly: it holds all others
        return together[:1]
    kept: list[Hit] = []
    for hit in sorted((Hit(*row) for row in together), key=lambda h: (h.start - h.end, h.start)):
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.start)


def _scores(found: Sequence[_Found]) -> dict[str, float]:
    scores = dict.fromkeys((*_KINDS, "none"), 0.0)
    groups: dict[int, tuple[Cues, set[str]]] = {}
    for item in found:
        groups.setdefault(id(item.cues), (item.cues, set()))[1].add(item.phrase)
    for cues, phrases in groups.values():
        points = cues.weight * (1 + _REPEATED * min(len(phrases) - 1, _REPEATS))
        for meaning in cues.means or ("none",):
            scores[meaning] += points
    return scores


def _kind(scores: dict[str, float], found: Sequence[_Found]) -> ClientKind | None:
    if scores["feedback"] >= 8 and any(f.cues.name == "nothing to change" for f in found):
        return "feedback"
    work = max(scores["correction"], scores["amendment"])
    if work >= _ENOUGH and work > scores["feedback"] * 0.6 and work > scores["none"] * _OTHER:
        return "correction" if scores["correction"] >= scores["amendment"] else "amendment"
    if scores["feedback"] > scores["none"]:
        return "feedback"
    return None


def _plain_statement(texts: Sequence[Folded], tools: _Tools) -> ClientKind | None:
    text = texts[-1]
    if "?" in text.text or len(_WORDS.findall(text.text)) < 3:
        return None
    if not tools.work.find(text) or tools.unless.find(text):  # with one of `unless` it speaks of something else
        return None
    if tools.polite.search(text.text):
        return "amendment"
    return "correction" if tools.predicates.find(text) and not tools.condition.occurs(text) else None


def _understandable(texts: Sequence[Folded], tools: _Tools) -> bool:
    """One word is said that is neither a label nor a greeting, thanks or the like."""
    return any(not said["label"] and said[0] not in tools.noise for part in texts for said in _LABEL_OR_WORD.finditer(part.text))


def _evidence(kind: ClientKind | None, found: Sequence[_Found], understandable: bool) -> Evidence:
    if not understandable:
        return Evidence("nothing is said that could be booked")
    mine = [f for f in found if (kind in f.cues.means if kind else not f.cues.means)]
    if not mine:
        return Evidence(f"a plain statement about the work, so {kind}" if kind else "neither a fault, a wish nor an opinion is said")
    names = ", ".join(dict.fromkeys(f.cues.name for f in mine))
    spans = tuple(f.span for f in mine)
    quotes = ", ".join(dict.fromkeys(f'"{span.words}"' for span in spans[:4]))
    return Evidence(f"{names}: {quotes}", spans)


@lru_cache(maxsize=4)
def _tools(words: ContentWords) -> _Tools:
    return _Tools(
        book=book(words.cues),
        tongue=Tongue(words.english),
        unless=book(words.unless),
        work=PhraseBook([words.work]),
        predicates=PhraseBook([words.predicates]),
        polite=re.compile(rf"(?<![^\W_]){alternation(words.polite)}"),
        denied=Before(words.negations, NEAR, most=40),
        condition=Before(words.conditions, "[^,;]*"),
        noise=frozenset(fold(w, "text").text for w in words.noise),
    )
