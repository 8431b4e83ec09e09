"""Is a comment English? Nobody who writes English is refused, no foreign comment passes for English."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.language import language
from tests.check.reading import message, words

OWN = [json.loads(row) for row in (Path(__file__).parent.parent / "data/language/own.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", [r for r in OWN if r["label"] != "mixed"], ids=lambda r: r["text"][:40])
def test_a_comment_is_never_taken_for_the_other_language(row: dict[str, str]) -> None:
    wrong = {"english": "not_english", "not_english": "english"}[row["label"]]
    assert language(message(row["text"]), words("languages")).verdict != wrong


def test_few_comments_are_left_to_a_person() -> None:
    told = [r for r in OWN if r["label"] != "mixed"]
    undecided = [r for r in told if language(message(r["text"]), words("languages")).verdict == "undecided"]
    assert len(undecided) <= 0.15 * len(told)


@pytest.mark.parametrize("text", ["", "4589??", "Super!", "https://a.example/b"])
def test_nobody_can_tell_the_language_of_a_text_without_telling_words(text: str) -> None:
    assert language(message(text), words("languages")).verdict == "undecided"


@pytest.mark.parametrize(
    "text",
    ["Köket på bild 2 är för mörkt, inte som beställt.\nThe kitchen on picture 2 is too dark, not as ordered."]
    + [r["text"] for r in OWN if r["label"] == "mixed"],
)
def test_two_languages_of_equal_weight_are_undecided(text: str) -> None:
    assert language(message(text), words("languages")).verdict == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        "Bild 4: the sofa leg is cut off, please repair it",
        "photo 21 has the old number plate, should be blurred per spec. Tack på förhand och trevlig sommar!",
        'Please remove the sign "Zu verkaufen" from the facade',
        "in order 18340 on the picture 2 is missing the door handle. Please to repair. Very thank you.",
        "images are too dark\n\nMit freundlichen Grüßen\nKlaus Weber",
        "TOO DARK!!! FIX ALL IMAGES",
    ],
)
def test_english_with_a_foreign_greeting_name_or_quote_is_english(text: str) -> None:
    found = language(message(text), words("languages"))
    assert (found.verdict, found.language) == ("english", "en")


@pytest.mark.parametrize(
    ("text", "code"),
    [("Die Bilder sind zu dunkel und zu gelb.", "de"), ("lägg till en soffa i vardagsrummet tack", "sv"), ("画像が暗すぎます", "ja"),
     ("Уберите машину, пожалуйста", "ru"), ("Kunnen jullie de auto weghalen?", "nl")],
)  # fmt: skip
def test_the_foreign_language_is_named(text: str, code: str) -> None:
    found = language(message(text), words("languages"))
    assert (found.verdict, found.language) == ("not_english", code)
    assert all(text[s.start : s.end] == s.words for s in found.evidence.spans)


def test_the_subject_counts_where_the_text_says_nothing() -> None:
    assert language(message("", "Bitte das Sofa entfernen"), words("languages")).verdict == "not_english"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_the_same_verdict_twice(text: str) -> None:
    first = language(message(text), words("languages"))
    assert first == language(message(text), words("languages"))
    assert all(text[s.start : s.end] == s.words for s in first.evidence.spans)
