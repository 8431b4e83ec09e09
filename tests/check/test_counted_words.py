"""The quick count of a plain English text says what the careful one says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.counted_words import Known, count, plain_count

KNOWN = Known(english=frozenset({"the", "too", "dark", "don't", "sky"}), foreign={"mit": ("de",)}, both=frozenset({"in"}))
PIECES = ["the", "The", "don't", "DON'T", "I'm", "I", "O'Neil", "iPhone", "sky", "Sky", "in", "Elm", "''", "mit", "x"]
SIGNS = [" ", " ", " ", ". ", ".\n", ", ", "-", " (", ") ", '"', "'", ":", "_", "   " * 25, ""]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SIGNS)), max_size=12))
@settings(max_examples=600, deadline=None)
def test_the_quick_count_is_the_careful_one(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + sign for piece, sign in pieces)
    quick, careful = plain_count(text, KNOWN), count(text, text, "text", KNOWN)
    if quick is not None:
        assert (quick.total, quick.english, quick.foreign, quick.both) == (careful.total, careful.english, 0, careful.both)


def test_most_english_texts_are_counted_quickly() -> None:
    quick = plain_count("The sky is too dark in Elm Street. I don't like the sky.", KNOWN)
    assert quick is not None
    assert (quick.total, quick.english, quick.both) == (11, 7, 1)
