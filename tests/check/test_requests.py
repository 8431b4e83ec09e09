"""docs/understanding.md, "requests" (P18, P19, P29-P33)."""

from __future__ import annotations

import pytest

from mailbot.check.requests import requests
from tests.check.reading import case_message, message, own_cases, spans_are_true, words

TABLE = [
    ("please redistribute", {"redistribution"}),
    ("push it to the portal again", {"redistribution"}),
    ("Merci de renvoyer les photos vers le portail SeLoger", {"redistribution"}),
    ("Send me the new files when finished", set()),
    ("please mail the finished set to my colleague", set()),
    ("just email me the new jpgs, I upload them to the MLS myself", set()),
    ("I want my money back", {"refund"}),
    ("I would like a credit, we paid it twice", {"refund"}),
    ("this is not an amendment", {"dispute"}),
    ("still wrong, second time", {"dispute"}),
    ("rejecting this again", {"dispute"}),
    ("You sent the same file back.", {"dispute"}),
    ("I do not agree with your assessment", {"dispute"}),
    ("This is not a correction, I changed my mind", set()),
    ("the mailbox is still there", set()),
    ("I don't accept the 35 EUR", {"refund", "dispute"}),
    ("I'm not paying for this", {"refund", "dispute"}),
    ("you also charged me for it", {"refund", "dispute"}),
    ("can somebody please ring me", {"account_manager"}),
    ("I want a manager to look at it", {"account_manager"}),
    ("Call me on 555 if unclear", set()),
    ("When is this due?", {"status"}),
    ("where are my pics?", {"status"}),
    ("Quando sarà pronto?", {"status"}),
    ("by 5 pm please", set()),
    ("cancel this one pls", {"cancel"}),
    ("Please stop working on this", {"cancel"}),
    ("proszę anulować zlecenie", {"cancel"}),
    ("please do not cancel it", set()),
    ("you don't need to call me", set()),
    ("the plan is at https://files.example/please-cancel-this-order/call-me/refund-my-money", set()),
    ("", set()),
]


@pytest.mark.parametrize(("text", "names"), TABLE)
def test_what_is_asked_beside_the_work_is_named(text: str, names: set[str]) -> None:
    m = message(text)
    found = requests(m, words("requests"))
    assert set(found.names) == names, [e.because for e in found.evidence]
    assert all(spans_are_true(m, e.spans) for e in found.evidence)
    assert len(found.evidence) == len(found.names)


def test_a_request_in_a_new_subject_counts_and_in_a_reply_it_is_the_earlier_mails() -> None:
    assert requests(message("thanks", "refund please"), words("requests")).names == ("refund",)
    assert requests(message("thanks", "Re: refund please"), words("requests")).names == ()


def test_cases_labelled_from_the_definition_alone_are_met() -> None:
    pairs = [(set(requests(case_message(c), words("requests")).names), set(c["expect"]["requests"])) for c in own_cases()]
    hits = sum(len(got & want) for got, want in pairs)
    wrong = sum(len(got ^ want) for got, want in pairs)
    assert 2 * hits / (2 * hits + wrong) >= 0.93
