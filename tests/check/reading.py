"""The shipped word lists, one file at a time, and the labelled cases written from docs/understanding.md alone."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.model.message import ParsedMessage, Span
from mailbot.model.words import WordLists

CASES = Path(__file__).parent.parent / "data" / "cases" / "own.jsonl"


@cache
def words(name: str) -> Any:
    return getattr(_rules(), name)


@cache
def _rules() -> WordLists:
    return load_rules([defaults_dir("rules")]).words


def emptied(name: str, field: str) -> Any:
    """The word list with one of its lists empty."""
    return replace(words(name), **{field: ()})


def lists_of(name: str) -> list[str]:
    return [f.name for f in fields(words(name))]


def message(text: str, subject: str = "") -> ParsedMessage:
    return ParsedMessage(source="email" if subject else "order_comment", subject=subject, text=text)


def own_cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def case_message(row: dict[str, Any]) -> ParsedMessage:
    return message(row["body"], row.get("subject", ""))


def spans_are_true(m: ParsedMessage, spans: tuple[Span, ...]) -> bool:
    texts = {"subject": m.subject, "text": m.text}
    return bool(spans) and all(texts[s.where][s.start : s.end] == s.words for s in spans)
