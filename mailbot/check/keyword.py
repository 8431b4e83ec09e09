"""Which keyword does the client use to say what the message is? (docs/understanding.md, "keyword"; P10, P12)"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from mailbot.check.phrase_book import PhraseBook
from mailbot.check.phrases import Folded, alternation, fold, reply_prefix
from mailbot.check.word_pattern import Judged
from mailbot.model.finding import ClientKind, KeywordFinding
from mailbot.model.message import Evidence, ParsedMessage
from mailbot.model.words.keywords import KeywordWords

_TOKEN = re.compile(r"feed[ -]back|[^\W\d_]{6,14}")
# Addresses and file names are tried where a run of letters begins, else a long run would be read from each of its letters.
_LINK = r"[hw](?:(?<=h)ttps?://|(?<=w)ww\.)\S+"
_ADDRESS = r"(?<![^\s\"])\S+@\S+"
_ENDINGS = r"\.(?:pdf|eml|jpe?g|png|docx?|zip|msg|txt|tiff?)\b"
_FILE = rf"\"[^\"\n]{{1,80}}\.\w{{2,4}}\"|(?<![^\s\"])\S+{_ENDINGS}"
_FILE_END = re.compile(rf"\.\w{{2,4}}\"|{_ENDINGS}")
_LINE_START = re.compile(r"(?:[\s>*#•·\-–+\[({\"'/|~=_]|\(?\d{1,2}[.)](?=\s)|[a-h]\)(?=\s))*")
_SEGMENT = re.compile(r"\s+[-/|>]+\s+|[:|,;\[(]\s*|\s*-\s+|/\s*")
_MARK_AFTER = re.compile(r"[\s'\"*_)]{0,3}(?:[:,.!;\])/|\-=>]|$|\n)")
_COLON_AFTER = re.compile(r"(?:[ ]*|[ ][a-z]+(?:[ ][a-z]+)?[ ]?)(?:\(s\)|\*+)?\s?:")
_PAIR = re.compile(r"[\s'\"]{0,2}(?:(?:and|or|und|oder|och|/|&|\+|,|et|y|e|og|en)[\s'\"]{0,2}){1,2}(?:a |an |one )?")
_NUMBER_AFTER = re.compile(r"\s*(?:#|no\.?\s|nr\.?\s|\d)")
_LABEL_MARK = re.compile(r"[\s'\"*)\]]{0,2}(?::|\s-\s|\]|!)")
_GAP = r"[\s,'\"(\[*_-]{0,3}"
_MOST = 200  # nobody writes more keywords by hand
_BEFORE = 60  # letters looked at on each side; longer ones are not idiom
_DENIED_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Word:
    kind: ClientKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Tools:
    """Patterns of one word list. Those named before_* are anchored at the keyword's first letter, after_* at its last."""

    spellings: Mapping[str, ClientKind]
    not_keywords: frozenset[str]
    may_be: Judged  # words of the text with which a keyword may begin; "feed back" does with "feed"
    before_craft: re.Pattern[str]
    before_denied: re.Pattern[str]
    before_own_words: re.Pattern[str]
    before_earlier: re.Pattern[str]
    before_label: re.Pattern[str]
    before_statement: re.Pattern[str]
    before_wish: re.Pattern[str]
    before_about: re.Pattern[str]
    after_thing: re.Pattern[str]
    after_label: re.Pattern[str]
    after_sentence: re.Pattern[str]
    after_earlier: re.Pattern[str]
    polite: PhraseBook
    questions: PhraseBook
    reports: PhraseBook


def keyword(message: ParsedMessage, words: KeywordWords) -> KeywordFinding:
    """All places where a keyword counts, in subject and text; two different ones are `several`."""
    tools = _tools(words)
    kinds: list[ClientKind] = []
    spans = []
    for part in filter(None, (_subject(message, tools), fold(message.text, "text"))):
        for found in _counting(part, tools):
            if found.kind not in kinds:
                kinds.append(found.kind)
                spans.append(part.span(found.start, found.end))
    quotes = " and ".join(f'"{s.words}"' for s in spans)
    if not kinds:
        return KeywordFinding(verdict="none", evidence=Evidence("no keyword says what the message is"))
    if len(kinds) > 1:
        because = f"different keywords are used: {quotes}"
        return KeywordFinding(verdict="several", kinds=tuple(kinds), evidence=Evidence(because, tuple(spans)))
    because = f"the client calls the message {kinds[0]}: {quotes}"
    return KeywordFinding(verdict="one", claimed=kinds[0], kinds=tuple(kinds), evidence=Evidence(because, tuple(spans)))


def _subject(message: ParsedMessage, tools: _Tools) -> Folded | None:
    """The subject; None where a reply's subject is our own report of an act."""
    if not message.subject:
        return None
    subject = fold(message.subject, "subject")
    return None if reply_prefix(message.subject) and tools.reports.find(subject) else subject


def _counting(part: Folded, tools: _Tools) -> list[_Word]:
    places = [part.starts[at] for word in tools.may_be.among(part.places) for at in part.places[word]]
    if not places:
        return []
    text = _hidden(part.text)
    found = _occurrences(text, sorted(places), tools)
    verdicts = [_counts(word, text, part, part.sentence_of(word.start), tools) for word in found]
    for index in range(len(found) - 1):
        first, second = found[index], found[index + 1]
        if _PAIR.fullmatch(text, first.end, second.start):
            offered = _is_start(text[part.sentence_of(first.start)[0] : first.start]) and _MARK_AFTER.match(text, second.end)
            verdicts[index] = verdicts[index + 1] = bool(verdicts[index] or verdicts[index + 1] or offered)
    return [word for word, counts in zip(found, verdicts, strict=True) if counts]


def _hidden(text: str) -> str:
    """Links, addresses and file names covered; offsets stay."""
    hiding = _hiding(link="://" in text or "www." in text, address="@" in text, file=bool(_FILE_END.search(text)))
    return hiding.sub(lambda m: "\u00b7" * len(m[0]), text) if hiding else text


@lru_cache(maxsize=8)
def _hiding(*, link: bool, address: bool, file: bool) -> re.Pattern[str] | None:
    """What can be in a text at all is looked for: each branch costs at every word."""
    branches = [branch for branch, there in ((_LINK, link), (_ADDRESS, address), (_FILE, file)) if there]
    return re.compile("|".join(branches)) if branches else None


def _occurrences(text: str, places: Sequence[int], tools: _Tools) -> list[_Word]:
    found = []
    for place in places:
        token = _TOKEN.match(text, place)
        kind = _kind(token[0], tools.spellings, tools.not_keywords) if token else None
        if token and kind:
            found.append(_Word(kind, place, token.end()))
            if len(found) == _MOST:
                break
    return found


def _kind(word: str, spellings: Mapping[str, ClientKind], not_keywords: Collection[str]) -> ClientKind | None:
    """The keyword that is spelt so, or with one slip (a letter changed, lost, added or swapped)."""
    if word in not_keywords:
        return None
    if word in spellings:
        return spellings[word]
    if word[0] not in "cakfn" and word[1:2] not in "aoe":
        return None
    return next((kind for spelling, kind in spellings.items() if OSA.distance(word, spelling, score_cutoff=1) <= 1), None)


def _counts(word: _Word, text: str, part: Folded, sentence: tuple[int, int], tools: _Tools) -> bool:
    """The ladder of understanding.md: another sense, denied, asked or an earlier return never count; then label, colon, statement."""
    start = max(sentence[0], word.start - _BEFORE)
    before, after = text[start : word.start], text[word.end : word.end + _BEFORE]
    if tools.before_craft.search(before) or tools.after_thing.match(after):
        return False
    if tools.before_denied.search(before) or tools.before_own_words.search(before) or _asked(text, part, sentence, word, tools):
        return False
    if tools.after_earlier.match(after):
        return False
    if not tools.before_earlier.search(before):
        label = _is_label(text[sentence[0] : word.start], after, tools)
        if label or _in_subject(part, text, word, tools) or _COLON_AFTER.match(after):
            return True
    wished = word.kind != "feedback" and tools.before_wish.search(before)
    return bool(wished or tools.before_statement.search(before))


def _asked(text: str, part: Folded, sentence: tuple[int, int], word: _Word, tools: _Tools) -> bool:
    """A question about the keyword. A label in front of a question is none ("Amendment: can you add a bed?")."""
    tail = text[word.end : sentence[1]]
    if _LABEL_MARK.match(tail):
        return False
    if word.start == sentence[0]:
        return tail.lstrip().startswith("?")
    lead = Folded(part.where, part.original, text[sentence[0] : word.start], range(word.start - sentence[0] + 1))
    if "?" in tail and not _is_start(lead.text):
        return not tools.polite.find(lead)
    return tail.lstrip().startswith("?") or bool(tools.questions.find(lead))


def _is_start(lead: str) -> bool:
    start = _LINE_START.match(lead)
    return not lead[start.end() if start else 0 :].strip()


def _is_label(lead: str, after: str, tools: _Tools) -> bool:
    """At the start of line, sentence or subject; a few words may stand before it ("one small correction: ...")."""
    if _is_start(lead):
        return _names_message(after, tools, plain_words=True)
    return bool(tools.before_label.fullmatch(lead)) and _names_message(after, tools, plain_words=False)


def _names_message(after: str, tools: _Tools, *, plain_words: bool) -> bool:
    """Punctuation, a number, `for order ...` or plain words follow, but no verb that makes it a sentence about the word."""
    if _MARK_AFTER.match(after) or _NUMBER_AFTER.match(after) or tools.after_label.match(after):
        return True
    return plain_words and not tools.after_sentence.match(after)


def _in_subject(part: Folded, text: str, word: _Word, tools: _Tools) -> bool:
    """At the start of any piece of a subject, or as its last word ("Order 58811 - Correction", "Elm Street correction")."""
    if part.where != "subject":
        return False
    start = reply_prefix(text)
    pieces = [start, *(m.end() for m in _SEGMENT.finditer(text, start, word.start))]
    if any(_is_label(text[piece : word.start], text[word.end :], tools) for piece in pieces):
        return True
    last = not text[word.end :].strip(" .!-)]*")
    return last and not tools.before_about.search(text[: word.start])


@lru_cache(maxsize=4)
def _tools(words: KeywordWords) -> _Tools:
    kinds: tuple[ClientKind, ...] = ("correction", "amendment", "feedback")
    adjectives = rf"(?:{alternation(words.label_before)}{_GAP}){{0,3}}"
    spellings = {spelling: kind for kind in reversed(kinds) for spelling in reversed(getattr(words, kind))}
    not_keywords = frozenset(fold(w, "text").text for w in words.not_keywords)

    def may_be(word: str) -> bool:
        token = _TOKEN.match(word)
        return word == "feed" or (token is not None and _kind(token[0], spellings, not_keywords) is not None)

    names = rf"(?:[\s,]*{alternation(words.label_names)}\s?[:=\-]*[\s\"'\[(]*)?"
    return _Tools(
        spellings=spellings,
        not_keywords=not_keywords,
        may_be=Judged(may_be),
        before_craft=_before(words.other_senses),
        before_denied=_before(words.negations, rf"(?:[a-z']{{1,12}}[\s\"'(]{{1,2}}){{0,{_DENIED_WORDS}}}"),
        before_own_words=_before(words.own_words_before, r"(?:and |a |one |small |my |just |quick ){0,3}"),
        before_earlier=_before(words.earlier_before, adjectives),
        before_label=re.compile(rf"{_LINE_START.pattern}{names}{adjectives}"),
        before_statement=_before(words.statements, adjectives),
        before_wish=_before(words.statements_not_feedback, adjectives),
        before_about=_before((*words.about, *words.earlier_before, "the", "my", "our", "this", "and", "or"), adjectives),
        after_thing=_after(words.other_things),
        after_label=_after((*words.label_after, *words.about)),
        after_sentence=_after(words.not_label_after),
        after_earlier=_after(words.earlier_after),
        polite=PhraseBook([words.polite_questions]),
        questions=PhraseBook([words.questions]),
        reports=PhraseBook([words.reports]),
    )


def _before(phrases: tuple[str, ...], between: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){alternation(phrases)}{_GAP}{between}$")


def _after(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[\s'\"*_)-]{{0,3}}{alternation(phrases)}")
