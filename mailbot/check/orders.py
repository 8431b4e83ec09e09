"""Which orders the client writes about, in subject and new text (docs/understanding.md, "orders")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailbot.check.number_lists import ListForm, any_of, expand, list_form, plain_digits, read_list
from mailbot.check.phrases import Folded, fold, reply_prefix
from mailbot.check.word_pattern import WordPattern
from mailbot.model.finding import OrdersFinding
from mailbot.model.message import Evidence, ParsedMessage, Span
from mailbot.model.words.orders import OrderWords

_MAX_ORDERS = 50
_MAX_RANGE = 20  # "orders 10231-10240"; more than that is no list of orders
_HASH = re.compile(r"(?<![\w&#/])#\s?(\d{3,12})(?!\w|[.,]\d|[-./]\d{1,2}[-./]\d{2,4})")
_YEAR = re.compile(r"(?:19|20)\d\d")
_FILE_END = re.compile(r"\.[a-z]{3,4}\d?(?!\w)")


@dataclass(frozen=True, slots=True)
class _Forms:
    named: ListForm
    labelled: ListForm
    whole: WordPattern
    before: re.Pattern[str]
    link: re.Pattern[str]
    not_order: re.Pattern[str]
    verb: re.Pattern[str]


class _Named(NamedTuple):
    start: int
    end: int
    numbers: tuple[str, ...]


def orders(message: ParsedMessage, words: OrderWords) -> OrdersFinding:
    """Order numbers as written, each once, subject first. The order that an order comment stands on is not added."""
    forms = _forms(words)
    numbers: dict[str, None] = {}
    spans: list[Span] = []
    for folded in (fold(message.subject, "subject"), fold(message.text, "text")):
        for named in sorted(_named(folded, forms), key=lambda n: n.start):
            if fresh := [n for n in named.numbers if n not in numbers]:
                spans.append(folded.span(named.start, named.end))
                numbers.update(dict.fromkeys(fresh))
    for link in message.links:
        numbers.update(dict.fromkeys(hit[1].upper() for hit in forms.link.finditer(link.url.lower())))
    found = tuple(numbers)[:_MAX_ORDERS]
    if not found:
        return OrdersFinding()
    return OrdersFinding(numbers=found, evidence=Evidence(f"order {', '.join(found)} named", tuple(spans)))


def _named(folded: Folded, forms: _Forms) -> Iterator[_Named]:
    text = folded.unlinked
    yield from _after_words(folded, text, forms)
    yield from _after_labels(folded, text, forms.labelled)
    yield from _before_words(folded, text, forms)
    for hit in forms.whole.finditer(folded, text):
        yield _Named(hit.start(), hit.end(), (re.sub(r"\s", "", hit[0]).upper(),))
    for hit in _HASH.finditer(text) if "#" in text else ():
        if not _other_thing(text, hit, forms) and not _our_tag(folded, hit):
            yield _Named(hit.start(), hit.end(), (plain_digits(hit[1]),))
    for hit in forms.link.finditer(folded.text):
        yield _Named(hit.start(1), hit.end(1), (hit[1].upper(),))


def _after_words(folded: Folded, text: str, forms: _Forms) -> Iterator[_Named]:
    for word in forms.named.word.finditer(folded, text):
        if forms.verb.search(text[max(0, word.start() - 24) : word.start()]):
            continue
        for number in read_list(text, word.end(), forms.named):
            if number.digits[-1].isdigit() and not _FILE_END.match(text, number.end):
                yield _Named(word.start(), number.end, expand(number, _MAX_RANGE))


def _before_words(folded: Folded, text: str, forms: _Forms) -> Iterator[_Named]:
    """`the 10231 order`."""
    for word, numbers in folded.places.items():
        if word.isdigit() and 5 <= len(word) <= 12:
            for number in numbers:
                hit = forms.before.match(text, folded.starts[number])
                if hit:
                    yield _Named(hit.start(1), hit.end(), (hit[1],))


def _after_labels(folded: Folded, text: str, form: ListForm) -> Iterator[_Named]:
    """`Correction 10990`. Behind a colon a number of four digits that text follows is rather an image."""
    for label in form.word.finditer(folded, text):
        for number in read_list(text, label.end(), form):
            digits = number.digits
            if len(digits) < 4 or not digits.isdigit() or _YEAR.fullmatch(digits) or _FILE_END.match(text, number.end):
                break
            ends = re.match(r"[^\w\n]*(?:\n|$)", text[number.end : number.end + 20])
            if ":" in text[label.end() : number.start] and len(digits) == 4 and not (folded.where == "subject" or ends):
                break
            yield _Named(label.start(), number.end, expand(number, _MAX_RANGE))


def _other_thing(text: str, hit: re.Match[str], forms: _Forms) -> bool:
    """A `#` number that another word claims: `unit #4520`, `picture #700`, `MLS # 1234567`, `colour #334455`."""
    before = text[max(0, hit.start() - 24) : hit.start()]
    return bool(forms.not_order.search(before) or _FILE_END.match(text, hit.end()))


def _our_tag(folded: Folded, hit: re.Match[str]) -> bool:
    """`Re: ... [#12]` carries the number of our ticket."""
    if folded.where != "subject" or not reply_prefix(folded.original):
        return False
    return folded.text[: hit.start()].endswith("[") and folded.text.startswith("]", hit.end())


@lru_cache(maxsize=8)
def _forms(words: OrderWords) -> _Forms:
    rest = (words.number_words, words.joiners, words.range_words, words.counted)
    prefix = "|".join(re.escape(p.lower()) for p in words.prefixes) or r"(?!)"
    path = "|".join(re.escape(p.lower()) for p in words.link_paths) or r"(?!)"
    number = rf"(?:{prefix})-?\d{{1,12}}|\d{{1,12}}"
    return _Forms(
        named=list_form(words.words, *rest),
        labelled=list_form(words.labels, *rest),
        whole=WordPattern(rf"(?<![\w/])(?:{prefix})\s?-\s?\d{{1,12}}(?!\w|-\d)", words.prefixes),
        before=re.compile(rf"(?<![\w#.,:/-])(\d{{5,12}})\s{{1,2}}{any_of(words.words)}(?!\s{{0,2}}[#:]?\s?\d)"),
        link=re.compile(rf"(?:{path})({number})(?!\w)"),
        not_order=re.compile(rf"{any_of(words.not_orders)}[\s.:(]{{0,3}}(?:{any_of(words.number_words)}[\s.:]{{0,3}})?$"),
        verb=re.compile(rf"{any_of(words.verbs)}\s{{1,2}}$"),
    )
