"""docs/understanding.md, "content": what a reasonable coordinator would book (P11, P25, P34)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.content import content
from tests.check.reading import case_message, message, own_cases, spans_are_true, words

TABLE = [
    # something delivered is wrong, missing, not as ordered, a quality fault
    ("image 4589 is way too bright, I ordered Natural", "correction"),
    ("the window pull is missing", "correction"),
    ("the car is still visible in the reflection", "correction"),
    ("you removed the palm tree, we never asked that. can you put it back?", "correction"),
    ("the agent's name is spelled Jonson, the order says Johnson", "correction"),
    ("Der blaue Himmel fehlt auf Bild 5, war aber so bestellt.", "correction"),
    ("köket är alldeles för mörkt, inte som beställt", "correction"),
    ("リビングの写真が注文したスタイルより暗すぎます", "correction"),
    # something new, added, changed in taste or not on the order
    ("add blue sky, I forgot", "amendment"),
    ("could you make it a touch warmer? just my taste", "amendment"),
    ("seller now wants the family portraits blurred", "amendment"),
    ("not your mistake, I simply changed my mind: oak floor please", "amendment"),
    ("If it is extra leave it, otherwise please add a lamp.", "amendment"),
    ("Proszę dodać meble w sypialni, zapomniałem o tym.", "amendment"),
    ("Graag nog een plant op foto 2. Dit stond niet op de bestelling.", "amendment"),
    # thanks, praise, opinion, idea, complaint without a change
    ("great, thank you, no rush!", "feedback"),
    ("just an idea: offer a dusk lite version", "feedback"),
    ("third order in a row that came late. Not angry, just so you know.", "feedback"),
    ("the same cloud shows up twice. No need to redo anything.", "feedback"),
    ("Obrigada, ficou lindo!", "feedback"),
    ("Kiitos!", "feedback"),
    # none of these
    ("When is this due?", None),
    ("Can you resend the May invoice with our VAT number?", None),
    ("Fine, I accept the fee. Go ahead.", None),
    ("I would like a credit for order 90233. We paid it twice.", None),
    ("cancel this one pls, seller pulled out", None),
    ("Redistribute please!!", None),
    ("asdfkj ;;", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "kind"), TABLE)
def test_the_words_are_booked_as_a_coordinator_would(text: str, kind: str | None) -> None:
    m = message(text)
    found = content(m, words("content"))
    assert found.kind == kind, found.evidence.because
    assert not found.evidence.spans or spans_are_true(m, found.evidence.spans)


@pytest.mark.parametrize("text", ["", "OK", "Correction:", "  \n", "Feedback", "??", "hi"])
def test_nothing_to_book_is_not_understandable(text: str) -> None:
    found = content(message(text), words("content"))
    assert (found.understandable, found.kind) == (False, None)


def test_the_keyword_itself_does_not_decide_what_the_words_mean() -> None:
    found = content(message("Correction: please add a lamp, I forgot it in the order"), words("content"))
    assert (found.kind, found.change_wished, found.looks_like_amendment) == ("amendment", True, True)


def test_a_fault_that_is_denied_is_none() -> None:
    assert content(message("nothing is wrong, everything looks perfect"), words("content")).kind == "feedback"


def test_a_fault_under_a_condition_is_none() -> None:
    assert content(message("Thank you! If anything is missing I will write."), words("content")).kind == "feedback"


def test_a_request_beside_the_work_outweighs_a_vague_wish_but_no_clear_one() -> None:
    both = words("content"), words("requests")
    assert content(message("I want a call from you"), *both).kind is None
    assert content(message("Please add a lamp in image 3. When will it be ready?"), *both).kind == "amendment"


def test_an_agreement_is_seen_as_one() -> None:
    assert content(message("Yes please go ahead."), words("content")).agrees


def test_cases_labelled_from_the_definition_alone_are_met() -> None:
    cases = [c for c in own_cases() if c["expect"]["keyword"] == "none"]
    wrong = [c["id"] for c in cases if content(case_message(c), words("content"), words("requests")).kind != c["expect"]["suggested"]]
    assert len(wrong) <= len(cases) * 0.08, wrong


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered_with_true_spans(text: str) -> None:
    m = message(text)
    found = content(m, words("content"))
    assert not found.evidence.spans or spans_are_true(m, found.evidence.spans)
