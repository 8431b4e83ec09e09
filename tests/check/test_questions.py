"""docs/understanding.md, "questions": asked as a question, answered by the help page (P17)."""

from __future__ import annotations

import pytest

from mailbot.check.questions import questions
from tests.check.reading import message, spans_are_true, words

TABLE = [
    ("is this free?", "cost"),
    ("How much would it cost to add a sky?", "cost"),
    ("Do I pay less if I order it from the beginning?", "extra_work"),
    ("Is that within the normal variation?", "variation"),
    ("How long until somebody answers?", "reply_time"),
    ("do you send it to the portal again?", "redistribution"),
    ("Can I get a refund?", "refund"),
    ("how do I return an image?", "how_to"),
    ("Which keyword should I use?", "how_to"),
    ("Can I still change my order?", "update_order"),
    ("What can I do if I disagree?", "disagree"),
]


@pytest.mark.parametrize(("text", "name"), TABLE)
def test_a_question_of_the_help_page_is_found(text: str, name: str) -> None:
    m = message(text)
    found = questions(m, words("questions"))
    assert name in found.names
    assert all(spans_are_true(m, e.spans) for e in found.evidence)


@pytest.mark.parametrize("text", ["refund me", "Please push it to the portal again.", "The sky is free of clouds.", "", "Thanks!"])
def test_a_demand_is_a_request_and_no_question(text: str) -> None:
    assert questions(message(text), words("questions")).names == ()
