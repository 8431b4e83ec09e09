"""Hostile HTML in real Chromium: no script runs, no request leaves; each of our layers holds alone; a plain page shows the attacks live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from mailbot.desk import frame
from mailbot.model.message import ParsedMessage
from mailbot.parse.safe_html import safe_html
from tests.browser.hostile_html import VECTORS, Vector
from tests.browser.hostile_pages import what_got_out

pytestmark = pytest.mark.browser


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context()
    yield made
    made.close()


def raw(vector: Vector, canary: str) -> str:
    return f"<!doctype html><html><body>{vector.filled(canary)}"


def raw_in_our_frame(vector: Vector, canary: str) -> str:
    return frame.document(vector.filled(canary))


def cleaned(vector: Vector, canary: str) -> str:
    found = safe_html(ParsedMessage(source="email", html=vector.filled(canary)))
    assert found is not None
    return f"<!doctype html><html><body>{found.html}"


def test_there_are_many_attacks_of_every_class_and_most_are_live() -> None:
    groups = Counter(vector.group for vector in VECTORS)
    assert len(VECTORS) >= 60
    assert min(groups.values()) >= 3
    assert sum(vector.does != "still" for vector in VECTORS) >= 60


def test_without_any_defence_the_probe_sees_each_attack(context: BrowserContext) -> None:
    """The control: what the other tests do not see did not happen."""
    live = {vector.number: vector.does for vector in VECTORS if vector.does != "still"}
    seen = what_got_out(context, raw, sandbox=None, headers={})
    assert {number: seen.get(number) for number in live} == live


def test_html_that_was_never_cleaned_does_nothing_in_our_frame(context: BrowserContext) -> None:
    headers = frame.headers("http://127.0.0.1:9/t/1/m/1/cid/")
    assert what_got_out(context, raw_in_our_frame, sandbox=frame.SANDBOX, headers=headers) == {}


def test_html_that_was_never_cleaned_does_nothing_under_our_policy_in_a_tab_of_its_own(context: BrowserContext) -> None:
    """As when somebody opens the frame's address: no iframe holds its sandbox then."""
    assert what_got_out(context, raw_in_our_frame, sandbox=None, headers=frame.headers("http://127.0.0.1:9/t/1/m/1/cid/")) == {}


def test_cleaned_html_does_nothing_on_a_page_without_any_policy(context: BrowserContext) -> None:
    assert what_got_out(context, cleaned, sandbox=None, headers={}) == {}
