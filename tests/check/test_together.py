"""Phrases that ask only together (docs/rules.md, `[[together]]`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailbot.check.questions import questions
from mailbot.check.requests import requests
from mailbot.model.words.requests import RequestWords
from mailbot.model.words.together import Together
from tests.check.reading import message, spans_are_true, words

PORTAL = Together(name="a portal", means=("redistribution",), each=(("zoopla|daft",), ("push", "get ... over"), ("again|anew",)))


def only(*groups: Together) -> RequestWords:
    return RequestWords(cues=(), negations=("not",), together=groups)


ROWS = [
    ("push it to Zoopla again", ["redistribution"]),
    ("Zoopla once anew, push it", ["redistribution"]),
    ("Again: could Daft, please, be the one you push to", ["redistribution"]),
    ("get the lot over to Zoopla again", ["redistribution"]),
    ("push it to Zoopla", []),
    ("Zoopla. Push it again.", []),
    ("do not push it to Zoopla again", []),
    ("Zoopla" + " and so on" * 12 + " push again", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "names"), ROWS)
def test_a_word_of_every_list_in_one_sentence_asks_in_any_order(text: str, names: list[str]) -> None:
    m = message(text)
    found = requests(m, only(PORTAL))
    assert list(found.names) == names
    assert all(spans_are_true(m, e.spans) for e in found.evidence)


def test_the_evidence_reaches_from_the_first_to_the_last_of_the_words() -> None:
    (evidence,) = requests(message("Hi, push it to Zoopla again please"), only(PORTAL)).evidence
    assert evidence.because == 'a portal: "push it to Zoopla again"'


def test_one_word_cannot_stand_for_two_lists() -> None:
    group = Together(name="twice", means=("refund",), each=(("paid|card",), ("paid|twice",)))
    assert requests(message("we paid"), only(group)).names == ()
    assert requests(message("we paid twice"), only(group)).names == ("refund",)


def test_a_group_may_look_back_a_sentence_but_never_ahead() -> None:
    back = replace(PORTAL, sentences=2)
    assert requests(message("Zoopla is empty. Push it there again."), only(back)).names == ()
    there = Together(name="there", means=("redistribution",), each=(("push|get",), ("zoopla",)), sentences=2)
    assert requests(message("Zoopla is empty. Push it there again."), only(there)).names == ("redistribution",)
    assert requests(message("Zoopla is empty. So be it. Push it there again."), only(there)).names == ()


def test_a_hit_over_two_sentences_is_shown_by_what_stands_in_the_one_that_asks() -> None:
    there = Together(name="there", means=("redistribution",), each=(("push",), ("zoopla",)), sentences=2)
    (evidence,) = requests(message("Zoopla is empty. Push it there again."), only(there)).evidence
    assert evidence.because == 'there: "Push"'


def test_a_number_an_ending_and_letters_of_scripts_without_blanks_count_in_a_list() -> None:
    group = Together(name="x", means=("refund",), each=(("#",), ("credit*",)))
    assert requests(message("crediting 45 is fine"), only(group)).names == ("refund",)
    group = Together(name="x", means=("refund",), each=(("返金",), ("order",)))
    assert requests(message("返金 for order"), only(group)).names == ("refund",)


def test_foreign_groups_count_in_no_english_sentence() -> None:
    group = Together(name="x", means=("status",), each=(("wann",), ("fertig",)), foreign=True)
    assert requests(message("wann ist es fertig"), only(group)).names == ("status",)
    assert (
        requests(message("they have the label wann on it, which is fertig"), replace(only(group), english=("the they on it",))).names == ()
    )


ASKS = [
    ("She also wants to know how long a reply from you usually takes.", ("reply_time",)),
    ("I'd merely ask whether extra wishes after a delivery are free as a rule.", ("cost",)),
    ("Extra wishes after a delivery are free as a rule.", ()),
]


@pytest.mark.parametrize(("text", "names"), ASKS)
def test_words_that_ask_make_a_question_wherever_they_stand(text: str, names: tuple[str, ...]) -> None:
    assert questions(message(text), words("questions")).names == names


NO_DISPUTES = [
    "I sent them on Monday.",
    "You sent me somebody else's house.",
    "Returned mail: user unknown",
    "The photos were rejected by nobody.",
]


@pytest.mark.parametrize("text", NO_DISPUTES)
def test_what_was_sent_once_is_no_dispute(text: str) -> None:
    assert "dispute" not in requests(message(text), words("requests")).names
