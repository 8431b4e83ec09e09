"""Labelled cases of tests/data and the word lists of rules/, each of which can be emptied in memory."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.understanding import OWN, received
from mailbot.check import CHECKS
from mailbot.check.phrase_book import book
from mailbot.check.phrases import parts
from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import files, load_rules
from mailbot.model.message import ParsedMessage
from mailbot.model.words import WordLists
from mailbot.model.words.vocabulary import Vocabulary, spelt_out
from mailbot.parse import parse

DATA = Path(__file__).parents[1] / "data"
FILES = ("own", "meaning", "questions", "families", "unseen", "asks", "blind_a", "writers", "lists")
FULL = load_rules([defaults_dir("rules")]).words
CHECK = {row.name: row.function for row in CHECKS}
Row = dict[str, Any]


@cache
def row(name: str) -> Row:
    """A case by its id; `language:12` is a line of tests/data/language/own.jsonl."""
    if name.startswith("language:"):
        lines = (DATA / "language" / "own.jsonl").read_text(encoding="utf-8").splitlines()
        comment = json.loads(lines[int(name.partition(":")[2]) - 1])
        return {
            "id": name,
            "channel": "order_comment",
            "from": "C <c@c.example>",
            "body": comment["text"],
            "expect": {"language": comment["label"]},
        }
    return all_rows()[name]


@cache
def all_rows() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for name in FILES:
        for line in (DATA / "cases" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            rows[case["id"]] = case
    return rows


@cache
def parsed(name: str) -> ParsedMessage:
    return parse(received(row(name)), OWN)


def answer(key: str, message: ParsedMessage, words: WordLists) -> object:
    """What the checks say to one label of a case."""

    def found(check: str) -> Any:
        return CHECK[check](message, words, OWN)

    return _ANSWERS[key](found)


_ANSWERS: dict[str, Callable[[Callable[[str], Any]], object]] = {
    "automatic": lambda found: found("automatic").verdict,
    "language": lambda found: found("language").verdict,
    "language_code": lambda found: found("language").language,
    "keyword": lambda found: found("keyword").verdict,
    "claimed": lambda found: found("keyword").claimed,
    "content": lambda found: found("content").kind,
    "suggested": lambda found: found("content").kind if found("keyword").verdict == "none" else None,
    "understandable": lambda found: found("content").understandable,
    "orders": lambda found: list(found("orders").numbers),
    "images": lambda found: list(found("images").numbers),
    "all_images": lambda found: found("images").all_images,
    "links": lambda found: list(found("links").urls),
    "styles": lambda found: list(found("style").styles),
    "variables": lambda found: [[v.name, v.level] for v in found("style").variables],
    "specifications": lambda found: found("style").specifications,
    "requests": lambda found: sorted(found("requests").names),
    "questions": lambda found: sorted(found("questions").names),
}


def lists() -> Iterator[str]:
    """Every word list: `file.key`, `file.key.name of a group`."""
    for file in fields(WordLists):
        words = getattr(FULL, file.name)
        if isinstance(words, Vocabulary):
            yield from (f"{file.name}.{name}" for name in words.classes)
            continue
        for key in fields(words):
            value = getattr(words, key.name)
            named = isinstance(value, tuple) and bool(value) and not isinstance(value[0], str)
            if named:
                yield from (f"{file.name}.{key.name}.{_name(one)}" for one in value)
            elif isinstance(value, tuple) and value and key.name != "detector":  # langdetect wants one: test_rulebook
                yield f"{file.name}.{key.name}"


def emptied(name: str, message: ParsedMessage | None = None) -> WordLists:
    """All word lists, this one empty. With a message only the groups that it hits are kept: the others say nothing of it."""
    file, key, *rest = name.split(".", 2)
    if file == "vocabulary":
        vocabulary = Vocabulary(classes={**_written()["vocabulary"].classes, key: ()})
        return WordLists(**{n: spelt_out(_of(n, w, message), vocabulary) for n, w in _written().items()})
    words = _of(file, getattr(FULL, file), message)
    kept = tuple(one for one in getattr(words, key) if _name(one) != rest[0]) if rest else ()
    return replace(FULL, **{file: replace(words, **{key: kept})})


def _of(file: str, words: Any, message: ParsedMessage | None) -> Any:
    if message is None or file not in ("content", "requests", "questions"):
        return words
    full = getattr(FULL, file).cues
    hit = {full[h.group].name for part in parts(message) for h in book(full).find(part)}
    return replace(words, cues=tuple(c for c in words.cues if c.name in hit))


@cache
def _written() -> dict[str, Any]:
    """The word lists as they stand in the files, kinds of words not yet spelt out."""
    names = [file.name for file in fields(WordLists)]
    tables = {n: tomllib.loads((defaults_dir("rules") / f"{n}.toml").read_text(encoding="utf-8")) for n in names}
    return {n: TypeAdapter(files()[f"{n}.toml"]).validate_python(table) for n, table in tables.items()}


def _name(group: Any) -> str:
    return str(getattr(group, "name", None) or group.code)
