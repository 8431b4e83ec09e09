"""The quick look at a text never finds English where the careful one does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.counted_words import Known, quick_count
from mailbot.check.language import _looked_at_closely, _plainly_english
from mailbot.check.phrases import fold
from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.model.message import ParsedMessage

LISTS = load_rules([defaults_dir("rules")]).words.languages
KNOWN = Known(english=frozenset({"the", "too", "dark", "sky"}), foreign={"mit": ("de",)}, both=frozenset({"in"}))
PIECES = [
    "the windows are too dark",
    "don't",
    "Thanks a lot",
    "Correction",
    "sky",
    "in",
    "Elm Street",
    "mit",
    "och det",
    "blorf",
    "IMG_12.jpg",
    "It's I",
]
SIGNS = [" ", " ", ". ", ".\n", ", ", "-", " (", ") ", '"', "'", ": ", "_", " https://pics.example/a "]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SIGNS)), min_size=8, max_size=40))
@settings(max_examples=400, deadline=None)
def test_what_is_plainly_english_is_english_on_a_closer_look(pieces: list[tuple[str, str]]) -> None:
    message = ParsedMessage(source="email", text="".join(piece + sign for piece, sign in pieces))
    quick = _plainly_english(message.text, LISTS)
    if quick is not None:
        assert quick.verdict == _looked_at_closely(message, LISTS).verdict == "english"


def test_all_words_of_a_text_are_counted_but_numbers_and_the_ends_of_short_forms() -> None:
    found = quick_count(fold("It's 12 skies: the sky is too dark in Elm Street.", "text").places, KNOWN)
    assert found is not None
    assert (found.total, found.english, found.foreign, found.both) == (10, 4, 0, 1)


def test_one_foreign_word_asks_for_a_closer_look() -> None:
    assert quick_count(fold("The sky is too dark mit the sky", "text").places, KNOWN) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The windows of the kitchen are dark. " * 120, id="a long text is weighed by its beginning only"),
        pytest.param(
            'The windows of the kitchen are "dark" and the sky of the garden is too bright for a house in this street, please.',
            id="a quote",
        ),
        pytest.param(
            "The windows of the kök are dark and the sky of the garden is too bright for a house in this street, please.", id="accents"
        ),
        pytest.param("The windows of the kitchen are dark.", id="few words"),
    ],
)
def test_what_needs_a_closer_look_gets_one(text: str) -> None:
    assert _plainly_english(text, LISTS) is None
