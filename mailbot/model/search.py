"""What people type into the search box, as a frozen value; and text as the search index holds it.

    sky "too dark" kitch*        every word must occur; quotes keep words together; words match by their beginning
    client:bright order:10231    a field; -flag:urgent excludes
    after:2026-11-01 before:7d   a day (of the reader's time zone), or so long ago: 12h, 7d, 4w

Nothing that is typed is an error: what cannot be used becomes a hint and is left out.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, get_args

from mailbot.model.ticket import Flag, Kind, TicketState

Field = Literal["any", "client", "facet"]
OPERATORS = ("client", "order", "kind", "state", "flag", "queue", "owner", "before", "after", "has")
HAS = ("attachment", "note", "dispute", "charge")
MAX_LENGTH = 400  # characters of a query that are read
MAX_TERMS = 20
SHORTEST_PREFIX = 3  # shorter words match whole: a prefix of two letters is half the index
_VALUES: dict[str, tuple[str, ...]] = {
    "kind": get_args(Kind), "state": ("open", *get_args(TicketState)), "flag": get_args(Flag), "has": HAS,
}  # fmt: skip
_ITEM = re.compile(r'(?=\S)(?P<minus>-)?(?:(?P<name>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)(?P<end>"?)|(?P<plain>[^\s"]*))')
_AGO = re.compile(r"(\d{1,4})([hdw])")
_DAY = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_TOKEN = re.compile(r"[^\W_]+")
# Scripts that put no space between words: each of their letters is a word of the index, and a word of the query a phrase of them.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must (or must not, `negated`) follow each other in a field; `prefix`: the last one may go on, `starred`: and that was
    asked for."""

    words: tuple[str, ...]
    within: Field = "any"
    prefix: bool = False
    negated: bool = False
    starred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`since` (inclusive) and `until` (exclusive) are times at which a ticket was opened. `hints`: what was left out, and why."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    hints: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.terms and self.since is None and self.until is None

    def spoken(self) -> tuple[Term, ...]:
        """The terms that a text can show: words the person looks for."""
        return tuple(t for t in self.terms if t.within == "any" and not t.negated)


@dataclass(slots=True)
class _Read:
    now: datetime
    zone: tzinfo
    login: str
    terms: list[Term] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    hints: list[str] = field(default_factory=list)


def words(text: str) -> list[str]:
    """The words of a text as the index holds them: lower case, without accents, letters and digits only."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.casefold())
        text = _UNSPACED.sub(r" \1 ", "".join(c for c in plain if not unicodedata.combining(c)))
    return _TOKEN.findall(text.casefold())


def facet(name: str, value: str) -> str:
    """One word of the index that says a fact of a ticket, such as its state; no word that people write."""
    return f"x{name}x{''.join(words(value))}"


def parse(text: str, now: datetime, zone: tzinfo, login: str = "") -> Query:
    """Reads what was typed. `login` is who `owner:me` means. Never raises."""
    read = _Read(now, zone, login)
    if len(text) > MAX_LENGTH:
        read.hints.append(f"Only the first {MAX_LENGTH} characters were read.")
    for item in _ITEM.finditer(text[:MAX_LENGTH]):
        if len(read.terms) >= MAX_TERMS:
            read.hints.append(f"Only the first {MAX_TERMS} words were read.")
            break
        _item(read, item)
    return Query(terms=tuple(read.terms), since=read.since, until=read.until, hints=tuple(dict.fromkeys(read.hints)))


def excerpt(text: str, terms: Sequence[Term], width: int = 160) -> tuple[tuple[str, bool], ...]:
    """The part of a text where the first of these words stands, as pieces with whether each was looked for; () where none stands."""
    wanted = {word: term.prefix and word == term.words[-1] for term in terms for word in term.words}
    if not wanted or not text:
        return ()
    pattern = re.compile("|".join(_pattern(word, goes_on) for word, goes_on in wanted.items()))
    plain = text.lower() if text.isascii() else "".join(map(_base, text))
    first = pattern.search(plain)
    if first is None:
        return ()
    begin = max(0, first.start() - width // 5)
    begin = plain.rfind(" ", 0, begin) + 1 if begin else 0
    end = min(len(text), begin + width)
    pieces, at = [("…", False)] if begin else [], begin
    for hit in pattern.finditer(plain, begin, end):
        pieces += [(text[at : hit.start()], False), (text[hit.start() : hit.end()], True)]
        at = hit.end()
    pieces += [(text[at:end], False)] + ([("…", False)] if end < len(text) else [])
    return tuple((" ".join(piece.split("\n")), marked) for piece, marked in pieces if piece)


# --- parts -------------------------------------------------------------------------------------------------------------------


def _item(read: _Read, item: re.Match[str]) -> None:
    name, quoted, negated = (item["name"] or "").lower(), item["quoted"] is not None, bool(item["minus"])
    value = item["quoted"] if quoted else item["plain"]
    if quoted and not item["end"]:
        read.hints.append('A closing " is missing; the rest was read as one phrase.')
    if name and name not in OPERATORS:
        near = _near(name, OPERATORS)
        if near:
            read.hints.append(f"There is no field {name}:. Did you mean {near}:?")
        value, name = f"{name}:{value}", ""  # a link, a time: 10:30
    if name in ("before", "after"):
        _time(read, name, value, negated)
    elif name:
        _operator(read, name, value, quoted, negated)
    else:
        read.terms.extend(_free(value, quoted, negated))


def _free(value: str, quoted: bool, negated: bool) -> Iterator[Term]:
    found = words(value)
    if not found:
        return
    starred = value.endswith("*")
    prefix = not quoted and len(found[-1]) >= (2 if starred else SHORTEST_PREFIX)
    yield Term(tuple(found), prefix=prefix, negated=negated, starred=prefix and starred)


def _operator(read: _Read, name: str, value: str, quoted: bool, negated: bool) -> None:
    found = words(value)
    if not found:
        read.hints.append(f"{name}: needs a value, such as {_example(name)}.")
        return
    if name == "client":
        read.terms.extend(replace(term, within="client") for term in _free(value, quoted, negated))
        return
    if name in _VALUES:
        known = _VALUES[name]
        meant = _meant(value, known)
        if meant is None:
            near = _near(value.lower(), known)
            read.hints.append(f"There is no {name} {value!r}. " + (f"Did you mean {near}?" if near else f"Known are {', '.join(known)}."))
            return
        value = meant
    elif name == "owner":
        value = {"me": read.login, "none": "nobody", "nobody": "nobody"}.get(value.lower(), value)
    prefix = name == "order" and not quoted and value.endswith("*")
    read.terms.append(Term((facet(name, value),), "facet", prefix=prefix, negated=negated, starred=prefix))


def _meant(value: str, known: Sequence[str]) -> str | None:
    """`in-work`, `In_Work` and `inwork` are one value."""
    wanted = "".join(words(value))
    return next((k for k in known if "".join(words(k)) == wanted), None)


def _time(read: _Read, name: str, value: str, negated: bool) -> None:
    at = _moment(read, value)
    if at is None or negated:
        read.hints.append(f"{name}: needs a day or a span, such as {_example(name)}.")
    elif name == "after":
        read.since = at
    else:
        read.until = at


def _moment(read: _Read, value: str) -> datetime | None:
    text = value.strip().lower()
    if text in ("today", "yesterday"):
        day = read.now.astimezone(read.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return day - timedelta(days=text == "yesterday")
    if ago := _AGO.fullmatch(text):
        hours = {"h": 1, "d": 24, "w": 168}[ago[2]]
        return read.now - timedelta(hours=int(ago[1]) * hours)
    if day_ := _DAY.fullmatch(text):
        try:
            return datetime(int(day_[1]), int(day_[2]), int(day_[3] or 1), tzinfo=read.zone)
        except ValueError:
            return None
    return None


def _example(name: str) -> str:
    return {
        "client": 'client:"Bright Homes"', "order": "order:10231", "kind": "kind:correction", "state": "state:open",
        "flag": "flag:urgent", "queue": "queue:coordinators", "owner": "owner:me", "has": "has:attachment",
    }.get(name, f"{name}:2026-11-23 or {name}:7d")  # fmt: skip


def _near(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant, "" where none is near."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.7)), "")


def _pattern(word: str, goes_on: bool) -> str:
    if _UNSPACED.search(word):
        return word
    return rf"(?<![^\W_]){word}" + (r"[^\W_]*" if goes_on else r"(?![^\W_])")


@lru_cache(maxsize=4096)
def _base(letter: str) -> str:
    """One letter for one letter, so that places in the plain text are places in the text."""
    plain = unicodedata.normalize("NFKD", letter.casefold())
    return plain[0].casefold()[:1] or letter if plain else letter
