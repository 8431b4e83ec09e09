"""Thousands of mails that nobody would write: each is read, refused with a reason, and never breaks a promise (see fuzz.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailbot.model.message import Link, ParsedMessage
from tests.parse import fuzz

CPU_SECONDS = 8.0  # of each of the four shares
SHARE = 1500


@pytest.mark.parametrize("share", range(4))
def test_no_grown_or_damaged_mail_breaks_a_promise(share: int) -> None:
    tried, found = fuzz.run(2026, cpu_seconds=CPU_SECONDS, most=SHARE, begin=share * SHARE)
    assert found == []
    assert tried > 100


def fails(*_: Any) -> ParsedMessage:
    raise KeyError("boundary")


def reading(**fields: Any) -> Any:
    return lambda message, _own: replace(ParsedMessage(source="email", text="sky"), **fields)


@pytest.mark.parametrize(
    ("parse", "told"),
    [
        (fails, "KeyError"),
        (reading(subject="a\0b"), "cannot be stored"),
        (reading(headers=(("x", "\ud800"),)), "cannot be stored"),
        (reading(quoted="old \ue001"), "mark of ours"),
        (reading(links=(Link(url="https://x.example", start=0, end=3),)), "place is wrong"),
        (reading(text="fine"), ""),
    ],
)
def test_a_broken_promise_is_noticed(parse: Any, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "parse", parse)
    found = fuzz.broken(b"From: a@b.example\n\nsky\n")
    assert (told in found) if told else (found == "")


def test_an_input_is_made_again_from_its_seed() -> None:
    seeds = fuzz.corpus()
    assert fuzz.make(7, 42, seeds) == fuzz.make(7, 42, seeds) != fuzz.make(7, 43, seeds)
