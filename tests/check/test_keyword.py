"""docs/understanding.md, "keyword", sentence by sentence (P10, P12)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.keyword import keyword
from tests.check.reading import case_message, message, own_cases, spans_are_true, words

COUNTS = [
    # a label at the start of the subject, of a line or of a sentence
    ("", "Correction: the sofa is gone", "correction"),
    ("", "AMENDMENT - a bed please", "amendment"),
    ("", "[Feedback] lovely", "feedback"),
    ("Corrections for order 1007", "see below", "correction"),
    ("Amendment request: order 7", "twilight please", "amendment"),
    ("", "Keyword: Correction\nthe rug floats", "correction"),
    ("Re: Correction", "the rug floats", "correction"),
    ("Fwd: Correction - #93014", "pink", "correction"),
    ("SV: AW: Amendment", "more plants", "amendment"),
    ("", "Send me the files here. Amendment: crop tighter", "amendment"),
    ("", "1) Correction: horizon", "correction"),
    ("", "Hello team,\nCorrection:\nlines lean", "correction"),
    # a statement
    ("", "this is a correction, the logo is old", "correction"),
    ("", "I need an amendment on image 3", "amendment"),
    ("", "please treat this as feedback", "feedback"),
    ("", "Could you please book this as an amendment?", "amendment"),
    ("", "I have a correction on the kitchen", "correction"),
    # misspelt but beyond doubt
    ("", "Corection: magnets", "correction"),
    ("", "Ammendment: sofa", "amendment"),
    ("", "amendmend: sofa", "amendment"),
    ("", "Feed back: neat", "feedback"),
    ("", "Feedbak: neat", "feedback"),
    ("", "Correctoin: swapped letters", "correction"),
    # spelt like the keyword in another language
    ("", "Correction : la photo est sombre", "correction"),
    # the end of a subject; a colon inside a sentence; our words are not the client's
    ("Order 58811 - Correction", "lid up", "correction"),
    ("", "And one Correction: it says Kichen", "correction"),
    ("Corrections for order 1007", "Corrections below", "correction"),
    ("", "\u0421orrection: a Cyrillic first letter", "correction"),
    ("", "Corr\u200bection: an invisible letter", "correction"),
]
DOES_NOT_COUNT = [
    ("", "the colour correction is off"),
    ("", "Lens correction: not applied"),
    ("", "Perspective correction is missing"),
    ("", "please give me feedback when done"),
    ("", "amend the style to Modern"),
    ("", "this is not an amendment"),
    ("", "why was it booked as an amendment?"),
    ("", "Korrektur: der Himmel fehlt"),
    ("", "Corrección: falta el cielo"),
    ("Job 50661 / Amendment?", "is it included?"),
    ("", "when will my correction be ready?"),
    ("", "oh and correction, it's 5C"),
    ("RE: Amendments assessed, order 29004", "hm"),
    ("Re: We have received your correction (order 35512)", "great"),
    ("Re: Booked: Amendment (order 50507)", "fine"),
    ("", "Is this a correction or an amendment?"),
    ("", "Looking forward to your feedback"),
    ("", "see Amendment_ideas.pdf and https://x.example/Correction:1"),
    ("", "Is the amendment done yet?"),
    ("", "not a correction, just an idea"),
    ("", "I do not see this as an amendment"),
    ("", "no correction: only a thank you"),
    ("", ""),
]
SEVERAL = [
    ("Amendment and feedback", "x"),
    ("Feedback", "Correction: the hose"),
    ("", "Correction: mirror\nFeedback: superb"),
    ("", "Amendment or correction, you decide: the lawn is brown"),
]


@pytest.mark.parametrize(("subject", "text", "kind"), COUNTS)
def test_a_keyword_that_says_what_the_message_is_counts(subject: str, text: str, kind: str) -> None:
    m = message(text, subject)
    found = keyword(m, words("keywords"))
    assert (found.verdict, found.claimed, found.kinds) == ("one", kind, (kind,))
    assert spans_are_true(m, found.evidence.spans)


@pytest.mark.parametrize(("subject", "text"), DOES_NOT_COUNT)
def test_a_keyword_in_another_sense_denied_or_in_our_words_does_not_count(subject: str, text: str) -> None:
    assert keyword(message(text, subject), words("keywords")).verdict == "none"


@pytest.mark.parametrize(("subject", "text"), SEVERAL)
def test_two_different_keywords_claim_nothing(subject: str, text: str) -> None:
    found = keyword(message(text, subject), words("keywords"))
    assert (found.verdict, found.claimed, len(found.kinds)) == ("several", None, 2)


def test_cases_labelled_from_the_definition_alone_are_met() -> None:
    cases = own_cases()
    wrong = [c["id"] for c in cases if keyword(case_message(c), words("keywords")).claimed != c["expect"]["claimed"]]
    assert len(wrong) <= len(cases) // 100, wrong


@given(st.text(max_size=400), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_answered_with_true_spans(text: str, subject: str) -> None:
    m = message(text, subject)
    found = keyword(m, words("keywords"))
    assert found.verdict == "none" or spans_are_true(m, found.evidence.spans)


def test_a_very_long_line_of_labels_ends_soon() -> None:
    assert keyword(message("correction " * 20_000 + "-" * 20_000), words("keywords")).verdict in ("one", "none")
