"""docs/understanding.md, "style": what of the order the client names (P16)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.check.style import style
from tests.check.reading import message, spans_are_true, words

STYLES = [
    ("I ordered Natural, not Bright & Airy", ("Natural", "Bright & Airy")),
    ("amend the style to Modern Loft pls", ("Modern Loft",)),
    ("please change the style from Classic to Industrial", ("Classic", "Industrial")),
    ("Style: Scandinavian", ("Scandinavian",)),
    ("can you do the bedroom in Japandi style?", ("Japandi",)),
    ('"Ljus & Luftig" applied instead of "Varm Skandinavisk"', ("Varm Skandinavisk",)),
    ("We booked Scandinavian, what arrived is clearly Industrial.", ("Scandinavian", "Industrial")),
    ("It looks natural and warm, love it", ()),
    ("The style is wrong", ()),
    ("our house style says lids down", ()),
    ("", ()),
]
VARIABLES = [
    ("Window View = High", [("window pull", "high")]),
    ("brightness 3 was ordered", [("brightness", "3")]),
    ("more contrast and less saturation please", [("contrast", "more"), ("saturation", "less")]),
    ("add blue sky in the windows", [("sky replacement", "")]),
    ("the grass is still brown", [("lawn", "")]),
    ("please straighten image 3", [("verticals", "")]),
    ("Der Rasen ist zu grün", [("lawn", "")]),
    ("great, thank you", []),
]


@pytest.mark.parametrize(("text", "names"), STYLES)
def test_styles_are_named_as_written(text: str, names: tuple[str, ...]) -> None:
    m = message(text)
    found = style(m, words("style"))
    assert found.styles == names
    assert not found.evidence.spans or spans_are_true(m, found.evidence.spans)


@pytest.mark.parametrize(("text", "named"), VARIABLES)
def test_variables_are_named_with_their_level(text: str, named: list[tuple[str, str]]) -> None:
    m = message(text)
    found = style(m, words("style"))
    assert [(v.name, v.level) for v in found.variables] == named
    assert not found.evidence.spans or spans_are_true(m, found.evidence.spans)


def test_the_specification_is_named_in_the_clients_languages_too() -> None:
    assert style(message("our spec says lids down"), words("style")).specifications
    assert style(message("Das steht in den Anweisungen"), words("style")).specifications
    assert not style(message("the lid is up"), words("style")).specifications


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered_with_true_spans(text: str, subject: str) -> None:
    m = message(text, subject)
    found = style(m, words("style"))
    assert not found.evidence.spans or spans_are_true(m, found.evidence.spans)
