"""Shared text work keeps its spans true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.parse import marks


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("C\u043errection", "Correction"),
        ("Corr\u200bection", "Correction\u200b"),
        ("Привет мир", "Привет мир"),
        ("ｉｍａｇｅ １２", "image 12"),
        ("don’t “x”", 'don\'t "x"'),
        ("image\u00a05", "image 5"),
    ],
)
def test_look_alike_and_invisible_letters_are_folded(written: str, read_as: str) -> None:
    assert marks.normalise(written) == read_as


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://x.example/a(b), ok", ["https://x.example/a(b)"]),
        ("(https://x.example/a).", ["https://x.example/a"]),
        ("<https://x.example/a>", ["https://x.example/a"]),
        ("ftp://x.example", []),
    ],
)
def test_links_end_before_the_punctuation_of_the_sentence(text: str, urls: list[str]) -> None:
    assert [s.words for s in marks.links(text)] == urls


@given(st.text(max_size=400))
def test_spans_are_true_and_lengths_stay(text: str) -> None:
    assert len(marks.normalise(text)) == len(text)
    assert len(marks.fold(text)) == len(text)
    for span in marks.links(text):
        assert text[span.start : span.end] == span.words
