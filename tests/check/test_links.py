"""Reference links come from the parsed message."""

from __future__ import annotations

from mailbot.check.links import links
from mailbot.model.message import Link, ParsedMessage


def test_each_link_is_given_once_in_order_with_its_place() -> None:
    text = "see https://a.example/1 and https://b.example"
    given = (
        Link(url="https://a.example/1", start=4, end=23),
        Link(url="https://b.example", start=28, end=45),
        Link(url="https://a.example/1"),
    )
    found = links(ParsedMessage(source="email", text=text, links=given))
    assert found.urls == ("https://a.example/1", "https://b.example")
    assert [s.words for s in found.evidence.spans] == list(found.urls)


def test_a_link_behind_an_anchor_counts_without_a_place() -> None:
    found = links(ParsedMessage(source="email", text="these chairs", links=(Link(url="https://a.example/1"),)))
    assert found.urls == ("https://a.example/1",)
    assert found.evidence.spans == ()


def test_a_message_without_links_names_none() -> None:
    assert links(ParsedMessage(source="email", text="hello")).urls == ()
