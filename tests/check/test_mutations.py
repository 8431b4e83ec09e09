"""Every check and every word list is needed: without it a labelled case of ours is judged otherwise.

tests/data/cases/witnesses.json names for each list a case, and the label that its absence gets wrong.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailbot.check import CHECKS
from mailbot.model.message import Address, ParsedMessage
from mailbot.model.tokens import sign_message_id
from tests.check.labelled import DATA, FULL, OWN, answer, emptied, lists, parsed, row

WITNESSES: dict[str, tuple[str, str]] = json.loads((DATA / "cases" / "witnesses.json").read_text(encoding="utf-8"))
LISTS = list(lists())
# The label of each check by which a case tells that it is gone, and a case.
OF_CHECK = {
    "automatic": ("automatic", "l-auto-headers"),
    "language": ("language", "language:1"),
    "keyword": ("claimed", "o004"),
    "content": ("content", "m001"),
    "orders": ("orders", "l-order-joiners"),
    "images": ("images", "l-number-words"),
    "links": ("links", "a159"),
    "style": ("styles", "l-styles"),
    "requests": ("requests", "o012"),
    "questions": ("questions", "q001"),
}


@pytest.mark.parametrize("name", LISTS)
def test_without_a_word_list_a_case_is_judged_otherwise(name: str) -> None:
    assert name in WITNESSES, "write a labelled case that needs this list and name it in tests/data/cases/witnesses.json"
    case, key = WITNESSES[name]
    wanted = row(case)["expect"][key]
    wanted = sorted(wanted) if key in ("requests", "questions") else wanted
    assert answer(key, parsed(case), FULL) == wanted
    assert answer(key, parsed(case), emptied(name, parsed(case))) != wanted


def test_no_witness_speaks_for_a_list_that_is_gone() -> None:
    assert sorted(set(WITNESSES) - set(LISTS)) == []


@pytest.mark.parametrize("check", [row.name for row in CHECKS if row.name != "sender"])
def test_without_a_check_a_case_is_judged_otherwise(check: str) -> None:
    key, case = OF_CHECK[check]
    wanted = row(case)["expect"][key]
    found: Any = next(r for r in CHECKS if r.name == check).function
    nothing = found(ParsedMessage(source="email"), FULL, OWN)
    assert answer(key, parsed(case), FULL) == (sorted(wanted) if isinstance(wanted, list) and key != "orders" else wanted)
    assert found(parsed(case), FULL, OWN) != nothing


def test_without_the_check_of_the_sender_a_token_proves_nothing() -> None:
    sender = next(r for r in CHECKS if r.name == "sender").function
    answered = sign_message_id(OWN.secret, OWN.domain, "7", "client@client.example")
    reply = ParsedMessage(source="email", sender=Address("C", "client@client.example"), thread_ids=(answered,))
    assert sender(reply, FULL, OWN) != sender(ParsedMessage(source="email"), FULL, OWN)
